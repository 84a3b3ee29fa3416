# SPDX-License-Identifier: Apache-2.0
"""Reads of interactions: the timeline of an entity, newest first, within the departments the actor may read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from xrm.access.models import user
from xrm.access.policy import visible_entity, visible_row
from xrm.departments.activation import belongs_to_on, is_on_in
from xrm.entities.links import Title
from xrm.entities.models import entity
from xrm.interactions.models import interaction, interaction_participant
from xrm.schema.model import InteractionKind
from xrm.unit_of_work import UnitOfWork

MOST = 1000


@dataclass(frozen=True)
class Interaction:
    """One contact between us and parties; ``participants`` are those the actor may see; ``duration`` in minutes."""

    id: uuid.UUID
    kind: str
    department: uuid.UUID
    channel: str
    direction: str
    subject: str
    body: str
    outcome: str
    duration: int | None
    at: datetime
    version: int
    created_by: str
    participants: tuple[Title, ...] = ()


@dataclass(frozen=True)
class TimelinePage:
    """Interactions, newest first; ``next`` continues, None at the end."""

    items: tuple[Interaction, ...]
    next: tuple[datetime, uuid.UUID] | None


def kinds_in(uow: UnitOfWork, departments: Iterable[uuid.UUID] | None = None) -> dict[str, InteractionKind]:
    """The kinds of interaction that are there in one of these departments (in any, when none are named), by name."""
    places = None if departments is None else tuple(departments)
    return {name: kind for name, kind in uow.registry.interaction_kinds.items() if is_on_in(uow, kind.plugin, places)}


def visible_interaction(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``interaction`` may be seen."""
    return and_(interaction.c.deleted_at.is_(None), visible_or_deleted(uow))


def visible_or_deleted(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``interaction`` may be seen, or might be, were it not deleted: for its history."""
    row = visible_row(uow, "interaction", interaction.c.department_id, interaction.c.created_by)
    plugin_of = {name: kind.plugin for name, kind in uow.registry.interaction_kinds.items()}
    on = belongs_to_on(uow, plugin_of, interaction.c.kind, interaction.c.department_id)
    return and_(row, on)


def timeline(
    uow: UnitOfWork, entity_id: uuid.UUID, *, before: tuple[datetime, uuid.UUID] | None = None, limit: int = 30, kind: str = ""
) -> TimelinePage:
    """What was between us and this entity, newest first; empty when the actor may not see the entity."""
    limit = max(1, min(limit, MOST))
    part = interaction_participant
    statement = _entries_of(uow, entity_id)
    if kind:
        statement = statement.where(interaction.c.kind == kind)
    if before is not None:
        moment, one = before
        statement = statement.where(
            part.c.at <= moment, or_(part.c.at < moment, part.c.interaction_id < one)
        )
    rows = uow.execute(statement.order_by(part.c.at.desc(), part.c.interaction_id.desc()).limit(limit + 1)).all()
    has_more, rows = len(rows) > limit, rows[:limit]
    items = _build(uow, rows)
    return TimelinePage(items, (items[-1].at, items[-1].id) if has_more else None)


def timeline_entry(uow: UnitOfWork, entity_id: uuid.UUID, interaction_id: uuid.UUID) -> Interaction | None:
    """One interaction of this entity, if the actor may see it."""
    found = _build(uow, uow.execute(_entries_of(uow, entity_id).where(interaction.c.id == interaction_id)).all())
    return found[0] if found else None


def _entries_of(uow: UnitOfWork, entity_id: uuid.UUID) -> Select[Any]:
    part = interaction_participant
    return (
        select(interaction, user.c.name.label("author"))
        .join(part, part.c.interaction_id == interaction.c.id)
        .outerjoin(user, user.c.id == interaction.c.created_by)
        .where(
            part.c.entity_id == entity_id, visible_interaction(uow),
            select(entity.c.id).where(entity.c.id == entity_id, visible_entity(uow)).exists(),
        )
    )


def _build(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[Interaction, ...]:
    people = _participants(uow, [row.id for row in rows])
    return tuple(
        Interaction(
            row.id, row.kind, row.department_id, row.channel, row.direction, row.subject, row.body, row.outcome, row.duration,
            row.at, row.version, row.author or "", people.get(row.id, ()),
        )
        for row in rows
    )


def _participants(uow: UnitOfWork, ids: list[uuid.UUID]) -> dict[uuid.UUID, tuple[Title, ...]]:
    if not ids:
        return {}
    part = interaction_participant
    rows = uow.execute(
        select(part.c.interaction_id, entity.c.id, entity.c.type, entity.c.title)
        .join(entity, entity.c.id == part.c.entity_id)
        .where(part.c.interaction_id.in_(ids), visible_entity(uow))
        .order_by(part.c.entity_id)
    )
    found: dict[uuid.UUID, tuple[Title, ...]] = {}
    for row in rows:
        found[row.interaction_id] = (*found.get(row.interaction_id, ()), Title(row.id, row.type, row.title))
    return found
