# SPDX-License-Identifier: Apache-2.0
"""The part of the gate that plugins narrow further: their conditions as SQL. What cannot be compiled hides all rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true

from xrm.access.models import user
from xrm.access.rights import access_of
from xrm.departments.activation import off_in
from xrm.departments.queries import get_tree
from xrm.entities.models import entity
from xrm.errors import InvalidInput, msg
from xrm.roles.models import role
from xrm.schema.expressions import ExpressionError, TableColumns
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from xrm.plugin_host.contributions import HiddenBy
    from xrm.plugin_host.narrowing import Narrowed

HOOK = "narrow_visibility"


def unhidden(uow: UnitOfWork, types: Iterable[str], row_id: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    """The SQL condition that no plugin hides the row of this id, which may be of any of these types; true when none narrows.

    The system sees all: what it does (exports for the person concerned, checks, jobs) must not miss rows.
    """
    if uow.actor.kind == "system" or not uow.host.is_narrowing:
        return true()
    wanted = set(types)
    hidden = [_hidden(uow, one, row_id) for one in uow.host.narrowings(uow) if one.type in wanted]
    return and_(true(), *(not_(one) for one in hidden))


def hiding_plugins(uow: UnitOfWork, type_name: str, row_ids: Iterable[uuid.UUID]) -> dict[str, frozenset[uuid.UUID]]:
    """Each plugin that narrows this type, with those of these rows of it that it hides from the actor."""
    if uow.actor.kind == "system" or not uow.host.is_narrowing:
        return {}
    own = role if uow.registry.get(type_name).kind == "role" else entity
    found: dict[str, frozenset[uuid.UUID]] = {}
    for one in uow.host.narrowings(uow):
        if one.type == type_name:
            rows = select(own.c.id).where(own.c.id.in_(list(row_ids)), _hidden(uow, one, own.c.id))
            found[one.plugin] = found.get(one.plugin, frozenset()) | frozenset(uow.execute(rows).scalars())
    return found


def _hidden(uow: UnitOfWork, one: Narrowed, row_id: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    entity_type = uow.registry.get(one.type)
    table = entity_type.table.alias()
    conditions = [table.c.id == row_id]
    if one.condition is not None:
        conditions.append(or_(*_hiding(uow, one, entity_type, table)))
    places = _places(uow, one.plugin)
    if places is not None:
        conditions.append(_department(entity_type, table).in_(places))
    return exists(select(1).select_from(table).where(*conditions))


def _hiding(uow: UnitOfWork, one: Narrowed, entity_type: EntityType, table: Any) -> Iterator[ColumnElement[bool]]:
    if one.condition:
        seen = _compiled(uow, one, entity_type, str(one.condition), table)
        # Unknown hides as well, so the condition is not simply turned round.
        yield or_(seen.is_(None), not_(seen))
    if one.hidden_by is not None:
        yield _marked(uow, one, one.hidden_by, entity_type, table)


def _marked(uow: UnitOfWork, one: Narrowed, by: HiddenBy, entity_type: EntityType, table: Any) -> ColumnElement[bool]:
    """The SQL condition that a record of the plugin hides a row of ``table`` from the actor: one EXISTS, whatever its size."""
    marker = uow.registry.entity_types.get(by.marker)
    if marker is None or marker.kind != "record" or marker.plugin != one.plugin or not _are_fields(marker, by):
        wrong = msg("{marker} is no record of this plugin with the fields that are named.", marker=by.marker)
        _refused(uow, one, InvalidInput(wrong))
        return true()
    mark, head = marker.table.alias(), entity.alias()
    open_while = _compiled(uow, one, marker, by.condition, mark, unless=true()) if by.condition else true()
    mine = (_is_owner(uow, entity_type, table), *_excepted(uow, by, marker, mark, head))
    return exists(
        select(1).select_from(mark.join(head, head.c.id == mark.c.id))
        .where(mark.c[by.link or "id"] == table.c.id, head.c.deleted_at.is_(None), or_(open_while.is_(None), open_while),
               not_(or_(*(func.coalesce(each, false()) for each in mine))))
        .correlate(table)
    )


def _excepted(uow: UnitOfWork, by: HiddenBy, marker: EntityType, mark: Any, head: Any) -> Iterator[ColumnElement[bool]]:
    """The SQL conditions, of which one has to hold, that the actor sees what a record of the plugin hides from others."""
    yield head.c.owner_id == uow.actor.user_id
    if by.readers:
        child = marker.child_tables[by.readers]
        named = child.c.owner_id == mark.c.id, func.lower(child.c[by.readers]) == _address(uow)
        yield exists(select(1).where(*named).correlate(mark))
    if by.permission:
        subject, _, verb = by.permission.rpartition(":")
        where = access_of(uow).scope(subject, verb)
        yield true() if where.is_everywhere else head.c.department_id.in_(sorted(where.departments))


def _are_fields(marker: EntityType, by: HiddenBy) -> bool:
    is_link = not by.link or (by.link in marker.fields and marker.fields[by.link].type == "link")
    return is_link and (not by.readers or by.readers in marker.child_tables)


def _is_owner(uow: UnitOfWork, entity_type: EntityType, table: Any) -> ColumnElement[bool]:
    own = (role if entity_type.kind == "role" else entity).alias()
    return exists(select(1).where(own.c.id == table.c.id, own.c.owner_id == uow.actor.user_id).correlate(table))


def _address(uow: UnitOfWork) -> str:
    """The address with which the actor signs in, in small letters; read once."""
    if __name__ not in uow.cache:
        found = uow.execute(select(user.c.email).where(user.c.id == uow.actor.user_id)).scalar()
        uow.cache[__name__] = (found or "").lower()
    address: str = uow.cache[__name__]
    return address


def _compiled(
    uow: UnitOfWork, one: Narrowed, entity_type: EntityType, text: str, table: Any, *, unless: ColumnElement[bool] | None = None
) -> ColumnElement[bool]:
    """An expression as SQL; ``unless`` (else: false) when it is none, so that rows are hidden."""
    closed = false() if unless is None else unless
    try:
        expression = entity_type.expression(text)
    except ExpressionError as error:
        _refused(uow, one, error)
        return closed
    if expression.type != "yes_no":
        wanted = msg("{where}: this is a value, not a condition. Compare it with something.", where=text)
        _refused(uow, one, InvalidInput(wanted))
        return closed
    return expression.sql(TableColumns(table, entity_type.child_tables), uow)


def _refused(uow: UnitOfWork, one: Narrowed, error: Exception) -> None:
    uow.host.note(one.plugin, HOOK, error)


def _places(uow: UnitOfWork, plugin: str) -> list[uuid.UUID] | None:
    """The departments in which the plugin is on; None for all of them, which also concerns rows without a department."""
    off = off_in(uow, plugin)
    return sorted(one for one in get_tree(uow).by_id if one not in off) if off else None


def _department(entity_type: EntityType, table: Any) -> ColumnElement[uuid.UUID]:
    own = (role if entity_type.kind == "role" else entity).alias()
    return select(own.c.department_id).where(own.c.id == table.c.id).correlate(table).scalar_subquery()
