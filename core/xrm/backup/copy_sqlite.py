# SPDX-License-Identifier: Apache-2.0
"""A consistent copy of a SQLite database while others write, without what search can make anew, and its examination."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from xrm.errors import ConfigurationError, Message, msg

MEMBER = "database/xrm.db"
# Rebuildable, outside backup: the table is there, its rows and the index over them are not.
NOT_COPIED = "search_document"
_INDEX = "search_index"


def copy_database(source: Path, target: Path) -> None:
    """Write a copy of one moment of the database to a new file; writers are not kept waiting.

    Raises:
        ConfigurationError: when the database is damaged, or there is no room.
    """
    try:
        with closing(sqlite3.connect(target, isolation_level=None, timeout=10)) as connection:
            connection.execute("ATTACH ? AS live", (str(source),))
            for pragma in ("page_size", "user_version", "application_id"):
                value = connection.execute(f"PRAGMA live.{pragma}").fetchone()[0]
                connection.execute(f"PRAGMA main.{pragma}={int(value)}")
            connection.execute("PRAGMA main.journal_mode=OFF")
            connection.execute("PRAGMA main.synchronous=OFF")
            connection.execute("BEGIN")
            _copy_all(connection)
            connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
            raise ConfigurationError(
                msg("The database {file} cannot be copied to {folder}: {why}. No backup was made. Make room there or choose "
                    "another folder, then try again.", file=source, folder=target.parent.parent, why=error)
            ) from error
        raise ConfigurationError(
            msg("The database {file} is damaged: {why}. No backup was made; xrm doctor tells more.", file=source, why=error)
        ) from error


def _copy_all(connection: sqlite3.Connection) -> None:
    found = connection.execute("SELECT type, name, sql FROM live.sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    # The tables below the index are made with it.
    objects = [one for one in found if not one[1].startswith(("sqlite_", f"{_INDEX}_"))]
    tables = [(name, sql) for kind, name, sql in objects if kind == "table"]
    # Tables and indexes come first: into an empty table of the same form SQLite copies page by page.
    for statement in [sql for _, sql in tables] + [sql for kind, _, sql in objects if kind == "index"]:
        connection.execute(statement)
    for name, sql in tables:
        if name not in {NOT_COPIED, _INDEX} and not sql.upper().startswith("CREATE VIRTUAL"):
            _copy_rows(connection, name)
    for kind, _, sql in objects:
        if kind in {"view", "trigger"}:
            connection.execute(sql)
    _copy_statistics(connection)


def _copy_rows(connection: sqlite3.Connection, table: str) -> None:
    quoted = _quoted(table)
    columns = connection.execute(f"PRAGMA live.table_xinfo({quoted})").fetchall()
    kept = [_quoted(column[1]) for column in columns if column[6] == 0]
    if len(kept) == len(columns):
        connection.execute(f"INSERT INTO main.{quoted} SELECT * FROM live.{quoted}")  # noqa: S608  # a quoted name
    else:
        names = ", ".join(kept)
        connection.execute(f"INSERT INTO main.{quoted} ({names}) SELECT {names} FROM live.{quoted}")  # noqa: S608  # quoted names


def _copy_statistics(connection: sqlite3.Connection) -> None:
    present = {name for (name,) in connection.execute("SELECT name FROM live.sqlite_master WHERE name LIKE 'sqlite_%'")}
    if "sqlite_stat1" in present:
        connection.execute("ANALYZE main.sqlite_master")
        connection.execute("INSERT INTO main.sqlite_stat1 SELECT * FROM live.sqlite_stat1")
    if "sqlite_sequence" in present:
        connection.execute("DELETE FROM main.sqlite_sequence")
        connection.execute("INSERT INTO main.sqlite_sequence SELECT * FROM live.sqlite_sequence WHERE name <> ?", (NOT_COPIED,))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def count_rows(file: Path) -> dict[str, int]:
    """Table → rows of a copy, those of search left out."""
    with _opened(file) as connection:
        return {name: _count(connection, name) for name in tables_of(connection)}


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """The names of all tables but those of SQLite and of search."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return [name for (name,) in found if name != NOT_COPIED and not name.startswith(("sqlite_", _INDEX))]


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])  # noqa: S608  # a quoted name


def has_rows(connection: sqlite3.Connection) -> bool:
    """Whether any table but those of search and of schema change holds a row."""
    names = [name for name in tables_of(connection) if not name.startswith("schema_")]
    statement = "SELECT EXISTS (SELECT 1 FROM {})"
    return any(connection.execute(statement.format(_quoted(name))).fetchone()[0] for name in names)


def find_copy_damage(file: Path) -> list[Message]:
    """What is wrong with a copy: its pages, its links."""
    try:
        with _opened(file) as connection:
            found = [line for (line,) in connection.execute("PRAGMA integrity_check(20)") if line != "ok"]
            problems = [msg("The database copy is damaged: {why}.", why=line) for line in found]
            for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(20):
                problems.append(msg("The database copy is damaged: row {row} of {table} refers to a missing row of {parent}.",
                                    row=row, table=table, parent=parent))
    except sqlite3.DatabaseError as error:
        return [msg("The database copy is damaged: {why}.", why=error)]
    return problems


def find_other_rows(file: Path, rows: dict[str, int]) -> list[Message]:
    """The tables of a whole copy that hold another number of rows than is said."""
    counted = count_rows(file)
    return [
        msg("The table {table} has {found} rows in the database copy, the manifest says {said}.", table=name,
            found=counted.get(name, 0), said=rows.get(name, 0))
        for name in sorted(counted.keys() | rows.keys()) if counted.get(name) != rows.get(name)
    ]


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA cache_size=-65536")
        yield connection
