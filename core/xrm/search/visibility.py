# SPDX-License-Identifier: Apache-2.0
"""The gate of search: which entities and which of their documents the actor may find, as SQL and as words of the index."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, or_, select, true

from xrm.access.narrowing import unhidden
from xrm.access.policy import scope, scopes_of, visible_entity
from xrm.access.rights import access_of
from xrm.access.scopes import Scope
from xrm.entities.models import entity
from xrm.roles.models import role
from xrm.schema.registry import ANY
from xrm.search.sources import CONTACT_POINT
from xrm.unit_of_work import UnitOfWork

Within = tuple[tuple[tuple[str, ...], tuple[uuid.UUID, ...]], ...]
_MOST_DEPARTMENTS = 200


def found_types(uow: UnitOfWork, types: Sequence[str]) -> list[str]:
    """The types of entities to look among: those named (also ``party``, ``record``), or all."""
    return uow.registry.types_for(types or (ANY,))


def findable(uow: UnitOfWork, types: Sequence[str]) -> ColumnElement[bool]:
    """The SQL condition that a row of ``entity`` may be found."""
    of_type = entity.c.type.in_(found_types(uow, types)) if types else true()
    return and_(visible_entity(uow), entity.c.merged_into.is_(None), of_type)


def within(uow: UnitOfWork, types: Sequence[str]) -> Within | None:
    """What narrows the index before the gate: pairs of types and departments; empty for all, None when nothing is visible."""
    names = found_types(uow, types)
    groups = scopes_of(uow, names)
    if access_of(uow).has_shares:
        return ()  # what is shared may stand anywhere; the gate itself decides
    if not groups:
        return None
    if not types and any(where.is_everywhere and len(group) == len(names) for where, group in groups.items()):
        return ()
    return tuple((tuple(group), _departments(where)) for where, group in groups.items())


def _departments(where: Scope) -> tuple[uuid.UUID, ...]:
    named = () if where.is_everywhere else tuple(sorted(where.departments | where.own))
    return named if len(named) <= _MOST_DEPARTMENTS else ()


def visible_document(uow: UnitOfWork, document: FromClause) -> ColumnElement[bool]:
    """The SQL condition that a document of a visible entity may be read: its identity, and what the actor's rights open."""
    parts: list[ColumnElement[bool]] = [document.c.type.in_(found_types(uow, ()))]
    where = scope(uow, CONTACT_POINT, "read")
    if not where.is_empty:
        shared_or_mine = or_(document.c.department_id.is_(None), _in(document, where))
        parts.append(and_(document.c.type == CONTACT_POINT, true() if where.is_everywhere else shared_or_mine))
    for found, names in scopes_of(uow, [one.name for one in uow.registry.of_kind("role")]).items():
        mine = or_(_in(document, found), _owned(uow, document, found))
        parts.append(and_(document.c.type.in_(names), mine, unhidden(uow, names, document.c.source_id)))
    return or_(*parts)


def _in(document: FromClause, where: Scope) -> ColumnElement[bool]:
    if where.is_everywhere:
        return true()
    return document.c.department_id.in_(sorted(where.departments)) if where.departments else false()


def _owned(uow: UnitOfWork, document: FromClause, where: Scope) -> ColumnElement[bool]:
    if not where.own or uow.actor.user_id is None:
        return false()
    facet = role.alias()
    mine = exists(select(1).where(facet.c.id == document.c.source_id, facet.c.owner_id == uow.actor.user_id))
    return and_(document.c.department_id.in_(sorted(where.own)), mine)
