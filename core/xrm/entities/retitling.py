# SPDX-License-Identifier: Apache-2.0
"""Titles made anew after a schema change: from fields that changed their type, or by a title that is declared otherwise."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Engine, Row, select, update

from xrm.entities.drafts import title_of
from xrm.entities.links import get_titles, linked_ids
from xrm.entities.models import entity
from xrm.entities.parties import refresh_title_keys
from xrm.errors import InvalidInput
from xrm.migrate.stale import forget_stale, stale_types
from xrm.roles.models import role
from xrm.schema.registry import EntityType, Registry
from xrm.schema.storage import load_values
from xrm.unit_of_work import Actor, UnitOfWork

CHUNK = 500


class Program(Protocol):
    """What runs units of work on a database."""

    engine: Engine
    registry: Registry

    def write(self, function: Any, actor: Actor) -> Any:
        """Run ``function`` in one transaction."""


def refresh_stale(program: Program, actor: Actor) -> list[str]:
    """Make titles, sort keys and search documents anew of all types that schema changes left out of date; their names.

    In batches while others work; what is interrupted begins again the next time.
    """
    names = [name for name in stale_types(program.engine) if name in program.registry.entity_types]
    for name in names:
        last: uuid.UUID | None = None
        while (last := program.write(partial(refresh_titles, type_name=name, after=last), actor)) is not None:
            pass
        forget_stale(program.engine, name)
    return names


def refresh_titles(uow: UnitOfWork, type_name: str, after: uuid.UUID | None) -> uuid.UUID | None:
    """Titles, sort keys and search documents of the next entities of a type; the last id, None when no more come.

    An entity whose fields give no title any more keeps the one it has. Of a role it is the party that is searched.
    """
    entity_type = uow.registry.get(type_name)
    if entity_type.kind == "role":
        return _touch_parties(uow, type_name, after)
    statement = select(entity).where(entity.c.type == type_name).order_by(entity.c.id).limit(CHUNK)
    rows = uow.execute(statement if after is None else statement.where(entity.c.id > after)).all()
    values = load_values(uow.connection, entity_type, entity_type.table, [row.id for row in rows])
    linked = {one for row in rows for one in linked_ids(entity_type, values[row.id])}
    titles = get_titles(uow, linked)
    for row in rows:
        _retitle(uow, entity_type, row, values[row.id], titles)
        if row.deleted_at is None:
            uow.touch(row.id)
    return rows[-1].id if rows else None


def _retitle(
    uow: UnitOfWork, entity_type: EntityType, row: Row[Any], values: Mapping[str, Any], titles: Mapping[uuid.UUID, Any]
) -> None:
    try:
        title, key = title_of(entity_type, values, titles)
    except InvalidInput:
        return
    if (title, key) == (row.title, row.title_key):
        return
    uow.execute(update(entity).where(entity.c.id == row.id).values(title=title, title_key=key))
    uow.execute(update(entity_type.table).where(entity_type.table.c.id == row.id).values(title_key=key))
    if entity_type.kind == "party":
        refresh_title_keys(uow, row.id, key)


def _touch_parties(uow: UnitOfWork, type_name: str, after: uuid.UUID | None) -> uuid.UUID | None:
    statement = select(role.c.id, role.c.party_id).where(role.c.type == type_name).order_by(role.c.id).limit(CHUNK)
    rows = uow.execute(statement if after is None else statement.where(role.c.id > after)).all()
    for row in rows:
        uow.touch(row.party_id)
    return rows[-1].id if rows else None
