# SPDX-License-Identifier: Apache-2.0
"""Changes of grants that are there: another depth, and their end. Who could give it can change it and take it back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from xrm.access.limits import keeping_an_administrator, permissions_of, refuse_more_than_own
from xrm.access.models import grant, permission_set
from xrm.access.policy import scope
from xrm.access.recording import note
from xrm.access.service import require_administering
from xrm.errors import NotFound, msg
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Grant:
    """One grant: who has which set, where and how deep."""

    id: uuid.UUID
    user_id: uuid.UUID
    set_id: uuid.UUID
    set_key: str
    department_id: uuid.UUID | None
    depth: str


def find_grant(uow: UnitOfWork, grant_id: uuid.UUID) -> Grant:
    """The grant of this id, for those who administer users where it holds.

    Raises:
        NotFound: when there is none, or the actor does not administer users there; the two are never told apart.
    """
    row = uow.execute(
        select(grant.c.id, grant.c.user_id, grant.c.permission_set_id, permission_set.c.key, grant.c.department_id, grant.c.depth)
        .join(permission_set, permission_set.c.id == grant.c.permission_set_id).where(grant.c.id == grant_id)
    ).first()
    where = scope(uow, "user", "administer")
    if row is None or not (where.is_everywhere or (row.department_id is not None and where.covers(row.department_id))):
        raise NotFound(msg("There is no such grant. It may have been ended in the meantime."))
    return Grant(row.id, row.user_id, row.permission_set_id, row.key, row.department_id, row.depth)


def end_grant(uow: UnitOfWork, grant_id: uuid.UUID) -> Grant:
    """Take a grant back and return what it was; it is felt at the next request.

    Raises:
        NotFound: when there is none that the actor may see.
        PermissionDenied: when it holds more than the actor has.
        Conflict: when nobody would administer everything any more.
    """
    found = find_grant(uow, grant_id)
    _require_reach(uow, found, found.depth)
    with keeping_an_administrator(uow):
        uow.execute(delete(grant).where(grant.c.id == grant_id))
    was = {"set": (found.set_key, None), "department": (str(found.department_id or ""), None), "depth": (found.depth, None)}
    note(uow, found.user_id, "user", "grant.ended", was)
    return found


def change_depth(uow: UnitOfWork, grant_id: uuid.UUID, depth: str) -> None:
    """Let a grant reach deeper or less deep in its department: own, department or below.

    Raises:
        NotFound: when there is none that the actor may see.
        PermissionDenied: when it holds, or would hold, more than the actor has.
        InvalidInput: for another depth, and for a grant that holds everywhere: end it, and give another.
    """
    found = find_grant(uow, grant_id)
    require_administering(uow, found.department_id, depth)
    for each in (found.depth, depth):
        _require_reach(uow, found, each)
    with keeping_an_administrator(uow):
        where = None if depth == "all" else found.department_id
        uow.execute(update(grant).where(grant.c.id == grant_id).values(depth=depth, department_id=where))
    changes = {"set": (found.set_key, found.set_key), "depth": (found.depth, depth)}
    note(uow, found.user_id, "user", "grant.changed", changes)


def _require_reach(uow: UnitOfWork, found: Grant, depth: str) -> None:
    held = {"user:administer", *permissions_of(uow, found.set_id)}
    refuse_more_than_own(uow, held, found.department_id, depth)
