# SPDX-License-Identifier: Apache-2.0
"""The grants of somebody, each asked for one right on one entity: whether it gives it there, in words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select

from xrm.access.field_rights import rights_to
from xrm.access.models import grant, permission, permission_set
from xrm.access.policy import READING, allowed
from xrm.access.rights import access_of, permissions_for, scope_of_grant
from xrm.access.scopes import Scope
from xrm.access.users import User, names_of
from xrm.departments.activation import off_for
from xrm.departments.queries import get_tree
from xrm.errors import Message, msg
from xrm.roles.models import role
from xrm.schema.model import Label
from xrm.unit_of_work import UnitOfWork

HOME = "home"


@dataclass(frozen=True)
class Place:
    """A department in which an entity stands: ``as_what`` is ``home``, or the role type by which it stands there too.

    ``is_told``: who asks may know that it stands there. ``role_id`` is the facet, None at home.
    """

    department: uuid.UUID
    name: str
    as_what: str
    owner: uuid.UUID | None
    is_told: bool = True
    role_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Asked:
    """A grant that was asked for ``action``: its set, where it holds, the permission of it that would do, whether it gives it.

    The permission is empty when the set holds none that would do.
    """

    set_key: str
    label: Label
    department: uuid.UUID | None
    department_name: str
    depth: str
    permission: str
    gives: bool
    said: Message
    action: str


def keys_of(action: str) -> tuple[str, ...]:
    """The permissions that give ``subject:verb`` or ``TYPE.FIELD:see``, the most particular one first."""
    subject, _, verb = action.rpartition(":")
    type_name, dot, field = subject.partition(".")
    return rights_to(type_name, field, verb) if dot else permissions_for(subject, verb)


def places_of(uow: UnitOfWork, row: Row[Any]) -> Iterator[Place]:
    """Where an entity stands, at home and by its roles."""
    tree = get_tree(uow).by_id
    if row.department_id is not None:
        is_told = _is_told(uow, row.type, row.department_id, row.owner_id)
        yield Place(row.department_id, tree[row.department_id].name, HOME, row.owner_id, is_told)
    mine = role.c.party_id == row.id, role.c.deleted_at.is_(None)
    roles = select(role.c.id, role.c.type, role.c.department_id, role.c.owner_id).where(*mine)
    for one in uow.execute(roles.order_by(role.c.type, role.c.department_id, role.c.id)):
        is_told = _is_told(uow, one.type, one.department_id, one.owner_id)
        yield Place(one.department_id, tree[one.department_id].name, one.type, one.owner_id, is_told, one.id)


def _is_told(uow: UnitOfWork, subject: str, department: uuid.UUID, owner: uuid.UUID | None) -> bool:
    return allowed(uow, f"{subject}:read", department, owner=owner) or may_switch_on(uow, subject, department)


def may_switch_on(uow: UnitOfWork, subject: str, department: uuid.UUID) -> bool:
    """Whether a type is absent in a department because its plugin is off, and the actor would read it and may change that."""
    reads = access_of(uow).scope(subject, "read")
    is_off = department in off_for(uow, subject)
    return is_off and reads.covers(department) and allowed(uow, "plugin:administer", department)


def candidates(uow: UnitOfWork, places: Iterable[Place], row: Row[Any], subject: str, verb: str) -> Iterator[Place]:
    """Where the right has to hold, each with whom it belongs to there, as the services ask for it."""
    declared = uow.registry.entity_types.get(subject)
    is_role = declared is not None and declared.kind == "role"
    for one in places:
        if is_role:
            if one.as_what == subject:
                yield one
        elif subject == row.type and verb in READING:
            yield one
        elif verb != "delete" or one.as_what == HOME:
            yield replace(one, owner=row.owner_id)


def ask_grants(theirs: UnitOfWork, who: User, action: str, places: tuple[Place, ...]) -> list[Asked]:
    """Each grant of a user, asked for this right in these places: those that give it first."""
    keys = keys_of(action)
    tree = get_tree(theirs).by_id
    rows = theirs.execute(
        select(grant.c.id, grant.c.department_id, grant.c.depth, permission_set.c.key, permission_set.c.label_en,
               permission_set.c.label_fr, permission.c.permission)
        .join(permission_set, permission_set.c.id == grant.c.permission_set_id)
        .outerjoin(permission, (permission.c.permission_set_id == grant.c.permission_set_id) & permission.c.permission.in_(keys))
        .where(grant.c.user_id == who.id).order_by(permission_set.c.key, grant.c.id)
    ).all()
    best = {row.id: row for row in sorted(rows, key=lambda row: -keys.index(row.permission) if row.permission else -len(keys))}
    found = []
    for row in best.values():
        covered = _found(scope_of_grant(theirs, row.department_id, row.depth), places, who)
        label = Label({"en": row.label_en, "fr": row.label_fr})
        name = tree[row.department_id].name if row.department_id is not None else ""
        gives, said = _said(theirs, (label, _where(name, row.depth)), row.permission or "", action, covered)
        found.append(Asked(row.key, label, row.department_id, name, row.depth, row.permission or "", gives, said, action))
    return sorted(found, key=lambda one: (not one.gives, one.set_key, one.department_name, one.depth))


def _found(where: Scope, places: tuple[Place, ...], who: User) -> tuple[list[Place], list[Place], tuple[Place, ...]]:
    """The places that the grant covers, those that it would cover if the user were the owner there, and all of them."""
    covered = [one for one in places if where.covers(one.department, is_own=one.owner == who.id)]
    owned = [one for one in places if one not in covered and one.department in where.own]
    return covered, owned, places


def _said(
    theirs: UnitOfWork, granted: tuple[Label, Message], key: str, action: str,
    found: tuple[list[Place], list[Place], tuple[Place, ...]],
) -> tuple[bool, Message]:
    label, there = granted
    covered, owned, places = found
    if not key:
        return False, msg("{set} {there} holds no permission for {action}.", set=label, there=there, action=action)
    if covered:
        return True, msg("{set} {there} holds {permission}, and it stands in {places}.", set=label, there=there, permission=key,
                         places=_names(covered) or "–")
    if owned:
        owners = names_of(theirs, {one.owner for one in owned if one.owner is not None and one.is_told})
        return False, msg("{set} {there} holds {permission} for what one owns, and the owner is {owner}.", set=label, there=there,
                          permission=key, owner=", ".join(sorted(owners.values())) or "–")
    return False, msg("{set} {there} holds {permission}, but it stands in {places}.", set=label, there=there, permission=key,
                      places=_names(places) or "–")


def _where(name: str, depth: str) -> Message:
    if depth == "all":
        return msg("everywhere")
    if depth == "below":
        return msg("in {department} and below", department=name)
    return msg("for own rows in {department}", department=name) if depth == "own" else msg("in {department}", department=name)


def _names(places: Iterable[Place]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in places if one.is_told))
