# SPDX-License-Identifier: Apache-2.0
"""The part of the gate that plugins narrow further: their conditions as SQL. What cannot be compiled hides all rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, true

from xrm.departments.activation import off_in
from xrm.departments.queries import get_tree
from xrm.entities.models import entity
from xrm.errors import InvalidInput, msg
from xrm.roles.models import role
from xrm.schema.expressions import ExpressionError, TableColumns
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork

if TYPE_CHECKING:
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


def _hidden(uow: UnitOfWork, one: Narrowed, row_id: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    entity_type = uow.registry.get(one.type)
    table = entity_type.table.alias()
    seen = false() if one.condition is None else _compiled(uow, one, entity_type, table)
    # Unknown hides as well, so the condition is not simply turned round.
    conditions = [table.c.id == row_id, or_(seen.is_(None), not_(seen)) if one.condition is not None else true()]
    places = _places(uow, one.plugin)
    if places is not None:
        conditions.append(_department(entity_type, table).in_(places))
    return exists(select(1).select_from(table).where(*conditions))


def _compiled(uow: UnitOfWork, one: Narrowed, entity_type: EntityType, table: Any) -> ColumnElement[bool]:
    try:
        expression = entity_type.expression(str(one.condition))
    except ExpressionError as error:
        return _refused(uow, one, error)
    if expression.type != "yes_no":
        wanted = msg("{where}: this is a value, not a condition. Compare it with something.", where=one.condition)
        return _refused(uow, one, InvalidInput(wanted))
    return expression.sql(TableColumns(table, entity_type.child_tables), uow)


def _refused(uow: UnitOfWork, one: Narrowed, error: Exception) -> ColumnElement[bool]:
    uow.host.note(one.plugin, HOOK, error)
    return false()


def _places(uow: UnitOfWork, plugin: str) -> list[uuid.UUID] | None:
    """The departments in which the plugin is on; None for all of them, which also concerns rows without a department."""
    off = off_in(uow, plugin)
    return sorted(one for one in get_tree(uow).by_id if one not in off) if off else None


def _department(entity_type: EntityType, table: Any) -> ColumnElement[uuid.UUID]:
    own = (role if entity_type.kind == "role" else entity).alias()
    return select(own.c.department_id).where(own.c.id == table.c.id).correlate(table).scalar_subquery()
