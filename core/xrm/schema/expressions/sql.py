# SPDX-License-Identifier: Apache-2.0
"""The value of a term in SQL for SQLite and PostgreSQL; every operation has its twin in ``evaluation``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Text,
    and_,
    case,
    func,
    literal,
    literal_column,
    not_,
    or_,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from xrm.db import exact_numbers, functions
from xrm.db.types import Id, ScaledDecimal, UtcDateTime
from xrm.folding import fold
from xrm.schema.expressions.arithmetic import division_steps, fit
from xrm.schema.expressions.columns import Clock, Columns
from xrm.schema.expressions.evaluation import evaluate
from xrm.schema.expressions.terms import Term, Type, constant

Element = ColumnElement[Any]

_TYPES: dict[str, TypeEngine[Any]] = {
    "text": Text(),
    "number": BigInteger(),
    "yes_no": Boolean(),
    "date": Date(),
    "datetime": UtcDateTime(),
    "id": Id(),
}

# Operations that SQLite lets run over into a REAL, and those that may take such a REAL: it stays one through sums
# and products, so one check at their end is enough.
_RUNS_OVER = frozenset(("add", "subtract", "multiply", "rescale", "divide", "floor_divide"))
_TAKES_OVERRUN = frozenset(("add", "subtract", "multiply", "rescale"))

# Brackets an operation opens, roughly: SQLite's parser holds about a hundred symbols, the statement around us needs some.
_BRACKETS = {"add": 4, "subtract": 4, "multiply": 4, "rescale": 4, "and": 3, "or": 3, "not": 3}
_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))
_FENCE = 17
_MAX_BRACKETS = 20


def compile_term(term: Term, columns: Columns, clock: Clock) -> Element:
    """The SQL of a term, with the SQLAlchemy type of its result."""
    result_type = ScaledDecimal(term.scale) if term.type == "number" and term.scale else _TYPES[term.type]
    builder = _Builder(columns, clock)
    if not term.names:
        # Coercing a bound parameter would change how it is bound, not only how the result is read.
        value = builder.fixed(term)
        scaled = isinstance(result_type, ScaledDecimal) and value is not None
        return literal(Decimal(value).scaleb(-term.scale) if scaled else value, result_type)
    element, _ = builder.operand(term, ())
    if builder.steps:
        element = functions.WithSteps(*builder.steps, element)
    return type_coerce(element, result_type)


def _literal(kind: Type, value: Any) -> Element:
    return literal(value, _TYPES[kind])


class _Builder:
    """Builds from the leaves up; what has become deep is moved into a step of its own."""

    def __init__(self, columns: Columns, clock: Clock) -> None:
        self.steps: list[Element] = []
        self._columns = columns
        self._clock = clock

    def operand(self, term: Term, overrun_allowed: frozenset[str] | tuple[()] = ()) -> tuple[Element, int]:
        """The SQL of a term and how deep its brackets go."""
        element, depth = self._build(term)
        if term.op in _RUNS_OVER and term.names and term.op not in overrun_allowed:
            element, depth = exact_numbers.Exact(element), depth + _FENCE
        if depth > _MAX_BRACKETS:
            self.steps.append(element)
            step = f"(SELECT v FROM xrm_step_{len(self.steps) - 1})"  # noqa: S608 - a number of ours
            element, depth = literal_column(step, _TYPES[term.type]), 5
        return element, depth

    def _build(self, term: Term) -> tuple[Element, int]:
        if not term.names:
            return _literal(term.type, evaluate(term, {}, self._clock)), 1
        if term.op == "field":
            return type_coerce(self._columns.column(term.value), _TYPES[term.type]), 1
        special = _SPECIAL.get(term.op)
        if special is not None:
            return special(self, term), _FENCE if term.args[0].op in ("field", "constant") else _MAX_BRACKETS
        if term.op in _COMPARISONS and term.args[0].scale != term.args[1].scale:
            term = self._aligned(term)
        allowed = _RUNS_OVER if term.op in _TAKES_OVERRUN else ()
        parts = [self.operand(arg, allowed) for arg in term.args]
        depth = max(part[1] for part in parts) + _BRACKETS.get(term.op, _FENCE)
        return _WRITERS[term.op](term, *(part[0] for part in parts)), depth

    def _aligned(self, term: Term) -> Term:
        # A fixed number takes the scale of the column, so that an index on the column serves.
        left, right = term.args
        known, other = (right, left) if left.names else (left, right)
        value = None if known.names else self.fixed(known)
        value = None if value is None else _at_scale(known, value, other.scale)
        if value is None:
            return term
        aligned = constant("number", value, other.scale)
        return replace(term, args=(other, aligned) if left.names else (aligned, other))

    def fixed(self, term: Term) -> Any:
        """The value of a term that names no field."""
        return evaluate(term, {}, self._clock)

    def empty(self, term: Term) -> Element:
        """A field's own answer, or a look at the computed value."""
        (arg,) = term.args
        if arg.op == "field":
            return not_(self._columns.is_filled(arg.value))
        element, _ = self.operand(arg)
        return func.coalesce(element, "") == "" if arg.type == "text" else element.is_(None)

    def in_field(self, term: Term) -> Element:
        """The child table's answer."""
        value, field = term.args
        element, _ = self.operand(value)
        return self._columns.contains(field.value, element)

    def in_list(self, term: Term) -> Element:
        """An IN over fixed values; a number no column of that scale can hold is left out."""
        left, *items = term.args
        values = [self.fixed(item) for item in items]
        known = [_at_scale(item, value, left.scale) for item, value in zip(items, values, strict=True) if value is not None]
        element, _ = self.operand(left)
        found: Element = _collated(left, element).in_([_literal(left.type, value) for value in known if value is not None])
        unknown = _literal("yes_no", None)
        if all(value is None for value in known):
            return unknown if None in values else case((element.is_not(None), _literal("yes_no", False)), else_=unknown)
        return case((found, _literal("yes_no", True)), else_=unknown) if None in values else found

    def fold(self, term: Term) -> Element:
        """The folded column."""
        return self._columns.folded(term.args[0].value)

    def contains(self, term: Term) -> Element:
        """A search in the folded column."""
        column, part = self._columns.folded(term.args[0].value), self.fixed(term.args[1])
        return functions.HoldsText(column, _literal("text", part if part is None else fold(part)))

    def starts_with(self, term: Term) -> Element:
        """A range of the folded column, which an index serves."""
        column, part = self._columns.folded(term.args[0].value), self.fixed(term.args[1])
        if part is None:
            return _literal("yes_no", None)
        start = fold(part)
        condition: Element = functions.ByCodePoint(column) >= _literal("text", start)
        end = _next_after(start)
        return and_(condition, functions.ByCodePoint(column) < _literal("text", end)) if end else condition


def _next_after(start: str) -> str:
    """The first text behind all that begin with this one; empty when there is none."""
    kept = start.rstrip("\U0010ffff")
    if not kept:
        return ""
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)


def _at_scale(item: Term, value: Any, scale: int) -> Any:
    if item.type != "number":
        return value
    if item.scale <= scale:
        return fit(value * 10 ** (scale - item.scale))
    quotient, rest = divmod(value, 10 ** (item.scale - scale))
    return None if rest else quotient


def _collated(term: Term, element: Element) -> Element:
    # Two computed texts may stem from columns of different collations, which PostgreSQL will not compare.
    return element if term.type != "text" or term.op in ("field", "constant", "fold") else functions.ByCodePoint(element)


def _compare(test: Callable[[Any, Any], Any]) -> Callable[..., Element]:
    def write(term: Term, left: Element, right: Element) -> Element:
        first, second = term.args
        if first.type == "yes_no":
            return test(functions.Same(left, right), _literal("yes_no", True))  # type: ignore[no-any-return]
        if first.type == "text" and test in (operator.eq, operator.ne):
            left, right = _collated(first, left), _collated(second, right)
        elif first.type == "text":
            left, right = functions.ByCodePoint(left), functions.ByCodePoint(right)
        if first.scale == second.scale:
            return test(left, right)  # type: ignore[no-any-return]
        power = literal(10 ** abs(first.scale - second.scale), BigInteger())
        if first.scale < second.scale:
            return test(exact_numbers.OrderScaled(left, right, power), 0)  # type: ignore[no-any-return]
        return test(0, exact_numbers.OrderScaled(right, left, power))  # type: ignore[no-any-return]

    return write


def _divide(term: Term, left: Element, right: Element) -> Element:
    return exact_numbers.Divide(left, right, *(literal(number, BigInteger()) for number in division_steps(term.value)))


def _coalesce(term: Term, *elements: Element) -> Element:
    if term.type != "text":
        return func.coalesce(*elements, type_=_TYPES[term.type]) if len(elements) > 1 else elements[0]
    parts = [functions.ByCodePoint(func.nullif(functions.ByCodePoint(element), "")) for element in elements]
    return functions.ByCodePoint(func.coalesce(*parts, type_=Text())) if len(parts) > 1 else parts[0]


def _if(term: Term, condition: Element, then: Element, otherwise: Element) -> Element:
    if term.type == "text":
        then, otherwise = functions.ByCodePoint(then), functions.ByCodePoint(otherwise)
    return case((condition, then), else_=otherwise)


def _extreme(function: type[functions.Template]) -> Callable[..., Element]:
    def write(term: Term, left: Element, right: Element) -> Element:
        if term.type == "text":
            left, right = functions.ByCodePoint(left), functions.ByCodePoint(right)
        return type_coerce(function(left, right), _TYPES[term.type])

    return write


_SPECIAL: dict[str, Callable[[_Builder, Term], Element]] = {
    "empty": _Builder.empty,
    "in_field": _Builder.in_field,
    "in_list": _Builder.in_list,
    "fold": _Builder.fold,
    "contains": _Builder.contains,
    "starts_with": _Builder.starts_with,
}

_WRITERS: dict[str, Callable[..., Element]] = {
    "and": lambda _term, *parts: and_(*parts),
    "or": lambda _term, *parts: or_(*parts),
    "not": lambda _term, part: not_(part),
    "eq": _compare(operator.eq),
    "ne": _compare(operator.ne),
    "lt": _compare(operator.lt),
    "le": _compare(operator.le),
    "gt": _compare(operator.gt),
    "ge": _compare(operator.ge),
    "add": lambda _term, left, right: exact_numbers.Add(left, right),
    "subtract": lambda _term, left, right: exact_numbers.Subtract(left, right),
    "multiply": lambda _term, left, right: exact_numbers.Multiply(left, right),
    "rescale": lambda term, part: exact_numbers.Multiply(part, literal(term.value, BigInteger())),
    "divide": _divide,
    "floor_divide": lambda _term, left, right: exact_numbers.FloorDivide(left, right),
    "modulo": lambda _term, left, right: exact_numbers.Modulo(left, right),
    "round": lambda term, part: exact_numbers.RoundOff(part, literal(term.value, BigInteger())),
    "absolute": lambda _term, part: exact_numbers.Absolute(part),
    "least": _extreme(functions.Least),
    "greatest": _extreme(functions.Greatest),
    "concat": lambda _term, left, right: functions.ByCodePoint(left).concat(functions.ByCodePoint(right)),
    "length": lambda _term, part: functions.TextLength(part),
    "coalesce": _coalesce,
    "if": _if,
    "day_number": lambda _term, part: functions.DayNumber(part),
    "date_of_day": lambda _term, part: functions.DateOfDay(part),
    "date_digits": lambda _term, part: functions.DateDigits(part),
    "year": lambda _term, part: functions.YearOf(part),
    "month": lambda _term, part: functions.MonthOf(part),
    "day": lambda _term, part: functions.DayOfMonth(part),
    "date_of_moment": lambda _term, part: functions.DateOfMoment(part),
    "midnight": lambda _term, part: type_coerce(functions.MidnightOf(part), UtcDateTime()),
}
