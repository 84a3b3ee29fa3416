# SPDX-License-Identifier: Apache-2.0
"""The SELECT of the entities or roles of one type that an actor may see, to be joined and aggregated by whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, select

from xrm.access.field_rights import conditions_of_use, field_is_seen, visible_fields
from xrm.access.policy import visible_entity, visible_role
from xrm.entities.models import entity
from xrm.errors import InvalidInput, msg
from xrm.roles.models import role
from xrm.schema.expressions import ExpressionError, TableColumns
from xrm.schema.registry import EntityType
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork


def select_entities(uow: UnitOfWork, type_name: str, columns: Iterable[str] = (), where: str = "") -> Select[Any]:
    """The visible entities of a type (or roles, all periods): one row each, with the named columns, or with ``id`` alone.

    Columns: ``id title department owner version created_at updated_at``, for a role also ``party since until``, and the columns
    of fields with one value; a guarded one is NULL in the rows where the actor does not see it. ``where`` is an expression over
    the fields.

    Raises:
        NotFound: for an unknown type.
        PermissionDenied: for an expression over a guarded field that the actor does not see in all of the rows.
        InvalidInput: for an unknown column, or an expression that cannot be read.
    """
    entity_type = uow.registry.get(type_name)
    known = _columns(uow, entity_type)
    wanted = [choose(known, name) for name in (*columns,) or ("id",)]
    statement = select(*wanted).select_from(_tables(entity_type)).where(*_conditions(uow, entity_type))
    if where:
        statement = statement.where(_compiled(uow, entity_type, where))
    return statement


def choose(known: Mapping[str, ColumnElement[Any]], name: str) -> ColumnElement[Any]:
    """The column of this name, labelled with it.

    Raises:
        InvalidInput: with the nearest name.
    """
    if name not in known:
        raise InvalidInput(unknown("column", name, known))
    return known[name].label(name)


def named_columns(table: FromClause) -> dict[str, ColumnElement[Any]]:
    """The columns of a table under the words for them: ``department`` for ``department_id``."""
    return {column.name.removesuffix("_id") or column.name: column for column in table.c}


def _columns(uow: UnitOfWork, entity_type: EntityType) -> dict[str, ColumnElement[Any]]:
    own = role if entity_type.kind == "role" else entity
    guarded = visible_fields(uow, entity_type.name)
    fields: dict[str, ColumnElement[Any]] = {}
    for key, columns in entity_type.field_columns.items():
        is_seen = field_is_seen(uow, entity_type, key) if key in guarded else None
        fields.update({column.name: column if is_seen is None else case((is_seen, column)) for column in columns})
    return {"title": entity.c.title, **named_columns(own), **fields}


def _tables(entity_type: EntityType) -> FromClause:
    table = entity_type.table
    if entity_type.kind == "role":
        return role.join(table, table.c.id == role.c.id).join(entity, entity.c.id == role.c.party_id)
    return entity.join(table, table.c.id == entity.c.id)


def _conditions(uow: UnitOfWork, entity_type: EntityType) -> tuple[ColumnElement[bool], ...]:
    if entity_type.kind == "role":
        return role.c.type == entity_type.name, entity.c.deleted_at.is_(None), visible_role(uow, [entity_type.name])
    return entity.c.type == entity_type.name, visible_entity(uow)


def _compiled(uow: UnitOfWork, entity_type: EntityType, where: str) -> ColumnElement[bool]:
    try:
        expression = entity_type.expression(where)
    except ExpressionError as error:
        raise InvalidInput(msg("{where}: {why}", where=where, why=str(error))) from error
    seen = conditions_of_use(uow, entity_type, expression.names)
    condition: ColumnElement[bool] = expression.sql(TableColumns(entity_type.table, entity_type.child_tables), uow)
    return and_(condition, *seen)
