# SPDX-License-Identifier: Apache-2.0
"""Reads of identifiers: which entity another system means."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select

from xrm.access.policy import visible_entity
from xrm.entities.models import entity, identifier
from xrm.schema.fields.characters import is_storable
from xrm.unit_of_work import UnitOfWork

CHUNK = 500


@dataclass(frozen=True)
class Identifier:
    """How a system calls an entity."""

    system: str
    key: str


def find_by_identifier(uow: UnitOfWork, system: str, key: str) -> uuid.UUID | None:
    """The entity a system calls by this key, if the actor may see it."""
    return find_many(uow, [(system, key)]).get((system, key))


def find_many(uow: UnitOfWork, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], uuid.UUID]:
    """(system, key) → entity, for those that exist and that the actor may see."""
    wanted = {pair for pair in keys if is_storable(f"{pair[0]}{pair[1]}")}
    found: dict[tuple[str, str], uuid.UUID] = {}
    for condition in conditions_of(wanted):
        rows = uow.execute(
            select(identifier.c.system, identifier.c.key, identifier.c.entity_id)
            .join(entity, entity.c.id == identifier.c.entity_id)
            .where(condition, visible_entity(uow))
        )
        found.update({(row.system, row.key): row.entity_id for row in rows})
    return found


def conditions_of(keys: Iterable[tuple[str, str]]) -> Iterator[ColumnElement[bool]]:
    """The SQL conditions, each for one statement, that together find the rows of these pairs of system and key."""
    # System by system: SQLite looks no pairs up in the index and walks through all entities; PostgreSQL makes a scan of each.
    by_system: dict[str, list[str]] = {}
    for system, key in keys:
        by_system.setdefault(system, []).append(key)
    for system, wanted in by_system.items():
        wanted.sort()
        for start in range(0, len(wanted), CHUNK):
            yield and_(identifier.c.system == system, identifier.c.key.in_(wanted[start : start + CHUNK]))


def list_identifiers(uow: UnitOfWork, entity_id: uuid.UUID) -> list[Identifier]:
    """How other systems call an entity that the actor may see."""
    rows = uow.execute(
        select(identifier.c.system, identifier.c.key)
        .join(entity, entity.c.id == identifier.c.entity_id)
        .where(identifier.c.entity_id == entity_id, visible_entity(uow))
        .order_by(identifier.c.system, identifier.c.key)
    )
    return [Identifier(row.system, row.key) for row in rows]
