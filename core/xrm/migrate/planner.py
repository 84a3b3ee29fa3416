# SPDX-License-Identifier: Apache-2.0
"""What the declared tables need that the database does not have yet, as steps in the order to run them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, Index, MetaData, Table, inspect
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from xrm.db.search_tables import search_statements


@dataclass(frozen=True)
class Step:
    """One statement with its reverse: what it does, on which table, index or column, and for which owner."""

    owner: str
    action: str
    target: str
    statement: str
    reverse: str

    @property
    def checksum(self) -> str:
        """What the ledger compares to know that a step is the one that ran."""
        return hashlib.sha256(self.statement.encode()).hexdigest()


def plan(connection: Connection, declared: MetaData) -> list[Step]:
    """The steps that create what is missing; nothing that exists is changed or dropped."""
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    steps: list[Step] = []
    for table in declared.sorted_tables:
        if table.name not in present:
            steps += _create(connection, table)
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        steps += [_add_column(connection, table, name) for name in table.c.keys() if name not in columns]  # noqa: SIM118
        indexes = {index["name"] for index in inspector.get_indexes(table.name)}
        steps += [_create_index(connection, index) for index in _sorted(table) if index.name not in indexes]
    steps += [
        Step("core", action, target, statement, reverse)
        for action, target, statement, reverse in search_statements(connection, present)
    ]
    return steps


def owner_of(table_name: str) -> str:
    """Who declared a table: the plugin before the double underscore, else the core."""
    plugin, separator, _ = table_name.partition("__")
    return plugin if separator else "core"


def _create(connection: Connection, table: Table) -> list[Step]:
    name = connection.dialect.identifier_preparer.format_table(table)
    statement = str(CreateTable(table).compile(dialect=connection.dialect)).strip()
    first = Step(owner_of(table.name), "create table", table.name, statement, f"DROP TABLE {name}")
    return [first, *(_create_index(connection, index) for index in _sorted(table))]


def _sorted(table: Table) -> list[Index]:
    return sorted(table.indexes, key=lambda index: str(index.name))


def _create_index(connection: Connection, index: Index) -> Step:
    statement = str(CreateIndex(index).compile(dialect=connection.dialect))
    quoted = connection.dialect.identifier_preparer.quote(str(index.name))
    assert index.table is not None  # noqa: S101  # an index of a MetaData always has its table
    return Step(owner_of(index.table.name), "create index", str(index.name), statement, f"DROP INDEX {quoted}")


def _add_column(connection: Connection, table: Table, name: str) -> Step:
    preparer = connection.dialect.identifier_preparer
    column = table.c[name]
    definition = str(CreateColumn(column).compile(dialect=connection.dialect)).strip()
    for key in column.foreign_keys:
        target = key.column
        definition += f" REFERENCES {preparer.format_table(target.table)} ({preparer.quote(target.name)})"
        definition += f" ON DELETE {key.ondelete}" if key.ondelete else ""
    quoted = preparer.format_table(table)
    return Step(
        owner_of(table.name), "add column", f"{table.name}.{name}", f"ALTER TABLE {quoted} ADD COLUMN {definition}",
        f"ALTER TABLE {quoted} DROP COLUMN {preparer.quote(name)}",
    )


