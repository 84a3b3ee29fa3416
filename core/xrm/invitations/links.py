# SPDX-License-Identifier: Apache-2.0
"""One-time links: a random token of which only the hash is kept, for one purpose, valid for a while, used once."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, and_, delete, exists, insert, or_, select, update

from xrm.access.models import user
from xrm.errors import NotFound, msg
from xrm.invitations.models import one_time_link
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork

INVITATION, RESET, FIRST_ADMINISTRATOR = "invitation", "password_reset", "first_administrator"
LIFETIMES = {INVITATION: timedelta(days=7), RESET: timedelta(hours=1), FIRST_ADMINISTRATOR: timedelta(days=1)}
GONE = msg("This link was used already, or its time is over. Ask for a new one.")
PATHS = {INVITATION: "welcome", RESET: "reset", FIRST_ADMINISTRATOR: "welcome"}


@dataclass(frozen=True)
class Link:
    """A link that can be used now; ``user_id``, ``email`` and ``name`` are empty for the first administrator's."""

    purpose: str
    user_id: uuid.UUID | None
    email: str
    name: str
    language: str
    expires_at: datetime


def make_link(uow: UnitOfWork, purpose: str, user_id: uuid.UUID | None = None) -> str:
    """A new link's token, which is kept nowhere; links that are long over are forgotten."""
    token = secrets.token_urlsafe(32)
    uow.execute(delete(one_time_link).where(one_time_link.c.expires_at < uow.now - LIFETIMES[INVITATION]))
    uow.execute(
        insert(one_time_link).values(
            token_hash=_hash(token), purpose=purpose, user_id=user_id, created_at=uow.now, created_by=uow.actor.user_id,
            expires_at=uow.now + LIFETIMES[purpose],
        )
    )
    return token


def address_of(settings: Settings, purpose: str, token: str) -> str:
    """The address to open; from the configured one, never from what a request says."""
    return f"{settings.base_url.rstrip('/')}/{PATHS[purpose]}/{token}"


def find_link(uow: UnitOfWork, token: str, *purposes: str) -> Link:
    """The link of this token, if it can be used now for one of these purposes; it stays unused.

    Raises:
        NotFound: when there is none, or it was used, or it is over, or what it was for has been done otherwise.
    """
    row = _find(uow, token, purposes)
    return Link(row.purpose, row.user_id, row.email or "", row.name or "", row.language or "", row.expires_at)


def use_link(uow: UnitOfWork, token: str, *purposes: str) -> Link:
    """The same, and use it up: of two who use it at once, one gets it. Other links of its purpose and user go with it.

    Raises:
        NotFound: as ``find_link``.
    """
    # Marked before it is read: whoever comes second waits here for the first, and finds nothing.
    unused = one_time_link.c.used_at.is_(None) & (one_time_link.c.expires_at > uow.now)
    mine = one_time_link.c.token_hash == _hash(token)
    if uow.execute(update(one_time_link).where(mine, unused).values(used_at=uow.now)).rowcount != 1:
        raise _gone()
    row = _find(uow, token, purposes, at=uow.now)
    forget_links(uow, row.purpose, row.user_id)
    return Link(row.purpose, row.user_id, row.email or "", row.name or "", row.language or "", row.expires_at)


def forget_links(uow: UnitOfWork, purpose: str, user_id: uuid.UUID | None) -> None:
    """Make all unused links of this purpose for this user worthless."""
    whose = one_time_link.c.user_id == user_id if user_id is not None else one_time_link.c.user_id.is_(None)
    uow.execute(delete(one_time_link).where(one_time_link.c.purpose == purpose, whose, one_time_link.c.used_at.is_(None)))


def has_active_user(uow: UnitOfWork) -> bool:
    """Whether anybody can be signed in: then there is no first administrator to make any more."""
    return uow.execute(select(user.c.id).where(user.c.is_active).limit(1)).first() is not None


def _find(uow: UnitOfWork, token: str, purposes: tuple[str, ...], *, at: datetime | None = None) -> Row[tuple[object, ...]]:
    used = one_time_link.c.used_at.is_(None) if at is None else one_time_link.c.used_at == at
    row = uow.execute(
        select(one_time_link, user.c.email, user.c.name, user.c.language)
        .select_from(one_time_link.outerjoin(user, user.c.id == one_time_link.c.user_id))
        .where(
            one_time_link.c.token_hash == _hash(token), one_time_link.c.purpose.in_(purposes), used,
            one_time_link.c.expires_at > uow.now, _still_wanted(),
        )
    ).first()
    if row is None:
        raise _gone()
    return row


def _still_wanted() -> ColumnElement[bool]:
    # A login that has a password already is nobody's to take over by an invitation.
    other = user.alias("other")
    nobody = ~exists(select(other.c.id).where(other.c.is_active))
    return or_(
        and_(one_time_link.c.purpose == INVITATION, user.c.is_active, user.c.password_hash.is_(None)),
        and_(one_time_link.c.purpose == RESET, user.c.is_active),
        and_(one_time_link.c.purpose == FIRST_ADMINISTRATOR, nobody),
    )


def _gone() -> NotFound:
    return NotFound(GONE)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
