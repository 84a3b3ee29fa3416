# SPDX-License-Identifier: Apache-2.0
"""One list as SQL: which rows are meant, in which order, and one page of them.

A user of few departments gets one short index range per department, joined and cut; so the first page costs the same with a
thousand rows as with a million, whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, literal_column, or_, select, union

from xrm.access.field_rights import conditions_of_use, never_seen
from xrm.entities.computing import needed_for
from xrm.entities.cursors import decode, encode, fingerprint
from xrm.entities.rows_of import Source, source_of
from xrm.entities.sorting import SortKey, behind, order_by, sort_keys
from xrm.entities.system_columns import SYSTEM_OPERANDS
from xrm.errors import InvalidInput, Problem, msg
from xrm.schema.registry import EntityType
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

MOST = 1000


@dataclass(frozen=True)
class Filter:
    """One condition from a form or URL: field, operator by name, raw value."""

    field: str
    operator: str
    value: object = None


@dataclass(frozen=True)
class ListQuery:
    """What a list is asked for. ``type`` is an entity type or ``party`` for all parties; ``columns`` None means all fields.

    ``where`` is an expression; ``sort`` names fields, ``-field`` for descending; ``distinct="party"`` gives one facet a party.
    """

    type: str
    columns: tuple[str, ...] | None = None
    where: str = ""
    filters: tuple[Filter, ...] = ()
    sort: tuple[str, ...] = ("title",)
    after: str | None = None
    limit: int = 50
    all_periods: bool = False
    distinct: str = ""


@dataclass(frozen=True)
class Listing:
    """A list whose words were checked: its source of rows, conditions, order, and the fields to load."""

    query: ListQuery
    entity_type: EntityType | None
    source: Source
    conditions: tuple[ColumnElement[bool], ...]
    keys: tuple[SortKey, ...]
    columns: tuple[str, ...]
    loaded: tuple[str, ...]
    secret: str = ""

    @staticmethod
    def of(uow: UnitOfWork, query: ListQuery) -> Listing:
        """The list meant by a query.

        Raises:
            NotFound: for an unknown type.
            InvalidInput: for an unknown field, operator, sort or a wrong value.
        """
        if not 0 < query.limit <= MOST:
            raise InvalidInput([Problem("limit", msg("Ask for 1 to {most} rows.", most=MOST))])
        if query.distinct not in ("", "party"):
            raise InvalidInput([Problem("distinct", msg('Only "party" can be asked for here.'))])
        source = source_of(uow, query.type, all_periods=query.all_periods)
        entity_type = source.entity_type
        columns = query.columns
        if columns is None:
            columns = tuple(entity_type.fields) if entity_type else ()
        _check_columns(entity_type, columns)
        if entity_type is not None and (hidden := never_seen(uow, entity_type.name)):
            columns = tuple(name for name in columns if name not in hidden)
        loaded = tuple(needed_for(entity_type, columns)) if entity_type else ()
        conditions = [*source.conditions]
        if query.where:
            conditions.append(source.condition(uow, query.where))
        conditions += [source.filter(uow, one.field, one.operator, one.value) for one in query.filters]
        keys = sort_keys(source, query.sort)
        if entity_type is not None:
            conditions += conditions_of_use(uow, entity_type, [name.removeprefix("-") for name in query.sort])
        return Listing(query, entity_type, source, tuple(conditions), keys, columns, loaded, uow.settings.secret_key)

    @property
    def mark(self) -> str:
        """What a cursor must carry to belong to this list."""
        query = self.query
        return fingerprint(query.type, query.where, query.filters, query.sort, query.all_periods, query.distinct)


def _check_columns(entity_type: EntityType | None, columns: Sequence[str]) -> None:
    common = (*SYSTEM_OPERANDS, "party", "type", "id")
    known = (*(entity_type.fields if entity_type else ()), *common)
    problems = [Problem("columns", unknown("column", name, known)) for name in columns if name not in known and "." not in name]
    if problems:
        raise InvalidInput(problems)


def fetch(uow: UnitOfWork, listing: Listing) -> tuple[list[Any], str | None]:
    """The rows of one page as mappings, and the cursor of the next one."""
    limit = listing.query.limit
    rows: list[Any] = []
    for phase, after in _phases(listing):
        if len(rows) <= limit:
            rows += uow.execute(_page(listing, phase, after, limit + 1 - len(rows))).mappings().all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    values = [last[f"s{number}"] for number in range(len(listing.keys))]
    return rows[:limit], encode(listing.mark, listing.secret, [*values, last["id"]])


def _phases(listing: Listing) -> list[tuple[bool | None, list[Any] | None]]:
    """Sorted by one column that may be empty, a list has two parts, each in an index: the filled rows, then the empty ones.

    Each part: whether its rows are filled (None: no matter), and the place it begins behind.
    """
    after = decode(listing.mark, listing.secret, listing.query.after) if listing.query.after else None
    if len(listing.keys) != 1 or not listing.keys[0].nullable:
        return [(None, after)]
    if after is not None and after[0] is None:
        return [(False, after)]
    return [(True, after), (False, None)]


def _place(
    keys: Sequence[SortKey], row_id: ColumnElement[Any], is_filled: bool | None, after: list[Any] | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if is_filled is not None:
        conditions.append(keys[0].column.is_not(None) if is_filled else keys[0].column.is_(None))
    if after is not None:
        conditions.append(behind(keys, row_id, after))
    return conditions


def _page(listing: Listing, is_filled: bool | None, after: list[Any] | None, limit: int) -> Select[Any]:
    source = listing.source
    sorts = [key.column.label(f"s{number}") for number, key in enumerate(listing.keys)]
    inner = select(source.row_id.label("id"), *sorts).select_from(source.rows).where(*listing.conditions)
    if listing.query.distinct == "party" and source.party_id is not None:
        # Each party's facet is chosen among all of them, whatever the page.
        found = _first_of_party(listing, inner).subquery("found")
        columns = [found.c[f"s{number}"] for number in range(len(sorts))]
        found_keys = [replace(key, column=column) for key, column in zip(listing.keys, columns, strict=True)]
        one = select(found.c.id, *columns).where(found.c.nth == 1, *_place(found_keys, found.c.id, is_filled, after))
        keys = _ordered(listing, one, found, limit).subquery("keys")
        return _final(listing, keys)
    inner = inner.where(*_place(listing.keys, source.row_id, is_filled, after))
    if len(source.branches) == 1:
        direct = inner.where(source.branches[0]).order_by(*order_by(listing.keys, source.row_id)).limit(limit)
        keys = direct.subquery("keys")
    else:
        parts = [
            inner.where(branch).order_by(*order_by(listing.keys, source.row_id)).limit(limit).subquery()
            for branch in source.branches
        ]
        joined = union(*(select(part) for part in parts)).subquery("found")
        keys = _ordered(listing, select(joined), joined, limit).subquery("keys")
    return _final(listing, keys)


def _final(listing: Listing, keys: Subquery) -> Select[Any]:
    source = listing.source
    sort_columns = [keys.c[f"s{number}"] for number in range(len(listing.keys))]
    final = select(*source.columns(listing.loaded), *sort_columns).select_from(source.details(keys.c.id, keys))
    return final.order_by(*order_by(listing.keys, keys.c.id, sort_columns))


def _ordered(listing: Listing, statement: Select[Any], table: Any, limit: int) -> Select[Any]:
    columns = [table.c[f"s{number}"] for number in range(len(listing.keys))]
    return statement.order_by(*order_by(listing.keys, table.c.id, columns)).limit(limit)


def _first_of_party(listing: Listing, inner: Select[Any]) -> Select[Any]:
    source = listing.source
    assert source.party_id is not None  # noqa: S101  # checked by the caller
    nth = func.row_number().over(partition_by=source.party_id, order_by=source.row_id).label("nth")
    return inner.where(or_(*source.branches)).add_columns(nth)


def count(uow: UnitOfWork, listing: Listing, at_most: int | None) -> int:
    """The number of rows of the whole list; with ``at_most`` counting stops one above it."""
    source = listing.source
    wanted = and_(or_(*source.branches), *listing.conditions)
    if listing.query.distinct == "party" and source.party_id is not None:
        inner = select(source.party_id).select_from(source.rows).where(wanted).distinct()
    elif len(source.branches) > 1:
        inner = select(source.row_id).select_from(source.rows).where(wanted).distinct()
    else:
        inner = select(literal_column("1")).select_from(source.rows).where(wanted)
    if at_most is not None:
        inner = inner.limit(at_most + 1)
    return int(uow.execute(select(func.count()).select_from(inner.subquery())).scalar_one())


__all__ = ["Filter", "ListQuery", "Listing", "count", "fetch"]
