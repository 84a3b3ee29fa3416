# SPDX-License-Identifier: Apache-2.0
"""Reads of API tokens: one's own, those one administers, and whom a presented one belongs to."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, and_, exists, false, or_, select, true

from xrm.access.limiting import limits_of
from xrm.access.models import grant, membership, user
from xrm.access.policy import scope
from xrm.access.users import USER_COLUMNS, User
from xrm.departments.queries import get_tree
from xrm.tokens.models import token
from xrm.unit_of_work import Actor, UnitOfWork

BEGINNING = "xrm_"
State = Literal["active", "expired", "revoked"]


@dataclass(frozen=True)
class Token:
    """One API token as people see it; of its text only the ``prefix``. ``departments`` are names, none for all."""

    id: uuid.UUID
    user_id: uuid.UUID
    user_name: str
    email: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    departments: tuple[str, ...]
    is_limited: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    state: State


@dataclass(frozen=True)
class Bearer:
    """Who presents a token: the user, and the actor with no more than the token's rights."""

    user: User
    actor: Actor
    token_id: uuid.UUID
    name: str
    expires_at: datetime | None


def hash_of(text: str) -> bytes:
    """What of a token is kept."""
    return hashlib.sha256(text.encode()).digest()


def find_bearer(uow: UnitOfWork, text: str) -> Bearer | None:
    """Whom this token belongs to; None when it is unknown, revoked or expired, or its user was switched off."""
    if not text.startswith(BEGINNING) or not text.isascii():
        return None
    row = uow.execute(
        select(token.c.id.label("token_id"), token.c.name.label("token_name"), token.c.scopes, token.c.departments,
               token.c.expires_at, *USER_COLUMNS)
        .join(user, user.c.id == token.c.user_id)
        .where(
            token.c.token_hash == hash_of(text), token.c.revoked_at.is_(None), user.c.is_active,
            or_(token.c.expires_at.is_(None), token.c.expires_at > uow.now),
        )
    ).mappings().first()
    if row is None:
        return None
    owner = User(**{column.name: row[column.name] for column in USER_COLUMNS})
    limits = limits_of(uow, row["scopes"], row["departments"])
    actor = Actor("user", owner.id, owner.name, owner.language, "api", token_id=row["token_id"], limits=limits)
    return Bearer(owner, actor, row["token_id"], row["token_name"], row["expires_at"])


def list_own_tokens(uow: UnitOfWork) -> list[Token]:
    """The actor's own tokens, the newest first."""
    return _list(uow, token.c.user_id == uow.actor.user_id if uow.actor.user_id is not None else false())


def list_tokens(uow: UnitOfWork, user_id: uuid.UUID | None = None) -> list[Token]:
    """The tokens of the users whom the actor administers (of one of them), the newest first."""
    where = administered(uow)
    return _list(uow, where if user_id is None else and_(where, token.c.user_id == user_id))


def visible_token(uow: UnitOfWork, token_id: uuid.UUID) -> Row[Any] | None:
    """The row of a token that is the actor's own or of a user whom they administer."""
    own = token.c.user_id == uow.actor.user_id if uow.actor.user_id is not None else false()
    statement = select(token).join(user, user.c.id == token.c.user_id).where(token.c.id == token_id, or_(own, administered(uow)))
    return uow.execute(statement).first()


def administered(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``user`` is administered: whose departments and grants all lie where the actor may."""
    where = scope(uow, "user", "administer")
    if where.is_everywhere:
        return true()
    if not where.departments:
        return false()
    mine = sorted(where.departments)
    belongs = exists(select(1).where(membership.c.user_id == user.c.id, membership.c.department_id.in_(mine)))
    elsewhere = exists(
        select(1).where(grant.c.user_id == user.c.id, or_(grant.c.department_id.is_(None), grant.c.department_id.not_in(mine)))
    )
    return and_(belongs, ~elsewhere)


def _list(uow: UnitOfWork, where: ColumnElement[bool]) -> list[Token]:
    rows = uow.execute(
        select(token, user.c.name.label("user_name"), user.c.email).join(user, user.c.id == token.c.user_id).where(where)
        .order_by(token.c.created_at.desc(), token.c.id)
    )
    tree = get_tree(uow)
    found = []
    for row in rows:
        ids = [uuid.UUID(one) for one in row.departments.split()]
        names = tuple(tree.by_id[one].name for one in ids if one in tree.by_id)
        found.append(
            Token(
                row.id, row.user_id, row.user_name, row.email, row.name, row.prefix, tuple(row.scopes.split()), names, bool(ids),
                row.created_at, row.expires_at, row.last_used_at, _state(row, uow.now),
            )
        )
    return found


def _state(row: Row[Any], now: datetime) -> State:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "active"
