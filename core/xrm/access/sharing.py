# SPDX-License-Identifier: Apache-2.0
"""What shares add to the rights of an actor, as SQL: the entities that were shared with them or with a department of theirs."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, or_, select

from xrm.access.models import membership
from xrm.sharing.models import share
from xrm.unit_of_work import UnitOfWork

READ, UPDATE = "read", "update"


def received_by(user_id: uuid.UUID | BindParameter[Any] | None) -> ColumnElement[bool]:
    """The SQL condition that a row of ``share`` is meant for this user, whether it still holds or not."""
    mine = select(membership.c.department_id).where(membership.c.user_id == user_id)
    return or_(share.c.user_id == user_id, share.c.department_id.in_(mine))


def shared_ids(uow: UnitOfWork, action: str = READ) -> Select[tuple[uuid.UUID]]:
    """The ids of the entities that are shared with the actor today; with ``update`` those that they may also change."""
    still = or_(share.c.until.is_(None), share.c.until > uow.today)
    found = select(share.c.entity_id).where(received_by(uow.actor.user_id), still)
    return found.where(share.c.action == UPDATE) if action == UPDATE else found
