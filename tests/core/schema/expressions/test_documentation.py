# SPDX-License-Identifier: Apache-2.0
"""What docs/expressions.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.core.schema.expressions.cases import CLOCK, FIELDS, ROWS
from xrm.schema.expressions import compile_expression
from xrm.schema.expressions.calls import FUNCTIONS

PAGE = Path(__file__).parents[4].joinpath("docs", "expressions.md").read_text(encoding="utf-8")
EXAMPLES = [
    line for block in re.findall(r"```expression\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line.strip()
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_example_of_the_documentation_has_a_value_for_a_filled_row(text: str) -> None:
    assert compile_expression(text, FIELDS).evaluate(ROWS[1], CLOCK) is not None


def test_the_documentation_has_examples() -> None:
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_documented(name: str) -> None:
    assert re.search(rf"^\| .*`{name}\(", PAGE, re.MULTILINE)
