# SPDX-License-Identifier: Apache-2.0
"""Reads of invitations that wait for an answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from xrm.access.directory import is_administered
from xrm.access.models import user
from xrm.access.policy import require
from xrm.invitations.links import INVITATION, LIFETIMES
from xrm.invitations.models import invitation
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Invitation:
    """Somebody who was invited and has not come in yet; ``is_over`` when the link of the last mail cannot be used any more."""

    user_id: uuid.UUID
    email: str
    name: str
    invited_by: str
    sent_at: datetime
    is_over: bool


def list_invitations(uow: UnitOfWork) -> list[Invitation]:
    """Who has not come in yet of those whom the actor administers, the newest invitation first.

    Raises:
        PermissionDenied: without the right to administer users anywhere.
    """
    require(uow, "user:administer")
    rows = uow.execute(
        select(user.c.id, user.c.email, user.c.name, invitation.c.invited_by, invitation.c.sent_at)
        .join(user, user.c.id == invitation.c.user_id)
        .where(user.c.is_active, is_administered(uow))
        .order_by(invitation.c.sent_at.desc(), user.c.id)
    )
    oldest = uow.now - LIFETIMES[INVITATION]
    return [Invitation(row.id, row.email, row.name, row.invited_by, row.sent_at, row.sent_at < oldest) for row in rows]


def is_pending(uow: UnitOfWork, user_id: uuid.UUID) -> bool:
    """Whether this user was invited and has not come in yet."""
    return uow.execute(select(invitation.c.user_id).where(invitation.c.user_id == user_id)).first() is not None
