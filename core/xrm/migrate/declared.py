# SPDX-License-Identifier: Apache-2.0
"""What the declarations want of the database, as definitions in its dialect."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from sqlalchemy import Column, Dialect, Index, Table
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from xrm.db.search_tables import search_objects
from xrm.migrate.asking import Tables
from xrm.migrate.catalog import Catalog, TableState

_RENDERED: WeakKeyDictionary[Table, dict[str, TableState]] = WeakKeyDictionary()  # table → dialect → what it is there


def declared_catalog(metadata: Tables, dialect: Dialect) -> Catalog:
    """Table → its columns, constraints and indexes as text; the full-text index included.

    Rendered once for each table, which is complete by then and does not change.
    """
    key = f"xrm catalog {dialect.name}"
    if key not in metadata.info:
        metadata.info[key] = _catalog(metadata, dialect)
    return dict(metadata.info[key])


def _catalog(metadata: Tables, dialect: Dialect) -> Catalog:
    catalog = {table.name: _state(table, dialect) for table in metadata.sorted_tables}
    for table, kind, name, definition in search_objects(dialect.name) if "search_document" in catalog else ():
        if kind == "table":
            catalog[table] = TableState({}, {"definition": definition}, {})
        else:
            state = catalog[table]
            columns, indexes = dict(state.columns), dict(state.indexes)
            (columns if kind == "column" else indexes)[name] = definition
            catalog[table] = TableState(columns, state.constraints, indexes)
    return catalog


def _state(table: Table, dialect: Dialect) -> TableState:
    known = _RENDERED.setdefault(table, {})
    if dialect.name not in known:
        known[dialect.name] = _rendered(table, dialect)
    return known[dialect.name]


def _rendered(table: Table, dialect: Dialect) -> TableState:
    compiler = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]  # made without a statement, to render parts
    constraints = {}
    for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
        text = compiler.process(constraint)
        if text:
            constraints[str(constraint.name or text)] = text
    return TableState(
        {column.name: _column(column, dialect) for column in table.columns},
        constraints,
        {str(index.name): create_index(index, dialect) for index in table.indexes},
    )


def _column(column: Column[object], dialect: Dialect) -> str:
    return str(CreateColumn(column).compile(dialect=dialect)).strip()


def create_table(table: Table, dialect: Dialect) -> str:
    """The statement that creates the table without its indexes."""
    return str(CreateTable(table).compile(dialect=dialect)).strip()


def create_index(index: Index, dialect: Dialect) -> str:
    """The statement that creates the index."""
    return str(CreateIndex(index).compile(dialect=dialect))


def add_column(table: Table, name: str, dialect: Dialect) -> str:
    """The statement that adds a column, with what it refers to."""
    preparer = dialect.identifier_preparer
    column = table.c[name]
    definition = _column(column, dialect)
    for key in column.foreign_keys:
        target = key.column
        named = preparer.format_constraint(key.constraint) if key.constraint is not None else None
        definition += f" CONSTRAINT {named}" if named else ""
        definition += f" REFERENCES {preparer.format_table(target.table)} ({preparer.quote(target.name)})"
        definition += f" ON DELETE {key.ondelete}" if key.ondelete else ""
    return f"ALTER TABLE {preparer.format_table(table)} ADD COLUMN {definition}"
