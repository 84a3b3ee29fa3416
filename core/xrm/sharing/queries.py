# SPDX-License-Identifier: Apache-2.0
"""Reads of shares: with whom an entity is shared, and what is shared with the actor."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select

from xrm.access.models import user
from xrm.access.policy import allowed, visible_entity, visible_without_shares
from xrm.access.rights import access_of
from xrm.access.sharing import received_by
from xrm.departments.models import department
from xrm.entities.links import Title
from xrm.entities.models import entity
from xrm.sharing.models import share
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Share:
    """One share: what, with whom (a name, and whether it is a department), for which action, until when, by whom, and why."""

    id: uuid.UUID
    about: Title
    recipient: str
    is_department: bool
    action: str
    until: date | None
    note: str
    by: str
    is_over: bool


def list_shares(uow: UnitOfWork, entity_id: uuid.UUID) -> list[Share]:
    """With whom an entity is shared, also those that are over; who sees it by a share alone is told of their own."""
    mine = or_(visible_without_shares(uow), received_by(uow.actor.user_id))
    return _read(uow, share.c.entity_id == entity_id, mine)


def list_shared_with_me(uow: UnitOfWork) -> list[Share]:
    """What is shared with the actor today, the latest first; none, without asking, for who has no share."""
    if not access_of(uow).has_shares:
        return []
    still = or_(share.c.until.is_(None), share.c.until > uow.today)
    return _read(uow, received_by(uow.actor.user_id), still)


def may_share(uow: UnitOfWork, row_type: str, departments: set[uuid.UUID], owner: uuid.UUID | None) -> bool:
    """Whether the actor may share an entity of this type that stands in these departments, at least for reading."""
    mine = owner is not None and owner == uow.actor.user_id
    return mine or any(allowed(uow, f"{row_type}:update", one, owner=owner) for one in departments)


def _read(uow: UnitOfWork, *conditions: ColumnElement[bool]) -> list[Share]:
    rows = uow.execute(_statement().where(*conditions, visible_entity(uow)).order_by(share.c.created_at.desc(), share.c.id))
    return [
        Share(
            row.id, Title(row.entity_id, row.type, row.title), row.recipient or row.department or "", row.department is not None,
            row.action, row.until, row.note, row.giver or "", row.until is not None and row.until <= uow.today,
        )
        for row in rows
    ]


def _statement() -> Select[tuple[object, ...]]:
    giver, recipient = user.alias("giver"), user.alias("recipient")
    joined = (
        share.join(entity, entity.c.id == share.c.entity_id)
        .outerjoin(giver, giver.c.id == share.c.created_by)
        .outerjoin(recipient, recipient.c.id == share.c.user_id)
        .outerjoin(department, department.c.id == share.c.department_id)
    )
    return select(
        share.c.id, share.c.entity_id, entity.c.type, entity.c.title, share.c.action, share.c.until, share.c.note,
        giver.c.name.label("giver"), recipient.c.name.label("recipient"), department.c.name.label("department"),
    ).select_from(joined)
