# SPDX-License-Identifier: Apache-2.0
"""The rights of an actor, as their grants give them: read once, until anybody changes rights."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, bindparam, select

from xrm.access.limiting import limited
from xrm.access.models import grant, permission
from xrm.access.scopes import Scope
from xrm.access.sharing import received_by
from xrm.departments.queries import get_tree
from xrm.departments.standing import count_up, standing
from xrm.sharing.models import share
from xrm.unit_of_work import UnitOfWork

_GRANTS = (
    select(grant.c.permission_set_id, grant.c.department_id, grant.c.depth).where(grant.c.user_id == bindparam("user_id"))
)
_SETS = select(permission.c.permission_set_id, permission.c.permission)
NAMED_ONLY = frozenset({"audit"})  # who reads everything does not thereby read who did what, and who looked at whom
MOST_USERS = 256  # whose rights a process keeps; of others they are read again


def permissions_for(subject: str, verb: str) -> tuple[str, ...]:
    """The permissions that give this right, the most particular one first."""
    if subject in NAMED_ONLY:
        return f"{subject}:{verb}", f"{subject}:*", "*:*"
    return f"{subject}:{verb}", f"*:{verb}", f"{subject}:*", "*:*"


@dataclass
class Access:
    """The rights of one actor: for each ``subject:verb`` the departments it holds in. ``scopes`` is shared: not to be changed."""

    is_system: bool = False
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    visible_entity: ColumnElement[bool] | None = None  # built once, since most statements need it
    found: dict[tuple[str, str], Scope] = field(default_factory=dict)  # what was asked before
    has_shares: bool = False  # whether anything was ever shared with the actor, so that all others pay nothing for it

    def scope(self, subject: str, verb: str) -> Scope:
        """Where the actor may do this; wildcards of both parts are joined in."""
        if self.is_system:
            return Scope.everywhere()
        keys = permissions_for(subject, verb)
        return Scope.union(self.scopes[key] for key in keys if key in self.scopes)


def access_of(uow: UnitOfWork) -> Access:
    """The rights of the actor of this unit of work, read once."""
    if __name__ not in uow.cache:
        uow.cache[__name__] = Access(is_system=True) if uow.actor.kind == "system" else _load(uow)
    access: Access = uow.cache[__name__]
    return access


def _load(uow: UnitOfWork) -> Access:
    kept, key = standing(uow), (__name__, uow.actor.user_id)
    rights: tuple[Mapping[str, Scope], bool] | None = kept.get(key)
    if rights is None:
        rights = kept[key] = _scopes(uow), _has_shares(uow)
        order = kept.setdefault((__name__, "order"), deque())
        order.append(key)
        if len(order) > MOST_USERS:
            kept.pop(order.popleft(), None)
    limits = uow.actor.limits
    # What is shared with a user is no right of theirs that a token could have.
    return Access(scopes=limited(rights[0], limits), has_shares=rights[1] and limits is None)


def _has_shares(uow: UnitOfWork) -> bool:
    return uow.execute(select(share.c.id).where(received_by(uow.actor.user_id)).limit(1)).first() is not None


def _scopes(uow: UnitOfWork) -> dict[str, Scope]:
    sets = _sets(uow)
    # Many grants give the same set: their places are joined first, once for all of its permissions.
    places: dict[uuid.UUID, list[Scope]] = {}
    for row in uow.execute(_GRANTS, {"user_id": uow.actor.user_id}):
        places.setdefault(row.permission_set_id, []).append(scope_of_grant(uow, row.department_id, row.depth))
    joined = {one: Scope.union(parts) for one, parts in places.items()}
    found: dict[str, list[Scope]] = {}
    for one, where in joined.items():
        for key in sets.get(one, ()):
            found.setdefault(key, []).append(where)
    return {key: parts[0] if len(parts) == 1 else Scope.union(parts) for key, parts in found.items()}


def access_from(uow: UnitOfWork, rows: Iterable[tuple[str, uuid.UUID | None, str]]) -> Access:
    """The rights that these (permission, department, depth) give: those somebody has, or would have."""
    found: dict[str, list[Scope]] = {}
    for key, where, depth in rows:
        found.setdefault(key, []).append(scope_of_grant(uow, where, depth))
    return Access(scopes={key: Scope.union(parts) for key, parts in found.items()})


def _sets(uow: UnitOfWork) -> Mapping[uuid.UUID, tuple[str, ...]]:
    kept, key = standing(uow), (__name__, "sets")
    if key not in kept:
        found: dict[uuid.UUID, list[str]] = {}
        for row in uow.execute(_SETS):
            found.setdefault(row.permission_set_id, []).append(row.permission)
        kept[key] = {one: tuple(permissions) for one, permissions in found.items()}
    sets: Mapping[uuid.UUID, tuple[str, ...]] = kept[key]
    return sets


def scope_of_grant(uow: UnitOfWork, department_id: uuid.UUID | None, depth: str) -> Scope:
    """Where a grant of this department and depth holds."""
    if depth == "all":
        return Scope.everywhere()
    if department_id is None:
        return Scope()
    if depth == "below":
        return Scope(departments=get_tree(uow).below(department_id))
    if depth == "department":
        return Scope(departments=frozenset({department_id}))
    return Scope(own=frozenset({department_id}))


def departments_with_rights(uow: UnitOfWork) -> tuple[uuid.UUID, ...] | None:
    """The departments in which the actor has any right, in the order of the tree; None for who has them everywhere."""
    access = access_of(uow)
    if access.is_system or any(one.is_everywhere for one in access.scopes.values()):
        return None
    scopes = list(access.scopes.values())
    return tuple(one for one in get_tree(uow).by_id if any(scope.covers(one, is_own=True) for scope in scopes))


def note_changed_rights(uow: UnitOfWork) -> None:
    """Say that rights have changed: they are read anew, here and in every process once this is committed."""
    count_up(uow)
    uow.cache.pop(__name__, None)
