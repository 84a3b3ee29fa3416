# SPDX-License-Identifier: Apache-2.0
"""Whether a backup can be relied on: every sum, and the database in it."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xrm.backup.copy_sqlite import MEMBER, find_copy_damage, find_other_rows
from xrm.backup.dump_postgresql import find_dump_damage
from xrm.backup.inspection import inspect_archive, read_member
from xrm.backup.manifest import Manifest, Member
from xrm.db.room import require_room
from xrm.errors import Message, XrmError, msg


@dataclass(frozen=True)
class Verification:
    """What was found: the manifest, if it could be read, and everything that is wrong."""

    path: Path
    manifest: Manifest | None
    problems: tuple[Message, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and self.manifest is not None


def verify_backup(path: Path) -> Verification:
    """Read every byte of a backup, compare all sums and examine the database in it; nothing is changed.

    Raises:
        NotFound: when there is no such file.
        ConfigurationError: when there is no room to open the database.
    """
    manifest, problems = inspect_archive(path)
    if manifest is not None and not problems:
        problems = _database_problems(path, manifest)
    return Verification(path, manifest, tuple(problems))


def require_whole(path: Path) -> Manifest:
    """The manifest of a backup that is whole.

    Raises:
        NotFound: when there is no such file.
        XrmError: (``damaged``) when it is not whole.
    """
    found = verify_backup(path)
    if found.manifest is None or not found.is_whole:
        listed = "\n".join(f"  {problem}" for problem in found.problems)
        raise XrmError(
            msg("The backup {file} is damaged; nothing was changed. Take another one.\n{problems}", file=path, problems=listed),
            code="damaged",
        )
    return found.manifest


def _database_problems(path: Path, manifest: Manifest) -> list[Message]:
    if manifest.database == "sqlite" and MEMBER in manifest.members:
        with _scratch(path, manifest.members[MEMBER].size) as folder:
            copy = folder / "xrm.db"
            extract(path, manifest, {MEMBER: copy})
            return find_copy_damage(copy) or find_other_rows(copy, dict(manifest.tables))
    if manifest.database == "postgresql":
        with zipfile.ZipFile(path) as archive:
            return list(find_dump_damage(archive, manifest))
    return [msg("It holds no database that this program knows.")]


@contextmanager
def _scratch(path: Path, needed: int) -> Iterator[Path]:
    place = path.absolute().parent if os.access(path.absolute().parent, os.W_OK) else Path(tempfile.gettempdir())
    require_room(place, needed)
    with tempfile.TemporaryDirectory(prefix=f".partial-{os.getpid()}-", dir=place) as folder:
        yield Path(folder)


def extract(path: Path, manifest: Manifest, targets: Mapping[str, Path]) -> None:
    """Write members of a backup to new files that only the owner can read, and wait until they are on the disk.

    Raises:
        XrmError: when a member is damaged.
    """
    extract_members(path, manifest.members, targets)


def extract_members(path: Path, members: Mapping[str, Member], targets: Mapping[str, Path]) -> None:
    """The same for members that are known by size and sum."""
    with zipfile.ZipFile(path) as archive:
        for name, target in targets.items():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                for chunk in read_member(archive, name, members[name]):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
