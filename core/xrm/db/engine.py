# SPDX-License-Identifier: Apache-2.0
"""The engine for a database URL: what SQLite and PostgreSQL each need to behave alike."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from xrm.errors import ConfigurationError, msg

WRITE = "xrm_write"
_RETRY_STATES = {"40001", "40P01"}
_TAKEN_STATE = "23505"
_MISSING_STATES = {"42P01", "42703"}


def open_engine(url: str) -> Engine:
    """An engine ready for use; nothing is connected yet.

    Raises:
        ConfigurationError: when the URL cannot be read, names another database, or its driver is missing.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        said = msg("XRM_DATABASE_URL cannot be read. Write sqlite:///path or postgresql://host/name.")
        raise ConfigurationError(said) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(url)
    if backend == "postgresql":
        return _open_postgresql(url)
    raise ConfigurationError(
        msg("XRM_DATABASE_URL names {backend}, which is not supported. Use sqlite or postgresql.", backend=backend)
    )


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 10}, hide_parameters=True)
    file = database_file(engine)

    @event.listens_for(engine, "do_connect")
    def _create(_dialect: Any, _record: Any, _arguments: Any, _options: Any) -> None:
        # SQLite itself would make it as the umask says; its side files take over the mode of the file. What is wrong
        # with the place, connecting says.
        if file is not None:
            with contextlib.suppress(OSError):
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-65536",
                       "mmap_size=268435456"):
            connection.execute(f"PRAGMA {pragma}")

    # A transaction that reads and then writes fails at once with "database is locked", whatever the timeout.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_write = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine


def _open_postgresql(url: str) -> Engine:
    asked = make_url(url).query.get("options", "")
    try:
        return create_engine(
            url,
            isolation_level="REPEATABLE READ",
            pool_pre_ping=True,
            pool_size=8,
            hide_parameters=True,
            # What the URL asks for comes last, and so it holds.
            connect_args={"connect_timeout": 5, "options": f"-c timezone=UTC -c statement_timeout=60000 {asked}".rstrip()},
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(msg("PostgreSQL needs its driver. Install it with: pip install 'xrm[postgres]'")) from error


def merges_in_order(connection: Connection) -> bool:
    """Whether a UNION of SELECTs that are each in the order of an index is merged row by row, so that its first rows cost little.

    SQLite does so; PostgreSQL reads all rows of such a UNION unless each SELECT has a limit of its own.
    """
    return connection.dialect.name == "sqlite"


def database_file(engine: Engine) -> Path | None:
    """The file of a SQLite database; None for one in memory, and for PostgreSQL."""
    file = engine.url.database or ""
    is_file = engine.dialect.name == "sqlite" and file and file != ":memory:" and not file.startswith("file:")
    return Path(file) if is_file else None


def quick_row(engine: Engine, statement: str) -> tuple[Any, ...] | None:
    """The first row of a statement that is asked all day long by every process, past SQLAlchemy; errors are the driver's."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
    finally:
        connection.close()
    return row


def for_writing(connection: Connection) -> Connection:
    """The connection, set up for a unit of work that changes things.

    On PostgreSQL each of its statements sees what was committed before: a rule that is checked after its row was held is
    then checked against what others did meanwhile. Under REPEATABLE READ it would be checked against the past.
    """
    if connection.dialect.name == "postgresql":
        return connection.execution_options(**{WRITE: True}, isolation_level="READ COMMITTED")
    return connection.execution_options(**{WRITE: True})


def is_taken(error: DBAPIError) -> bool:
    """Whether a unique value exists already."""
    original = error.orig
    return getattr(original, "sqlstate", None) == _TAKEN_STATE or "UNIQUE constraint failed" in str(original)


def is_missing(error: DBAPIError) -> bool:
    """Whether a table or column that a statement names is not there."""
    original = error.orig
    state = getattr(original, "sqlstate", None)
    if state is not None:
        return state in _MISSING_STATES
    return "no such table" in str(original) or "no such column" in str(original) or "has no column named" in str(original)


def is_retryable(error: DBAPIError) -> bool:
    """Whether running the same unit of work again may succeed: lost races, not mistakes."""
    original = error.orig
    state = getattr(original, "sqlstate", None)
    if state is not None:
        return state in _RETRY_STATES
    return "database is locked" in str(original)
