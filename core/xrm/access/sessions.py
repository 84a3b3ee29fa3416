# SPDX-License-Identifier: Apache-2.0
"""Sessions of signed-in browsers: kept on the server, named by a random token of which only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update

from xrm.access.limits import require_charge
from xrm.access.models import session, sign_in_ticket, user
from xrm.access.users import USER_COLUMNS, User
from xrm.access.viewing_as import as_seen, end_view
from xrm.audit.service import record_audit
from xrm.errors import NotFound, msg
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class OpenSession:
    """A session that is good: whose, when they last proved who they are, and whether its token has to change."""

    user: User
    confirmed_at: datetime | None
    wants_renewal: bool


@dataclass(frozen=True)
class SessionRow:
    """A session as its owner sees it; ``handle`` names it and opens nothing."""

    handle: str
    agent: str
    address: str
    method: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


def start_session(
    uow: UnitOfWork, user_id: uuid.UUID, address: str, agent: str, *, method: str = "", is_confirmed: bool = True
) -> str:
    """Begin a session and return its token, which is kept nowhere; sessions that are over are cleared away.

    ``is_confirmed`` is False where somebody else vouches for the person, who proved nothing to us just now.
    """
    token = secrets.token_urlsafe(32)
    idle, absolute = _lifetimes(uow)
    uow.execute(delete(session).where(or_(session.c.expires_at < uow.now, session.c.seen_at < uow.now - idle)))
    uow.execute(
        insert(session).values(
            token_hash=hash_token(token), user_id=user_id, created_at=uow.now, seen_at=uow.now, expires_at=uow.now + absolute,
            address=address[:100], agent=agent[:300], method=method, confirmed_at=uow.now if is_confirmed else None,
        )
    )
    return token


def find_session(uow: UnitOfWork, token: str) -> OpenSession | None:
    """The session of this token with its active user, in a view the one whose pages it shows; None when it is over."""
    row = uow.execute(
        select(session, *(column.label(f"who_{column.name}") for column in USER_COLUMNS))
        .join(user, user.c.id == session.c.user_id)
        .where(session.c.token_hash == hash_token(token), user.c.is_active)
    ).mappings().first()
    if row is None or not _is_alive(uow, row["created_at"], row["seen_at"], row["expires_at"]):
        return None
    found = User(**{column.name: row[f"who_{column.name}"] for column in USER_COLUMNS})
    if row["view_id"] is not None:
        found = as_seen(uow, found, row["view_id"])
    return OpenSession(found, row["confirmed_at"], row["renew_since"] is not None)


def touch_session(uow: UnitOfWork, token: str) -> None:
    """Note that a session is in use; called now and then, so that reading takes no write lock."""
    uow.execute(update(session).where(session.c.token_hash == hash_token(token)).values(seen_at=uow.now))


def renew_session(uow: UnitOfWork, token: str, *, is_confirmed: bool = False) -> str | None:
    """Another token for the same session, the old one opens nothing any more; None when somebody was faster.

    ``is_confirmed``: the person just proved again who they are.
    """
    fresh = secrets.token_urlsafe(32)
    values: dict[str, object] = {"token_hash": hash_token(fresh), "renew_since": None, "seen_at": uow.now}
    if is_confirmed:
        values["confirmed_at"] = uow.now
    changed = uow.execute(update(session).where(session.c.token_hash == hash_token(token)).values(**values))
    return fresh if changed.rowcount == 1 else None


def want_renewal(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Let the next request of each session of a user get a new token: their rights have just changed."""
    uow.execute(update(session).where(session.c.user_id == user_id).values(renew_since=uow.now))


def end_session(uow: UnitOfWork, token: str) -> None:
    """End a session, and the view in it; its token opens nothing any more."""
    end_view(uow, token)
    uow.execute(delete(session).where(session.c.token_hash == hash_token(token)))


def list_sessions(uow: UnitOfWork, user_id: uuid.UUID, *, this: str = "") -> list[SessionRow]:
    """The sessions of a user that are open, the last used first; ``this`` is the token of the one that asks.

    Raises:
        PermissionDenied, NotFound: for another user, as ``require_charge``.
    """
    _require_own(uow, user_id)
    mine = hash_token(this) if this else b""
    rows = uow.execute(select(session).where(session.c.user_id == user_id).order_by(session.c.seen_at.desc()))
    return [
        SessionRow(_handle(row.token_hash), row.agent, row.address, row.method, row.created_at, row.seen_at,
                   row.token_hash == mine)
        for row in rows if _is_alive(uow, row.created_at, row.seen_at, row.expires_at)
    ]


def end_one(uow: UnitOfWork, user_id: uuid.UUID, handle: str) -> None:
    """End the session of a user that a list named so.

    Raises:
        PermissionDenied: as ``list_sessions``.
        NotFound: also when it is over already.
    """
    _require_own(uow, user_id)
    rows = uow.execute(select(session.c.token_hash).where(session.c.user_id == user_id)).scalars()
    found = next((kept for kept in rows if _handle(kept) == handle), None)
    if found is None:
        raise NotFound(msg("This session is over already. Load the page again."))
    uow.execute(delete(session).where(session.c.token_hash == found))
    record_audit(uow, "user.sessions_ended", user_id, "user", {"count": (None, 1)})


def end_sessions(uow: UnitOfWork, user_id: uuid.UUID, *, besides: str = "") -> int:
    """End all sessions of a user, except the one with the token ``besides``, and every sign-in half done; how many were open.

    Raises:
        PermissionDenied: as ``list_sessions``.
    """
    _require_own(uow, user_id)
    ended = drop_sessions(uow, user_id, besides=besides)
    if ended:
        record_audit(uow, "user.sessions_ended", user_id, "user", {"count": (None, ended)})
    return ended


def drop_sessions(uow: UnitOfWork, user_id: uuid.UUID, *, besides: str = "") -> int:
    """The same as part of another change, which has asked for the right and says in the audit what it is."""
    uow.execute(delete(sign_in_ticket).where(sign_in_ticket.c.user_id == user_id))
    kept = hash_token(besides) if besides else b""
    return uow.execute(delete(session).where(session.c.user_id == user_id, session.c.token_hash != kept)).rowcount


def hash_token(token: str) -> bytes:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode()).digest()


def _require_own(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    if uow.actor.user_id != user_id:
        require_charge(uow, user_id)


def _handle(token_hash: bytes) -> str:
    return hashlib.sha256(b"handle of a session" + token_hash).hexdigest()[:16]


def _lifetimes(uow: UnitOfWork) -> tuple[timedelta, timedelta]:
    return timedelta(minutes=uow.settings.session_idle_minutes), timedelta(days=uow.settings.session_days)


def _is_alive(uow: UnitOfWork, created: datetime, seen: datetime, expires: datetime) -> bool:
    idle, absolute = _lifetimes(uow)
    # A limit that was made shorter holds for sessions that are open, too.
    return min(expires, created + absolute) > uow.now and seen + idle > uow.now
