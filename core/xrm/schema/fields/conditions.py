# SPDX-License-Identifier: Apache-2.0
"""SQL conditions of filters: one meaning on both databases, whatever the type of the column."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

_COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": operators.eq,
    "has": operators.eq,
    "lt": operators.lt,
    "before": operators.lt,
    "le": operators.le,
    "gt": operators.gt,
    "after": operators.gt,
    "ge": operators.ge,
}
_LAST = "\U0010ffff"  # a code point that is no character: behind every text with the same beginning


def compare(column: ColumnElement[Any], operator: str, value: Any) -> ColumnElement[bool]:
    """The condition of an operator with one operand; ``ne`` is true of the empty too."""
    if operator == "ne":
        return or_(column.is_(None), column != value)
    if operator == "contains":
        return column.contains(value, autoescape=True)
    if operator == "starts":
        # A range and not LIKE: both databases answer it from the index.
        return and_(column >= value, column < value + _LAST)
    return _COMPARE[operator](column, value)


def between(column: ColumnElement[Any], low: Any, high: Any) -> ColumnElement[bool]:
    """Both ends included; an end that is None is open. Never true of the empty."""
    ends = [column >= low] if low is not None else []
    if high is not None:
        ends.append(column <= high)
    return and_(*ends) if ends else column.is_not(None)


def ends(raw: object) -> tuple[object, object]:
    """The two ends of ``[low, high]`` or ``low..high``; a missing end is None."""
    if isinstance(raw, str):
        low, dots, high = raw.partition("..")
        pair: Sequence[object] = (low, high if dots else low)
    elif isinstance(raw, Sequence) and len(raw) == 2:
        pair = raw
    else:
        pair = (raw, raw)
    low_end, high_end = (None if isinstance(end, str) and not end.strip() else end for end in pair)
    return low_end, high_end
