# SPDX-License-Identifier: Apache-2.0
"""Amounts that a formula makes of money: a plain number in the database, shown in the currency of the money it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from xrm.schema.expressions.syntax import Node, parse
from xrm.schema.fields.money import Money
from xrm.schema.registry import Fielded

_CARRYING = {"round": slice(0, 1), "abs": slice(0, 1), "if": slice(1, 3)}


def money_sources(fielded: Fielded, key: str) -> tuple[str, ...]:
    """The money fields whose amounts a computed field adds up or multiplies by plain numbers; none for other fields."""
    field = fielded.fields[key]
    if field.type != "computed" or not field.formula:
        return ()
    money = frozenset(name for name, one in fielded.fields.items() if one.type == "money" and not one.many)
    return tuple(sorted(_sources(field.formula, money)))


def in_currency(value: Any, sources: Iterable[str], row: Mapping[str, Any]) -> Money | None:
    """The value as money, if its sources in this row have one currency."""
    currencies = {one.currency for key in sources if isinstance(one := row.get(key), Money)}
    if len(currencies) != 1 or isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    return Money(Decimal(value), currencies.pop())


def with_sources(fielded: Fielded, keys: Iterable[str]) -> tuple[str, ...]:
    """The fields to read for these columns: they, and the money that computed ones among them are made of."""
    known = [key for key in keys if key in fielded.fields]
    return tuple(dict.fromkeys([*known, *(source for key in known for source in money_sources(fielded, key))]))


@lru_cache(maxsize=512)
def _sources(formula: str, money: frozenset[str]) -> frozenset[str]:
    return _carried(parse(formula), money)


def _carried(node: Node, money: frozenset[str]) -> frozenset[str]:
    """The money fields whose currency the value of this part has; what compares or divides by money has none."""
    parts = node.children
    if node.kind == "name":
        return money & {node.value}
    if node.kind == "call":
        parts = parts[_CARRYING[node.value]] if node.value in _CARRYING else parts
        if node.value not in {*_CARRYING, "coalesce", "min", "max"}:
            return frozenset()
    elif node.kind == "product":
        having = [at for at, part in enumerate(parts) if _carried(part, money)]
        if len(having) != 1 or (having[0] and node.value[having[0] - 1] != "*"):
            return frozenset()
    elif node.kind not in ("sum", "negative"):
        return frozenset()
    return frozenset().union(*(_carried(part, money) for part in parts))
