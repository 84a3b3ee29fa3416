# SPDX-License-Identifier: Apache-2.0
"""Reads of the actor's own identities at providers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from xrm.single_sign_on.models import external_identity
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Identity:
    """Who a user is at a provider."""

    id: uuid.UUID
    issuer: str
    email: str
    created_at: datetime


def list_own_identities(uow: UnitOfWork) -> list[Identity]:
    """The actor's own identities, the oldest first."""
    columns = (external_identity.c.id, external_identity.c.issuer, external_identity.c.email, external_identity.c.created_at)
    mine = external_identity.c.user_id == uow.actor.user_id
    rows = uow.execute(select(*columns).where(mine).order_by(external_identity.c.created_at, external_identity.c.id))
    return [Identity(**row._mapping) for row in rows]
