# SPDX-License-Identifier: Apache-2.0
"""Whether the database is whole: its file, its pages, its full-text index."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError

from xrm.db.engine import WRITE

QUICK_SECONDS = 0.02
LARGE = 12_000_000  # bytes that are read in that time


def missing_file(url: str) -> Path | None:
    """The database's file when it should be there and is not; None for a server, or when the URL cannot be read."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    file = Path(parsed.database)
    return None if file.is_file() else file


def find_damage(engine: Engine) -> list[str]:
    """What is damaged, in the database's own words; empty when it is whole. Reads all of the tables."""
    try:
        with engine.connect() as connection, connection.begin():
            return _damage_of_sqlite(connection) if engine.dialect.name == "sqlite" else _damage_of_postgresql(connection)
    except DBAPIError as error:
        return [_line(error)]


def find_damage_quickly(engine: Engine, seconds: float = QUICK_SECONDS) -> list[str]:
    """What a look of so many seconds finds: of a small SQLite database everything, of a large one some tables, others each time.

    PostgreSQL is asked what it noticed by itself.
    """
    try:
        with engine.connect() as connection, connection.begin():
            if engine.dialect.name == "sqlite":
                return _quick_damage_of_sqlite(connection, seconds)
            return list(_noticed(connection))
    except DBAPIError as error:
        return [_line(error)]


def _damage_of_sqlite(connection: Connection) -> list[str]:
    return [str(line) for line in connection.execute(text("PRAGMA quick_check(20)")).scalars() if line != "ok"]


def find_broken_links(engine: Engine) -> list[str]:
    """Rows that refer to rows which are not there; PostgreSQL lets none come about."""
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        rows = connection.execute(text("PRAGMA foreign_key_check")).fetchmany(20)
    return [f"{row[0]}: row {row[1]} refers to a missing row of {row[2]}" for row in rows]


def _quick_damage_of_sqlite(connection: Connection, seconds: float) -> list[str]:
    size = Path(connection.engine.url.database or "").stat().st_size if missing_file(str(connection.engine.url)) is None else 0
    checks = ["PRAGMA quick_check(3)"]
    if size > LARGE:
        # A table takes as long as it is large, and the time is soon over: each start begins with another one.
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"))
        checks = [f'PRAGMA quick_check("{name}")' for name in names.scalars()]
        random.shuffle(checks)
    driver: Any = connection.connection.driver_connection
    end = threading.Timer(seconds, driver.interrupt)
    end.start()
    try:
        for check in checks:
            found = [str(line) for (line,) in driver.execute(check).fetchmany(3) if line != "ok"]
            if found:
                return found
    except driver.DatabaseError as error:
        return [] if "interrupted" in str(error) else [str(error)]
    finally:
        end.cancel()
    return []


def _noticed(connection: Connection) -> Iterator[str]:
    failures = connection.scalar(text("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()"))
    if failures:
        yield f"PostgreSQL counted {failures} pages whose sum does not fit"


def _damage_of_postgresql(connection: Connection) -> list[str]:
    found = list(_noticed(connection))
    for setting in ("statement_timeout = 0", "enable_indexonlyscan = off", "enable_indexscan = off", "enable_bitmapscan = off"):
        connection.execute(text(f"SET LOCAL {setting}"))
    tables = connection.execute(text(
        "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )).scalars()
    for table in tables.all():
        try:
            with connection.begin_nested():
                # Counting without an index reads every page of the table.
                connection.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608  # a quoted name
        except DBAPIError as error:
            found.append(f"{table}: {_line(error)}")
    return found


def _line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def find_index_damage(engine: Engine) -> str:
    """Why the full-text index does not fit the search documents; empty when it does."""
    if engine.dialect.name != "sqlite":
        return ""
    try:
        with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
            _check_index(connection)
    except DatabaseError as error:
        return str(error.orig)
    return ""


def rebuild_full_text(connection: Connection) -> None:
    """Make the full-text index anew from the search documents, where it is kept apart from them."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO search_index(search_index) VALUES('rebuild')"))


def _check_index(connection: Connection) -> None:
    # The check is asked for by an INSERT that inserts nothing; rank 1 compares with the content table too.
    connection.execute(text("INSERT INTO search_index(search_index, rank) VALUES('integrity-check', 1)"))
