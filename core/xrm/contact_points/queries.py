# SPDX-License-Identifier: Apache-2.0
"""Reads of contact points: shared ones of visible entities, and those of departments the actor may read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from xrm.access.policy import visible_entity, visible_row
from xrm.contact_points.models import address_state, contact_point
from xrm.entities.models import entity
from xrm.unit_of_work import UnitOfWork

PARTS = ("street", "street2", "postal_code", "city", "region", "country")


@dataclass(frozen=True)
class ContactPoint:
    """One address of an entity on a channel; ``parts`` are those of a postal one. ``bounced_at`` is the address's own."""

    id: uuid.UUID
    entity_id: uuid.UUID
    department: uuid.UUID | None
    kind: str
    value: str
    normalized: str
    label: str
    preferred: bool
    valid_from: date | None
    valid_until: date | None
    verified_at: datetime | None
    bounced_at: datetime | None = None
    objected_at: datetime | None = None
    parts: Mapping[str, str] = field(default_factory=dict)


def visible_contact_point(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``contact_point`` may be seen, joined to its ``entity``."""
    return and_(visible_row(uow, "contact_point", contact_point.c.department_id), visible_entity(uow))


def list_contact_points(uow: UnitOfWork, entity_id: uuid.UUID, *, all_periods: bool = False) -> list[ContactPoint]:
    """The contact points of an entity, preferred first, then in the order they were added; open ones unless asked."""
    return list_many(uow, [entity_id], all_periods=all_periods).get(entity_id, [])


def list_many(
    uow: UnitOfWork, entity_ids: Iterable[uuid.UUID], *, all_periods: bool = False
) -> dict[uuid.UUID, list[ContactPoint]]:
    """The visible contact points of many entities in one SELECT: entity → contact points."""
    statement = (
        select(contact_point, address_state.c.bounced_at, address_state.c.objected_at)
        .join(entity, entity.c.id == contact_point.c.entity_id)
        .outerjoin(
            address_state,
            and_(address_state.c.kind == contact_point.c.kind, address_state.c.normalized == contact_point.c.normalized),
        )
        .where(contact_point.c.entity_id.in_(list(entity_ids)), visible_contact_point(uow))
        .order_by(contact_point.c.preferred.desc(), contact_point.c.id)
    )
    if not all_periods:
        statement = statement.where(or_(contact_point.c.valid_until.is_(None), contact_point.c.valid_until > uow.today))
    found: dict[uuid.UUID, list[ContactPoint]] = {}
    for row in uow.execute(statement):
        parts = {name: getattr(row, name) for name in PARTS if getattr(row, name)}
        found.setdefault(row.entity_id, []).append(
            ContactPoint(
                row.id, row.entity_id, row.department_id, row.kind, row.value, row.normalized, row.label, row.preferred,
                row.valid_from, row.valid_until, row.verified_at, row.bounced_at, row.objected_at, parts,
            )
        )
    return found


def find_by_value(uow: UnitOfWork, kind: str, normalized: str, limit: int = 10) -> list[uuid.UUID]:
    """Visible entities that have this address now."""
    statement = (
        select(contact_point.c.entity_id)
        .join(entity, entity.c.id == contact_point.c.entity_id)
        .where(
            contact_point.c.kind == kind, contact_point.c.normalized == normalized, contact_point.c.valid_until.is_(None),
            visible_contact_point(uow),
        )
        .group_by(contact_point.c.entity_id)
        .order_by(func.min(contact_point.c.created_at), contact_point.c.entity_id)
        .limit(limit)
    )
    return list(uow.execute(statement).scalars())
