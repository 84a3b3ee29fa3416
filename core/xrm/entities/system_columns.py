# SPDX-License-Identifier: Apache-2.0
"""The columns every list has besides declared fields: title, department, owner, dates."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true

from xrm.entities.models import entity
from xrm.errors import msg
from xrm.folding import fold
from xrm.roles.models import role
from xrm.schema.expressions import Operand, TableColumns
from xrm.schema.fields.base import InvalidValue
from xrm.schema.fields.characters import require_length, text_of
from xrm.schema.fields.conditions import compare
from xrm.schema.fields.dates import DateTimeType, DateType
from xrm.schema.model import Field, Label
from xrm.schema.registry import EntityType
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

SYSTEM_OPERANDS = {
    "title": Operand("text"),
    "created_at": Operand("datetime"),
    "updated_at": Operand("datetime"),
    "since": Operand("date"),
    "until": Operand("date"),
    "owner": Operand("id"),
    "department": Operand("id"),
}
_IN_ENTITY = {
    "title": "title", "created_at": "created_at", "updated_at": "updated_at", "owner": "owner_id", "department": "department_id",
}
_IN_ROLE = {
    "created_at": "created_at", "updated_at": "updated_at", "since": "since", "until": "until", "owner": "owner_id",
    "department": "department_id",
}
FILTERS = {
    "title": ("contains", "starts", "eq"),
    "owner": ("eq", "ne", "empty", "filled"),
    "department": ("eq", "in"),
    "created_at": ("before", "after", "between"),
    "updated_at": ("before", "after", "between"),
    "since": ("before", "after", "between", "empty", "filled"),
    "until": ("before", "after", "between", "empty", "filled"),
}
LONGEST_OPERAND = 1000


def system_columns(entity_type: EntityType | None) -> list[ColumnElement[Any]]:
    """The common columns of a page's rows, under the names that ``Entity`` is built from."""
    if entity_type is not None and entity_type.kind == "role":
        return [
            role.c.id, role.c.type, entity.c.title, role.c.version, role.c.department_id, role.c.owner_id, role.c.created_at,
            role.c.updated_at, role.c.party_id, entity.c.type.label("party_type"), role.c.since, role.c.until,
        ]
    names = ("id", "type", "title", "version", "department_id", "owner_id", "created_at", "updated_at")
    return [entity.c[name] for name in names]


class ListColumns(TableColumns):
    """What expressions in lists name: the type's own columns, and the common ones."""

    def __init__(self, entity_type: EntityType) -> None:
        super().__init__(entity_type.table, entity_type.child_tables)
        self._is_role = entity_type.kind == "role"
        self._declared = entity_type.fields

    def column(self, name: str) -> ColumnElement[Any]:
        """A field's column, or a common one."""
        common = None if name in self._declared else common_column(name, is_role=self._is_role)
        return super().column(name) if common is None else common

    def folded(self, name: str) -> ColumnElement[str]:
        """The folded key of a text field, or of the title."""
        return entity.c.title_key if name == "title" and name not in self._declared else super().folded(name)

    def is_filled(self, name: str) -> ColumnElement[bool]:
        """Whether there is a value."""
        common = None if name in self._declared else common_column(name, is_role=self._is_role)
        return super().is_filled(name) if common is None else common.is_not(None)


def common_column(name: str, *, is_role: bool) -> ColumnElement[Any] | None:
    """The column of a common name, or None."""
    if is_role and name in _IN_ROLE:
        return role.c[_IN_ROLE[name]]
    return entity.c[_IN_ENTITY[name]] if name in _IN_ENTITY else None


def filter_system(
    uow: UnitOfWork, entity_type: EntityType | None, name: str, operator: str, value: object
) -> ColumnElement[bool]:
    """The SQL of a filter on a common column.

    Raises:
        InvalidValue: for an unknown field or operator, or a wrong value.
    """
    column = common_column(name, is_role=entity_type is not None and entity_type.kind == "role")
    if column is None:
        raise InvalidValue(unknown("field", name, [*FILTERS, *(entity_type.fields if entity_type else ())]))
    if operator not in FILTERS[name]:
        raise InvalidValue(unknown("operator", operator, FILTERS[name]))
    if operator in ("empty", "filled"):
        return column.is_(None) if operator == "empty" else column.is_not(None)
    if name == "title":
        return _filter_title(operator, value)
    if name in ("owner", "department"):
        parts = value if isinstance(value, (list, tuple)) else str(value).split(",")
        ids = [_id(uow, name, one) for one in parts]
        return column.not_in(ids) if operator == "ne" else column.in_(ids)
    date_type = DateType() if name in ("since", "until") else DateTimeType()
    declared = Field(key=name, type=date_type.name, label=Label({"en": name}))
    return date_type.filter(declared, _Named(name, column), operator, value, uow.parse_context)  # type: ignore[arg-type]


def _filter_title(operator: str, value: object) -> ColumnElement[bool]:
    text = text_of(value if value is not None else "")
    require_length(text, LONGEST_OPERAND)
    key = fold(text)
    if operator == "contains":
        # The sort key may have the words in another order than the title: last name first.
        return and_(true(), *(compare(entity.c.title_key, operator, word) for word in key.split()))
    if operator == "eq":
        return or_(entity.c.title == text, entity.c.title_key == key)
    return compare(entity.c.title_key, operator, key)


def _id(uow: UnitOfWork, name: str, value: object) -> uuid.UUID | None:
    if value == "me" and name == "owner":
        return uow.actor.user_id
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value).strip())
    except ValueError as error:
        raise InvalidValue(msg("{value} is no id. Choose from the list.", value=str(value)[:80])) from error


class _Named:
    """One column under the name of a field, as field types look for it."""

    def __init__(self, name: str, column: ColumnElement[Any]) -> None:
        self.c = {name: column}


