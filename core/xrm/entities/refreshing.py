# SPDX-License-Identifier: Apache-2.0
"""What is made of fields is made anew after a schema change: stored formulas, titles, sort keys, search documents."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Engine, Row, Table, select, update

from xrm.entities.drafts import title_of
from xrm.entities.links import get_titles, linked_ids
from xrm.entities.models import entity
from xrm.entities.parties import refresh_title_keys
from xrm.errors import InvalidInput
from xrm.migrate.stale import forget_stale, stale_types
from xrm.roles.models import role
from xrm.schema.fielded import Fielded
from xrm.schema.registry import EntityType, Registry
from xrm.schema.storage import load_values, update_values
from xrm.schema.validation import computed_anew
from xrm.unit_of_work import Actor, UnitOfWork

logger = logging.getLogger("xrm.schema")
CHUNK = 500
Values = Mapping[uuid.UUID, dict[str, Any]]


class Program(Protocol):
    """What runs units of work on a database."""

    engine: Engine
    registry: Registry

    def write(self, function: Any, actor: Actor) -> Any:
        """Run ``function`` in one transaction."""


def refresh_stale(program: Program, actor: Actor) -> list[str]:
    """Make anew what schema changes left out of date, of all types that they noted; their names.

    In batches while others work; what is interrupted begins again the next time.
    """
    known = {*program.registry.entity_types, *program.registry.relationship_types}
    names = [name for name in stale_types(program.engine) if name in known]
    for name in names:
        last: uuid.UUID | None = None
        while (last := program.write(partial(refresh_entries, type_name=name, after=last), actor)) is not None:
            pass
        forget_stale(program.engine, name)
    return names


def refresh_entries(uow: UnitOfWork, type_name: str, after: uuid.UUID | None) -> uuid.UUID | None:
    """What is made of fields, of the next entities, roles or relationships of a type; the last id, None when no more come.

    An entity whose fields give no title any more keeps the one it has. Of a role it is the party that is searched.
    """
    if type_name in uow.registry.relationship_types:
        return _refresh_relationships(uow, type_name, after)
    entity_type = uow.registry.get(type_name)
    if entity_type.kind == "role":
        return _refresh_roles(uow, entity_type, after)
    statement = select(entity).where(entity.c.type == type_name).order_by(entity.c.id).limit(CHUNK)
    rows = uow.execute(statement if after is None else statement.where(entity.c.id > after)).all()
    values = _with_formulas(uow, entity_type, entity_type.table, [row.id for row in rows])
    linked = {one for row in rows for one in linked_ids(entity_type, values[row.id])}
    titles = get_titles(uow, linked)
    for row in rows:
        _retitle(uow, entity_type, row, values[row.id], titles)
        if row.deleted_at is None:
            uow.touch(row.id)
    return rows[-1].id if rows else None


def _with_formulas(uow: UnitOfWork, declared: Fielded, table: Table, ids: list[uuid.UUID]) -> Values:
    """All values of these rows, what stored formulas make of them written anew where it differs."""
    values = load_values(uow.connection, declared, table, ids)
    for each, known in values.items():
        try:
            changed = computed_anew(declared, known, uow)
        except InvalidInput as error:
            logger.warning("%s %s keeps its computed values: %s", table.name, each, error)
            continue
        if changed:
            known.update(changed)
            update_values(uow.connection, declared, table, each, changed, {})
    return values


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


def _refresh_roles(uow: UnitOfWork, entity_type: EntityType, after: uuid.UUID | None) -> uuid.UUID | None:
    statement = select(role.c.id, role.c.party_id).where(role.c.type == entity_type.name).order_by(role.c.id).limit(CHUNK)
    rows = uow.execute(statement if after is None else statement.where(role.c.id > after)).all()
    if entity_type.stored_formulas:
        _with_formulas(uow, entity_type, entity_type.table, [row.id for row in rows])
    for row in rows:
        uow.touch(row.party_id)
    return rows[-1].id if rows else None


def _refresh_relationships(uow: UnitOfWork, type_name: str, after: uuid.UUID | None) -> uuid.UUID | None:
    declared = uow.registry.get_relationship(type_name)
    if declared.table is None:
        return None
    own = declared.table.c.id
    statement = select(own).order_by(own).limit(CHUNK)
    ids = list(uow.execute(statement if after is None else statement.where(own > after)).scalars())
    _with_formulas(uow, declared, declared.table, ids)
    return ids[-1] if ids else None
