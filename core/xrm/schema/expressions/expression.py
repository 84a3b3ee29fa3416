# SPDX-License-Identifier: Apache-2.0
"""A checked expression: evaluated in Python or compiled to SQL, with the same result."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement

from xrm.schema.expressions import evaluation, sql
from xrm.schema.expressions.checker import Checker
from xrm.schema.expressions.columns import Clock, Columns
from xrm.schema.expressions.syntax import parse
from xrm.schema.expressions.terms import Operand, Term, Type


class Expression:
    """What a text means for given fields: ``type`` and ``scale`` of the result, ``names`` of the fields it reads."""

    def __init__(self, text: str, term: Term) -> None:
        self.text = text
        self.type: Type = term.type
        self.scale = term.scale
        self.names = term.names
        self._term = term

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    @cached_property
    def _evaluator(self) -> evaluation.Evaluator:
        return evaluation.evaluator(self._term)

    def evaluate(self, values: Mapping[str, object], clock: Clock) -> Any:
        """The value for these values: int or Decimal, str, bool, date, aware datetime, UUID; None for unknown or empty."""
        value = self._evaluator(values, clock)
        if self.type == "number" and self.scale and value is not None:
            return Decimal(value).scaleb(-self.scale)
        return value

    def holds(self, values: Mapping[str, object], clock: Clock) -> bool:
        """Whether a condition is true; unknown counts as false."""
        return self._evaluator(values, clock) is True

    def sql(self, columns: Columns, clock: Clock) -> ColumnElement[Any]:
        """The value as SQL; a condition may be NULL, which a WHERE takes for false."""
        return sql.compile_term(self._term, columns, clock)


def compile_expression(text: str, fields: Mapping[str, Operand]) -> Expression:
    """The expression, checked against the fields it may name.

    Raises:
        ExpressionError: when it cannot be read, names a field that is not there, or mixes types.
    """
    return Expression(text, Checker(fields).result(parse(text)))
