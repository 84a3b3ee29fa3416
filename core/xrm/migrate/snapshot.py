# SPDX-License-Identifier: Apache-2.0
"""A copy of a SQLite database from before a change that moves or drops data, proven to open."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from xrm.db.room import require_room
from xrm.errors import ConfigurationError, msg
from xrm.migrate.steps import Step

KEPT = 3
PARTIAL = ".partial"


def take_snapshot(engine: Engine, number: int, steps: Sequence[Step]) -> Path | None:
    """The copy, beside the database under ``snapshots``; none where steps only add, or on PostgreSQL, which has backups.

    Raises:
        ConfigurationError: when there is no room for it, or it does not open; nothing was changed then.
    """
    size = snapshot_size(engine, steps)
    if not size:
        return None
    file = Path(engine.url.database or "")
    folder = file.parent / "snapshots"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"before-plan-{number}.db"
    for left in folder.glob(f"*{PARTIAL}*"):
        left.unlink()  # of a run that was killed; whoever changes the schema is alone
    require_room(folder, size * 6 // 5)
    partial = folder / f"{target.name}{PARTIAL}"
    partial.touch(mode=0o600)
    try:
        _copy(file, partial)
        _prove(partial)
    except sqlite3.DatabaseError as error:
        partial.unlink(missing_ok=True)
        told = msg("The database cannot be copied: {why}. Nothing was changed. Run xrm doctor.", why=error)
        raise ConfigurationError(told) from error
    partial.replace(target)
    for old in sorted(folder.glob("before-plan-*.db"), key=lambda one: one.stat().st_mtime)[:-KEPT]:
        old.unlink()
    return target


def snapshot_size(engine: Engine, steps: Sequence[Step]) -> int:
    """The bytes that the copy will take at most; 0 when these steps need none."""
    file = Path(engine.url.database or "")
    only_adds = all(step.phase == "expand" and step.rebuild is None for step in steps)
    return 0 if engine.dialect.name != "sqlite" or only_adds or not file.is_file() else file.stat().st_size


def _copy(file: Path, target: Path) -> None:
    source = sqlite3.connect(file)
    try:
        source.execute("VACUUM INTO ?", (str(target),))
    finally:
        source.close()


def _prove(copy: Path) -> None:
    connection = sqlite3.connect(f"file:{copy}?mode=ro", uri=True)
    try:
        found = connection.execute("PRAGMA quick_check").fetchone()[0]
    finally:
        connection.close()
    if found != "ok":
        broken = msg("The copy of the database in {file} is not whole: {found}. Run xrm doctor.", file=copy, found=found)
        raise ConfigurationError(broken)
