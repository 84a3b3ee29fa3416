# SPDX-License-Identifier: Apache-2.0
"""Values of declared fields to and from their tables, in batches: the same for entities, roles and relationships."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from xrm.schema.registry import Fielded

Values = Mapping[str, Any]


def stored(fielded: Fielded, values: Values, *, partial: bool = False) -> dict[str, Any]:
    """The column values of the single fields; with ``partial`` only of those named in ``values``."""
    row: dict[str, Any] = {}
    for field in fielded.single_fields:
        if not partial or field.key in values:
            row.update(fielded.field_type(field.key).store(field, values.get(field.key)))
    return row


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
            connection.execute(insert(fielded.child_tables[field.key]), rows)


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
    """The values of multiple fields of many rows: owner → field → tuple; one SELECT per field, whatever the rows."""
    found: dict[uuid.UUID, dict[str, tuple[Any, ...]]] = {owner: {} for owner in owners}
    wanted = set(fielded.child_tables if keys is None else keys)
    for field in fielded.multiple_fields:
        if field.key not in wanted:
            continue
        child = fielded.child_tables[field.key]
        field_type = fielded.field_type(field.key)
        lists: dict[uuid.UUID, list[Any]] = {}
        mine = select(child).where(child.c.owner_id.in_(owners)).order_by(child.c.owner_id, child.c.position)
        rows = connection.execute(mine)
        for row in rows.mappings():
            lists.setdefault(row["owner_id"], []).append(field_type.load(field, dict(row)))
        for owner, values in lists.items():
            found[owner][field.key] = tuple(values)
    return found


def load_values(
    connection: Connection, fielded: Fielded, table: Table, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dict[str, Any]]:
    """All values of many rows: id → field → value."""
    children = load_children(connection, fielded, ids)
    rows = connection.execute(select(table).where(table.c.id.in_(ids))).mappings()
    empty: dict[str, tuple[Any, ...]] = {field.key: () for field in fielded.multiple_fields}
    return {row["id"]: {**load_row(fielded, dict(row)), **empty, **children[row["id"]]} for row in rows}
