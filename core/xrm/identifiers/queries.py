# SPDX-License-Identifier: Apache-2.0
"""Reads of identifiers: which entity another system means."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, tuple_

from xrm.access.policy import visible_entity
from xrm.entities.models import entity, identifier
from xrm.schema.fields.characters import is_storable
from xrm.unit_of_work import UnitOfWork

CHUNK = 400


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
    wanted = sorted({pair for pair in keys if is_storable(f"{pair[0]}{pair[1]}")})
    found: dict[tuple[str, str], uuid.UUID] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = uow.execute(
            select(identifier.c.system, identifier.c.key, identifier.c.entity_id)
            .join(entity, entity.c.id == identifier.c.entity_id)
            .where(tuple_(identifier.c.system, identifier.c.key).in_(wanted[start : start + CHUNK]), visible_entity(uow))
        )
        found.update({(row.system, row.key): row.entity_id for row in rows})
    return found


def list_identifiers(uow: UnitOfWork, entity_id: uuid.UUID) -> list[Identifier]:
    """How other systems call an entity that the actor may see."""
    rows = uow.execute(
        select(identifier.c.system, identifier.c.key)
        .join(entity, entity.c.id == identifier.c.entity_id)
        .where(identifier.c.entity_id == entity_id, visible_entity(uow))
        .order_by(identifier.c.system, identifier.c.key)
    )
    return [Identifier(row.system, row.key) for row in rows]
