# SPDX-License-Identifier: Apache-2.0
"""Changes of API tokens: make one, revoke it, note that it was used."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, or_, update

from xrm.access.policy import require_everywhere
from xrm.access.users import get_user
from xrm.access.vocabulary import permission_problems
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.departments.queries import get_tree
from xrm.errors import InvalidInput, NotFound, PermissionDenied, Problem, msg
from xrm.tokens.models import token
from xrm.tokens.queries import BEGINNING, hash_of, visible_token
from xrm.unit_of_work import UnitOfWork

LONGEST_NAME = 100
MOST_SCOPES = 100
USUAL_LIFETIME = timedelta(days=365)
EVERYTHING = ("*:*",)
SHOWN = len(BEGINNING) + 6
_SCOPE = re.compile(r"^(\*|[a-z][a-z0-9_]*):(\*|[a-z][a-z_]*)$")


@dataclass(frozen=True)
class NewToken:
    """A token just made; ``text`` is kept nowhere and shown only now."""

    id: uuid.UUID
    text: str
    prefix: str
    expires_at: datetime | None


def create_token(
    uow: UnitOfWork, user_id: uuid.UUID, name: str, *, scopes: Sequence[str] = EVERYTHING,
    departments: Iterable[uuid.UUID] = (), expires_at: datetime | None,
) -> NewToken:
    """Make a token by which programs act as this user, within ``scopes`` and (unless there are none) below ``departments``.

    Raises:
        PermissionDenied: for somebody else's token without every right, or when a token asks for another.
        NotFound: when there is no active user of this id, or no such department.
        InvalidInput: for a name, scope or time that cannot be.
    """
    _require_own(uow, user_id)
    owner = get_user(uow, user_id)
    if owner is None or not owner.is_active:
        raise NotFound(msg("There is no active user with the id {id}.", id=user_id))
    name, given = _checked(uow, name, scopes, expires_at)
    places = list(dict.fromkeys(departments))
    if any(one not in get_tree(uow).by_id for one in places):
        raise NotFound(msg("There is no such department."))
    one, text = new_id(), BEGINNING + secrets.token_urlsafe(32)
    uow.execute(
        insert(token).values(
            id=one, user_id=user_id, name=name, prefix=text[:SHOWN], token_hash=hash_of(text), scopes=" ".join(given),
            departments=" ".join(map(str, places)), created_at=uow.now, created_by=uow.actor.user_id, expires_at=expires_at,
        )
    )
    record_audit(uow, "token.created", user_id, "token", {"name": (None, name), "prefix": (None, text[:SHOWN])}, subject_id=one)
    return NewToken(one, text, text[:SHOWN], expires_at)


def revoke_token(uow: UnitOfWork, token_id: uuid.UUID) -> None:
    """Make a token worthless from the next request on; one that is so already stays.

    Raises:
        NotFound: when it is neither one's own nor of a user whom one administers.
        PermissionDenied: when a token asks for it.
    """
    row = visible_token(uow, token_id)
    if row is None:
        raise NotFound(msg("There is no token with the id {id} that you may revoke.", id=token_id))
    _require_person(uow)
    if row.revoked_at is None:
        uow.execute(update(token).where(token.c.id == token_id).values(revoked_at=uow.now))
        record_audit(uow, "token.revoked", row.user_id, "token", {"name": (row.name, None)}, subject_id=token_id)


def note_uses(uow: UnitOfWork, uses: Mapping[uuid.UUID, datetime]) -> None:
    """Note when tokens were last used; written for many uses at once, after they were answered."""
    for one, at in uses.items():
        is_later = or_(token.c.last_used_at.is_(None), token.c.last_used_at < at)
        uow.execute(update(token).where(token.c.id == one, is_later).values(last_used_at=at))


def _require_own(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    _require_person(uow)
    if uow.actor.user_id != user_id:
        # Whoever holds it has all rights of its user: so nobody with fewer makes one.
        require_everywhere(uow, "*:*")


def _require_person(uow: UnitOfWork) -> None:
    if uow.actor.token_id is not None:
        raise PermissionDenied(msg("Tokens are made and revoked by people, not by tokens. Sign in to do it."))


def _checked(uow: UnitOfWork, name: str, scopes: Sequence[str], expires_at: datetime | None) -> tuple[str, list[str]]:
    problems = []
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        problems.append(Problem("name", msg("Give a name of 1 to {most} characters.", most=LONGEST_NAME)))
    given = list(dict.fromkeys(scopes))
    wrong = [one for one in given if not _SCOPE.match(one)]
    if wrong:
        problems.append(
            Problem("scopes", msg("{scope} is no scope. Write subject:verb, such as customer:read or *:read.", scope=wrong[0]))
        )
    else:
        problems += [Problem("scopes", one.message) for one in permission_problems(uow.registry, given)]
    if not given or len(given) > MOST_SCOPES:
        problems.append(Problem("scopes", msg("Give 1 to {most} scopes, such as *:read.", most=MOST_SCOPES)))
    if expires_at is not None and expires_at <= uow.now:
        problems.append(Problem("expires", msg("Choose a moment that is still to come.")))
    if problems:
        raise InvalidInput(problems)
    return name, given
