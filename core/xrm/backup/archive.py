# SPDX-License-Identifier: Apache-2.0
"""The archive file: members stored one after the other in a zip, each with its sum, and a sum over the whole file at its end."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from xrm.backup.manifest import Member

MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
# Kept as the comment of the zip, so that every other byte of the file lies before it.
_LABEL = b"xrm-backup sha256 "
SEAL = len(_LABEL) + 64


class Described(Protocol):
    """What says of itself what is in an archive."""

    def to_json(self) -> bytes:
        """The text of the manifest, with its own sum."""


class _Sealed:
    """A file that is written from front to back, and the sum of all but the last bytes, where the sum itself will stand."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._tail = b""

    def write(self, part: bytes) -> int:
        """Write, as a file does."""
        self._file.write(part)
        if len(part) >= SEAL:
            self._digest.update(self._tail)
            self._digest.update(memoryview(part)[:-SEAL])
            self._tail = bytes(memoryview(part)[-SEAL:])
        else:
            tail = self._tail + bytes(part)
            self._digest.update(tail[:-SEAL])
            self._tail = tail[-SEAL:]
        return len(part)

    def flush(self) -> None:
        """Flush, as a file does."""
        self._file.flush()

    def seal(self) -> None:
        """Put the sum in its place."""
        self._file.seek(-SEAL, os.SEEK_END)
        self._file.write(_LABEL + self._digest.hexdigest().encode())
        self._file.flush()
        os.fsync(self._file.fileno())


class ArchiveWriter:
    """Writes an archive, readable by its owner alone; ``members`` tells what is in it so far."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "w+b")
        self._sealed = _Sealed(self._file)
        self._zip = zipfile.ZipFile(self._sealed, "w", zipfile.ZIP_STORED)  # type: ignore[call-overload]  # it only writes
        self.members: dict[str, Member] = {}

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            with suppress(OSError, ValueError):  # what went wrong is on its way already
                self._zip.close()
        self._file.close()

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a member."""
        digest, size = hashlib.sha256(), 0
        head = zipfile.ZipInfo(name)
        head.external_attr = (stat.S_IFREG | 0o600) << 16
        with self._zip.open(head, "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
        self.members[name] = Member(size, digest.hexdigest())

    def add_file(self, name: str, path: Path) -> None:
        """Write a member from a file."""
        with path.open("rb") as file:
            self.add(name, read_chunks(file))

    def finish(self, manifest: Described) -> None:
        """Write the manifest and the end of the archive, and wait until all is on the disk."""
        self._zip.writestr(MANIFEST, manifest.to_json())
        self._zip.comment = bytes(SEAL)
        self._zip.close()
        self._sealed.seal()


def read_chunks(file: BinaryIO, limit: int | None = None) -> Iterator[bytes]:
    """What the file holds from here on, at most ``limit`` bytes, piece by piece."""
    left = limit
    while chunk := file.read(CHUNK if left is None else min(CHUNK, left)):
        if left is not None:
            left -= len(chunk)
        yield chunk


def is_sealed(path: Path) -> bool:
    """Whether the sum at the end of the file is that of all bytes before it."""
    size = path.stat().st_size
    if size <= SEAL:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in read_chunks(file, size - SEAL):
            digest.update(chunk)
        return file.read() == _LABEL + digest.hexdigest().encode()
