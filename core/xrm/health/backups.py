# SPDX-License-Identifier: Apache-2.0
"""Checks of what is kept beside the database: backups, and what killed runs left behind; and the repair of the latter."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from xrm.access.models import user
from xrm.backup.create import FOLDER, PARTIAL, remove_partial
from xrm.backup.inspection import inspect_archive
from xrm.backup.listing import list_backups
from xrm.db.engine import database_file
from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.migrate import snapshot
from xrm.migrate.exclusive import alone
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork

OLD_BACKUP = timedelta(days=7)
LEFT = timedelta(days=1)  # what is half done for so long, nobody is at any more


def check_backups(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether there is a recent backup, once the instance is older than a week."""
    first = uow.execute(select(func.min(user.c.created_at))).scalar()
    folder = uow.settings.home / FOLDER
    made = max((one.stat().st_mtime for one in folder.glob("*") if one.is_file()), default=None) if folder.is_dir() else None
    latest = datetime.fromtimestamp(made, UTC) if made is not None else None
    if first is None or uow.now - first < OLD_BACKUP or (latest is not None and uow.now - latest < OLD_BACKUP):
        return
    said = msg("The last backup in {folder} is of {day}.", folder=folder, day=latest.date().isoformat()) if latest else msg(
        "There is no backup in {folder}.", folder=folder)
    yield HealthFinding("backup", "warn", said, msg("Run xrm backup create, best each night."))


def check_last_backup(settings: Settings) -> Iterator[HealthFinding]:
    """Whether the last backup looks whole: its manifest and the sizes of what is in it."""
    last = next(iter(list_backups(settings.home / FOLDER)), None)
    if last is not None and last.problem:
        yield _damaged(last.path, Message(last.problem))


def verify_last_backup(settings: Settings) -> Iterator[HealthFinding]:
    """Whether every byte of the last backup is as it was written."""
    last = next(iter(list_backups(settings.home / FOLDER)), None)
    if last is not None:
        _, problems = inspect_archive(last.path)
        yield from (_damaged(last.path, one) for one in problems[:1])


def _damaged(path: Path, why: Message) -> HealthFinding:
    return HealthFinding("last backup", "bad", msg("The last backup {file} cannot be relied on: {why}", file=path.name, why=why),
                         msg("Run xrm backup create, and look at the disk that holds the backups."))


def check_leftovers(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether copies that were never finished take up room."""
    if found := _leftovers(runtime):
        said = msg("Copies that a killed run left half done: {count}, {megabytes} MB.", count=len(found), megabytes=_size(found))
        yield HealthFinding("leftovers", "warn", said, msg("They can be removed without loss."), fix="leftovers")


def mend_leftovers(runtime: Runtime) -> Iterator[Message]:
    """Remove them, while no change of the schema makes another."""
    if not _leftovers(runtime):
        return
    with alone(runtime.engine):
        found = _leftovers(runtime)
        size = _size(found)
        for path in found:
            if path.is_file():
                path.unlink(missing_ok=True)
        remove_partial(runtime.settings.home / FOLDER)
    left = len(_leftovers(runtime))
    yield msg("Copies left half done: {count} before ({megabytes} MB), {left} now.", count=len(found), megabytes=size, left=left)


def _size(paths: list[Path]) -> int:
    files = (one for path in paths for one in (path.rglob("*") if path.is_dir() else (path,)))
    return sum(one.stat().st_size for one in files if one.is_file()) // 1_000_000


def _leftovers(runtime: Runtime) -> list[Path]:
    file = database_file(runtime.engine)
    snapshots = (file.parent / "snapshots").glob(f"*{snapshot.PARTIAL}*") if file is not None else ()
    backups = (runtime.settings.home / FOLDER).glob(f"{PARTIAL}*")
    before = time.time() - LEFT.total_seconds()
    return [path for path in (*snapshots, *backups) if path.stat().st_mtime < before]
