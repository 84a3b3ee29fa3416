# SPDX-License-Identifier: Apache-2.0
"""Signing in by password, and the sessions that follow; kept on the server, named by a random token."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from xrm.access.models import session, sign_in_attempt, user
from xrm.access.passwords import is_right
from xrm.access.users import USER_COLUMNS, User, get_user
from xrm.errors import Conflict, msg
from xrm.unit_of_work import UnitOfWork

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)


def check_throttle(uow: UnitOfWork, email: str, address: str) -> None:
    """Stop a door that was tried too often: this login from this network address; others still come in.

    Raises:
        Conflict: with code ``throttled``, saying how long to wait.
    """
    row = uow.execute(select(sign_in_attempt).where(sign_in_attempt.c.key == _door(email, address))).first()
    if row is None or row.failures < FREE_TRIES:
        return
    wait = min(timedelta(seconds=2 ** (row.failures - FREE_TRIES)), LONGEST_WAIT)
    left = (row.last_at + wait - uow.now).total_seconds()
    if left > 0:
        raise Conflict(msg("Too many tries. Wait {seconds} seconds and try again.", seconds=int(left) + 1), code="throttled")


def sign_in(uow: UnitOfWork, email: str, password: str) -> User | None:
    """The active user with this address and password, or None; takes the same time for unknown users."""
    row = uow.execute(
        select(user.c.id, user.c.password_hash, user.c.is_active).where(user.c.email_key == email.strip().casefold())
    ).first()
    if not is_right(row.password_hash if row and row.is_active else None, password) or row is None:
        return None
    return get_user(uow, row.id)


def count_failure(uow: UnitOfWork, email: str, address: str) -> None:
    """Note a failed try."""
    key = _door(email, address)
    known = uow.execute(select(sign_in_attempt.c.failures).where(sign_in_attempt.c.key == key)).scalar()
    if known is None:
        uow.execute(insert(sign_in_attempt).values(key=key, failures=1, last_at=uow.now))
    else:
        uow.execute(update(sign_in_attempt).where(sign_in_attempt.c.key == key).values(failures=known + 1, last_at=uow.now))


def start_session(uow: UnitOfWork, user_id: uuid.UUID, address: str, agent: str, *, email: str = "") -> str:
    """Begin a session and return its token, which is kept nowhere; failed tries of this door are forgotten."""
    token = secrets.token_urlsafe(32)
    uow.execute(delete(session).where(session.c.expires_at < uow.now))
    uow.execute(
        insert(session).values(
            token_hash=_hash(token), user_id=user_id, created_at=uow.now, seen_at=uow.now, expires_at=uow.now + ABSOLUTE,
            address=address[:100], agent=agent[:300],
        )
    )
    if email:
        uow.execute(delete(sign_in_attempt).where(sign_in_attempt.c.key == _door(email, address)))
    return token


def find_session(uow: UnitOfWork, token: str) -> User | None:
    """The active user of a session that has neither expired nor idled too long."""
    row = uow.execute(
        select(session.c.expires_at, session.c.seen_at, *USER_COLUMNS)
        .join(user, user.c.id == session.c.user_id)
        .where(session.c.token_hash == _hash(token), user.c.is_active)
    ).mappings().first()
    if row is None or row["expires_at"] <= uow.now or row["seen_at"] + IDLE <= uow.now:
        return None
    return User(**{column.name: row[column.name] for column in USER_COLUMNS})


def touch_session(uow: UnitOfWork, token: str) -> None:
    """Note that a session is in use; called now and then, so that reading takes no write lock."""
    uow.execute(update(session).where(session.c.token_hash == _hash(token)).values(seen_at=uow.now))


def end_session(uow: UnitOfWork, token: str) -> None:
    """End a session; its token opens nothing any more."""
    uow.execute(delete(session).where(session.c.token_hash == _hash(token)))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _door(email: str, address: str) -> str:
    return hashlib.sha256(f"{email.strip().casefold()}\n{address}".encode()).hexdigest()
