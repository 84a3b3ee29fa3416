# SPDX-License-Identifier: Apache-2.0
"""The database file of an instance while a backup is put in its place: held against everybody, then replaced by one rename."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from xrm.backup.copy_sqlite import has_rows
from xrm.backup.create import sync_folder
from xrm.errors import Conflict, msg

STAGED = ".restoring"
KEPT = ".before-restore"
_SIDE_FILES = ("-wal", "-shm", "-journal")


class LiveFile:
    """The database's file, which nobody else uses; ``holds_data`` when anything would be replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.holds_data = False

    @property
    def staged(self) -> Path:
        """Where the new database is made ready."""
        return self.path.with_name(f"{self.path.name}{STAGED}")

    def clear_staged(self) -> None:
        """Remove what is or was being made ready."""
        for ending in ("", *_SIDE_FILES, ".schema-lock"):
            Path(f"{self.staged}{ending}").unlink(missing_ok=True)

    def replace(self) -> Path | None:
        """Put the staged database in the place of the live one; where the live one was kept, if there was one."""
        close_file(self.staged)
        kept = self._keep()
        for ending in _SIDE_FILES:
            # Those of a file that SQLite could not open; the new one must not find them.
            side = Path(f"{self.path}{ending}")
            if side.exists():
                side.replace(f"{kept or self.path}{ending}") if kept else side.unlink()
        self.staged.replace(self.path)
        sync_folder(self.path.parent)
        return kept

    def _keep(self) -> Path | None:
        if not self.path.exists():
            return None
        kept = self.path.with_name(f"{self.path.name}{KEPT}")
        for ending in ("", *_SIDE_FILES):
            Path(f"{kept}{ending}").unlink(missing_ok=True)
        try:
            # Under two names for a moment, so that there is a database at every moment.
            os.link(self.path, kept)
        except OSError:
            shutil.copy2(self.path, kept)
        return kept


@contextmanager
def hold_file(path: Path) -> Iterator[LiveFile]:
    """Hold the database's file against everybody else.

    Raises:
        Conflict: (``busy``) when somebody has it open.
    """
    live = LiveFile(path.resolve())
    if not live.path.exists():
        yield live
        return
    with closing(sqlite3.connect(live.path, isolation_level=None, timeout=2)) as connection:
        try:
            # Out of the mode with a log beside the file SQLite goes only when nobody else has the file open; and what
            # the log holds is in the file then.
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            live.holds_data = has_rows(connection)
        except sqlite3.DatabaseError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise Conflict(
                    msg("The database {file} is in use. Stop xrm serve, xrm worker and whatever else has it open, then restore "
                        "again.", file=live.path), code="busy",
                ) from error
            # A damaged file is what a backup is for.
            live.holds_data = True
        yield live
        with suppress(sqlite3.DatabaseError):
            connection.execute("ROLLBACK")


def close_file(file: Path) -> None:
    """Bring everything of a database that nobody has open into its one file and onto the disk."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
