# SPDX-License-Identifier: Apache-2.0
"""Python, SQLite and PostgreSQL give the same value for every expression and row."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.core.schema.expressions.cases import CASES, CLOCK, COLUMNS, FIELDS, ROWS, TABLE
from xrm.schema.expressions import compile_expression


def test_the_table_of_cases_is_long_enough_to_mean_something() -> None:
    assert len(CASES) >= 150
    assert len(set(CASES)) == len(CASES)


@pytest.mark.parametrize("text", CASES)
def test_database_and_python_agree(probe: sa.Connection, text: str) -> None:
    expression = compile_expression(text, FIELDS)
    expected = [expression.evaluate(row, CLOCK) for row in ROWS]

    found = list(probe.scalars(sa.select(expression.sql(COLUMNS, CLOCK)).select_from(TABLE).order_by(TABLE.c.id)))

    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


@pytest.mark.parametrize("text", [text for text in CASES if compile_expression(text, FIELDS).type == "yes_no"])
def test_a_where_keeps_the_rows_that_hold(probe: sa.Connection, text: str) -> None:
    expression = compile_expression(text, FIELDS)
    expected = [number for number, row in enumerate(ROWS) if expression.holds(row, CLOCK)]

    found = list(probe.scalars(sa.select(TABLE.c.id).where(expression.sql(COLUMNS, CLOCK)).order_by(TABLE.c.id)))

    assert found == expected
