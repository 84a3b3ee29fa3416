# SPDX-License-Identifier: Apache-2.0
"""What nobody may do to rights: give more than they have, act on the login of somebody above them, leave nobody in charge."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import exists, select

from xrm.access.models import grant, membership, permission, permission_set, user
from xrm.access.rights import access_of, note_changed_rights, permissions_for
from xrm.departments.queries import get_tree
from xrm.errors import Conflict, NotFound, PermissionDenied, msg
from xrm.unit_of_work import UnitOfWork

EVERYTHING = "*:*"


def missing_right(uow: UnitOfWork, permissions: Iterable[str], department: uuid.UUID | None, depth: str) -> str | None:
    """The first of these permissions that the actor does not hold where a grant of this place and depth would give it.

    A wildcard is held by whoever holds that wildcard or a wider one: all verbs one by one are not ``*``, since tomorrow
    there may be one more. For the same reason *below* is held by a grant with the depth below (or everywhere), not by grants in
    each department that lies below today. ``*:*`` counts as held only everywhere.
    """
    if uow.actor.kind == "system":
        return None
    return next((one for one in permissions if not _holds(uow, one, department, depth)), None)


def _holds(uow: UnitOfWork, action: str, department: uuid.UUID | None, depth: str) -> bool:
    subject, _, verb = action.rpartition(":")
    # Asked of the grants themselves: whether a plugin is on today says nothing about what somebody may hand on.
    mine = access_of(uow).scope(subject, verb)
    if mine.is_everywhere:
        return True
    if depth == "all" or department is None or action == EVERYTHING:
        return False
    if depth == "below":
        return not _branches(uow, action).isdisjoint(line_of(uow, department))
    return department in mine.departments


def line_of(uow: UnitOfWork, department: uuid.UUID) -> list[uuid.UUID]:
    """This department and all above it, the nearest first."""
    tree, found = get_tree(uow).by_id, list[uuid.UUID]()
    here: uuid.UUID | None = department
    while here is not None and here in tree:
        found.append(here)
        here = tree[here].parent_id
    return found


def _branches(uow: UnitOfWork, action: str) -> set[uuid.UUID]:
    """The departments in which the actor holds this permission for all that lies below."""
    if __name__ not in uow.cache:
        rows = uow.execute(
            select(permission.c.permission, grant.c.department_id)
            .join(permission, permission.c.permission_set_id == grant.c.permission_set_id)
            .where(grant.c.user_id == uow.actor.user_id, grant.c.depth == "below")
        )
        uow.cache[__name__] = [tuple(row) for row in rows]
    keys = permissions_for(*action.rsplit(":", 1))
    return {place for key, place in uow.cache[__name__] if key in keys}


def forget(uow: UnitOfWork) -> None:
    """Read rights anew, here and everywhere: the runtime does it after each statement that wrote one of their tables."""
    note_changed_rights(uow)
    uow.cache.pop(__name__, None)


def refuse_more_than_own(
    uow: UnitOfWork, permissions: Iterable[str], department: uuid.UUID | None, depth: str
) -> None:
    """Stop who would give, take or change a right that they do not hold themselves where it would hold.

    Raises:
        PermissionDenied: naming the right they lack.
    """
    lacking = missing_right(uow, permissions, department, depth)
    if lacking is not None:
        raise PermissionDenied(
            msg("Nobody grants more than they have themselves, and you do not have {action} there. Ask an administrator.",
                action=lacking)
        )


def require_standing(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Stop who would act on the login of somebody with more rights than they have: whoever sets its password could become them.

    Raises:
        PermissionDenied: naming a right that the other one has.
    """
    if uow.actor.user_id == user_id:
        return
    rows = uow.execute(
        select(permission.c.permission, grant.c.department_id, grant.c.depth)
        .join(permission, permission.c.permission_set_id == grant.c.permission_set_id).where(grant.c.user_id == user_id)
    )
    for row in rows.all():
        lacking = missing_right(uow, [row.permission], row.department_id, row.depth)
        if lacking is not None:
            raise PermissionDenied(
                msg("This person has the right {action}, which you do not have there: only who has it may act on their login.",
                    action=lacking)
            )


def require_charge(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Stop who may not help with, or switch off, the login of this user.

    Who administers users everywhere may, for all who have no more rights than they have. Who administers them in some
    departments may, for those who besides belong to these departments and have rights in these alone.

    Raises:
        PermissionDenied: without the right to administer users, for somebody with more rights, or who belongs elsewhere too.
        NotFound: when there is no such user among those whom the actor administers.
    """
    where = access_of(uow).scope("user", "administer")
    if where.is_empty:
        raise PermissionDenied(msg("You need the right {action}. Ask an administrator.", action="user:administer"))
    members = uow.execute(select(membership.c.department_id).where(membership.c.user_id == user_id)).scalars()
    grants = uow.execute(select(grant.c.department_id, grant.c.depth).where(grant.c.user_id == user_id)).all()
    places = [(one, "department") for one in members] + [(row.department_id, row.depth) for row in grants]
    mine = [missing_right(uow, ["user:administer"], *place) is None for place in places]
    is_there = uow.execute(select(user.c.id).where(user.c.id == user_id)).first() is not None
    if not is_there or not (where.is_everywhere or any(mine)):
        raise NotFound(msg("There is no such person among those whom you administer."))
    if not all(mine):
        raise PermissionDenied(
            msg("This person belongs to departments that you do not administer. Ask an administrator of all departments.")
        )
    require_standing(uow, user_id)


@contextmanager
def keeping_an_administrator(uow: UnitOfWork) -> Iterator[None]:
    """Around a change of rights: it is refused when it would leave nobody who administers everything.

    Raises:
        Conflict: (``last_administrator``), and nothing is changed.
    """
    # Two administrators who take each other's rights at once wait for each other here.
    uow.execute(select(permission.c.permission_set_id).where(permission.c.permission == EVERYTHING).with_for_update())
    had_one = bool(administrators(uow))
    yield
    if had_one and not administrators(uow):
        raise Conflict(
            msg("This is the last administrator of everything, and there has to be one: give somebody else {right} everywhere "
                "first, then repeat this.", right=EVERYTHING),
            code="last_administrator",
        )


def administrators(uow: UnitOfWork) -> set[uuid.UUID]:
    """The active users who hold ``*:*`` everywhere."""
    holds = exists(select(1).where(permission.c.permission_set_id == permission_set.c.id, permission.c.permission == EVERYTHING))
    rows = uow.execute(
        select(grant.c.user_id).join(permission_set, permission_set.c.id == grant.c.permission_set_id)
        .join(user, user.c.id == grant.c.user_id).where(grant.c.depth == "all", user.c.is_active, holds)
    )
    return set(rows.scalars())


def permissions_of(uow: UnitOfWork, set_id: uuid.UUID) -> list[str]:
    """What a set holds, in order."""
    rows = select(permission.c.permission).where(permission.c.permission_set_id == set_id)
    return list(uow.execute(rows.order_by(permission.c.permission)).scalars())
