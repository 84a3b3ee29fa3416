# SPDX-License-Identifier: Apache-2.0
"""Values that a formula makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import marshmallow
from babel.numbers import format_decimal
from sqlalchemy import Column, ColumnElement
from sqlalchemy.sql import FromClause

from xrm.errors import Message, msg
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.choices import YesNoType
from xrm.schema.fields.dates import DateTimeType, DateType
from xrm.schema.fields.durations import DurationType
from xrm.schema.fields.money import Money, MoneyType
from xrm.schema.fields.numbers import DecimalType, IntegerType, to_scale
from xrm.schema.fields.text import TextType
from xrm.schema.model import Field

_ALL_DIGITS = Context(prec=60)  # a whole number of 64 bits with a dozen decimals, and room
# Subclasses first: a truth value is an int, a moment is a date.
_BY_VALUE: tuple[tuple[type, FieldType], ...] = (
    (bool, YesNoType()),
    (int, IntegerType()),
    (Decimal, DecimalType()),
    (Money, MoneyType()),
    (datetime, DateTimeType()),
    (date, DateType()),
    (timedelta, DurationType()),
)


class ComputedType(FieldType):
    """What a formula makes of other fields; never typed in. Prints and filters like the type of its result.

    A stored one has the columns of ``result``, which is text unless the registry takes ``ComputedType(result)`` with the field
    type of what the expression gives; another has none. Either prints a value by what it is.
    """

    name = "computed"
    options = frozenset({"formula", "stored", "scale"})
    input = "computed"
    cell = "computed"
    can_be_many = False

    def __init__(self, result: FieldType | None = None) -> None:
        self.result: FieldType = result or TextType()

    # The base declares these per class; here they are the result's, and so per instance.
    @property
    def operators(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the result."""
        return self.result.operators

    @property
    def sortable(self) -> bool:  # type: ignore[override]
        """Whether the result is."""
        return self.result.sortable

    @property
    def expression_type(self) -> str:  # type: ignore[override]
        """That of the result."""
        return self.result.expression_type

    def check_options(self, field: Field) -> list[Message]:
        """A formula, and nothing that only typed values need."""
        problems = []
        if not field.formula.strip():
            problems.append(
                msg('formula is missing. Write the expression that gives the value, like formula: "price * quantity".')
            )
        if field.required:
            problems.append(msg("A computed field cannot be required. Remove required."))
        if field.default is not None:
            problems.append(msg("A computed field has no default. Remove default, or write it into the formula with coalesce()."))
        if (field.unique or field.index) and not field.stored:
            problems.append(msg("An index needs a stored value. Add stored: true, or remove index and unique."))
        return problems

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The result's columns when stored."""
        return self.result.columns(field) if field.stored else ()

    def key_columns(self, field: Field) -> tuple[str, ...]:
        """Those of the result."""
        return self.result.key_columns(field)

    def read(self, field: Field, raw: object, context: ParseContext) -> Any:
        """Refused: only the formula gives a value."""
        raise InvalidValue(msg("This field is computed. Change the fields that it is made of."))

    def kept(self, field: Field, value: Any) -> Any:
        """What of a result is kept: a number rounded to the scale of the field, halves away from zero.

        Raises:
            InvalidValue: when it does not fit.
        """
        if value is None or not field.stored or not isinstance(self.result, DecimalType):
            return value
        scale = self.result.scale(field)
        rounded = Decimal(value).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _ALL_DIGITS)
        return to_scale(rounded, scale)

    def store(self, field: Field, value: Any) -> dict[str, Any]:
        """The result's columns when stored."""
        return self.result.store(field, value) if field.stored else {}

    def load(self, field: Field, row: Mapping[str, Any]) -> Any:
        """The result; None when it is not stored and nobody computed it into the row."""
        return self.result.load(field, row) if field.stored else row.get(field.key)

    def _type_of(self, value: object) -> FieldType:
        return next((found for kind, found in _BY_VALUE if isinstance(value, kind)), self.result)

    def json_one(self, field: Field, value: Any) -> Any:
        """As the result's type does."""
        return self._type_of(value).json_one(field, value)

    def text_one(self, field: Field, value: Any) -> str:
        """As the result's type does."""
        return self._type_of(value).text_one(field, value)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """As the result's type does; a number that has decimals shows all of its scale, 2 unless declared, as amounts do."""
        if not isinstance(value, Decimal):
            return self._type_of(value).format_one(field, value, language)
        least = field.scale if field.scale is not None else 0 if value == value.to_integral_value() else 2
        pattern = "#,##0." + "0" * least if least else "#,##0"
        return format_decimal(value, pattern, locale=language, decimal_quantization=False)

    def search_one(self, field: Field, value: Any) -> str:
        """As the result's type does."""
        return self._type_of(value).search_one(field, value)

    def api_field(self, field: Field) -> marshmallow.fields.Field[Any]:
        """That of the result, given and never taken."""
        made = self.result.api_field(field)
        made.dump_only = True
        return made

    def sort_column(self, field: Field, table: FromClause) -> ColumnElement[Any]:
        """That of the result."""
        return self.result.sort_column(field, table)

    def filter(self, field: Field, table: FromClause, operator: str, raw: object, context: ParseContext) -> ColumnElement[bool]:
        """That of the result; of a value that is not stored there is no column, and the expression is compared instead."""
        return self.result.filter(field, table, operator, raw, context)
