# SPDX-License-Identifier: Apache-2.0
"""Changes of one's own identities at providers."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, func, select

from xrm.access.models import user
from xrm.audit.service import record_audit
from xrm.errors import Conflict, NotFound, PermissionDenied, msg
from xrm.single_sign_on.models import external_identity
from xrm.unit_of_work import UnitOfWork


def unlink(uow: UnitOfWork, identity_id: uuid.UUID) -> None:
    """Take away one of the actor's own ways in.

    Raises:
        NotFound: when it is not the actor's.
        Conflict: when it is the only one.
        PermissionDenied: when a token asks for it.
    """
    _require_person(uow)
    mine = external_identity.c.user_id == uow.actor.user_id
    row = uow.execute(select(external_identity).where(external_identity.c.id == identity_id, mine)).first()
    if row is None:
        raise NotFound(msg("There is no such link of yours."))
    count = uow.execute(select(func.count()).select_from(external_identity).where(mine)).scalar_one()
    has_password = uow.execute(select(user.c.password_hash).where(user.c.id == uow.actor.user_id)).scalar() is not None
    if count == 1 and not has_password:
        raise Conflict(msg("This is your only way to sign in. Ask an administrator for a link to choose a password first."))
    uow.execute(delete(external_identity).where(external_identity.c.id == identity_id))
    record_audit(uow, "identity.unlinked", row.user_id, "user", {"issuer": (row.issuer, None), "email": (row.email, None)})


def _require_person(uow: UnitOfWork) -> None:
    if uow.actor.token_id is not None:
        raise PermissionDenied(msg("Ways to sign in are changed by people, not by tokens."))
