# SPDX-License-Identifier: Apache-2.0
"""Insert of many rows at the cost of the driver: what SQLAlchemy does per value is done here per column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError

_Process = Callable[[Any], Any] | None
_PLAN = "xrm.bulk"
COPY_FROM = 20  # rows; below, a stream costs more than it saves


@dataclass(frozen=True, slots=True)
class Same:
    """One value for all rows of a column."""

    value: Any


Columns = Mapping[str, Sequence[Any] | Same]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns; a column that is None in all of them is left to be NULL."""
    if rows:
        insert_columns(connection, table, len(rows), {name: [row[name] for row in rows] for name in rows[0]})


def insert_columns(connection: Connection, table: Table, count: int, columns: Columns) -> None:
    """Insert ``count`` rows given by column: each as many values, or ``Same``; one that is all None is left to be NULL."""
    if not count:
        return
    dialect = connection.dialect
    plan = _plan_of(table, dialect)
    names: list[str] = []
    bound: list[Iterable[Any]] = []
    for name, values in columns.items():
        has_default, process = plan.columns[name]
        if isinstance(values, Same):
            if values.value is not None or has_default:
                names.append(name)
                bound.append(repeat(values.value if process is None else process(values.value), count))
        elif has_default or any(value is not None for value in values):
            names.append(name)
            bound.append(values if process is None else _bound(values, process))
    rows = zip(*bound, strict=True)
    if dialect.name == "postgresql" and count >= COPY_FROM:
        _copy(connection, table, names, rows)
        return
    statement = plan.statements.get(tuple(names))
    if statement is None:
        statement = plan.statements[tuple(names)] = _statement(table, names, dialect)
    connection.exec_driver_sql(statement, list(rows))


def _copy(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Send rows to PostgreSQL as one stream, several times as fast as statement by statement.

    Raises:
        DBAPIError: as an INSERT does.
    """
    dialect = connection.dialect
    preparer = dialect.identifier_preparer
    columns = ", ".join(preparer.quote(name) for name in names)
    statement = f"COPY {preparer.format_table(table)} ({columns}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    errors = dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except errors as error:
        raise DBAPIError.instance(statement, None, error, errors, dialect=dialect) from error


@dataclass(frozen=True)
class _Plan:
    """How rows reach one table: its columns by name, and statements by the columns that they fill.

    A column is (whether leaving it out would not make it NULL, what turns a value into the driver's).
    """

    columns: Mapping[str, tuple[bool, _Process]]
    statements: dict[tuple[str, ...], str] = field(default_factory=dict)


def _plan_of(table: Table, dialect: Dialect) -> _Plan:
    plans: dict[str, _Plan] = table.info.setdefault(_PLAN, {})
    found = plans.get(dialect.name)
    if found is None:
        found = plans[dialect.name] = _Plan({
            column.name: (
                column.server_default is not None or column.primary_key,
                column.type.dialect_impl(dialect).bind_processor(dialect),
            )
            for column in table.columns
        })
    return found


def _bound(values: Sequence[Any], process: Callable[[Any], Any]) -> list[Any]:
    # Times, users and departments are the same object in row after row.
    found: list[Any] = []
    before, bound = None, None
    for value in values:
        if value is not before:
            before, bound = value, None if value is None else process(value)
        found.append(bound)
    return found


def _statement(table: Table, names: Sequence[str], dialect: Dialect) -> str:
    preparer = dialect.identifier_preparer
    place = "?" if dialect.paramstyle == "qmark" else "%s"
    columns = ", ".join(preparer.quote(name) for name in names)
    return f"INSERT INTO {preparer.format_table(table)} ({columns}) VALUES ({', '.join([place] * len(names))})"  # noqa: S608
