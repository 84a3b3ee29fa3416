# SPDX-License-Identifier: Apache-2.0
"""Whether an archive is whole: its form, its names and every sum; nothing is taken out of it."""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from xrm.backup.archive import MANIFEST, is_sealed, read_chunks
from xrm.backup.manifest import Manifest, Member, read_manifest
from xrm.errors import Message, NotFound, XrmError, msg

LARGEST_MANIFEST = 64 * 1024 * 1024
# What zipfile raises for what is no zip, or no longer one.
BROKEN = (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, NotImplementedError, OverflowError, struct.error)
_NAMES = re.compile(
    r"manifest\.json|database/(xrm\.db|definitions\.json|tables/[\w%~-]+)|files/[0-9a-f]{2}/[0-9a-f]{32}"
    r"|configuration/(xrm\.toml|secret\.key)"
)


def inspect_archive(path: Path) -> tuple[Manifest | None, list[Message]]:
    """The manifest, if it can be read, and everything that is wrong; all bytes are read.

    Raises:
        NotFound: when there is no such file.
    """
    if not path.is_file():
        raise NotFound(msg("There is no file {file}. Name a backup; xrm backup list shows those in the usual place.", file=path))
    problems = [] if is_sealed(path) else [msg("The sum over the whole file does not fit: it was changed or cut off.")]
    try:
        with zipfile.ZipFile(path) as archive:
            # What has a form that no backup has is not read any further.
            form = list(_form_problems(archive))
            manifest = None if form else read_manifest_of(archive)
            problems += form
            if manifest is not None:
                problems += _member_problems(archive, manifest)
    except XrmError as error:
        return None, [*problems, error.message]
    except BROKEN as error:
        return None, [*problems, msg("It is no whole archive: {why}.", why=str(error) or type(error).__name__)]
    return manifest, problems


def read_manifest_of(archive: zipfile.ZipFile) -> Manifest:
    """The manifest of an open archive.

    Raises:
        XrmError: when there is none, or it is not as it was written.
    """
    try:
        head = archive.getinfo(MANIFEST)
        if head.file_size > LARGEST_MANIFEST:
            raise XrmError(msg("The manifest is larger than any manifest is."))
        return read_manifest(archive.read(head))
    except KeyError as error:
        raise XrmError(msg("It has no manifest, so it is no backup of xrm.")) from error
    except BROKEN as error:
        raise XrmError(msg("The manifest cannot be read.")) from error


def read_member(archive: zipfile.ZipFile, name: str, expected: Member) -> Iterator[bytes]:
    """The bytes of a member, piece by piece.

    Raises:
        XrmError: at the end, when they are not those that were written.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(name) as member:
            for chunk in read_chunks(member):  # type: ignore[arg-type]  # it reads as a file does
                size += len(chunk)
                digest.update(chunk)
                yield chunk
    except BROKEN as error:
        raise _damaged(name) from error
    if (size, digest.hexdigest()) != (expected.size, expected.sha256):
        raise _damaged(name)


def _damaged(name: str) -> XrmError:
    return XrmError(msg("{name} is damaged: it is not what was written.", name=_shown(name)), code="damaged")


def _form_problems(archive: zipfile.ZipFile) -> Iterator[Message]:
    end, seen = 0, set()
    for head in sorted(archive.infolist(), key=lambda one: one.header_offset):
        name = _shown(head.filename)
        if not is_allowed(head.filename):
            yield msg("{name} has no place in a backup.", name=name)
        if head.filename in seen:
            yield msg("{name} is there twice.", name=name)
        seen.add(head.filename)
        if stat.S_IFMT(head.external_attr >> 16) not in {0, stat.S_IFREG} or head.is_dir():
            yield msg("{name} is no plain file.", name=name)
        if head.compress_type != zipfile.ZIP_STORED or head.compress_size != head.file_size or head.flag_bits & 1:
            yield msg("{name} is compressed or encrypted, which no member of a backup is.", name=name)
        if head.header_offset < end:
            yield msg("{name} lies in the bytes of another member.", name=name)
        end = head.header_offset + 30 + len(head.filename.encode()) + head.file_size


def is_allowed(name: str) -> bool:
    """Whether a member may have this name; such a name leads nowhere but to its place."""
    if _NAMES.fullmatch(name):
        return True
    parts = name.split("/")
    if parts[0] != "plugins" or len(parts) < 3 or not name.isprintable() or "\\" in name or ":" in name:
        return False
    return all(part not in {"", ".", ".."} for part in parts) and PurePosixPath(name).as_posix() == name


def _member_problems(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[Message]:
    present = set(archive.namelist()) - {MANIFEST}
    for name in sorted(set(manifest.members) - present):
        yield msg("{name} is missing.", name=_shown(name))
    for name in sorted(present - set(manifest.members)):
        yield msg("{name} was added afterwards: the manifest does not name it.", name=_shown(name))
    for name in sorted(present & set(manifest.members)):
        try:
            for _ in read_member(archive, name, manifest.members[name]):
                pass
        except XrmError as error:
            yield error.message


def _shown(name: str) -> str:
    return repr(name[:200]) if not name.isprintable() else name[:200]
