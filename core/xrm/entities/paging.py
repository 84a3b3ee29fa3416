# SPDX-License-Identifier: Apache-2.0
"""One page of a list as SQL, at the same cost with a thousand rows as with a million, whoever asks.

Three ways lead to the same rows. Who may see everything gets an index in its order. Who may see few departments gets one short
index range for each, merged. Who may see many walks along the index of all and leaves out what is not theirs, a bounded way;
where too little on it is theirs, the ranges are merged after all, and the process remembers that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, Subquery, func, literal_column, or_, select, union

from xrm.db.engine import merges_in_order
from xrm.departments.standing import standing
from xrm.entities.cursors import decode, encode
from xrm.entities.listing import Listing
from xrm.entities.sorting import SortKey, behind, order_by
from xrm.unit_of_work import UnitOfWork

Rows = Sequence[Any]

# So many ranges are merged at once: row by row where the database can do that, else each with a limit of its own.
FEW_IN_ORDER, MOST_IN_ORDER = 12, 200
FEW_APART, MOST_APART = 4, 32
SURPLUS, REACH = 1.3, 10  # of the rows that are wanted: how many more are looked at than should do, and how many at most
SURPLUS_AT_LEAST = 12


def fetch(uow: UnitOfWork, listing: Listing) -> tuple[list[Any], str | None]:
    """The rows of one page as mappings, and the cursor of the next one."""
    limit = listing.query.limit
    rows: list[Any] = []
    for phase, after in _phases(listing):
        if len(rows) <= limit:
            rows += _rows(uow, listing, phase, after, limit + 1 - len(rows))
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


def _rows(uow: UnitOfWork, listing: Listing, is_filled: bool | None, after: list[Any] | None, limit: int) -> Rows:
    source = listing.source
    if listing.query.distinct == "party" and source.party_id is not None:
        keys = _first_of_parties(listing, is_filled, after, limit)
    else:
        few = FEW_IN_ORDER if merges_in_order(uow.connection) else FEW_APART
        if len(source.branches) > few and (walked := _walked(uow, listing, is_filled, after, limit)) is not None:
            return walked
        keys = _merged(uow, listing, _placed(listing, is_filled, after), limit).subquery("keys")
    return uow.execute(_final(listing, keys)).mappings().all()


def _sorts(listing: Listing) -> list[ColumnElement[Any]]:
    return [key.column.label(f"s{number}") for number, key in enumerate(listing.keys)]


def _placed(listing: Listing, is_filled: bool | None, after: list[Any] | None, *more: ColumnElement[Any]) -> Select[Any]:
    """The ids and sort values of the rows behind a place, of whichever branch."""
    source = listing.source
    found = select(source.row_id.label("id"), *_sorts(listing), *more).select_from(source.rows).where(*listing.conditions)
    return found.where(*_place(listing.keys, source.row_id, is_filled, after))


def _place(
    keys: Sequence[SortKey], row_id: ColumnElement[Any], is_filled: bool | None, after: list[Any] | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if is_filled is not None:
        conditions.append(keys[0].column.is_not(None) if is_filled else keys[0].column.is_(None))
    if after is not None:
        conditions.append(behind(keys, row_id, after))
    return conditions


def _merged(uow: UnitOfWork, listing: Listing, placed: Select[Any], limit: int) -> Select[Any] | CompoundSelect[Any]:
    """The first rows of all branches together, each row once."""
    source = listing.source
    branches = source.branches
    order = order_by(listing.keys, source.row_id)
    if len(branches) == 1:
        return placed.where(branches[0]).order_by(*order).limit(limit)
    in_order = merges_in_order(uow.connection) and not _has_rule_for_empty(listing)
    is_too_many = len(branches) > (MOST_IN_ORDER if in_order else MOST_APART)
    if in_order and not is_too_many:
        return union(*(placed.where(branch) for branch in branches)).order_by(*_named_order(listing)).limit(limit)
    if is_too_many:
        joined = placed.where(or_(*branches)).distinct().subquery("found")
    else:
        parts = (placed.where(branch).order_by(*order).limit(limit).subquery() for branch in branches)
        joined = union(*(select(part) for part in parts)).subquery("found")
    return _ordered(listing, select(joined), joined, limit)


def _has_rule_for_empty(listing: Listing) -> bool:
    return len(listing.keys) > 1 and any(key.nullable for key in listing.keys)


def _named_order(listing: Listing) -> list[ColumnElement[Any]]:
    columns: list[ColumnElement[Any]] = [literal_column(f"s{number}") for number in range(len(listing.keys))]
    return order_by(listing.keys, literal_column("id"), columns)


def _walked(
    uow: UnitOfWork, listing: Listing, is_filled: bool | None, after: list[Any] | None, limit: int
) -> Rows | None:
    """The first rows found along the index of all, or None when a bounded way along it does not hold so many."""
    shares: dict[tuple[Any, ...], float] = standing(uow).setdefault((__name__, uow.actor.user_id), {})
    key = (listing.query.type, uow.actor.limits)
    way = listing.along_all()
    while way is not None:
        length = math.ceil(limit * SURPLUS / (shares.get(key) or 1.0)) + SURPLUS_AT_LEAST
        if length > limit * REACH:
            break
        rows = uow.execute(_walk(uow, way, _placed(way, is_filled, after, *way.source.places), length, limit)).mappings().all()
        seen, passed = (rows[0]["seen"], rows[0]["passed"]) if rows else (0, length)
        if len(rows) == limit or passed < length:
            return rows
        # What is not enough is known better now: next time the way is longer, or not gone.
        shares[key] = min(seen / passed, (shares.get(key) or 1.0) / 2) or 0.001
    return None


def _walk(uow: UnitOfWork, way: Listing, placed: Select[Any], length: int, limit: int) -> Select[Any]:
    passed = _merged(uow, way, placed, length).cte("passed")
    assert way.source.seen is not None  # noqa: S101  # it is what makes a way
    seen = select(passed).where(way.source.seen(passed)).cte("seen")
    keys = _ordered(way, select(seen), seen, limit).subquery("keys")
    counts = [select(func.count()).select_from(one).scalar_subquery().label(one.name) for one in (seen, passed)]
    return _final(way, keys).add_columns(*counts)


def _final(listing: Listing, keys: Subquery) -> Select[Any]:
    source = listing.source
    sort_columns = [keys.c[f"s{number}"] for number in range(len(listing.keys))]
    final = select(*source.columns(listing.loaded), *sort_columns).select_from(source.details(keys.c.id, keys))
    return final.order_by(*order_by(listing.keys, keys.c.id, sort_columns))


def _ordered(listing: Listing, statement: Select[Any], table: Any, limit: int) -> Select[Any]:
    columns = [table.c[f"s{number}"] for number in range(len(listing.keys))]
    return statement.order_by(*order_by(listing.keys, table.c.id, columns)).limit(limit)


def _first_of_parties(listing: Listing, is_filled: bool | None, after: list[Any] | None, limit: int) -> Subquery:
    """Each party's facet is chosen among all of them, whatever the page."""
    source = listing.source
    nth = func.row_number().over(partition_by=source.party_id, order_by=source.row_id).label("nth")
    inner = select(source.row_id.label("id"), *_sorts(listing), nth).select_from(source.rows)
    found = inner.where(or_(*source.branches), *listing.conditions).subquery("found")
    columns = [found.c[f"s{number}"] for number in range(len(listing.keys))]
    found_keys = [replace(key, column=column) for key, column in zip(listing.keys, columns, strict=True)]
    one = select(found.c.id, *columns).where(found.c.nth == 1, *_place(found_keys, found.c.id, is_filled, after))
    return _ordered(listing, one, found, limit).subquery("keys")
