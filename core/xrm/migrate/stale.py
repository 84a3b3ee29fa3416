# SPDX-License-Identifier: Apache-2.0
"""Entity types whose titles and search documents a change of the schema left out of date."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, delete, insert, inspect, select

from xrm.db.engine import for_writing
from xrm.migrate.models import schema_stale


def note_stale(connection: Connection, types: Iterable[str]) -> None:
    """Remember them."""
    known = set(connection.execute(select(schema_stale.c.type)).scalars())
    rows = [{"type": name} for name in sorted(set(types) - known)]
    if rows:
        connection.execute(insert(schema_stale), rows)


def stale_types(engine: Engine) -> list[str]:
    """Those that wait."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(schema_stale.name):
            return []
        return list(connection.execute(select(schema_stale.c.type).order_by(schema_stale.c.type)).scalars())


def forget_stale(engine: Engine, name: str) -> None:
    """One of them was made anew."""
    with for_writing(engine.connect()) as connection, connection.begin():
        connection.execute(delete(schema_stale).where(schema_stale.c.type == name))
