# SPDX-License-Identifier: Apache-2.0
"""Where the rows of a list come from: records, facets, parties of one kind, or all parties; gated from the start."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, false, or_, select, true

from xrm.access.field_rights import conditions_of_use
from xrm.access.narrowing import unhidden
from xrm.access.policy import scope, scopes_of, visible_party
from xrm.access.rights import access_of
from xrm.access.scopes import Scope
from xrm.access.sharing import shared_ids
from xrm.departments.activation import belongs_to_on
from xrm.departments.queries import get_tree
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


@dataclass(frozen=True)
class Source:
    """Rows to list.

    ``rows`` joins what conditions and order need; ``branches`` are conditions of which one must hold, each an index range of
    its own; ``conditions`` hold for all. ``along_all`` makes the source of the same rows among all others: of those, ``seen``
    says which they are, by the ``id`` and the columns of ``places``.
    """

    entity_type: EntityType | None
    rows: FromClause
    row_id: ColumnElement[uuid.UUID]
    title_key: ColumnElement[str]
    branches: tuple[ColumnElement[bool], ...]
    conditions: tuple[ColumnElement[bool], ...]
    party_id: ColumnElement[uuid.UUID] | None = None
    along_all: Callable[[], Source] | None = None
    seen: Callable[[FromClause], ColumnElement[bool]] | None = None
    places: tuple[ColumnElement[Any], ...] = ()

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
    rows = table.join(entity, entity.c.id == table.c.id)
    conditions = (entity.c.deleted_at.is_(None), unhidden(uow, [entity_type.name], table.c.id))
    where = scope(uow, entity_type.name, "read")
    apart = [_owned(uow, entity, where)] if where.own else []
    source = Source(entity_type, rows, table.c.id, table.c.title_key, (true(),), conditions)
    return _by_department(source, where, [*apart, *_shared(uow)])


def _facets(uow: UnitOfWork, entity_type: EntityType, *, all_periods: bool) -> Source:
    table = entity_type.table
    where = scope(uow, entity_type.name, "read")
    conditions: list[ColumnElement[bool]] = [role.c.deleted_at.is_(None), entity.c.deleted_at.is_(None)]
    if not all_periods:
        conditions.append(is_open_on(uow.today))
    if any(scope(uow, name, "read") != where for name in entity_type.declaration.of):
        conditions.append(visible_party(uow, entity_type.declaration.of, role.c.party_id))
    conditions += [unhidden(uow, entity_type.declaration.of, role.c.party_id), unhidden(uow, [entity_type.name], table.c.id)]
    rows = table.join(role, role.c.id == table.c.id).join(entity, entity.c.id == role.c.party_id)
    source = Source(entity_type, rows, table.c.id, table.c.title_key, (true(),), tuple(conditions), role.c.party_id)
    return _by_department(source, where, [_owned(uow, role, where)] if where.own else [])


def _by_department(source: Source, where: Scope, apart: list[Select[Any]]) -> Source:
    """The rows of a table with a column for the department, and those whose ids are found apart."""
    if where.is_everywhere:
        return source
    assert source.entity_type is not None  # noqa: S101  # only lists of all parties have none
    department = source.entity_type.table.c.department_id

    def is_seen(passed: FromClause) -> ColumnElement[bool]:
        return or_(passed.c.place.in_(sorted(where.departments)), *(passed.c.id.in_(ids) for ids in apart))

    way = replace(source, seen=is_seen, places=(department.label("place"),))
    branches = (*(department == one for one in sorted(where.departments)), *(source.row_id.in_(ids) for ids in apart))
    return replace(source, branches=branches or (false(),), along_all=lambda: way)


def _parties(uow: UnitOfWork, entity_type: EntityType) -> Source:
    table = entity_type.table
    where = scope(uow, entity_type.name, "read")
    rows = table.join(entity, entity.c.id == table.c.id)
    alive = and_(entity.c.deleted_at.is_(None), unhidden(uow, [entity_type.name], entity.c.id))
    every = Source(entity_type, rows, table.c.id, table.c.title_key, (true(),), (alive,))
    if where.is_everywhere:
        return every
    gate = party_department
    apart = [*_owned_parties(uow, [(where, [entity_type.name])]), *_shared(uow)]
    if not where.departments:
        return replace(every, branches=(or_(false(), *(table.c.id.in_(ids) for ids in apart)),))
    joined = gate.join(table, table.c.id == gate.c.entity_id).join(entity, entity.c.id == gate.c.entity_id)
    branches = (*_in_each(where), *(gate.c.entity_id.in_(ids) for ids in apart))
    conditions = (alive, gate.c.type == entity_type.name)
    way = replace(every, seen=lambda passed: _is_seen(uow, [entity_type.name], passed.c.id))
    return Source(entity_type, joined, gate.c.entity_id, gate.c.title_key, branches, conditions, along_all=lambda: way)


def _all_parties(uow: UnitOfWork) -> Source:
    names = [item.name for item in uow.registry.party_types()]
    scopes = scopes_of(uow, names)
    alive = and_(entity.c.deleted_at.is_(None), unhidden(uow, names, entity.c.id))
    of_types = tuple(entity.c.type == name for name in names) or (false(),)
    every = Source(None, entity, entity.c.id, entity.c.title_key, of_types, (alive,))
    if list(scopes.values()) == [names] and next(iter(scopes)).is_everywhere:
        return every
    gate = party_department
    apart = [*_owned_parties(uow, scopes.items()), *_shared(uow)]
    found: list[ColumnElement[bool]] = []
    for where, some in scopes.items():
        places = _in_each(replace(where, departments=frozenset(get_tree(uow).by_id)) if where.is_everywhere else where)
        found += places if some == names else [and_(gate.c.type == name, place) for name in some for place in places]
    if not found:
        ids = or_(false(), *(entity.c.id.in_(ids) for ids in apart))
        return replace(every, branches=(ids,), conditions=(alive, entity.c.type.in_(names)))
    joined = gate.join(entity, entity.c.id == gate.c.entity_id)
    found += [gate.c.entity_id.in_(ids) for ids in apart]
    way = replace(every, seen=lambda passed: _is_seen(uow, names, passed.c.id))
    conditions = (alive, gate.c.type.in_(names))
    return Source(None, joined, gate.c.entity_id, gate.c.title_key, tuple(found), conditions, along_all=lambda: way)


def _in_each(where: Scope) -> list[ColumnElement[bool]]:
    return [party_department.c.department_id == one for one in sorted(where.departments)]


def _is_seen(uow: UnitOfWork, names: list[str], party: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    return or_(visible_party(uow, names, party), *(party.in_(ids) for ids in _shared(uow)))


def _owned(uow: UnitOfWork, table: Table, where: Scope) -> Select[Any]:
    """The ids of the rows of ``entity`` or ``role`` that the actor owns, where that is enough to see them."""
    mine = table.alias("mine")
    return select(mine.c.id).where(mine.c.owner_id == uow.actor.user_id, mine.c.department_id.in_(sorted(where.own)))


def _owned_parties(uow: UnitOfWork, scopes: Iterable[tuple[Scope, list[str]]]) -> list[Select[Any]]:
    """The ids of parties that the actor owns, themselves or by a facet, where that is enough to see them."""
    found: list[Select[Any]] = []
    home, facet = entity.alias("home"), role.alias("facet")
    for where, names in scopes:
        if where.own:
            own = sorted(where.own)
            of_types = home.c.type.in_(names)
            found.append(select(home.c.id).where(home.c.owner_id == uow.actor.user_id, home.c.department_id.in_(own), of_types))
            by_facet = select(facet.c.party_id).join(home, home.c.id == facet.c.party_id).where(of_types)
            found.append(
                by_facet.where(
                    facet.c.owner_id == uow.actor.user_id, facet.c.department_id.in_(own), facet.c.deleted_at.is_(None)
                )
            )
    return found


def _shared(uow: UnitOfWork) -> list[Select[Any]]:
    """The ids of entities that are shared with the actor, of plugins that are on there."""
    if not access_of(uow).has_shares:
        return []
    plugin_of = {item.name: item.plugin for item in uow.registry.of_kind("record")}
    given = entity.alias("given")
    on = belongs_to_on(uow, plugin_of, given.c.type, given.c.department_id)
    return [select(given.c.id).where(given.c.id.in_(shared_ids(uow)), on)]
