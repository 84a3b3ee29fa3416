# SPDX-License-Identifier: Apache-2.0
"""Insert of many rows at the cost of the driver: what SQLAlchemy does per value is done here per column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Table

_Process = Callable[[Any], Any] | None
_PLAN = "xrm.bulk"


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns; a column that is None in all of them is left to be NULL."""
    if not rows:
        return
    dialect = connection.dialect
    plan = _plan_of(table, dialect)
    names, columns = [], []
    for name in rows[0]:
        values = [row[name] for row in rows]
        has_default, process = plan[name]
        if has_default or any(value is not None for value in values):
            names.append(name)
            columns.append(values if process is None else _bound(values, process))
    statement = _statement(table, names, dialect)
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _plan_of(table: Table, dialect: Dialect) -> dict[str, tuple[bool, _Process]]:
    """Column → (whether leaving it out would not make it NULL, what turns a value into the driver's); made once per table."""
    plans: dict[str, dict[str, tuple[bool, _Process]]] = table.info.setdefault(_PLAN, {})
    found = plans.get(dialect.name)
    if found is None:
        found = plans[dialect.name] = {
            column.name: (
                column.server_default is not None or column.primary_key,
                column.type.dialect_impl(dialect).bind_processor(dialect),
            )
            for column in table.columns
        }
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
