# SPDX-License-Identifier: Apache-2.0
"""The value of a term in Python; every operation has its twin in ``sql``."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from xrm.folding import fold
from xrm.schema.expressions import arithmetic
from xrm.schema.expressions.columns import Clock
from xrm.schema.expressions.terms import Term, Type

Values = Mapping[str, object]
Evaluator = Callable[[Values, Clock], Any]


def evaluate(term: Term, values: Values, clock: Clock) -> Any:
    """The value: numbers as scaled integers, None for unknown or empty. Each term is looked at once."""
    return evaluator(term)(values, clock)


def evaluator(term: Term) -> Evaluator:
    """What gives the value of the term for given values: made once, where a term is evaluated for many rows."""
    if term.op == "constant":
        value = term.value
        return lambda _values, _clock: value
    if term.op == "field":
        return _field(term)
    if term.op in _MOMENTS:
        return _MOMENTS[term.op]
    args = [evaluator(arg) for arg in term.args]
    if term.op == "in_list" and all(arg.op == "constant" for arg in term.args[1:]):
        return _in_constants(term, args[0])
    lenient = _LENIENT.get(term.op)
    if lenient is not None:
        return lambda values, clock: lenient(term, *[arg(values, clock) for arg in args])
    strict = _STRICT[term.op]

    def evaluated(values: Values, clock: Clock) -> Any:
        found = [arg(values, clock) for arg in args]
        return None if any(arg is None for arg in found) else strict(term, *found)

    return evaluated


def _field(term: Term) -> Evaluator:
    name, kind, scale = term.value, term.type, term.scale
    if kind in {"text", "date", "id", "other"}:
        return lambda values, _clock: values.get(name)
    return lambda values, _clock: _held(kind, scale, values.get(name))


def _in_constants(term: Term, read: Evaluator) -> Evaluator:
    scale = max(arg.scale for arg in term.args)
    known = [_widened(arg, arg.value, scale) for arg in term.args[1:] if arg.value is not None]
    otherwise = False if len(known) == len(term.args) - 1 else None

    def evaluated(values: Values, clock: Clock) -> bool | None:
        value = read(values, clock)
        return None if value is None else True if _widened(term.args[0], value, scale) in known else otherwise

    return evaluated


def _held(kind: Type, scale: int, value: Any) -> Any:
    if value is None:
        return None
    if kind == "number":
        return arithmetic.scale_up(value, scale)
    if kind == "list":
        return tuple(value)
    if kind == "yes_no":
        return bool(value)
    if kind == "datetime":
        return value.astimezone(UTC)
    return value


def _and(_term: Term, *args: bool | None) -> bool | None:
    return False if False in args else None if None in args else True


def _or(_term: Term, *args: bool | None) -> bool | None:
    return True if True in args else None if None in args else False


def _coalesce(_term: Term, *args: Any) -> Any:
    return next((arg for arg in args if arg is not None and arg != ""), None)


def _if(_term: Term, condition: bool | None, then: Any, otherwise: Any) -> Any:
    return then if condition else otherwise


def _in_list(term: Term, value: Any, *items: Any) -> bool | None:
    if value is None:
        return None
    scale = max(arg.scale for arg in term.args)
    wanted = _widened(term.args[0], value, scale)
    known = [_widened(arg, item, scale) for arg, item in zip(term.args[1:], items, strict=True) if item is not None]
    return True if wanted in known else None if len(known) < len(items) else False


def _in_field(_term: Term, value: Any, held: tuple[Any, ...] | None) -> bool:
    return value is not None and held is not None and value in held


def _widened(term: Term, value: Any, scale: int) -> Any:
    return value * 10 ** (scale - term.scale) if term.type == "number" else value


def _compare(test: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    def compared(term: Term, left: Any, right: Any) -> bool:
        scale = max(term.args[0].scale, term.args[1].scale)
        return test(_widened(term.args[0], left, scale), _widened(term.args[1], right, scale))

    return compared


_MOMENTS: dict[str, Evaluator] = {
    "today": lambda _values, clock: clock.today,
    "now": lambda _values, clock: clock.now.astimezone(UTC),
}

_LENIENT: dict[str, Callable[..., Any]] = {
    "and": _and,
    "or": _or,
    "coalesce": _coalesce,
    "if": _if,
    "in_list": _in_list,
    "in_field": _in_field,
    "empty": lambda _term, value: value is None or value in ("", ()),
}

_STRICT: dict[str, Callable[..., Any]] = {
    "not": lambda _term, value: not value,
    "eq": _compare(operator.eq),
    "ne": _compare(operator.ne),
    "lt": _compare(operator.lt),
    "le": _compare(operator.le),
    "gt": _compare(operator.gt),
    "ge": _compare(operator.ge),
    "add": lambda _term, left, right: arithmetic.fit(left + right),
    "subtract": lambda _term, left, right: arithmetic.fit(left - right),
    "multiply": lambda _term, left, right: arithmetic.fit(left * right),
    "rescale": lambda term, value: arithmetic.fit(value * term.value),
    "divide": lambda term, left, right: arithmetic.divide(left, right, term.value),
    "floor_divide": lambda _term, left, right: arithmetic.floor_divide(left, right),
    "modulo": lambda _term, left, right: arithmetic.modulo(left, right),
    "round": lambda term, value: arithmetic.round_off(value, term.value),
    "absolute": lambda _term, value: arithmetic.fit(abs(value)),
    "least": lambda _term, left, right: min(left, right),
    "greatest": lambda _term, left, right: max(left, right),
    "concat": lambda _term, left, right: left + right,
    "length": lambda _term, value: len(value),
    "fold": lambda _term, value: fold(value),
    "contains": lambda _term, value, part: fold(part) in fold(value),
    "starts_with": lambda _term, value, part: fold(value).startswith(fold(part)),
    "day_number": lambda _term, value: value.toordinal(),
    "date_of_day": lambda _term, value: arithmetic.date_of_day(value),
    "date_digits": lambda _term, value: arithmetic.date_digits(value),
    "year": lambda _term, value: value.year,
    "month": lambda _term, value: value.month,
    "day": lambda _term, value: value.day,
    "date_of_moment": lambda _term, value: value.astimezone(UTC).date(),
    "midnight": lambda _term, value: _midnight(value),
}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
