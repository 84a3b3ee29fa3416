# SPDX-License-Identifier: Apache-2.0
"""Random well-typed expressions give the same value in Python and on both databases."""

from __future__ import annotations

import os

import sqlalchemy as sa
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from tests.core.schema.expressions.cases import ANNE, BERT, CLOCK, COLUMNS, FIELDS, ROWS, TABLE
from xrm.schema.expressions import Expression, ExpressionError, compile_expression

_NAMES = {
    kind: [name for name, operand in FIELDS.items() if operand.type == kind]
    for kind in ("text", "number", "yes_no", "date", "datetime")
}
_EXAMPLES = {"sqlite": 300, "postgresql": 60}

_TEXTS = st.sampled_from(['""', '"a"', '"É"', '"active"', '"école"', '"e\u0301"', '"\U0010ffff"', '"%"', '"\\\\"'])
_NUMBERS = st.one_of(
    st.integers(0, 12).map(str),
    st.integers(0, 2**63 - 1).map(str),
    st.decimals(0, 1000, places=2).map(str),
    st.decimals(0, 10, places=4).map(str),
)
_IDS = st.sampled_from([f'"{ANNE}"', f'"{BERT}"'])
_LINKS = st.one_of(
    st.just("manager"),
    _IDS.map(lambda one: f"coalesce(manager, {one})"),
    _IDS.map(lambda one: f"if(active, manager, {one})"),
    st.just("if(active, manager)"),
)
_DATES = st.one_of(st.dates().map(lambda day: f'date("{day.isoformat()}")'), st.just("today()"))


def _formed(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda texts: pattern.format(*texts))


def _numbers(depth: int) -> st.SearchStrategy[str]:
    leaves = st.one_of(st.sampled_from(_NAMES["number"]), _NUMBERS)
    if depth == 0:
        return leaves
    number, day = _numbers(depth - 1), _dates(depth - 1)
    operations = [_formed(f"({{}} {sign} {{}})", number, number) for sign in "+-*/%"]
    operations += [_formed(f"{name}({{}}, {{}})", number, number) for name in ("div", "min", "max", "coalesce")]
    operations += [_formed(f"{name}({{}})", day) for name in ("year", "month", "day", "age")]
    return st.one_of(
        leaves,
        *operations,
        _formed("-{}", number),
        _formed("abs({})", number),
        _formed("round({}, {})", number, st.integers(0, 6).map(str)),
        _formed("length({})", _texts(depth - 1)),
        _formed("({} - {})", day, day),
        _formed("if({}, {}, {})", _conditions(depth - 1), number, number),
    )


def _texts(depth: int) -> st.SearchStrategy[str]:
    leaves = st.one_of(st.sampled_from(_NAMES["text"]), _TEXTS)
    if depth == 0:
        return leaves
    text = _texts(depth - 1)
    operations = [_formed(f"{name}({{}}, {{}})", text, text) for name in ("min", "max", "coalesce")]
    return st.one_of(
        leaves,
        *operations,
        _formed("({} + {})", text, text),
        _formed("lower({})", leaves),
        _formed("if({}, {}, {})", _conditions(depth - 1), text, text),
        _formed("if({}, {})", _conditions(depth - 1), text),
    )


def _dates(depth: int) -> st.SearchStrategy[str]:
    leaves = st.one_of(st.sampled_from(_NAMES["date"]), _DATES, st.just("date(at)"))
    if depth == 0:
        return leaves
    day = _dates(depth - 1)
    return st.one_of(
        leaves,
        _formed("({} + round({}))", day, _numbers(depth - 1)),
        _formed("({} - {})", day, st.integers(0, 40_000).map(str)),
        _formed("coalesce({}, {})", day, day),
        _formed("max({}, {})", day, day),
        _formed("if({}, {}, {})", _conditions(depth - 1), day, day),
    )


def _conditions(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return st.sampled_from(
            ["active", "true", "false", '("golf" in interests)', "(name is empty)", '(name ~ "e")', "(at < now())"]
        )
    number, text, day, condition = _numbers(depth - 1), _texts(depth - 1), _dates(depth - 1), _conditions(depth - 1)
    comparison = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    return st.one_of(
        *[_formed("({} {} {})", kind, comparison, kind) for kind in (number, text, day)],
        _formed("(at {} {})", comparison, day),
        _formed("({} and {})", condition, condition),
        _formed("({} or {})", condition, condition),
        _formed("(not {})", condition),
        _formed("({} == {})", condition, condition),
        *[_formed("({} is empty)", kind) for kind in (number, text, day, condition)],
        _formed("({} in [{}, {}])", number, _NUMBERS, _NUMBERS),
        _formed("({} not in [{}, {}])", text, _TEXTS, _TEXTS),
        _formed("({} in interests)", text),
        _formed("({} {} {})", _LINKS, st.sampled_from(["==", "!="]), _LINKS),
        _formed("({} {} [{}, {}])", _LINKS, st.sampled_from(["in", "not in"]), _IDS, _IDS),
        _formed("({} {} friends)", st.one_of(_LINKS, _IDS), st.sampled_from(["in", "not in"])),
        _formed("({} is {})", st.one_of(_LINKS, st.sampled_from(["friends", "papers"])), st.sampled_from(["empty", "filled"])),
        _formed("starts_with(status, {})", _TEXTS),
        _formed("contains(name, {})", _TEXTS),
    )


def _compiled(text: str) -> Expression:
    try:
        return compile_expression(text, FIELDS)
    except ExpressionError as error:
        if "more than" not in str(error):  # decimals or parts: the generator cannot know
            raise
        reject()


_ANY = st.one_of(_numbers(4), _texts(3), _dates(3), _conditions(4))


def test_database_and_python_agree_on_random_expressions(probe: sa.Connection, database_kind: str) -> None:
    examples = int(os.environ.get("XRM_TEST_EXAMPLES", _EXAMPLES[database_kind]))

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(text=_ANY)
    def agree(text: str) -> None:
        expression = _compiled(text)
        expected = [expression.evaluate(row, CLOCK) for row in ROWS]
        found = list(probe.scalars(sa.select(expression.sql(COLUMNS, CLOCK)).select_from(TABLE).order_by(TABLE.c.id)))
        assert found == expected, text

    agree()
