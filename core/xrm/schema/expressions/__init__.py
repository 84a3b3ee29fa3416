# SPDX-License-Identifier: Apache-2.0
"""The expression language: one text, checked against declared types, evaluated in Python and compiled to SQL."""

from __future__ import annotations

from xrm.schema.expressions.columns import Clock, Columns, TableColumns
from xrm.schema.expressions.expression import Expression, compile_expression
from xrm.schema.expressions.syntax import ExpressionError, Node, parse
from xrm.schema.expressions.terms import Operand

__all__ = [
    "Clock",
    "Columns",
    "Expression",
    "ExpressionError",
    "Node",
    "Operand",
    "TableColumns",
    "compile_expression",
    "parse",
]
