# SPDX-License-Identifier: Apache-2.0
"""How a text file is written: its encoding and its separator, guessed from what it holds."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Collection, Sequence
from pathlib import Path

from xrm.errors import InvalidInput, Problem, msg

SEPARATORS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)
# How pictures, documents, archives, programs and databases begin.
_BINARY = (b"\x89PNG", b"%PDF-", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"SQLite format 3", b"\x7fELF")
_CONTROLS = tuple(bytes([code]) for code in range(32) if code not in (9, 10, 11, 12, 13, 27))
_BLOCK = 1 << 20
_SAMPLE_LINES = 20


def find_encoding(path: Path, stated: str) -> str:
    """The stated encoding, or the one guessed: by its mark, as UTF-16 without one, as UTF-8, else as Windows-1252 or Latin-1.

    Raises:
        InvalidInput: when the file is empty, cannot be read in the stated encoding, or is no text at all.
    """
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start:
        raise InvalidInput([Problem("", msg("The file is empty (0 bytes). Export it again."), str(path))])
    if start.startswith(_BINARY):
        raise _no_csv(path)
    candidates = _candidates(start, stated, path)
    for encoding in candidates:
        wrong_at = _first_wrong_byte(path, encoding)
        if wrong_at is None:
            return encoding
    message = msg("It is not written in {encoding}: byte {position} does not fit. Save it as UTF-8.", encoding=candidates[0],
                  position=wrong_at)
    raise InvalidInput([Problem("", message, str(path))])


def _candidates(start: bytes, stated: str, path: Path) -> list[str]:
    """The encodings to try, given how the file begins.

    Raises:
        InvalidInput: when the stated one is not known, or this is no text.
    """
    marked = next((name for mark, name in _BOMS if start.startswith(mark)), "")
    if stated:
        encoding = _named(stated, path)
        return [marked if marked and codecs.lookup(encoding).name == "utf-8" else encoding]
    if marked:
        return [marked]
    if wide := _wide(start):
        return [wide]
    if sum(start.count(sign) for sign in _CONTROLS) > max(8, len(start) // 50):
        raise _no_csv(path)
    return ["utf-8", "cp1252", "latin-1"]


def _no_csv(path: Path) -> InvalidInput:
    message = msg("This is no CSV: it holds bytes that no text has. Export it as CSV or .xlsx.")
    return InvalidInput([Problem("", message, str(path))])


def _named(name: str, path: Path) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        message = msg('There is no encoding "{name}". Write utf-8, utf-16, windows-1252 or latin-1.', name=name)
        raise InvalidInput([Problem("source.encoding", message, str(path))]) from error


def _wide(start: bytes) -> str:
    """UTF-16 without its mark: in Western text every second byte is NUL."""
    even, odd = start[0::2], start[1::2]
    if len(odd) < 4:
        return ""
    if odd.count(0) > len(odd) * 0.7 and even.count(0) < len(even) * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > len(even) * 0.7 and odd.count(0) < len(odd) * 0.1 else ""


def _first_wrong_byte(path: Path, encoding: str) -> int | None:
    # The whole file is tried before the first row is written, so that no import stops in the middle for it.
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as stream:
        while True:
            block = stream.read(_BLOCK)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return done + error.start
            if not block:
                return None
            done += len(block)


def find_separator(lines: Sequence[str], known: Collection[str]) -> str:
    """The separator that fits best.

    That is the one under which most known columns are found, then the one whose rows are equal in length, then the one
    with most columns.
    """
    return max(SEPARATORS, key=lambda separator: _fitness(lines, separator, known))


def _fitness(lines: Sequence[str], separator: str, known: Collection[str]) -> tuple[int, float, int]:
    try:
        rows = [row for row in csv.reader(lines[:_SAMPLE_LINES], delimiter=separator) if row]
    except csv.Error:
        return (0, 0.0, 0)
    if not rows or len(rows[0]) == 1:
        return (sum(1 for name in rows[0] if name.strip() in known) if rows else 0, 0.0, 0)
    header = [name.strip() for name in rows[0]]
    alike = sum(1 for row in rows if len(row) == len(header)) / len(rows)
    return (sum(1 for name in header if name in known), alike, len(header))
