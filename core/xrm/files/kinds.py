# SPDX-License-Identifier: Apache-2.0
"""Which kinds of file are taken, told by their first bytes."""

from __future__ import annotations

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_ZIPPED = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
_TEXTS = {"txt": "text/plain", "csv": "text/csv", "md": "text/plain", "vcf": "text/vcard", "ics": "text/calendar"}
KNOWN = ("PNG", "JPEG", "GIF", "WebP", "PDF", "ZIP", *(name.upper() for name in (*_ZIPPED, *_TEXTS)))


def sniff(head: bytes, name: str) -> str | None:
    """The media type of a file by its first bytes (and, among texts and archives, its ending); None when it is not taken."""
    ending = name.rpartition(".")[2].lower()
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"PK\x03\x04"):
        return _ZIPPED.get(ending, "application/zip")
    return _TEXTS.get(ending) if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        # The last character may be cut in two.
        head[: max(0, len(head) - 3)].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
