# SPDX-License-Identifier: Apache-2.0
"""Changes of factors: an app that makes codes, recovery codes, passkeys; each is counted as used here."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, insert, select, update

from xrm.access.limits import administrators, require_charge
from xrm.access.models import user
from xrm.access.policy import require_everywhere
from xrm.access.sessions import drop_sessions
from xrm.access.sign_in import has_password
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.db.locks import hold
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.factors.codes import hash_recovery_code, new_recovery_codes, new_secret, step_of
from xrm.factors.models import passkey, recovery_code, totp
from xrm.factors.passkeys import NewPasskey, Proof
from xrm.factors.queries import purpose_of
from xrm.schema.fields.characters import is_storable
from xrm.sealing import is_sealed_anew, seal, unseal
from xrm.unit_of_work import UnitOfWork

MOST_PASSKEYS = 20
LONGEST_NAME = 100


def start_app(uow: UnitOfWork, user_id: uuid.UUID) -> str:
    """The secret for an app, which counts only once a code confirms it; one that waits for its code already is given again.

    Raises:
        PermissionDenied: for another user, unless the system acts for somebody who is signing in.
        Conflict: when an app is set up already.
    """
    _require_own(uow, user_id)
    uow.execute(hold(select(user.c.id).where(user.c.id == user_id), to_change=True))
    row = uow.execute(select(totp.c.secret, totp.c.confirmed_at).where(totp.c.user_id == user_id)).first()
    if row is not None and row.confirmed_at is not None:
        raise Conflict(msg("An app is set up already. Remove it before you set up another."), code="taken")
    if row is not None:
        return unseal(uow.settings, purpose_of(user_id), row.secret).decode()
    secret = new_secret()
    sealed = seal(uow.settings, purpose_of(user_id), secret.encode())
    uow.execute(insert(totp).values(user_id=user_id, secret=sealed, created_at=uow.now))
    return secret


def confirm_app(uow: UnitOfWork, user_id: uuid.UUID, code: str) -> list[str] | None:
    """Let the app count, with its first code: the recovery codes, which are shown this once; None when the code is wrong.

    Raises:
        PermissionDenied: as ``start_app``.
        Conflict: when no app waits for its first code.
    """
    _require_own(uow, user_id)
    row = uow.execute(
        hold(select(totp.c.secret).where(totp.c.user_id == user_id, totp.c.confirmed_at.is_(None)), to_change=True)
    ).first()
    if row is None:
        raise Conflict(msg("No app waits for its first code. Begin again."), code="gone")
    step = step_of(unseal(uow.settings, purpose_of(user_id), row.secret).decode(), code, uow.now)
    if step is None:
        return None
    uow.execute(update(totp).where(totp.c.user_id == user_id).values(confirmed_at=uow.now, last_step=step))
    _note(uow, user_id, "factor.app_added")
    return _make_recovery_codes(uow, user_id)


def renew_recovery_codes(uow: UnitOfWork, user_id: uuid.UUID) -> list[str]:
    """Ten new recovery codes; those of before are worth nothing any more.

    Raises:
        PermissionDenied: as ``start_app``.
    """
    _require_own(uow, user_id)
    codes = _make_recovery_codes(uow, user_id)
    _note(uow, user_id, "factor.recovery_codes_made")
    return codes


def use_code(uow: UnitOfWork, user_id: uuid.UUID, code: str) -> str:
    """How this code proves the user: ``app`` or ``recovery_code``; empty when it does not, or did before.

    Raises:
        PermissionDenied: as ``start_app``.
    """
    _require_own(uow, user_id)
    if _use_app(uow, user_id, code):
        return "app"
    one = (recovery_code.c.user_id == user_id, recovery_code.c.code_hash == hash_recovery_code(user_id, code))
    used = uow.execute(update(recovery_code).where(*one, recovery_code.c.used_at.is_(None)).values(used_at=uow.now))
    if used.rowcount != 1:
        return ""
    _note(uow, user_id, "factor.recovery_code_used")
    return "recovery_code"


def _use_app(uow: UnitOfWork, user_id: uuid.UUID, code: str) -> bool:
    row = uow.execute(select(totp.c.secret).where(totp.c.user_id == user_id, totp.c.confirmed_at.is_not(None))).first()
    if row is None:
        return False
    secret = unseal(uow.settings, purpose_of(user_id), row.secret)
    step = step_of(secret.decode(), code, uow.now)
    if step is None:
        return False
    values: dict[str, object] = {"last_step": step}
    if not is_sealed_anew(uow.settings, row.secret):
        values["secret"] = seal(uow.settings, purpose_of(user_id), secret)
    # Of two who send the same code at once, the second one changes no row.
    used = uow.execute(update(totp).where(totp.c.user_id == user_id, totp.c.last_step < step).values(**values))
    return used.rowcount == 1


def remove_app(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Take the app away, and the recovery codes when no passkey is left that they could stand in for.

    Raises:
        PermissionDenied: as ``start_app``.
        NotFound: when there is none.
    """
    _require_own(uow, user_id)
    if uow.execute(delete(totp).where(totp.c.user_id == user_id)).rowcount == 0:
        raise NotFound(msg("No app is set up. Load the page again."))
    _drop_idle_codes(uow, user_id)
    _note(uow, user_id, "factor.app_removed")


def add_passkey(uow: UnitOfWork, user_id: uuid.UUID, name: str, made: NewPasskey) -> uuid.UUID:
    """Keep a passkey that was just made, and return its id.

    Raises:
        PermissionDenied: as ``start_app``.
        InvalidInput: for a name that cannot be shown.
        Conflict: when it is known already, or the user has as many as anybody needs.
    """
    _require_own(uow, user_id)
    shown = " ".join(name.split())
    if not is_storable(shown) or not 0 < len(shown) <= LONGEST_NAME:
        raise InvalidInput([Problem("name", msg("Give the passkey a name of 1 to {most} characters.", most=LONGEST_NAME))])
    uow.execute(hold(select(user.c.id).where(user.c.id == user_id), to_change=True))
    kept = uow.execute(select(passkey.c.id).where(passkey.c.user_id == user_id)).all()
    if len(kept) >= MOST_PASSKEYS:
        raise Conflict(msg("There are {most} passkeys already. Remove one that you do not use.", most=MOST_PASSKEYS))
    if uow.execute(select(passkey.c.id).where(passkey.c.credential_id == made.credential_id)).first() is not None:
        raise Conflict(msg("This passkey is known already."), code="taken")
    one = new_id()
    uow.execute(
        insert(passkey).values(
            id=one, user_id=user_id, credential_id=made.credential_id, public_key=made.public_key, sign_count=made.sign_count,
            name=shown, is_synced=made.is_synced, created_at=uow.now,
        )
    )
    _note(uow, user_id, "factor.passkey_added", {"name": (None, shown)})
    return one


def use_passkey(uow: UnitOfWork, proof: Proof) -> uuid.UUID | None:
    """The active user whom a signature proves; None, and noted, when the counter of the passkey did not go on: it was copied.

    Raises:
        PermissionDenied: unless the system acts for somebody who is signing in, or it is one's own.
    """
    owner = select(passkey.c.user_id, passkey.c.sign_count, user.c.is_active).join(user, user.c.id == passkey.c.user_id)
    row = uow.execute(hold(owner.where(passkey.c.id == proof.passkey_id), to_change=True)).first()
    if row is None or not row.is_active:
        return None
    owner_id: uuid.UUID = row.user_id
    _require_own(uow, owner_id)
    if (row.sign_count or proof.sign_count) and proof.sign_count <= row.sign_count:
        _note(uow, owner_id, "factor.passkey_refused", {"counter": (row.sign_count, proof.sign_count)})
        return None
    values = {"sign_count": proof.sign_count, "used_at": uow.now}
    uow.execute(update(passkey).where(passkey.c.id == proof.passkey_id).values(**values))
    return owner_id


def remove_passkey(uow: UnitOfWork, user_id: uuid.UUID, passkey_id: uuid.UUID) -> None:
    """Take a passkey away.

    Raises:
        PermissionDenied: as ``start_app``.
        NotFound: when the user has no such passkey.
    """
    _require_own(uow, user_id)
    one = (passkey.c.id == passkey_id, passkey.c.user_id == user_id)
    name = uow.execute(select(passkey.c.name).where(*one)).scalar()
    if uow.execute(delete(passkey).where(*one)).rowcount == 0:
        raise NotFound(msg("There is no such passkey. Load the page again."))
    _drop_idle_codes(uow, user_id)
    _note(uow, user_id, "factor.passkey_removed", {"name": (name, None)})


def reset_factors(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Take away all that a user has besides the password, for somebody who lost it; their sessions end.

    Raises:
        PermissionDenied, NotFound: as ``require_charge``.
        Conflict: (``last_administrator``) for the only administrator of everything, who without a password could not come in.
    """
    require_charge(uow, user_id)
    if administrators(uow) == {user_id} and not has_password(uow, user_id):
        raise Conflict(
            msg("This is the last administrator of everything and has no password: without a passkey nobody could come in. Give "
                "them a password first."), code="last_administrator",
        )
    for table in (totp, recovery_code, passkey):
        uow.execute(delete(table).where(table.c.user_id == user_id))
    drop_sessions(uow, user_id)
    _note(uow, user_id, "factor.reset")


def _make_recovery_codes(uow: UnitOfWork, user_id: uuid.UUID) -> list[str]:
    codes = new_recovery_codes()
    uow.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    uow.execute(
        insert(recovery_code), [{"user_id": user_id, "code_hash": hash_recovery_code(user_id, code)} for code in codes]
    )
    return codes


def _drop_idle_codes(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    has_app = uow.execute(select(totp.c.user_id).where(totp.c.user_id == user_id)).first()
    if has_app is None and uow.execute(select(passkey.c.id).where(passkey.c.user_id == user_id)).first() is None:
        uow.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))


def _require_own(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    # The system stands for who is signing in and is nobody yet.
    if uow.actor.user_id != user_id:
        require_everywhere(uow, "user:administer")


def _note(uow: UnitOfWork, user_id: uuid.UUID, action: str, changes: dict[str, tuple[object, object]] | None = None) -> None:
    record_audit(uow, action, user_id, "user", changes or {})
