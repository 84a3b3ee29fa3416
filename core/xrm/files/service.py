# SPDX-License-Identifier: Apache-2.0
"""Keeping uploaded files: sniffed, measured and hashed, under a name of our own in the instance's folder."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import insert, update

from xrm.db.ids import new_id
from xrm.errors import ConfigurationError, InvalidInput, Problem, msg
from xrm.files.kinds import KNOWN, sniff
from xrm.files.models import file
from xrm.files.places import path_of
from xrm.unit_of_work import UnitOfWork

LARGEST = 25 * 1024 * 1024
LONGEST_NAME = 200
_CHUNK = 1024 * 1024


def save_file(
    uow: UnitOfWork, name: str, stream: BinaryIO, *, department: uuid.UUID | None = None, only_images: bool = False,
    path: str = "",
) -> uuid.UUID:
    """Keep what the stream holds and return the file's id; it belongs to nobody until ``attach_files``.

    What it is, is read from its first bytes; the name says nothing. Bytes whose unit of work fails stay behind without a row.

    Raises:
        InvalidInput: (at ``path``) for an empty or too large file, or one of a kind that is not taken.
        ConfigurationError: when the instance's folder cannot be written.
    """
    stream.seek(0)
    media_type = sniff(stream.read(4096), name)
    if media_type is None or (only_images and not media_type.startswith("image/")):
        allowed = ", ".join(("PNG", "JPEG", "GIF", "WebP") if only_images else KNOWN)
        raise InvalidInput([Problem(path, msg("This kind of file is not taken. Send one of: {allowed}.", allowed=allowed))])
    stream.seek(0)
    one = new_id()
    size, digest = _write(path_of(uow.settings.home, one), stream, path)
    uow.execute(
        insert(file).values(
            id=one, entity_id=None, department_id=department, name=_clean(name), media_type=media_type, size=size, sha256=digest,
            created_at=uow.now, created_by=uow.actor.user_id,
        )
    )
    return one


def attach_files(uow: UnitOfWork, ids: list[uuid.UUID], entity_id: uuid.UUID, *, department: uuid.UUID | None) -> None:
    """Say to which entity the actor's new files belong: who sees it (and works in ``department``, if named) may open them."""
    mine = file.c.id.in_(ids), file.c.entity_id.is_(None), file.c.created_by == uow.actor.user_id
    if ids:
        uow.execute(update(file).where(*mine).values(entity_id=entity_id, department_id=department))


def _write(target: Path, stream: BinaryIO, path: str) -> tuple[int, bytes]:
    digest, size = hashlib.sha256(), 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > LARGEST:
                    break
                digest.update(chunk)
                out.write(chunk)
    except OSError as error:
        raise ConfigurationError(
            msg("The folder {folder} cannot be written: {why}.", folder=target.parent, why=error.strerror or error)
        ) from error
    if not 0 < size <= LARGEST:
        target.unlink(missing_ok=True)
        too_large = msg("The file is too large. Send at most {most} MB.", most=LARGEST >> 20)
        text = too_large if size else msg("The file is empty. Choose another.")
        raise InvalidInput([Problem(path, text)])
    return size, digest.digest()


def _clean(name: str) -> str:
    """The last part of the name, without what a path or a header could take for something else."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable() and char not in '"<>|:*?')[:LONGEST_NAME].strip(". ") or "file"
