# SPDX-License-Identifier: Apache-2.0
"""Why somebody may do something with an entity, or may not: the verdict of the gate, and each grant that was asked, in words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select

from xrm.access.models import grant, permission, permission_set
from xrm.access.policy import READING, allowed, is_shared, require, scope, visible_entity
from xrm.access.rights import access_of, permissions_for, scope_of_grant
from xrm.access.scopes import Scope
from xrm.access.users import User, find_user, names_of
from xrm.departments.activation import off_for
from xrm.departments.queries import get_tree
from xrm.entities.models import entity
from xrm.errors import InvalidInput, Message, NotFound, Problem, msg
from xrm.roles.models import role
from xrm.schema.model import Label
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

VERBS = ("read", "create", "update", "delete", "link", "send", "import", "export", "administer")
HOME = "home"


@dataclass(frozen=True)
class Place:
    """A department in which an entity stands: ``as_what`` is ``home``, or the role type by which it stands there too.

    ``is_told``: who asks may know that it stands there.
    """

    department: uuid.UUID
    name: str
    as_what: str
    owner: uuid.UUID | None
    is_told: bool = True


@dataclass(frozen=True)
class Asked:
    """A grant that was asked: its set, where it holds, the permission of it that would do (empty: none), whether it gives it."""

    set_key: str
    label: Label
    department: uuid.UUID | None
    department_name: str
    depth: str
    permission: str
    gives: bool
    said: Message


@dataclass(frozen=True)
class Explanation:
    """The verdict, why in one sentence, where the entity stands, and each grant of the user with what it gives here.

    ``elsewhere`` counts grants in departments where the one who asks does not administer users: they are not told, nor are the
    places that the one who asks may not see, counted by ``hidden_places``.
    """

    who: User
    action: str
    entity_id: uuid.UUID
    entity_type: str
    title: str
    is_allowed: bool
    because: Message
    places: tuple[Place, ...]
    asked: tuple[Asked, ...]
    elsewhere: int
    hidden_places: int = 0


def explain(uow: UnitOfWork, email: str, action: str, entity_id: uuid.UUID) -> Explanation:
    """Whether this user may do ``action`` (a verb, or ``subject:verb``) with this entity, and by which grants or why not.

    The verdict is that of the gate itself, asked as the user; the grants are told beside it.

    Raises:
        PermissionDenied: unless the actor administers users, or asks about themselves.
        NotFound: when there is no such user, or no such entity that the actor may see.
        InvalidInput: for a verb or subject that is not known.
    """
    who = find_user(uow, email, only_active=False)
    if who.id != uow.actor.user_id:
        require(uow, "user:administer")
    row = uow.execute(select(entity).where(entity.c.id == entity_id, visible_entity(uow))).first() or _absent(uow, entity_id)
    if row is None:
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))
    subject, verb = _split(uow, action, row.type)
    places = tuple(_places(uow, row))
    theirs = UnitOfWork(
        uow.connection, who.as_actor(uow.actor.via), uow.now, uow.registry, uow.host, uow.settings, is_write=False
    )
    sees = theirs.execute(select(entity.c.id).where(entity.c.id == entity_id, visible_entity(theirs))).first() is not None
    candidates = tuple(_candidates(uow, places, row, subject, verb))
    grants = _asked(theirs, who, (subject, verb), candidates)
    asked = tuple(sorted(grants, key=lambda one: (not one.gives, one.set_key, one.department_name, one.depth)))
    is_allowed, because = _verdict(theirs, who, (subject, verb), candidates, is_seen=sees, has_grants=bool(asked))
    if not is_allowed and who.is_active and subject == row.type and is_shared(theirs, subject, entity_id, verb):
        is_allowed, because = True, msg("Yes: it is shared with {user}, beside all grants.", user=who.name)
    told = tuple(one for one in asked if who.id == uow.actor.user_id or _administers(uow, one))
    action = f"{subject}:{verb}"
    return Explanation(
        who, action, entity_id, row.type, row.title, is_allowed, because, tuple(one for one in places if one.is_told), told,
        len(asked) - len(told), sum(not one.is_told for one in places),
    )


def _absent(uow: UnitOfWork, entity_id: uuid.UUID) -> Row[Any] | None:
    """An entity whose plugin is off where it stands, for who may switch it on there and would see it then."""
    row = uow.execute(select(entity).where(entity.c.id == entity_id, entity.c.deleted_at.is_(None))).first()
    return row if row is not None and _may_switch_on(uow, row.type, row.department_id) else None


def _may_switch_on(uow: UnitOfWork, subject: str, department: uuid.UUID) -> bool:
    """Whether a type is absent in a department because its plugin is off, and the actor would read it and may change that."""
    reads = access_of(uow).scope(subject, "read")
    is_off = department in off_for(uow, subject)
    return is_off and reads.covers(department) and allowed(uow, "plugin:administer", department)


def _administers(uow: UnitOfWork, one: Asked) -> bool:
    where = scope(uow, "user", "administer")
    return where.is_everywhere or (one.department is not None and one.depth != "all" and where.covers(one.department))


def _split(uow: UnitOfWork, action: str, type_name: str) -> tuple[str, str]:
    subject, separator, verb = action.rpartition(":")
    if verb not in VERBS:
        raise InvalidInput([Problem("action", unknown("verb", verb, VERBS))])
    if not separator:
        return type_name, verb
    known = {*uow.registry.entity_types, *uow.registry.relationship_types, "contact_point", "interaction", "message", "score"}
    if subject not in known:
        raise InvalidInput([Problem("action", unknown("subject", subject, sorted(known)))])
    return subject, verb


def _places(uow: UnitOfWork, row: Row[Any]) -> Iterator[Place]:
    tree = get_tree(uow).by_id
    if row.department_id is not None:
        is_told = _is_told(uow, row.type, row.department_id, row.owner_id)
        yield Place(row.department_id, tree[row.department_id].name, HOME, row.owner_id, is_told)
    mine = role.c.party_id == row.id, role.c.deleted_at.is_(None)
    roles = select(role.c.type, role.c.department_id, role.c.owner_id).where(*mine)
    for one in uow.execute(roles.order_by(role.c.type, role.c.department_id, role.c.id)):
        is_told = _is_told(uow, one.type, one.department_id, one.owner_id)
        yield Place(one.department_id, tree[one.department_id].name, one.type, one.owner_id, is_told)


def _is_told(uow: UnitOfWork, subject: str, department: uuid.UUID, owner: uuid.UUID | None) -> bool:
    return allowed(uow, f"{subject}:read", department, owner=owner) or _may_switch_on(uow, subject, department)


def _candidates(uow: UnitOfWork, places: Iterable[Place], row: Row[Any], subject: str, verb: str) -> Iterator[Place]:
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


def _asked(theirs: UnitOfWork, who: User, action: tuple[str, str], places: tuple[Place, ...]) -> Iterator[Asked]:
    subject, verb = action
    keys = permissions_for(subject, verb)
    tree = get_tree(theirs).by_id
    rows = theirs.execute(
        select(grant.c.id, grant.c.department_id, grant.c.depth, permission_set.c.key, permission_set.c.label_en,
               permission_set.c.label_fr, permission.c.permission)
        .join(permission_set, permission_set.c.id == grant.c.permission_set_id)
        .outerjoin(permission, (permission.c.permission_set_id == grant.c.permission_set_id) & permission.c.permission.in_(keys))
        .where(grant.c.user_id == who.id).order_by(permission_set.c.key, grant.c.id)
    ).all()
    best = {row.id: row for row in sorted(rows, key=lambda row: -keys.index(row.permission) if row.permission else -len(keys))}
    for row in best.values():
        where = scope_of_grant(theirs, row.department_id, row.depth)
        label = Label({"en": row.label_en, "fr": row.label_fr})
        name = tree[row.department_id].name if row.department_id is not None else ""
        found = _found(where, places, who)
        gives, said = _said(theirs, (label, _where(name, row.depth)), row.permission or "", f"{subject}:{verb}", found)
        yield Asked(row.key, label, row.department_id, name, row.depth, row.permission or "", gives, said)


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


def _verdict(
    theirs: UnitOfWork, who: User, action: tuple[str, str], places: tuple[Place, ...], *, is_seen: bool, has_grants: bool
) -> tuple[bool, Message]:
    subject, verb = action
    name = f"{subject}:{verb}"
    if not is_seen or not who.is_active:
        return False, _unseen(theirs, who, subject, places, has_grants=has_grants)
    plugin = theirs.registry.dormant.get(subject)
    if plugin is not None and verb not in READING:
        return False, msg("No: its plugin {plugin} is off, so that it can be read only.", plugin=plugin)
    if any(allowed(theirs, name, one.department, owner=one.owner) for one in places):
        return True, msg("Yes: {user} has the right {action} where it stands.", user=who.name, action=name)
    return False, msg("No: {user} sees it, and has not the right {action} where it stands.", user=who.name, action=name)


def _unseen(theirs: UnitOfWork, who: User, subject: str, places: tuple[Place, ...], *, has_grants: bool) -> Message:
    """Why somebody does not see an entity at all."""
    if not who.is_active:
        return msg("No: the login of {user} is switched off.", user=who.name)
    if not has_grants:
        return msg("No: {user} has no rights at all.", user=who.name)
    off = sorted({one.name for one in places if one.is_told and one.department in off_for(theirs, subject)})
    if off:
        return msg("No: its plugin {plugin} is off in {department}.", plugin=theirs.registry.owner_of(subject),
                   department=", ".join(off))
    return msg("No: {user} does not see it. No grant lets them read it where it stands.", user=who.name)
