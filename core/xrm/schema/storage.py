# SPDX-License-Identifier: Apache-2.0
"""Values of declared fields to and from their tables, in batches: the same for entities, roles and relationships."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    Table,
    delete,
    literal,
    select,
    union_all,
    update,
)

from xrm.db.bulk import insert_rows
from xrm.schema.fields.base import FieldType
from xrm.schema.model import Field
from xrm.schema.registry import Fielded

Values = Mapping[str, Any]


def stored(fielded: Fielded, values: Values, *, partial: bool = False) -> dict[str, Any]:
    """The column values of the single fields; with ``partial`` only of those named in ``values``."""
    row: dict[str, Any] = {}
    for field in fielded.single_fields:
        if not partial or field.key in values:
            row.update(fielded.field_type(field.key).store(field, values.get(field.key)))
    return row


def stored_columns(fielded: Fielded, rows: Sequence[Values]) -> dict[str, list[Any]]:
    """Column → its value in each of many new rows; only of fields that any of them fills, since each costs time per row."""
    filled = {key for values in rows for key, value in values.items() if value is not None}
    made: dict[str, list[Any]] = {}
    for field in fielded.single_fields:
        key = field.key
        if key not in filled:
            continue
        field_type = fielded.field_type(key)
        if type(field_type).store is FieldType.store:
            made[key] = [values.get(key) for values in rows]
        else:
            stored = [field_type.store(field, values.get(key)) for values in rows]
            made.update({name: [row[name] for row in stored] for name in stored[0]})
    return made


def insert_children(connection: Connection, fielded: Fielded, owners: Sequence[tuple[uuid.UUID, Values]]) -> None:
    """Write the values of multiple fields for new rows."""
    for field in fielded.multiple_fields:
        store = fielded.field_type(field.key).store
        rows = [
            {"owner_id": owner, "position": position, **store(field, one)}
            for owner, values in owners
            for position, one in enumerate(values.get(field.key) or ())
        ]
        if rows:
            insert_rows(connection, fielded.child_tables[field.key], rows)


def update_values(
    connection: Connection, fielded: Fielded, table: Table, owner: uuid.UUID, values: Values, copies: Values
) -> None:
    """Write the named values, and ``copies`` (department, sort key), of one existing row."""
    row = {**stored(fielded, values, partial=True), **copies}
    if row:
        connection.execute(update(table).where(table.c.id == owner).values(row))
    for field in fielded.multiple_fields:
        if field.key in values:
            child = fielded.child_tables[field.key]
            connection.execute(delete(child).where(child.c.owner_id == owner))
    insert_children(connection, fielded, [(owner, values)])


def load_row(fielded: Fielded, row: Mapping[str, Any], keys: Iterable[str] | None = None) -> dict[str, Any]:
    """The values of single fields from a row that has their columns."""
    wanted = fielded.field_columns if keys is None else [key for key in keys if key in fielded.field_columns]
    return {key: fielded.field_type(key).load(fielded.fields[key], row) for key in wanted}


def load_children(
    connection: Connection, fielded: Fielded, owners: Sequence[uuid.UUID], keys: Iterable[str] | None = None
) -> dict[uuid.UUID, dict[str, tuple[Any, ...]]]:
    """The values of multiple fields of many rows: owner → field → tuple; a SELECT or two, whatever the fields and rows."""
    wanted = set(fielded.child_tables if keys is None else keys)
    return _children(connection, [(fielded, field, owners) for field in fielded.multiple_fields if field.key in wanted], owners)


def _children(
    connection: Connection, asked: Sequence[tuple[Fielded, Field, Sequence[uuid.UUID]]], owners: Iterable[uuid.UUID]
) -> dict[uuid.UUID, dict[str, tuple[Any, ...]]]:
    found: dict[uuid.UUID, dict[str, tuple[Any, ...]]] = {owner: {} for owner in owners}
    # Tables whose value columns go together in one SELECT are read by one; texts of all kinds do.
    alike: dict[tuple[str, ...], list[int]] = {}
    for number, (fielded, field, _) in enumerate(asked):
        alike.setdefault(_kinds(fielded, field), []).append(number)
    for numbers in alike.values():
        width = max(len(_value_columns(*asked[number][:2])) for number in numbers)
        rows = connection.execute(union_all(*(_one_child(number, width, *asked[number]) for number in numbers)))
        for number, owner, _, *values in sorted(rows, key=lambda row: row.position):
            fielded, field, _ = asked[number]
            names = [column.name for column in _value_columns(fielded, field)]
            value = fielded.field_type(field.key).load(field, dict(zip(names, values, strict=False)))
            found[owner][field.key] = (*found[owner].get(field.key, ()), value)
    return found


def _kinds(fielded: Fielded, field: Field) -> tuple[str, ...]:
    types = [column.type for column in _value_columns(fielded, field)]
    return ("text",) if all(isinstance(one, String) for one in types) else tuple(repr(one) for one in types)


def _value_columns(fielded: Fielded, field: Field) -> list[Column[Any]]:
    return [column for column in fielded.child_tables[field.key].columns if column.name not in ("owner_id", "position")]


def _one_child(number: int, width: int, fielded: Fielded, field: Field, owners: Sequence[uuid.UUID]) -> Select[Any]:
    child = fielded.child_tables[field.key]
    values: list[ColumnElement[Any]] = [column.label(f"c{at}") for at, column in enumerate(_value_columns(fielded, field))]
    values += [literal("").label(f"c{at}") for at in range(len(values), width)]
    rows = select(literal(number).label("number"), child.c.owner_id, child.c.position, *values)
    return rows.where(child.c.owner_id.in_(owners))


def load_values(
    connection: Connection, fielded: Fielded, table: Table, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dict[str, Any]]:
    """All values of many rows: id → field → value."""
    children = load_children(connection, fielded, ids)
    rows = connection.execute(select(table).where(table.c.id.in_(ids))).mappings()
    empty: dict[str, tuple[Any, ...]] = {field.key: () for field in fielded.multiple_fields}
    return {row["id"]: {**load_row(fielded, dict(row)), **empty, **children[row["id"]]} for row in rows}


def load_values_of_types(
    connection: Connection, base: Table, groups: Sequence[tuple[Fielded, Table, Sequence[uuid.UUID]]]
) -> dict[uuid.UUID, dict[str, Any]]:
    """All values of rows of several types: id → field → value; the SELECTs do not grow with the number of types.

    ``base`` is the table that has a row for each of them (role, relationship).
    """
    ids = [one for _, _, some in groups for one in some]
    if not ids:
        return {}
    types = [(fielded, table) for fielded, table, _ in groups]
    joined, columns = join_types(base, base.c.id, [table for _, table in types])
    statement = select(base.c.id.label("base_id"), *columns).select_from(joined).where(base.c.id.in_(ids))
    rows = {row["base_id"]: dict(row) for row in connection.execute(statement).mappings()}
    owners = [(number, one) for number, (_, _, some) in enumerate(groups) for one in some if one in rows]
    return read_joined(connection, types, [(number, one, rows[one]) for number, one in owners])


def join_types(
    rows: FromClause, row_id: ColumnElement[Any], tables: Sequence[Table]
) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """The rows with the tables of several types beside them, each filled for rows of its type, and all their columns."""
    columns: list[ColumnElement[Any]] = []
    for number, table in enumerate(tables):
        rows = rows.outerjoin(table, table.c.id == row_id)
        columns += [column.label(f"t{number}_{at}") for at, column in enumerate(table.columns)]
    return rows, columns


def read_joined(
    connection: Connection, types: Sequence[tuple[Fielded, Table]], rows: Sequence[tuple[int, uuid.UUID, Mapping[str, Any]]]
) -> dict[uuid.UUID, dict[str, Any]]:
    """The values of rows of ``join_types``, each given as (number of its type, id, row), with those of multiple fields."""
    ids: dict[int, list[uuid.UUID]] = {}
    for number, one, _ in rows:
        ids.setdefault(number, []).append(one)
    asked = [(types[number][0], field, some) for number, some in ids.items() for field in types[number][0].multiple_fields]
    children = _children(connection, asked, [one for _, one, _ in rows])
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for number, one, row in rows:
        fielded, table = types[number]
        empty: dict[str, tuple[Any, ...]] = {field.key: () for field in fielded.multiple_fields}
        own = {column.name: row[f"t{number}_{at}"] for at, column in enumerate(table.columns)}
        found[one] = {**load_row(fielded, own), **empty, **children[one]}
    return found
