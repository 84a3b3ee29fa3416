# SPDX-License-Identifier: Apache-2.0
"""Reads of relationships: only visible ones, and only where both ends are visible."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from xrm.access.policy import in_scope, scopes_of, visible_entity
from xrm.access.rights import access_of
from xrm.departments.activation import activations
from xrm.entities.links import get_titles
from xrm.entities.models import entity
from xrm.relationships.models import relationship
from xrm.schema.storage import load_values_of_types
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Relationship:
    """One relationship; both ends with their titles, ``fields`` by key, valid in [valid_from, valid_until)."""

    id: uuid.UUID
    type: str
    source: uuid.UUID
    source_title: str
    source_type: str
    target: uuid.UUID
    target_title: str
    target_type: str
    valid_from: date | None
    valid_until: date | None
    department: uuid.UUID | None
    version: int
    fields: dict[str, Any] = field(default_factory=dict)


def visible_relationship(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``relationship`` may be seen: by type and department, and both its ends."""
    seen = select(entity.c.id).where(visible_entity(uow))
    return and_(
        visible_kind(uow),
        seen.where(entity.c.id == relationship.c.source_id).correlate(relationship).exists(),
        seen.where(entity.c.id == relationship.c.target_id).correlate(relationship).exists(),
    )


def known_to_all(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``relationship`` between two visible ends may be spoken of in an error.

    What another department holds to be so stays its own: it neither stands in the way of the same here, nor is it told.
    """
    return or_(relationship.c.department_id.is_(None), visible_kind(uow))


def visible_kind(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``relationship`` may be seen by its type and department, whatever its ends."""
    if access_of(uow).scope("*", "read").is_everywhere and not activations(uow).off:
        return relationship.c.type.in_(list(uow.registry.relationship_types))
    parts = [
        and_(relationship.c.type.in_(names),
             or_(relationship.c.department_id.is_(None), in_scope(where, relationship.c.department_id, None, None)))
        for where, names in scopes_of(uow, uow.registry.relationship_types).items()
    ]
    return or_(*parts) if parts else false()


def holds_on(day: date) -> ColumnElement[bool]:
    """The SQL condition that a relationship holds on a day."""
    return and_(
        or_(relationship.c.valid_from.is_(None), relationship.c.valid_from <= day),
        or_(relationship.c.valid_until.is_(None), relationship.c.valid_until > day),
    )


def list_relationships(  # noqa: PLR0913  # each keyword narrows the list
    uow: UnitOfWork, entity_id: uuid.UUID | None = None, type_name: str | None = None, *, as_of: date | None = None,
    all_periods: bool = False, limit: int = 100, after: uuid.UUID | None = None,
) -> list[Relationship]:
    """Relationships of an entity in both directions (of all, when none is named), oldest first.

    Those that hold on ``as_of`` (today); with ``all_periods`` also those that are over or to come. ``after`` is the id of the
    last one of the page before.
    """
    statement = select(relationship).where(_wanted(uow, entity_id, type_name, as_of, all_periods=all_periods))
    if after is not None:
        statement = statement.where(relationship.c.id > after)
    rows = uow.execute(statement.order_by(relationship.c.id).limit(limit)).all()
    return _build(uow, rows)


def get_relationship(uow: UnitOfWork, relationship_id: uuid.UUID) -> Relationship | None:
    """One relationship, if the actor may see it."""
    statement = select(relationship).where(relationship.c.id == relationship_id, visible_relationship(uow))
    found = _build(uow, uow.execute(statement).all())
    return found[0] if found else None


def count_relationships(
    uow: UnitOfWork, entity_id: uuid.UUID | None = None, type_name: str | None = None, *, as_of: date | None = None,
    all_periods: bool = False,
) -> int:
    """How many ``list_relationships`` would give in all."""
    wanted = _wanted(uow, entity_id, type_name, as_of, all_periods=all_periods)
    return int(uow.execute(select(func.count()).select_from(relationship).where(wanted)).scalar_one())


def _wanted(
    uow: UnitOfWork, entity_id: uuid.UUID | None, type_name: str | None, as_of: date | None, *, all_periods: bool
) -> ColumnElement[bool]:
    parts = [visible_relationship(uow)]
    if entity_id is not None:
        # Ids first: an OR over two indexed columns is slower than the two index ranges it stands for.
        mine = select(relationship.c.id).where(relationship.c.source_id == entity_id).union_all(
            select(relationship.c.id).where(relationship.c.target_id == entity_id)
        )
        parts.append(relationship.c.id.in_(mine))
    if type_name is not None:
        parts.append(relationship.c.type == uow.registry.get_relationship(type_name).name)
    if not all_periods:
        parts.append(holds_on(as_of or uow.today))
    return and_(*parts)


def _build(uow: UnitOfWork, rows: Sequence[Any]) -> list[Relationship]:
    titles = get_titles(uow, {one for row in rows for one in (row.source_id, row.target_id)})
    values = load_fields(uow, [(row.id, row.type) for row in rows])
    return [
        Relationship(
            row.id, row.type, row.source_id, titles[row.source_id].title, titles[row.source_id].type, row.target_id,
            titles[row.target_id].title, titles[row.target_id].type, row.valid_from, row.valid_until, row.department_id,
            row.version, values.get(row.id, {}),
        )
        for row in rows
    ]


def load_fields(uow: UnitOfWork, pairs: Iterable[tuple[uuid.UUID, str]]) -> dict[uuid.UUID, dict[str, Any]]:
    """The fields of relationships, given by id and type: id → field → value."""
    ids: dict[str, list[uuid.UUID]] = {}
    for one, name in pairs:
        ids.setdefault(name, []).append(one)
    types = {name: uow.registry.get_relationship(name) for name in ids}
    groups = [(found, found.table, ids[name]) for name, found in types.items() if found.table is not None]
    return load_values_of_types(uow.connection, relationship, groups)
