# SPDX-License-Identifier: Apache-2.0
"""The values that docs/expressions.md promises, and the limits of the language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from tests.core.schema.expressions.cases import CLOCK, COLUMNS, FIELDS, ROWS, TABLE
from xrm.schema.expressions import ExpressionError, Operand, compile_expression, parse
from xrm.schema.fields.base import InvalidValue


class Money(NamedTuple):
    """An amount with its currency, as the field type gives it."""

    amount: Decimal
    currency: str


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-7 / 2", Decimal("-3.5")),
        ("2 / 3", Decimal("0.6667")),
        ("-2 / 3", Decimal("-0.6667")),
        ("1 / 0", None),
        ("-7 % 3", 2),
        ("7 % -3", -2),
        ("5 % 0", None),
        ("div(-7, 2)", -4),
        ("0.1 + 0.2 == 0.3", True),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(1.005, 2)", Decimal("1.01")),
        ("9223372036854775807 + 1", None),
        ("9223372036854775807 * 9223372036854775807", None),
        ("9223372036854775807 + 1 - 1", None),
        ("92233720368547758.07 + 0.00", Decimal("92233720368547758.07")),
        ("9223372036854775807 > 0.5", True),
        ('"Z" < "a"', True),
        ('"z" < "é"', True),
        ('"É" == "e"', False),
        ('lower("École  Straße")', "ecole strasse"),
        ('length("é😀")', 2),
        ('date("2024-02-29") + 366', date(2025, 3, 1)),
        ('date("9999-12-31") + 1', None),
        ('date("2028-03-01") - "2028-02-28"', 2),
        ('age("2000-02-29")', 28),
        ('age("2000-03-01")', 27),
        ('age("2028-03-01")', -1),
        ("today()", CLOCK.today),
        ("now()", CLOCK.now),
        ('now() > "2028-02-29"', True),
        ("1 / 0 > 1", None),
        ("true or 1 / 0 > 1", True),
        ("false and 1 / 0 > 1", False),
        ("not (1 / 0 > 1)", None),
        ("if(1 / 0 > 1, 1, 2)", 2),
        ("3 in [1 / 0, 3]", True),
        ("3 in [1 / 0, 4]", None),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 - 4 - 3", 3),
        ("not true or true", True),
        ("true or true and false", True),
        ('"a\\"b\\\\"', 'a"b\\'),
    ],
)
def test_value_is_what_the_documentation_says(text: str, expected: object) -> None:
    assert compile_expression(text, {}).evaluate({}, CLOCK) == expected


def test_empty_field_makes_a_condition_unknown_and_unknown_does_not_hold() -> None:
    expression = compile_expression('status != "lost"', {"status": Operand("text")})

    assert expression.evaluate({"status": None}, CLOCK) is None
    assert not expression.holds({"status": None}, CLOCK)
    assert not expression.holds({}, CLOCK)


def test_money_counts_by_its_amount() -> None:
    expression = compile_expression("credit * 2", {"credit": Operand("number", 2)})

    assert expression.evaluate({"credit": Money(Decimal("10.55"), "EUR")}, CLOCK) == Decimal("21.10")


@pytest.mark.parametrize(
    ("value", "expected"), [(Decimal("1e30"), None), (Decimal("NaN"), None), (Decimal("0.005"), Decimal("0.01"))]
)
def test_number_the_field_cannot_hold_is_unknown_or_rounded(value: Decimal, expected: Decimal | None) -> None:
    expression = compile_expression("credit", {"credit": Operand("number", 2)})

    assert expression.evaluate({"credit": value}, CLOCK) == expected


def test_moment_of_another_zone_is_compared_in_utc() -> None:
    expression = compile_expression('date(at) == "2026-01-01"', {"at": Operand("datetime")})

    assert expression.holds({"at": datetime.fromisoformat("2026-01-02T01:00:00+02:00")}, CLOCK)
    assert expression.holds({"at": datetime(2026, 1, 1, tzinfo=UTC)}, CLOCK)


def test_field_of_a_type_without_expressions_can_be_asked_whether_it_is_filled() -> None:
    fields = {"photo": Operand("other")}

    assert compile_expression("photo is filled", fields).holds({"photo": b"..."}, CLOCK)
    with pytest.raises(ExpressionError, match="can only be empty or filled"):
        compile_expression("photo == photo", fields)


def test_expression_knows_its_names_type_and_scale() -> None:
    expression = compile_expression("amount * 0.155 + rate", FIELDS)

    assert expression.names == {"amount", "rate"}
    assert expression.type == "number"
    assert expression.scale == 5


def test_scaled_result_reaches_python_as_a_decimal(probe: sa.Connection) -> None:
    statement = sa.select(compile_expression("amount * 2", FIELDS).sql(COLUMNS, CLOCK)).where(TABLE.c.id == 1)

    assert repr(probe.scalar(statement)) == "Decimal('39.98')"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 24 + "count" + " + 1)" * 24,
        "(1 + " * 24 + "count" + ")" * 24,
        "(1 / " * 24 + "count" + ")" * 24,
        "abs(" * 48 + "count" + ")" * 48,
        "round(" * 20 + "amount / 3" + ", 3) / 3" * 20,
        "count" + " + 1" * 240,
        "count" + " * 1 - 1" * 100,
        " and ".join(["count > 1"] * 120),
        " or ".join(["name == \"x\""] * 120),
        "not " * 45 + "active",
        "if(active, " * 40 + "count" + ", 0)" * 40,
        "max(amount, " * 40 + "rate" + ")" * 40,
        "coalesce(" * 40 + "name" + ', "x")' * 40,
        "(" * 20 + "(count in [1, 7])" + " in [true])" * 20,
    ],
)  # fmt: skip
def test_expression_within_the_limits_works_on_each_database(probe: sa.Connection, text: str) -> None:
    expression = compile_expression(text, FIELDS)

    found: list[Any] = list(probe.scalars(sa.select(expression.sql(COLUMNS, CLOCK)).select_from(TABLE).order_by(TABLE.c.id)))

    assert found == [expression.evaluate(row, CLOCK) for row in ROWS]


def test_comparison_with_a_fixed_number_leaves_the_column_bare_for_its_index() -> None:
    condition = compile_expression("amount > 1000.5", FIELDS).sql(COLUMNS, CLOCK)

    assert str(condition) == "probe__thing.amount > :param_1"


def test_deep_expression_has_room_inside_the_conditions_of_a_list(probe: sa.Connection) -> None:
    condition = compile_expression("round(1 / (1 / (1 / (count * amount + rate) % 7) / divisor), 2) / 3 > 0 or active", FIELDS)
    inner = sa.select(TABLE.c.id).where(condition.sql(COLUMNS, CLOCK)).correlate(None)
    for _ in range(2):
        inner = (
            sa.select(TABLE.c.id).where(sa.or_(TABLE.c.id < 0, sa.and_(TABLE.c.id >= 0, TABLE.c.id.in_(inner)))).correlate(None)
        )

    found = list(probe.scalars(inner.order_by(TABLE.c.id)))

    assert found == [number for number, row in enumerate(ROWS) if condition.holds(row, CLOCK)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: the expression is empty"),
        ("nam == 1", 'column 1: there is no field "nam"; did you mean "name"?'),
        ("1 + lengt(name)", 'column 5: there is no function "lengt"; did you mean "length"?'),
        ("count = 3", "column 7: one equals sign; write =="),
        ("name == 'x'", "column 9: put text in double quotes"),
        ('name == "x', "column 9: this text has no closing double quote"),
        ("count ==", "column 9: the expression ends too early"),
        ("1 < count < 5", 'column 11: "<" cannot stand here; join two comparisons with and'),
        ("count and active", "column 1: yes or no is needed here, and this is a number"),
        ("amount == name", "column 11: a number is needed here, and this is text"),
        ('born == "soon"', 'column 9: "soon" is not a date; write it like "2026-01-31"'),
        ("interests == 1", "column 14: a list is needed here, and this is a number"),
        ('contains(interests, "x")', 'column 10: interests has many values; write "…" in interests'),
        ('contains(name + status, "x")', "only a text field can be searched"),
        ("lower(name + status)", "lower() takes a text field"),
        ("count in []", "column 10: the list is empty"),
        ("count in [divisor]", "column 11: a list holds fixed values"),
        ('"x" in name', "column 8: name is text; write contains(name, …)"),
        ("round(count, divisor)", "round() takes a fixed number of decimals"),
        ("born + 0.5", "a date takes whole days"),
        ("active < true", "yes or no has no order"),
        ("if(active)", "if() takes 2 to 3 values, not 1"),
        ("today", "today is a function; write today()"),
        ("99999999999999999999", "has too many digits"),
        ("0.0000000001 * 0.0000000001", "more than 18 decimals"),
        ('name == "\ud800"', "column 10: a character that no database keeps"),
        ("interests", "is needed here, and this is a list"),
        ("in == 1", 'column 1: "in" cannot stand here'),
    ],
)
def test_error_says_where_and_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, FIELDS)

    assert message in str(caught.value)
    assert isinstance(caught.value, InvalidValue)


@pytest.mark.parametrize(
    "text",
    [
        "__class__",
        "name.__class__.__mro__",
        "().__class__",
        'getattr(name, "upper")',
        '__import__("os")',
        'eval("1")',
        "lambda x: x",
        "(lambda: 1)()",
        "[x for x in interests]",
        "{name: 1}",
        "9**9**9",
        'f"{name}"',
        'f"{name.__class__}"',
        '"%s" % name',
        "name[0]",
        "name; active",
        "name := 1",
        "`id`",
        "open()",
        "name(1)(2)",
        "10000e10000",
    ],
)
def test_a39_escape_from_the_language_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(text, FIELDS)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "(" * 990 + "1" + ")" * 990,
        "(" * 1_990,
        "not " * 480 + "active",
        "-" * 1_990 + "1",
        "abs(" * 390 + "1" + ")" * 390,
        "if(true, " * 180 + "1" + ")" * 180,
        "[" * 1_900,
        "1" + "+1" * 990,
        "x" * 2_001,
    ],
)
def test_a39_deep_or_long_text_is_refused_and_not_followed(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_a39_large_products_are_unknown_and_not_computed() -> None:
    text = " * ".join(["999999999"] * 100)

    assert compile_expression(text, {}).evaluate({}, CLOCK) is None


def test_a39_text_reaches_the_database_as_a_parameter(probe: sa.Connection) -> None:
    expression = compile_expression("name == \"x' OR '1'='1\" or name ~ \"%'; DROP TABLE probe__thing; --\"", FIELDS)

    assert list(probe.scalars(sa.select(TABLE.c.id).where(expression.sql(COLUMNS, CLOCK)))) == []
