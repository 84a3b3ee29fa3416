# SPDX-License-Identifier: Apache-2.0
"""Which factors users have, and whether they need a second one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

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
    """What a user has set up; ``recovery_left`` counts codes that were not used."""

    has_app: bool
    recovery_left: int
    passkeys: tuple[Passkey, ...]

    @property
    def has_second(self) -> bool:
        """Whether a second proof can be asked for."""
        return self.has_app or bool(self.passkeys)


def factors_of(uow: UnitOfWork, user_id: uuid.UUID) -> Factors:
    """What a user has set up.

    Raises:
        PermissionDenied: for another user, without the right to administer users everywhere.
    """
    if uow.actor.user_id != user_id:
        require_everywhere(uow, "user:administer")
    app = uow.execute(select(totp.c.user_id).where(totp.c.user_id == user_id, totp.c.confirmed_at.is_not(None))).first()
    left = select(func.count()).where(recovery_code.c.user_id == user_id, recovery_code.c.used_at.is_(None))
    columns = (passkey.c.id, passkey.c.name, passkey.c.is_synced, passkey.c.created_at, passkey.c.used_at)
    keys = uow.execute(select(*columns).where(passkey.c.user_id == user_id).order_by(passkey.c.created_at, passkey.c.id))
    return Factors(app is not None, uow.execute(left).scalar_one(), tuple(Passkey(**row._mapping) for row in keys))


def waiting_secret(uow: UnitOfWork, user_id: uuid.UUID) -> str | None:
    """The secret that was given to an app and waits for its first code.

    Raises:
        PermissionDenied: as ``factors_of``; (``view_only``) for who looks at the pages as its owner.
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
    """Whether the instance asks the actor for a second factor, by its setting ``second_factor``."""
    wanted = uow.settings.second_factor
    if wanted != "administrators":
        return wanted == "everybody"
    return any(key == "*:*" or key.endswith(":administer") for key in access_of(uow).scopes)


def needs(uow: UnitOfWork, method: str) -> str:
    """What the actor, who was proven by ``method``, has to do before a session begins: nothing, ``second`` or ``enrolment``."""
    if method in COMPLETE or uow.actor.user_id is None:
        return ""
    if factors_of(uow, uow.actor.user_id).has_second:
        return "second"
    return "enrolment" if must_have_second(uow) else ""
