# SPDX-License-Identifier: Apache-2.0
"""Where the rows of a list come from: records, facets, parties of one kind, or all parties; gated from the start."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, true

from xrm.access.field_rights import conditions_of_use
from xrm.access.narrowing import unhidden
from xrm.access.policy import in_scope, scope, visible_party
from xrm.access.rights import access_of
from xrm.access.scopes import Scope
from xrm.access.sharing import shared_ids
from xrm.departments.activation import belongs_to_on
from xrm.entities.models import entity, party_department
from xrm.entities.parties import is_open_on
from xrm.entities.system_columns import SYSTEM_OPERANDS, ListColumns, filter_system, system_columns
from xrm.errors import InvalidInput, Problem, msg
from xrm.roles.models import role
from xrm.schema.expressions import Expression
from xrm.schema.fields.base import InvalidValue
from xrm.schema.registry import ANY_PARTY, EntityType
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

MOST_BRANCHES = 32


@dataclass(frozen=True)
class Source:
    """Rows to list.

    ``rows`` joins what conditions and order need; ``branches`` are conditions of which one must hold, each an index range of
    its own; ``conditions`` hold for all.
    """

    entity_type: EntityType | None
    rows: FromClause
    row_id: ColumnElement[uuid.UUID]
    title_key: ColumnElement[str]
    branches: tuple[ColumnElement[bool], ...]
    conditions: tuple[ColumnElement[bool], ...]
    party_id: ColumnElement[uuid.UUID] | None = None

    def columns(self, loaded: Iterable[str]) -> list[ColumnElement[Any]]:
        """What a page selects: the common columns, and those of the fields to load."""
        found = system_columns(self.entity_type)
        if self.entity_type is not None:
            for key in loaded:
                found.extend(self.entity_type.field_columns.get(key, ()))
        return found

    def details(self, row_id: ColumnElement[uuid.UUID], keys: FromClause) -> FromClause:
        """The tables of ``columns``, joined to the rows of a page."""
        if self.entity_type is None:
            return keys.join(entity, entity.c.id == row_id)
        table = self.entity_type.table
        if self.entity_type.kind == "role":
            joined = keys.join(table, table.c.id == row_id).join(role, role.c.id == row_id)
            return joined.join(entity, entity.c.id == role.c.party_id)
        return keys.join(table, table.c.id == row_id).join(entity, entity.c.id == row_id)

    def sort_column(self, name: str) -> tuple[ColumnElement[Any], bool]:
        """The column to sort by, and whether it can be empty.

        Raises:
            InvalidInput: for a field that is not there or cannot be sorted by.
        """
        if name == "title":
            return self.title_key, False
        if name in {"created_at", "updated_at"}:
            common = role if self._is_role else entity
            return common.c[name], False
        if name in {"since", "until"} and self._is_role:
            return role.c[name], True
        field = self.entity_type.fields.get(name) if self.entity_type else None
        if self.entity_type is None or field is None:
            known = ["title", "created_at", "updated_at", *(self.entity_type.fields if self.entity_type else ())]
            raise InvalidInput([Problem("sort", unknown("field", name, known))])
        field_type = self.entity_type.field_type(name)
        if not field_type.sortable or name in self.entity_type.child_tables or name not in self.entity_type.field_columns:
            raise InvalidInput([Problem("sort", msg("The list cannot be sorted by {field}. Choose another column.", field=name))])
        return field_type.sort_column(field, self.entity_type.table), True

    @property
    def _is_role(self) -> bool:
        return self.entity_type is not None and self.entity_type.kind == "role"

    def condition(self, uow: UnitOfWork, text: str) -> ColumnElement[bool]:
        """The SQL of an expression over the fields and the common columns.

        Raises:
            InvalidInput: when the expression is wrong.
        """
        if self.entity_type is None:
            raise InvalidInput([Problem("where", msg("Name one type of party to filter by its fields."))])
        try:
            expression = self._expression(text)
        except InvalidValue as error:
            raise InvalidInput([Problem("where", error.message)]) from error
        seen = conditions_of_use(uow, self.entity_type, expression.names)
        if expression.type != "yes_no":
            raise InvalidInput([Problem("where", msg("This is a value, not a condition. Compare it with something."))])
        return and_(expression.sql(ListColumns(self.entity_type), uow), *seen)

    def _expression(self, text: str) -> Expression:
        assert self.entity_type is not None  # noqa: S101  # checked by the caller
        names = {key: one for key, one in SYSTEM_OPERANDS.items() if self._is_role or key not in ("since", "until")}
        return self.entity_type.condition(text, names)

    def filter(self, uow: UnitOfWork, name: str, operator: str, value: object) -> ColumnElement[bool]:
        """The SQL of one filter.

        Raises:
            InvalidInput: for an unknown field or operator, or a wrong value.
        """
        try:
            field = self.entity_type.fields.get(name) if self.entity_type else None
            if self.entity_type is None or field is None:
                return filter_system(uow, self.entity_type, name, operator, value)
            seen = conditions_of_use(uow, self.entity_type, (name,))
            field_type = self.entity_type.field_type(name)
            if name in self.entity_type.child_tables:
                child = self.entity_type.child_tables[name]
                found = field_type.filter_many(field, child, self.entity_type.table.c.id, operator, value, uow.parse_context)
            else:
                found = field_type.filter(field, self.entity_type.table, operator, value, uow.parse_context)
            return and_(found, *seen)
        except InvalidValue as error:
            raise InvalidInput([Problem(name, error.message)]) from error


def source_of(uow: UnitOfWork, type_name: str, *, all_periods: bool) -> Source:
    """The rows of a type that the actor may see.

    Raises:
        NotFound: for an unknown type.
    """
    if type_name == ANY_PARTY:
        return _all_parties(uow)
    entity_type = uow.registry.get(type_name)
    if entity_type.kind == "role":
        return _facets(uow, entity_type, all_periods=all_periods)
    if entity_type.kind == "party":
        return _parties(uow, entity_type)
    table = entity_type.table
    where = scope(uow, entity_type.name, "read")
    branches = _branches(where, table.c.department_id, entity.c.owner_id, uow.actor.user_id)
    rows = table.join(entity, entity.c.id == table.c.id)
    branches = _with_shared(uow, where, branches, table.c.id)
    conditions = (entity.c.deleted_at.is_(None), unhidden(uow, [entity_type.name], table.c.id))
    return Source(entity_type, rows, table.c.id, table.c.title_key, branches, conditions)


def _facets(uow: UnitOfWork, entity_type: EntityType, *, all_periods: bool) -> Source:
    table = entity_type.table
    where = scope(uow, entity_type.name, "read")
    conditions: list[ColumnElement[bool]] = [role.c.deleted_at.is_(None), entity.c.deleted_at.is_(None)]
    if not all_periods:
        conditions.append(is_open_on(uow.today))
    if any(scope(uow, name, "read") != where for name in entity_type.declaration.of):
        conditions.append(visible_party(uow, entity_type.declaration.of, role.c.party_id))
    conditions += [unhidden(uow, entity_type.declaration.of, role.c.party_id), unhidden(uow, [entity_type.name], table.c.id)]
    branches = _branches(where, table.c.department_id, role.c.owner_id, uow.actor.user_id)
    rows = table.join(role, role.c.id == table.c.id).join(entity, entity.c.id == role.c.party_id)
    return Source(entity_type, rows, table.c.id, table.c.title_key, branches, tuple(conditions), role.c.party_id)


def _parties(uow: UnitOfWork, entity_type: EntityType) -> Source:
    table = entity_type.table
    where = scope(uow, entity_type.name, "read")
    rows = table.join(entity, entity.c.id == table.c.id)
    alive = and_(entity.c.deleted_at.is_(None), unhidden(uow, [entity_type.name], entity.c.id))
    if where.is_everywhere or where.own:
        seen = true() if where.is_everywhere else visible_party(uow, [entity_type.name], entity.c.id)
        found = _with_shared(uow, where, (seen,), table.c.id)
        return Source(entity_type, rows, table.c.id, table.c.title_key, found, (alive,))
    gate = party_department
    branches = _with_shared(uow, where, _branches(where, gate.c.department_id, None, None), gate.c.entity_id)
    joined = gate.join(table, table.c.id == gate.c.entity_id).join(entity, entity.c.id == gate.c.entity_id)
    return Source(entity_type, joined, gate.c.entity_id, gate.c.title_key, branches, (alive, gate.c.type == entity_type.name))


def _all_parties(uow: UnitOfWork) -> Source:
    names = [item.name for item in uow.registry.party_types()]
    scopes = {name: scope(uow, name, "read") for name in names}
    alive = and_(entity.c.deleted_at.is_(None), unhidden(uow, names, entity.c.id))
    if all(one.is_everywhere for one in scopes.values()):
        branches = tuple(entity.c.type == name for name in names) or (false(),)
        return Source(None, entity, entity.c.id, entity.c.title_key, branches, (alive,))
    if any(one.own or one.is_everywhere for one in scopes.values()):
        seen = _with_shared(uow, Scope(), (visible_party(uow, names, entity.c.id),), entity.c.id)
        of_party = entity.c.type.in_(names)
        return Source(None, entity, entity.c.id, entity.c.title_key, seen, (alive, of_party))
    gate = party_department
    joined = gate.join(entity, entity.c.id == gate.c.entity_id)
    if len(set(scopes.values())) == 1:
        found = _branches(next(iter(scopes.values())), gate.c.department_id, None, None)
    else:
        found = tuple(
            and_(gate.c.type == name, branch)
            for name, one in scopes.items()
            for branch in _branches(one, gate.c.department_id, None, None)
        )
    found = _with_shared(uow, Scope(), found, gate.c.entity_id)
    return Source(None, joined, gate.c.entity_id, gate.c.title_key, found, (alive,))


def _with_shared(
    uow: UnitOfWork, where: Scope, branches: tuple[ColumnElement[bool], ...], row_id: ColumnElement[uuid.UUID]
) -> tuple[ColumnElement[bool], ...]:
    if where.is_everywhere or not access_of(uow).has_shares:
        return branches
    plugin_of = {item.name: item.plugin for item in uow.registry.of_kind("record")}
    on = belongs_to_on(uow, plugin_of, entity.c.type, entity.c.department_id)
    return (*branches, and_(row_id.in_(shared_ids(uow)), on))


def _branches(
    where: Scope, department: ColumnElement[uuid.UUID], owner: ColumnElement[uuid.UUID] | None, user_id: uuid.UUID | None
) -> tuple[ColumnElement[bool], ...]:
    if not where.is_everywhere and not where.own and 0 < len(where.departments) <= MOST_BRANCHES:
        return tuple(department == one for one in sorted(where.departments))
    return (in_scope(where, department, owner, user_id),)


