# SPDX-License-Identifier: Apache-2.0
"""A list in groups of one choice: how many there are in each, their sums, and the first few; what a board shows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, null, or_, select

from xrm.access.field_rights import conditions_of_use, require_usable
from xrm.entities.listing import Listing, ListQuery
from xrm.entities.queries import Entity, build_items
from xrm.entities.sorting import order_by
from xrm.errors import InvalidInput, Problem, msg
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Group:
    """One group: the value, how many there are, the sum per currency (``""`` for plain numbers), and the first ones."""

    value: Any
    count: int
    sums: dict[str, Decimal] = field(default_factory=dict)
    items: tuple[Entity, ...] = ()


def list_groups(uow: UnitOfWork, query: ListQuery, by: str, *, sum_of: str = "", first: int = 25) -> list[Group]:
    """The groups of a list by a field with one value, each with its ``first`` rows in the list's order; three queries in all.

    Raises:
        NotFound, InvalidInput, PermissionDenied: as ``list_entities``; also for a field that cannot make groups or sums.
    """
    require_usable(uow, query.type, [name for name in (by, sum_of) if name])
    listing = Listing.of(uow, replace(query, after=None, columns=tuple({*(query.columns or ()), by})))
    if listing.entity_type is not None:
        seen = conditions_of_use(uow, listing.entity_type, [name for name in (by, sum_of) if name])
        listing = replace(listing, conditions=(*listing.conditions, *seen))
    column = _column(listing, by)
    counts: dict[Any, int] = {}
    sums: dict[Any, dict[str, Decimal]] = {}
    for row in uow.execute(_totals(listing, column, sum_of)):
        counts[row.value] = counts.get(row.value, 0) + row.number
        if row.total is not None:
            sums.setdefault(row.value, {})[row.currency or ""] = row.total
    items: dict[Any, dict[uuid.UUID, Entity]] = {}
    for item in build_items(uow, listing, uow.execute(_first_rows(listing, column, first)).mappings().all()):
        items.setdefault(item.fields.get(by), {}).setdefault(item.id, item)
    return [
        Group(value, number, sums.get(value, {}), tuple(items.get(value, {}).values())) for value, number in counts.items()
    ]


def _column(listing: Listing, name: str) -> ColumnElement[Any]:
    entity_type = listing.entity_type
    if entity_type is None or name not in entity_type.field_columns:
        raise InvalidInput([Problem("group", msg("The list cannot be grouped by {field}. Choose another field.", field=name))])
    return entity_type.table.c[name]


def _totals(listing: Listing, column: ColumnElement[Any], sum_of: str) -> Any:
    source = listing.source
    number = func.count(source.row_id.distinct()).label("number")
    total: ColumnElement[Any] = null().label("total")
    currency: ColumnElement[Any] = null().label("currency")
    by = [column]
    if sum_of:
        added = _column(listing, sum_of)
        total = func.sum(added, type_=added.type).label("total")
        name = f"{sum_of}__currency"
        if name in listing.entity_type.table.c:  # type: ignore[union-attr]
            by.append(listing.entity_type.table.c[name])  # type: ignore[union-attr]
            currency = by[-1].label("currency")
    statement = select(column.label("value"), number, total, currency).select_from(source.rows)
    return statement.where(or_(*source.branches), *listing.conditions).group_by(*by)


def _first_rows(listing: Listing, column: ColumnElement[Any], first: int) -> Any:
    source = listing.source
    nth = func.row_number().over(partition_by=column, order_by=order_by(listing.keys, source.row_id)).label("nth")
    ranked = select(source.row_id.label("id"), nth).select_from(source.rows)
    ranked = ranked.where(or_(*source.branches), *listing.conditions)
    keys = ranked.subquery("keys")
    wanted = select(keys).where(keys.c.nth <= first).subquery("first_ones")
    return select(*source.columns(listing.loaded)).select_from(source.details(wanted.c.id, wanted)).order_by(wanted.c.nth)
