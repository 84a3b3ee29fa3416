# SPDX-License-Identifier: Apache-2.0
"""Insert many rows; those whose key is there already are replaced, or left as they are."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, newer: str) -> None:
    """Write rows by primary key; one that is there already is replaced unless its column ``newer`` is later."""
    if not rows:
        return
    # A dialect is imported by the engine that uses it; importing the other one as well slows every start.
    insert = importlib.import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert
    statement: Any = insert(table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    is_older = table.c[newer] <= statement.excluded[newer]
    statement = statement.on_conflict_do_update(index_elements=keys, set_=others, where=is_older)
    connection.execute(statement, list(rows))


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows whose primary key is not there yet."""
    insert = importlib.import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert
    keys = [column.name for column in table.primary_key]
    connection.execute(insert(table).on_conflict_do_nothing(index_elements=keys), list(rows))
