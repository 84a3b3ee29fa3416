# SPDX-License-Identifier: Apache-2.0
"""How expressions see a field: its type of value, and the scale of its numbers."""

from __future__ import annotations

from typing import cast

from xrm.db.types import ScaledDecimal
from xrm.schema.expressions import Operand
from xrm.schema.expressions.terms import Type
from xrm.schema.fields.base import FieldType
from xrm.schema.model import Field


def operand_of(field: Field, field_type: FieldType) -> Operand:
    """The operand for one field; several values are a list."""
    if field_type.is_multiple(field):
        return Operand("list", item="id" if field_type.expression_type == "id" else "text")
    column_type = field_type.columns(field)[0].type
    expression_type = cast("Type", field_type.expression_type or "other")
    return Operand(expression_type, column_type.scale if isinstance(column_type, ScaledDecimal) else 0)
