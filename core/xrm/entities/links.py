# SPDX-License-Identifier: Apache-2.0
"""Links of fields to entities: only to what the actor sees, only to types the field allows; and their titles."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from xrm.access.policy import visible_entity
from xrm.db.locks import hold
from xrm.entities.models import entity
from xrm.errors import Problem, msg
from xrm.schema.model import Field
from xrm.schema.registry import Fielded
from xrm.unit_of_work import UnitOfWork

CHUNK = 500


@dataclass(frozen=True)
class Title:
    """How an entity is shown where it is linked."""

    id: uuid.UUID
    type: str
    title: str


def get_titles(uow: UnitOfWork, ids: Iterable[uuid.UUID], *, to_link: bool = False) -> dict[uuid.UUID, Title]:
    """The titles of those of these entities that the actor may see; with ``to_link`` none can be deleted until commit."""
    wanted = sorted(set(ids))
    found: dict[uuid.UUID, Title] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = select(entity.c.id, entity.c.type, entity.c.title).where(
            entity.c.id.in_(wanted[start : start + CHUNK]), visible_entity(uow)
        )
        rows = uow.execute(hold(statement, to_change=False) if to_link else statement)
        found.update({row.id: Title(row.id, row.type, row.title) for row in rows})
    return found


def link_fields(fielded: Fielded) -> list[Field]:
    """The fields whose values are entities."""
    return [field for field in fielded.fields.values() if field.type in {"link", "links"}]


def linked_ids(fielded: Fielded, values: Mapping[str, Any]) -> set[uuid.UUID]:
    """All entities that these values link to."""
    found: set[uuid.UUID] = set()
    for field in link_fields(fielded):
        value = values.get(field.key)
        if value is not None:
            found.update(value if isinstance(value, tuple) else (value,))
    return found


def check_links(
    uow: UnitOfWork, fielded: Fielded, rows: Sequence[Mapping[str, Any]]
) -> tuple[dict[uuid.UUID, Title], list[list[Problem]]]:
    """Titles of all linked entities, and for each row the links it may not have."""
    fields = link_fields(fielded)
    problems: list[list[Problem]] = [[] for _ in rows]
    if not fields:
        return {}, problems
    titles = get_titles(uow, {one for values in rows for one in linked_ids(fielded, values)}, to_link=True)
    for values, found in zip(rows, problems, strict=True):
        for field in fields:
            value = values.get(field.key)
            for one in value if isinstance(value, tuple) else (value,) if value else ():
                found.extend(_check(uow, field, titles.get(one)))
    return titles, problems


def _check(uow: UnitOfWork, field: Field, target: Title | None) -> list[Problem]:
    if target is None:
        return [Problem(field.key, msg("There is nothing of this id that you may see. Choose from the list."))]
    if field.to and not uow.registry.is_end(field.to, target.type):
        return [
            Problem(field.key, msg("{title} is of type {type}; this field links to {allowed}.", title=target.title,
                                   type=target.type, allowed=", ".join(field.to)))
        ]
    return []
