# SPDX-License-Identifier: Apache-2.0
"""One moment of a database, to be read and to be written into an archive; which of the two databases it is, ends here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, create_engine, func, select

from xrm.backup.archive import ArchiveWriter
from xrm.backup.copy_sqlite import MEMBER, copy_database, count_rows, find_copy_damage
from xrm.backup.dump_postgresql import dump_database, dumped_moment
from xrm.errors import ConfigurationError, msg
from xrm.files.models import file
from xrm.migrate.models import schema_applied, schema_ledger


class Snapshot(Protocol):
    """A moment of a database: ``connection`` reads it."""

    connection: Connection

    def write(self, archive: ArchiveWriter) -> dict[str, int]:
        """Write the database into the archive; table → rows."""


class _SqliteSnapshot:
    def __init__(self, connection: Connection, copy: Path) -> None:
        self.connection = connection
        self._copy = copy

    def write(self, archive: ArchiveWriter) -> dict[str, int]:
        damage = find_copy_damage(self._copy)
        if damage:
            raise ConfigurationError(
                msg("The database is damaged: {why} No backup was made; xrm doctor tells more.", why=damage[0])
            )
        archive.add_file(MEMBER, self._copy)
        return count_rows(self._copy)


class _PostgresSnapshot:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def write(self, archive: ArchiveWriter) -> dict[str, int]:
        return dump_database(self.connection, archive)


def open_snapshot(engine: Engine, folder: Path) -> AbstractContextManager[Snapshot]:
    """The present moment of the database; ``folder`` takes what is needed meanwhile."""
    return _of_sqlite(engine, folder) if engine.dialect.name == "sqlite" else _of_postgresql(engine)


@contextmanager
def _of_sqlite(engine: Engine, folder: Path) -> Iterator[Snapshot]:
    source = Path(engine.url.database or "")
    if not source.is_file():
        raise ConfigurationError(msg("There is no database {file}. Run xrm init, or set XRM_DATABASE_URL.", file=source))
    copy = folder / "xrm.db"
    copy_database(source, copy)
    copied = create_engine(f"sqlite:///{copy}")
    try:
        with copied.connect() as connection:
            yield _SqliteSnapshot(connection, copy)
    finally:
        copied.dispose()


@contextmanager
def _of_postgresql(engine: Engine) -> Iterator[Snapshot]:
    with dumped_moment(engine) as connection:
        yield _PostgresSnapshot(connection)


def ledger_position(connection: Connection) -> int:
    """The number of the last step in the ledger."""
    return connection.scalar(select(func.coalesce(func.max(schema_ledger.c.position), 0))) or 0


def declarations(connection: Connection) -> Mapping[str, str]:
    """Owner → checksum of the declaration last applied."""
    return {row.owner: row.checksum for row in connection.execute(select(schema_applied.c.owner, schema_applied.c.checksum))}


def file_ids(connection: Connection) -> list[uuid.UUID]:
    """The ids of all uploaded files."""
    return list(connection.execute(select(file.c.id).order_by(file.c.id)).scalars())
