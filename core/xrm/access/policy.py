# SPDX-License-Identifier: Apache-2.0
"""The one gate: who may do what where. Lists get SQL, single actions get a verdict."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from xrm.access.narrowing import unhidden
from xrm.access.rights import Access, access_of
from xrm.access.scopes import Scope
from xrm.access.sharing import shared_ids
from xrm.departments.activation import activations, belongs_to_on, off_for
from xrm.departments.queries import get_tree
from xrm.entities.models import entity, party_department
from xrm.errors import NotFound, PermissionDenied, msg
from xrm.roles.models import role
from xrm.unit_of_work import UnitOfWork

READING = frozenset({"read", "export"})
def scope(uow: UnitOfWork, subject: str, verb: str) -> Scope:
    """Where the actor may do ``verb`` on ``subject``: nowhere that its plugin is off; what is dormant can be read only."""
    access = access_of(uow)
    found = access.found.get((subject, verb))
    if found is None:
        found = access.found[subject, verb] = _scope(uow, access, subject, verb)
    return found


def _scope(uow: UnitOfWork, access: Access, subject: str, verb: str) -> Scope:
    if subject in uow.registry.dormant and verb not in READING:
        return Scope()
    gone = off_for(uow, subject)
    return access.scope(subject, verb).without(gone, get_tree(uow).by_id if gone else ())


def allowed(
    uow: UnitOfWork, action: str, department: uuid.UUID | None = None, *, owner: uuid.UUID | None = None
) -> bool:
    """Whether the actor may do ``subject:verb`` in this department (anywhere, when none is named)."""
    subject, _, verb = action.partition(":")
    found = scope(uow, subject, verb)
    if department is None:
        return not found.is_empty
    return found.covers(department, is_own=owner is not None and owner == uow.actor.user_id)


def require(
    uow: UnitOfWork, action: str, department: uuid.UUID | None = None, *, owner: uuid.UUID | None = None
) -> None:
    """Stop here unless the actor may do ``subject:verb`` in this department (anywhere, when none is named).

    Raises:
        PermissionDenied: naming the right that is missing and where.
        NotFound: when the plugin of the subject is off there, or there is no such department.
    """
    _refuse_dormant(uow, action)
    _refuse_off(uow, action, () if department is None else (department,))
    place = get_tree(uow).by_id.get(department) if department else None
    if allowed(uow, action, department, owner=owner):
        if department is not None and place is None:
            raise NotFound(msg("There is no department with the id {id}.", id=department))
        return
    if place is None:
        raise PermissionDenied(msg("You need the right {action}. Ask an administrator.", action=action))
    raise PermissionDenied(
        msg("You need the right {action} in {department}. Ask an administrator.", action=action, department=place.name)
    )


def require_any(
    uow: UnitOfWork, action: str, departments: Iterable[uuid.UUID], *, owner: uuid.UUID | None = None
) -> None:
    """Stop here unless the actor may do ``subject:verb`` in at least one of these departments.

    Raises:
        PermissionDenied: naming the right that is missing.
        NotFound: when the plugin of the subject is off in all of them.
    """
    departments = tuple(departments)
    _refuse_dormant(uow, action)
    _refuse_off(uow, action, departments)
    if not any(allowed(uow, action, department, owner=owner) for department in departments):
        raise PermissionDenied(msg("You need the right {action}. Ask an administrator.", action=action))


def _refuse_dormant(uow: UnitOfWork, action: str) -> None:
    subject, _, verb = action.partition(":")
    plugin = uow.registry.dormant.get(subject)
    if plugin is not None and verb not in READING:
        raise PermissionDenied(
            msg("{type} belongs to the plugin {plugin}, which is off or not installed: it can be read, not changed. xrm doctor "
                "says more.", type=subject, plugin=plugin)
        )


def _refuse_off(uow: UnitOfWork, action: str, departments: tuple[uuid.UUID, ...]) -> None:
    """Where a plugin is off, its types are not there: neither are they named to who has no say in it."""
    subject, _, verb = action.partition(":")
    gone = off_for(uow, subject)
    held = access_of(uow).scope(subject, verb)
    if not gone or not _is_lost(uow, held, gone, departments):
        return
    plugin = uow.registry.owner_of(subject)
    if not departments or not allowed(uow, "plugin:administer", departments[0]):
        raise NotFound(msg("There is no {type} here.", type=subject))
    raise NotFound(
        msg("{type} belongs to the plugin {plugin}, which is off in {department}. To switch it on: "
            "xrm plugin enable {plugin} --department {department}",
            type=subject, plugin=plugin, department=get_tree(uow).by_id[departments[0]].name)
    )


def _is_lost(uow: UnitOfWork, held: Scope, gone: frozenset[uuid.UUID], departments: tuple[uuid.UUID, ...]) -> bool:
    """Whether a right that is held is worth nothing in these departments (in all, when none is named)."""
    if departments:
        return gone.issuperset(departments)
    return not held.is_empty and held.without(gone, get_tree(uow).by_id).is_empty


def require_everywhere(uow: UnitOfWork, action: str) -> None:
    """Stop here unless the actor may do ``subject:verb`` in all departments: for what concerns the whole instance.

    Raises:
        PermissionDenied: when the right is missing or holds in some departments only.
    """
    subject, _, verb = action.partition(":")
    if not scope(uow, subject, verb).is_everywhere:
        raise PermissionDenied(msg("You need the right {action} in all departments. Ask an administrator.", action=action))


def in_scope(
    where: Scope, department: ColumnElement[uuid.UUID], owner: ColumnElement[uuid.UUID] | None, user_id: uuid.UUID | None
) -> ColumnElement[bool]:
    """The SQL condition that a row of this department and owner lies in a scope."""
    if where.is_everywhere:
        return true()
    parts: list[ColumnElement[bool]] = []
    if where.departments:
        parts.append(department.in_(sorted(where.departments)))
    if where.own and owner is not None and user_id is not None:
        parts.append(and_(department.in_(sorted(where.own)), owner == user_id))
    return or_(*parts) if parts else false()


def visible_party(uow: UnitOfWork, types: Collection[str], party: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    """The SQL condition that ``party`` (a column of entity ids) is a party the actor may see."""
    conditions: list[ColumnElement[bool]] = []
    for where, names in scopes_of(uow, types).items():
        conditions += party_in_scope(uow, where, names, party)
    return and_(or_(*conditions), unhidden(uow, types, party)) if conditions else false()


def party_in_scope(
    uow: UnitOfWork, where: Scope, names: list[str], party: ColumnElement[uuid.UUID]
) -> list[ColumnElement[bool]]:
    """The SQL conditions, of which one has to hold, that a party of these types stands in a department of the scope."""
    conditions: list[ColumnElement[bool]] = []
    if where.is_everywhere or where.departments:
        seen = party_department.alias()
        conditions.append(
            exists(
                select(1).where(
                    seen.c.entity_id == party, seen.c.type.in_(names), in_scope(where, seen.c.department_id, None, None)
                )
            )
        )
    if where.own and uow.actor.user_id is not None:
        conditions.append(_owned(uow.actor.user_id, names, where, party))
    return conditions


def scopes_of(uow: UnitOfWork, types: Iterable[str], verb: str = "read") -> dict[Scope, list[str]]:
    """The types grouped by where the actor may do ``verb`` on them; types without the right are left out."""
    found: dict[Scope, list[str]] = {}
    for name in types:
        where = scope(uow, name, verb)
        if not where.is_empty:
            found.setdefault(where, []).append(name)
    return found


def _owned(
    user_id: uuid.UUID, type_names: list[str], where: Scope, party: ColumnElement[uuid.UUID]
) -> ColumnElement[bool]:
    # Aliases, because the statement around it reads the same tables: without them ``party`` would mean the inner row itself.
    own, home, facet = sorted(where.own), entity.alias(), role.alias()
    at_home = exists(
        select(1).where(
            home.c.id == party, home.c.type.in_(type_names), home.c.owner_id == user_id, home.c.department_id.in_(own)
        )
    )
    by_role = exists(
        select(1)
        .select_from(facet.join(home, home.c.id == facet.c.party_id))
        .where(
            facet.c.party_id == party, home.c.type.in_(type_names), facet.c.owner_id == user_id,
            facet.c.department_id.in_(own), facet.c.deleted_at.is_(None),
        )
    )
    return or_(at_home, by_role)


def visible_record(uow: UnitOfWork, types: Collection[str]) -> ColumnElement[bool]:
    """The SQL condition that a row of ``entity`` is a record of one of these types that the actor may see."""
    conditions: list[ColumnElement[bool]] = []
    for where, names in scopes_of(uow, types).items():
        inside = in_scope(where, entity.c.department_id, entity.c.owner_id, uow.actor.user_id)
        conditions.append(and_(entity.c.type.in_(names), inside))
    return and_(or_(*conditions), unhidden(uow, types, entity.c.id)) if conditions else false()


def visible_entity(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``entity``, of whatever type, may be seen and is not deleted."""
    access = access_of(uow)
    if access.visible_entity is None:
        access.visible_entity = visible_without_shares(uow)
        if access.has_shares:
            access.visible_entity = or_(access.visible_entity, shared_entity(uow))
    return access.visible_entity


def shared_entity(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``entity`` is shared with the actor, not deleted, and of a plugin that is on there."""
    plugin_of = {item.name: item.plugin for item in uow.registry.entity_types.values() if item.kind != "role"}
    on = belongs_to_on(uow, plugin_of, entity.c.type, entity.c.department_id)
    known = list(plugin_of)
    here = and_(entity.c.deleted_at.is_(None), entity.c.type.in_(known), unhidden(uow, known, entity.c.id))
    return and_(entity.c.id.in_(shared_ids(uow)), here, on)


def is_shared(uow: UnitOfWork, subject: str, entity_id: uuid.UUID, action: str) -> bool:
    """Whether an entity of this type is shared with the actor for ``read`` or ``update``; what is dormant for reading only."""
    if action not in ("read", "update") or not access_of(uow).has_shares:
        return False
    if subject in uow.registry.dormant and action not in READING:
        return False
    given = entity.c.id.in_(shared_ids(uow, action))
    return uow.execute(select(entity.c.id).where(entity.c.id == entity_id, given, shared_entity(uow))).first() is not None


def visible_without_shares(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``entity`` may be seen by grants, and is not deleted."""
    types = uow.registry.entity_types.values()
    if access_of(uow).scope("*", "read").is_everywhere and not activations(uow).off:
        known = [item.name for item in types if item.kind != "role"]
        return and_(entity.c.deleted_at.is_(None), entity.c.type.in_(known), unhidden(uow, known, entity.c.id))
    return and_(
        entity.c.deleted_at.is_(None),
        or_(
            visible_party(uow, [item.name for item in types if item.kind == "party"], entity.c.id),
            visible_record(uow, [item.name for item in types if item.kind == "record"]),
        ),
    )


def visible_role(uow: UnitOfWork, types: Collection[str]) -> ColumnElement[bool]:
    """The SQL condition that a row of ``role`` is a facet of one of these types that the actor may see."""
    conditions: list[ColumnElement[bool]] = []
    for where, names in scopes_of(uow, types).items():
        inside = in_scope(where, role.c.department_id, role.c.owner_id, uow.actor.user_id)
        conditions.append(and_(role.c.type.in_(names), inside))
    if not conditions:
        return false()
    return and_(role.c.deleted_at.is_(None), or_(*conditions), unhidden(uow, types, role.c.id))


def visible_row(
    uow: UnitOfWork, subject: str, department: ColumnElement[uuid.UUID], owner: ColumnElement[uuid.UUID] | None = None
) -> ColumnElement[bool]:
    """The SQL condition for rows that say something about a party: shared ones, and those of departments in scope."""
    where = scope(uow, subject, "read")
    if where.is_everywhere:
        return true()
    return or_(department.is_(None), in_scope(where, department, owner, uow.actor.user_id)) if not where.is_empty else false()
