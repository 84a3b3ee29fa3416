# SPDX-License-Identifier: Apache-2.0
"""Signing in by password, and what the audit log keeps of each try, whatever the way in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select, update

from xrm.access.addresses import email_key
from xrm.access.models import user
from xrm.access.passwords import is_right, renewed
from xrm.access.users import User, get_user
from xrm.audit.service import record_audit
from xrm.unit_of_work import UnitOfWork

NOBODY = uuid.UUID(int=0)  # whom a try with an unknown address is noted under


@dataclass(frozen=True)
class PasswordCheck:
    """What came of a password: the active user it opens, whose address it was in any case, and the hash to keep from now on."""

    user: User | None
    meant: uuid.UUID = NOBODY
    old_hash: str = ""
    new_hash: str | None = None


def check_sign_in(uow: UnitOfWork, email: str, password: str) -> PasswordCheck:
    """Look at an address and its password; takes the same time for unknown users."""
    row = uow.execute(
        select(user.c.id, user.c.password_hash, user.c.is_active).where(user.c.email_key == email_key(email))
    ).first()
    kept = row.password_hash if row and row.is_active else None
    if not is_right(kept, password) or row is None or kept is None:
        return PasswordCheck(None, row.id if row else NOBODY)
    return PasswordCheck(get_user(uow, row.id), row.id, kept, renewed(kept, password))


def is_own_password(uow: UnitOfWork, password: str) -> bool:
    """Whether this is the password of the actor."""
    kept = uow.execute(select(user.c.password_hash).where(user.c.id == uow.actor.user_id)).scalar()
    return is_right(kept, password)


def has_password(uow: UnitOfWork, user_id: uuid.UUID) -> bool:
    """Whether this user can sign in by password."""
    return uow.execute(select(user.c.password_hash).where(user.c.id == user_id)).scalar() is not None


def keep_new_hash(uow: UnitOfWork, check: PasswordCheck) -> None:
    """Keep the hash with the parameters of now, unless the password was changed meanwhile."""
    if check.new_hash is not None:
        same = (user.c.id == check.meant, user.c.password_hash == check.old_hash)
        uow.execute(update(user).where(*same).values(password_hash=check.new_hash))


def note_sign_in(uow: UnitOfWork, user_id: uuid.UUID, method: str, address: str) -> None:
    """Keep in the audit log that somebody came in, how and from where."""
    record_audit(uow, "user.signed_in", user_id, "user", {"method": (None, method), "address": (None, address)})


def note_failure(uow: UnitOfWork, user_id: uuid.UUID, method: str, address: str, why: str = "wrong") -> None:
    """Keep in the audit log that somebody did not come in; what was typed is not kept, it may be a password."""
    changes = {"method": (None, method), "address": (None, address), "why": (None, why)}
    record_audit(uow, "user.sign_in_failed", user_id, "user", changes)
