# SPDX-License-Identifier: Apache-2.0
"""The order of a list and where a page begins in it: the same on both databases, empty values last both ways."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_

from xrm.db.types import Id
from xrm.entities.rows_of import Source
from xrm.errors import InvalidInput, Problem, msg

MOST_KEYS = 4


@dataclass(frozen=True)
class SortKey:
    """One column of an order."""

    column: ColumnElement[Any]
    descending: bool
    nullable: bool


def sort_keys(source: Source, names: Sequence[str]) -> tuple[SortKey, ...]:
    """The columns meant by ``name`` and ``-name``.

    Raises:
        InvalidInput: for a field that is not there or cannot be sorted by.
    """
    if len(names) > MOST_KEYS:
        raise InvalidInput([Problem("sort", msg("Sort by at most {most} columns.", most=MOST_KEYS))])
    keys = []
    for name in names or ("title",):
        column, nullable = source.sort_column(name.removeprefix("-"))
        keys.append(SortKey(column, name.startswith("-"), nullable))
    return tuple(keys)


def order_by(
    keys: Sequence[SortKey], row_id: ColumnElement[uuid.UUID], columns: Sequence[ColumnElement[Any]] | None = None
) -> list[ColumnElement[Any]]:
    """The ORDER BY; a single key needs no rule for empty values, since those are fetched apart."""
    found: list[ColumnElement[Any]] = []
    for number, key in enumerate(keys):
        column = key.column if columns is None else columns[number]
        if key.nullable and len(keys) > 1:
            found.append(column.is_(None))
        found.append(column.desc() if key.descending else column.asc())
    found.append(row_id.desc() if keys[-1].descending else row_id.asc())
    return found


def behind(keys: Sequence[SortKey], row_id: ColumnElement[uuid.UUID], after: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a row comes after the one with these sort values and id."""
    *values, last_id = after
    if not isinstance(last_id, uuid.UUID):
        raise InvalidInput([Problem("after", msg("This is no place in the list. Begin at its start."))])
    same_id = literal(last_id, Id())
    condition = row_id < same_id if keys[-1].descending else row_id > same_id
    for key, value in zip(reversed(keys), reversed(values), strict=True):
        if value is None:
            condition = and_(key.column.is_(None), condition)
        else:
            bound = literal(value, key.column.type)
            later = key.column < bound if key.descending else key.column > bound
            empty = key.column.is_(None) if key.nullable and len(keys) > 1 else false()
            condition = or_(later, empty, and_(key.column == bound, condition))
            if len(keys) == 1:
                # A plain range that the index understands, beside the exact rule.
                edge = key.column <= bound if key.descending else key.column >= bound
                condition = and_(edge, condition)
    return condition
