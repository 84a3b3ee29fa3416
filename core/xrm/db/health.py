# SPDX-License-Identifier: Apache-2.0
"""Whether the database is whole: its file, its pages, its full-text index."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from xrm.db.engine import WRITE


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
    """What is damaged, in the database's own words; empty when it is whole. Reads the whole file on SQLite."""
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        found = [str(line) for line in connection.execute(text("PRAGMA quick_check(20)")).scalars() if line != "ok"]
        broken_links = connection.execute(text("PRAGMA foreign_key_check")).all()
    return found + [f"{row[0]}: row {row[1]} refers to a missing row of {row[2]}" for row in broken_links[:20]]


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
