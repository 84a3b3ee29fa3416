# SPDX-License-Identifier: Apache-2.0
"""What one step of signing in hands to the next: a random token that opens once, for one purpose, within minutes."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select

from xrm.access.models import sign_in_ticket
from xrm.access.sessions import hash_token
from xrm.unit_of_work import UnitOfWork

GOOD_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Ticket:
    """Whose step it is and how they proved so far who they are; nobody's yet when a passkey is asked for."""

    user_id: uuid.UUID | None
    method: str


def issue_ticket(uow: UnitOfWork, purpose: str, *, user_id: uuid.UUID | None = None, method: str = "") -> str:
    """The token of a new ticket; tickets that are over are cleared away."""
    token = secrets.token_urlsafe(32)
    uow.execute(delete(sign_in_ticket).where(sign_in_ticket.c.expires_at < uow.now))
    uow.execute(
        insert(sign_in_ticket).values(
            token_hash=hash_token(token), purpose=purpose, user_id=user_id, method=method, expires_at=uow.now + GOOD_FOR
        )
    )
    return token


def look_at_ticket(uow: UnitOfWork, token: str, purpose: str) -> Ticket | None:
    """The ticket, which stays good; None when it is over, was used, or was for something else."""
    row = uow.execute(
        select(sign_in_ticket.c.user_id, sign_in_ticket.c.method).where(
            sign_in_ticket.c.token_hash == hash_token(token), sign_in_ticket.c.purpose == purpose,
            sign_in_ticket.c.expires_at > uow.now,
        )
    ).first()
    return Ticket(row.user_id, row.method) if row else None


def take_ticket(uow: UnitOfWork, token: str, purpose: str) -> Ticket | None:
    """The ticket, used up; of two who take it in the same moment one gets it."""
    found = look_at_ticket(uow, token, purpose)
    if found is None:
        return None
    gone = uow.execute(delete(sign_in_ticket).where(sign_in_ticket.c.token_hash == hash_token(token)))
    return found if gone.rowcount == 1 else None
