# SPDX-License-Identifier: Apache-2.0
"""Declared types → SQLAlchemy tables: one table per type, one more per field with several values."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Index, Integer, MetaData, Table
from sqlalchemy.schema import sort_tables

from xrm.db.metadata import NAMING
from xrm.db.types import Id, key_text
from xrm.errors import PluginError, msg
from xrm.schema.fields.base import FieldType
from xrm.schema.model import EntityDeclaration, Field, RelationshipDeclaration

IDENTIFIER_LENGTH = 63  # PostgreSQL cuts longer names in silence


class TableSet:
    """Tables by name, each with its indexes: those of core and those of types, which belong to no common MetaData."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self.tables: Mapping[str, Table] = {table.name: table for table in tables}
        self.info: dict[Any, Any] = {}

    @cached_property
    def sorted_tables(self) -> list[Table]:
        """Each after those it refers to."""
        return sort_tables(sorted(self.tables.values(), key=lambda table: table.name))

    def create_all(self, engine: Engine) -> None:
        """Make all of them, with their indexes, in an empty database."""
        with engine.begin() as connection:
            for table in self.sorted_tables:
                table.create(connection)


def table_name(declaration: EntityDeclaration | RelationshipDeclaration) -> str:
    """The table of a type: ``<plugin>__<name>``; the kinds of party have their plain name."""
    if isinstance(declaration, EntityDeclaration) and declaration.kind == "party":
        return declaration.name
    return f"{declaration.plugin}__{declaration.name}"


def refuse_taken_name(taken: Container[str], declaration: EntityDeclaration | RelationshipDeclaration) -> None:
    """Raise PluginError when a table of the type would have a name that is taken, or one that no database keeps whole."""
    name = table_name(declaration)
    children = [short_name(f"{name}__{key}") for key in declaration.fields]
    if taken_one := next((one for one in (name, *children) if one in taken), None):
        name = taken_one
        message = msg("{where}: the table {name} is taken already. Choose another name.", where=declaration.location, name=name)
        raise PluginError(declaration.plugin, message)
    if len(name) > IDENTIFIER_LENGTH:
        raise PluginError(declaration.plugin, msg(
            "{where}: the table {name} has more than {most} letters. Choose a shorter name.",
            where=declaration.location, name=name, most=IDENTIFIER_LENGTH,
        ))


def build_type_table(
    core: Mapping[str, Table], declaration: EntityDeclaration, types: Mapping[str, FieldType]
) -> tuple[Table, dict[str, Table]]:
    """The table of an entity type and its tables of multiple values, by field key; they refer to those of ``core``."""
    name, metadata = table_name(declaration), MetaData(naming_convention=NAMING)
    parent = core["role" if declaration.kind == "role" else "entity"]
    single = [field for field in declaration.fields.values() if not types[field.key].is_multiple(field)]
    table = Table(
        name,
        metadata,
        Column("id", Id, ForeignKey(parent.c.id, ondelete="CASCADE"), primary_key=True),
        Column("department_id", Id, ForeignKey(core["department"].c.id), nullable=False),
        Column("title_key", key_text(), nullable=False),
        *_columns(single, types),
    )
    return table, _child_tables(metadata, table, declaration.fields.values(), types)


def build_relationship_table(
    core: Mapping[str, Table], declaration: RelationshipDeclaration, types: Mapping[str, FieldType]
) -> tuple[Table | None, dict[str, Table]]:
    """The table of a relationship type's fields, or None when it has none."""
    if not declaration.fields:
        return None, {}
    single = [field for field in declaration.fields.values() if not types[field.key].is_multiple(field)]
    metadata = MetaData(naming_convention=NAMING)
    table = Table(
        table_name(declaration),
        metadata,
        Column("id", Id, ForeignKey(core["relationship"].c.id, ondelete="CASCADE"), primary_key=True),
        *_columns(single, types),
    )
    return table, _child_tables(metadata, table, declaration.fields.values(), types)


def add_indexes(
    declaration: EntityDeclaration | RelationshipDeclaration, types: Mapping[str, FieldType], table: Table,
    children: Mapping[str, Table],
) -> None:
    """Give the tables of a type their indexes, which nothing but a change of the database's schema asks for."""
    if isinstance(declaration, EntityDeclaration):
        _index(table, "title_key")
        # The empty rows of a list sorted by a field come by id.
        Index(short_name(f"ix_{table.name}_department_id"), table.c.department_id, table.c.id)
    for key, field in declaration.fields.items():
        if key in children:
            child = children[key]
            keys = types[key].key_columns(field)
            Index(short_name(f"ix_{child.name}_{key}"), *(child.c[name] for name in keys), child.c.owner_id)
        elif isinstance(declaration, EntityDeclaration):
            _index_field(table, field, types[key], is_role=declaration.kind == "role")
        elif field.type in {"link", "file", "image"}:
            Index(short_name(f"ix_{table.name}_{key}"), table.c[key])


def _columns(fields: Iterable[Field], types: Mapping[str, FieldType]) -> list[Column[Any]]:
    return [column for field in fields for column in types[field.key].columns(field)]


def _child_tables(
    metadata: MetaData, table: Table, fields: Iterable[Field], types: Mapping[str, FieldType]
) -> dict[str, Table]:
    children: dict[str, Table] = {}
    for field in fields:
        if not types[field.key].is_multiple(field):
            continue
        children[field.key] = Table(
            short_name(f"{table.name}__{field.key}"),
            metadata,
            Column("owner_id", Id, ForeignKey(table.c.id, ondelete="CASCADE"), primary_key=True),
            Column("position", Integer, primary_key=True, autoincrement=False),
            *types[field.key].columns(field),
        )
    return children


def _index_field(table: Table, field: Field, field_type: FieldType, *, is_role: bool) -> None:
    if field.unique:
        columns = [table.c[name] for name in field_type.key_columns(field)]
        Index(short_name(f"uq_{table.name}_{field.key}"), *([table.c.department_id] if is_role else []), *columns, unique=True)
    if field.index and field_type.sortable:
        column = field_type.sort_column(field, table)
        # Where most rows are filled, the empty ones cost little and their part of a list is found at once.
        _index(table, getattr(column, "name", field.key), is_sparse=not field.required and field.default is None)
    elif field.index or field.type in {"link", "file", "image"}:
        keys = [table.c[name] for name in field_type.key_columns(field)]
        Index(short_name(f"ix_{table.name}_{field.key}"), *keys, **_filled(keys[0]))


def _index(table: Table, column: str, *, is_sparse: bool = False) -> None:
    """A user of one department, and one of all, each find their first page in an index."""
    own, only = table.c[column], _filled(table.c[column]) if is_sparse else {}
    Index(short_name(f"ix_{table.name}_department_{column}"), table.c.department_id, own, table.c.id, **only)
    Index(short_name(f"ix_{table.name}_all_{column}"), own, table.c.id, **only)


def _filled(column: Column[Any]) -> dict[str, Any]:
    """An index without the rows where the column is empty: with a dozen such columns, most of what a new row would write."""
    return {"sqlite_where": column.is_not(None), "postgresql_where": column.is_not(None)}


def short_name(name: str) -> str:
    """The name, cut and marked by a digest when no database would keep it whole."""
    if len(name) <= IDENTIFIER_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: IDENTIFIER_LENGTH - 9]}_{digest}"
