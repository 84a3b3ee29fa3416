# SPDX-License-Identifier: Apache-2.0
"""Rows that stand in the way of a change: how many there are, and some of them by name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, column, func, inspect, literal_column, select, table

from xrm.db.types import Id
from xrm.errors import Message, msg

MOST_NAMED = 3
# Subject and verb, for one and for several.
VALUES_ARE = (msg("value is"), msg("values are"))
ROWS_HAVE = (msg("row has"), msg("rows have"))
ROWS_HOLD = (msg("row holds"), msg("rows hold"))


def counted(count: int, one: Message, many: Message) -> Message:
    """So many, with the words that fit the number."""
    return msg("{count} {what}", count=count, what=one if count == 1 else many)


def joined(messages: Sequence[Message]) -> Message:
    """Several behind each other, as one."""
    first, *rest = messages
    for one in rest:
        first = msg("{first}; {second}", first=first, second=one)
    return first


def count_rows(connection: Connection, name: str, where: str) -> int:
    """How many rows of a table a condition holds for."""
    return int(connection.scalar(select(func.count()).select_from(table(name)).where(_condition(where))) or 0)


def name_rows(connection: Connection, name: str, where: str) -> str:
    """Up to three rows that a condition holds for: title and id, or the id alone."""
    columns = {one["name"]: one["type"] for one in inspect(connection).get_columns(name)}
    key = next((one for one in ("id", "owner_id") if one in columns), next(iter(columns)))
    is_id = "INT" not in str(columns[key]) and "CHAR" not in str(columns[key])
    asked = column(key, Id) if is_id and key in {"id", "owner_id"} else column(key)
    rows = connection.scalars(select(asked).select_from(table(name)).where(_condition(where)).limit(MOST_NAMED)).all()
    return ", ".join(titles(connection, [one for one in rows if isinstance(one, uuid.UUID)]) or map(str, rows))


def titles(connection: Connection, ids: Sequence[uuid.UUID]) -> list[str]:
    """Rows of entities, roles and relationships as people know them: "title" (id)."""
    if not ids or not inspect(connection).has_table("entity"):
        return [str(one) for one in ids]
    facet, party = table("role", column("id", Id), column("party_id", Id)), table("entity", column("id", Id), column("title"))
    entities = select(party.c.id, party.c.title).where(party.c.id.in_(ids))
    found = {row.id: row.title for row in connection.execute(entities)}
    roles = select(facet.c.id, party.c.title).join(party, party.c.id == facet.c.party_id).where(facet.c.id.in_(ids))
    found |= {row.id: row.title for row in connection.execute(roles)}
    return [f'"{found[each]}" ({each})' if each in found else str(each) for each in ids]


def _condition(where: str) -> ColumnElement[bool]:
    # A colon or a percent sign in the text of a rule is itself.
    return literal_column(f"({where})")
