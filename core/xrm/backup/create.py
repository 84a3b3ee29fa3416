# SPDX-License-Identifier: Apache-2.0
"""Making a backup of a running instance: one moment of its database, its files, configuration and plugins in one file."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from xrm.backup.archive import ArchiveWriter, is_sealed
from xrm.backup.inspection import is_allowed
from xrm.backup.manifest import Manifest
from xrm.backup.snapshot import Snapshot, declarations, file_ids, ledger_position, open_snapshot
from xrm.db.room import require_room
from xrm.errors import ConfigurationError, Conflict, NotFound, msg
from xrm.files.places import path_of
from xrm.migrate.apply import has_tables
from xrm.migrate.made_by import CORE, read_made_by
from xrm.migrate.missing import find_missing
from xrm.runtime import Runtime
from xrm.settings import SECRET_FILE
from xrm.versions import program_version

ENDING = ".xrmbackup"
FOLDER = "backups"
PARTIAL = ".partial-"


@dataclass(frozen=True)
class Backup:
    """A backup that was made: where it lies and what it says of itself."""

    path: Path
    manifest: Manifest


def create_backup(runtime: Runtime, target: Path | None = None, *, may_replace: bool = False) -> Backup:
    """Write a backup to ``target`` (default: in the instance's folder ``backups``) while others write: there whole or not at all.

    Raises:
        Conflict: (``refused``) when the file is there already.
        NotFound: when the folder it should go to is not there, unless it is ``backups``, which is made.
        ConfigurationError: when there is no room, the folder cannot be written, or the database is damaged.
    """
    made_at = datetime.now(UTC)
    path = (target or runtime.settings.home / FOLDER / f"{made_at:%Y-%m-%dT%H%M%S.%fZ}{ENDING}").expanduser().absolute()
    if path.is_dir() or (path.exists() and not may_replace):
        raise Conflict(msg("{file} is there already. Name another file, or replace it with --yes.", file=path), code="refused")
    if not path.parent.is_dir() and path.parent != runtime.settings.home / FOLDER:
        raise NotFound(msg("There is no folder {folder}. Make it, or choose another place for the backup.", folder=path.parent))
    if not has_tables(runtime.engine):
        raise ConfigurationError(msg("The database has no tables yet, so there is nothing to back up. Run: xrm init"))
    gone = [one.message for one in find_missing(runtime.engine) if one.kind != "index"]
    if gone:
        raise ConfigurationError(
            msg("The database lacks parts, and a backup of it could not be restored: {missing}. No backup was made. xrm doctor "
                "says what to do.", missing=", ".join(map(str, gone[:5])))
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_partial(path.parent)
        _require_room(runtime, path.parent)
        with tempfile.TemporaryDirectory(prefix=f"{PARTIAL}{os.getpid()}-", dir=path.parent) as folder:
            manifest = _write(runtime, Path(folder), made_at)
            (Path(folder) / "archive").replace(path)
    except OSError as error:
        raise ConfigurationError(
            msg("The backup {file} cannot be written: {why}. Nothing was left behind.", file=path, why=error.strerror or error)
        ) from error
    sync_folder(path.parent)
    return Backup(path, manifest)


def _write(runtime: Runtime, folder: Path, made_at: datetime) -> Manifest:
    with ArchiveWriter(folder / "archive") as archive, open_snapshot(runtime.engine, folder) as snapshot:
        rows = snapshot.write(archive)
        missing = _add_files(archive, runtime.settings.home, snapshot)
        _add_configuration(archive, runtime.settings.home)
        versions = _versions(runtime, snapshot.connection)
        manifest = Manifest(
            program=versions.pop(CORE), database=runtime.engine.dialect.name, made_at=made_at,
            ledger_position=ledger_position(snapshot.connection), declarations=dict(declarations(snapshot.connection)),
            plugins=versions, tables=rows, missing_files=tuple(missing),
            members=archive.members,
        )
        archive.finish(manifest)
    # The sum over the whole file was made of the bytes on their way to the disk, so it tells about all of them.
    if not is_sealed(folder / "archive"):
        raise ConfigurationError(msg("What was written could not be read back as it was. No backup was made. Check the disk."))
    return manifest


def _versions(runtime: Runtime, connection: Connection) -> dict[str, str]:
    """Of the program (``core``) and each plugin the version that made the tables: the installed one may wait to be applied."""
    installed = {CORE: program_version(), **{plugin.name: plugin.version for plugin in runtime.host.plugins}}
    made_by = read_made_by(connection)
    return {name: made_by[name].version if name in made_by else version for name, version in installed.items()}


def _add_files(archive: ArchiveWriter, home: Path, snapshot: Snapshot) -> list[str]:
    """Write the files that the database knows; the names of those whose bytes are gone."""
    missing = []
    for one in file_ids(snapshot.connection):
        path = path_of(home, one)
        name = path.relative_to(home).as_posix()
        if path.is_file() and not path.is_symlink():
            archive.add_file(name, path)
        else:
            missing.append(name)
    return missing


def _add_configuration(archive: ArchiveWriter, home: Path) -> None:
    for name in ("xrm.toml", SECRET_FILE):
        if (home / name).is_file():
            archive.add_file(f"configuration/{name}", home / name)
    folder = home / "plugins"
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(home).as_posix()
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts and is_allowed(name):
            archive.add_file(name, path)


def _require_room(runtime: Runtime, folder: Path) -> None:
    files = runtime.settings.home / "files"
    needed = sum(path.stat().st_size for path in files.rglob("*") if path.is_file()) if files.is_dir() else 0
    # SQLite is copied first, then packed.
    needed += database_size(runtime.engine) * (2 if runtime.engine.dialect.name == "sqlite" else 1)
    require_room(folder, needed)


def database_size(engine: Engine) -> int:
    """About how many bytes the database takes."""
    if engine.dialect.name == "sqlite":
        file = Path(engine.url.database or "")
        return sum(path.stat().st_size for path in (file, file.with_name(f"{file.name}-wal")) if path.is_file())
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_partial(folder: Path) -> None:
    """Remove what backups that were killed left behind."""
    for path in folder.glob(f"{PARTIAL}*"):
        number = path.name.removeprefix(PARTIAL).partition("-")[0]
        if number.isdecimal() and not _is_running(int(number)):
            shutil.rmtree(path, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
