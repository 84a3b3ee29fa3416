# SPDX-License-Identifier: Apache-2.0
"""Which factors users have, and whether they need a second one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from xrm.access.limits import require_charge
from xrm.access.models import grant, permission_set, user
from xrm.access.policy import require_everywhere
from xrm.access.rights import access_of
from xrm.access.viewing_as import refuse_view
from xrm.factors.models import passkey, recovery_code, totp
from xrm.sealing import unseal
from xrm.unit_of_work import UnitOfWork

# Ways in that are two proofs already: a passkey asks for its owner, and a provider has rules of its own.
COMPLETE = frozenset({"passkey", "single_sign_on"})


@dataclass(frozen=True)
class Passkey:
    """A passkey as its owner sees it."""

    id: uuid.UUID
    name: str
    is_synced: bool
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """What a user has set up; ``recovery_left`` counts codes that were not used, ``app_since`` is empty without an app."""

    has_app: bool
    recovery_left: int
    passkeys: tuple[Passkey, ...]
    app_since: datetime | None = None

    @property
    def has_second(self) -> bool:
        """Whether a second proof can be asked for."""
        return self.has_app or bool(self.passkeys)


def factors_of(uow: UnitOfWork, user_id: uuid.UUID) -> Factors:
    """What a user has set up.

    Raises:
        PermissionDenied, NotFound: for another user, as ``require_charge``.
    """
    if uow.actor.user_id != user_id:
        require_charge(uow, user_id)
    since = uow.execute(select(totp.c.confirmed_at).where(totp.c.user_id == user_id)).scalar()
    left = select(func.count()).where(recovery_code.c.user_id == user_id, recovery_code.c.used_at.is_(None))
    columns = (passkey.c.id, passkey.c.name, passkey.c.is_synced, passkey.c.created_at, passkey.c.used_at)
    keys = uow.execute(select(*columns).where(passkey.c.user_id == user_id).order_by(passkey.c.created_at, passkey.c.id))
    found = tuple(Passkey(**row._mapping) for row in keys)
    return Factors(since is not None, uow.execute(left).scalar_one(), found, since)


def waiting_secret(uow: UnitOfWork, user_id: uuid.UUID) -> str | None:
    """The secret that was given to an app and waits for its first code.

    Raises:
        PermissionDenied: for another user, without the right to administer users everywhere; (``view_only``) for who looks at
            the pages as its owner.
    """
    refuse_view(uow.actor)
    if uow.actor.user_id != user_id:
        require_everywhere(uow, "user:administer")
    row = uow.execute(select(totp.c.secret).where(totp.c.user_id == user_id, totp.c.confirmed_at.is_(None))).first()
    return unseal(uow.settings, purpose_of(user_id), row.secret).decode() if row else None


def purpose_of(user_id: uuid.UUID) -> str:
    """What the secret of this user's app is sealed for."""
    return f"totp of {user_id}"


def must_have_second(uow: UnitOfWork) -> bool:
    """Whether the actor is asked for a second factor: by the setting ``second_factor``, or by a permission set they have."""
    wanted = uow.settings.second_factor
    if wanted == "everybody" or (wanted == "administrators" and _administers(uow)):
        return True
    asking = select(grant.c.id).join(permission_set, permission_set.c.id == grant.c.permission_set_id)
    mine = asking.where(grant.c.user_id == uow.actor.user_id, permission_set.c.second_factor).limit(1)
    return uow.execute(mine).first() is not None


def _administers(uow: UnitOfWork) -> bool:
    return any(key == "*:*" or key.endswith(":administer") for key in access_of(uow).scopes)


def count_without_second(uow: UnitOfWork, set_id: uuid.UUID) -> int:
    """How many active users who have this permission set could not be asked for a second factor today.

    Raises:
        PermissionDenied: without the right to administer users everywhere.
    """
    require_everywhere(uow, "user:administer")
    holders = select(grant.c.user_id).where(grant.c.permission_set_id == set_id)
    with_app = select(totp.c.user_id).where(totp.c.confirmed_at.is_not(None))
    has_one = or_(user.c.id.in_(with_app), user.c.id.in_(select(passkey.c.user_id)))
    found = select(func.count()).select_from(user).where(user.c.id.in_(holders), user.c.is_active, ~has_one)
    return int(uow.execute(found).scalar_one())


def needs(uow: UnitOfWork, method: str) -> str:
    """What the actor, who was proven by ``method``, has to do before a session begins: nothing, ``second`` or ``enrolment``."""
    if method in COMPLETE or uow.actor.user_id is None:
        return ""
    if factors_of(uow, uow.actor.user_id).has_second:
        return "second"
    return "enrolment" if must_have_second(uow) else ""
