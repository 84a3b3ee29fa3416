# SPDX-License-Identifier: Apache-2.0
"""Numbers: whole, with decimals, percent, and ratings; exact, and never beyond 64 bits."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar

import marshmallow
from babel.numbers import format_decimal, format_percent
from sqlalchemy import BigInteger, Column

from xrm.db.types import ScaledDecimal
from xrm.errors import Message, msg
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.model import Field

MOST = 2**63 - 1
MOST_SCALE = 12
_BLANK = re.compile(r"[\s'\u2019]")  # \s has the no-break and the narrow no-break blank; Swiss group by apostrophes
_BLANK_GROUPS = re.compile(r"[+-]? ?[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]*)?|[+-] [0-9.,]+")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_GROUPS = {
    ",": re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?"),
    ".": re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]*)?"),
}
_COMPARISONS = ("eq", "ne", "in", "lt", "le", "gt", "ge", "between", "empty", "filled")


def read_number(raw: object, language: str, *, is_whole: bool = False) -> Decimal | None:
    """The number meant by a number or by text as people write it: ``1 234,50`` in French, ``1,234.50`` in English.

    A single dot is a decimal dot in both languages, a single comma only in French. With ``is_whole`` what cannot be read is
    answered with an example without decimals.
    """
    if raw is None:
        return None
    try:
        return _read(raw, language)
    except ValueError as error:
        example = "1234" if is_whole else "1234,50" if language == "fr" else "1234.50"
        said = msg("“{given}” is not a number. Write it like {example}.", given=str(raw)[:40], example=example)
        raise InvalidValue(said) from error


def _read(raw: object, language: str) -> Decimal | None:
    if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        # repr of a float is the shortest decimal that means it: 0.1 stays 0.1. An int of a million digits has no str.
        number = Decimal(raw) if isinstance(raw, int) else Decimal(repr(raw) if isinstance(raw, float) else raw)
        if not number.is_finite():
            raise ValueError
        return number
    if not isinstance(raw, str) or len(raw) > 100:
        raise ValueError
    text = _BLANK.sub(" ", raw).strip().replace("\N{MINUS SIGN}", "-")
    if not text:
        return None
    if " " in text and not _BLANK_GROUPS.fullmatch(text):
        raise ValueError
    return _read_text(text.replace(" ", ""), language)


def _read_text(text: str, language: str) -> Decimal:
    mark = "," if language == "fr" else "."
    group = "." if mark == "," else ","
    if "," in text and ("." in text or group == ","):
        if not _GROUPS[group].fullmatch(text):
            raise ValueError
        text = text.replace(group, "")
    text = text.replace(",", ".")
    if not _PLAIN.fullmatch(text):
        raise ValueError
    return Decimal(text)


class NumberType(FieldType):
    """What the number types share: limits, comparison, order."""

    options = frozenset({"min", "max"})
    input = "number"
    cell = "number"
    operators = _COMPARISONS
    sortable = True
    expression_type = "number"

    def restrict(self, field: Field, value: Any, context: ParseContext) -> None:
        """Between ``min`` and ``max``, both included."""
        if field.min is not None and value < self.bound(field, field.min, context):
            raise InvalidValue(msg("{given} is too small. Give at least {least}.", given=_shown(value), least=_shown(field.min)))
        if field.max is not None and value > self.bound(field, field.max, context):
            raise InvalidValue(msg("{given} is too large. Give at most {most}.", given=_shown(value), most=_shown(field.max)))

    def search_one(self, field: Field, value: Any) -> str:
        """The digits."""
        return self.text_one(field, value)


def _shown(value: Any) -> Any:
    """What a sentence names: decimals as numbers, which each language writes in its own way."""
    return value if isinstance(value, Decimal) else str(value)


class IntegerType(NumberType):
    """A whole number of 64 bits."""

    name = "integer"

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """One whole number."""
        return (Column(field.key, BigInteger()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> int | None:
        """A whole number; decimals are refused unless they are zeros."""
        number = read_number(raw, context.language, is_whole=True)
        if number is None:
            return None
        if abs(number) > MOST:
            raise InvalidValue(msg("The number is too large. Give at most {most}.", most=MOST))
        if number != number.to_integral_value():
            raise InvalidValue(msg("{given} is not a whole number. Leave the decimals out.", given=str(number)))
        return int(number)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """With groups of thousands."""
        return format_decimal(value, locale=language)

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """A JSON number without decimals."""
        return marshmallow.fields.Integer(strict=True, allow_none=True, validate=marshmallow.validate.Range(-MOST, MOST))


class DecimalType(NumberType):
    """A number with a fixed count of decimals (``scale``, 2 unless declared), exact on both databases."""

    name = "decimal"
    options = frozenset({"min", "max", "scale"})
    usual_scale: ClassVar[int] = 2

    def scale(self, field: Field) -> int:
        """How many decimals are kept."""
        return self.usual_scale if field.scale is None else field.scale

    def check_options(self, field: Field) -> list[Message]:
        """A scale that fits into 64 bits."""
        return check_scale(field)

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """One number, scaled to a whole one."""
        return (Column(field.key, ScaledDecimal(self.scale(field))),)

    def read(self, field: Field, raw: object, context: ParseContext) -> Decimal | None:
        """A number with exactly ``scale`` decimals; more are refused and not rounded."""
        number = read_number(raw, context.language)
        return None if number is None else to_scale(number, self.scale(field))

    def json_one(self, field: Field, value: Any) -> str:
        """Text: a JSON number would be read as a float."""
        return self.text_one(field, value)

    def text_one(self, field: Field, value: Any) -> str:
        """Digits with a decimal dot."""
        return f"{value:f}"

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """With groups of thousands and the decimals that are not zero."""
        return format_decimal(value, locale=language, decimal_quantization=False)

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """Text or a JSON number."""
        return marshmallow.fields.Decimal(allow_none=True, as_string=True, allow_nan=False)


class PercentType(DecimalType):
    """A percentage: 12.5 is 12.5 %. A percent sign may be typed."""

    name = "percent"
    cell = "percent"

    def read(self, field: Field, raw: object, context: ParseContext) -> Decimal | None:
        """The number before the percent sign."""
        return super().read(field, raw.strip().removesuffix("%") if isinstance(raw, str) else raw, context)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """With the sign where the language puts it."""
        return format_percent(Decimal(value).scaleb(-2), locale=language, decimal_quantization=False)


class RatingType(IntegerType):
    """Stars: a whole number from 0 to ``max`` (5 unless declared)."""

    name = "rating"
    options = frozenset({"max"})
    input = "rating"
    cell = "rating"
    can_be_many = False

    def stars(self, field: Field) -> int:
        """How many stars there are at most."""
        return 5 if field.max is None else int(field.max)

    def check_options(self, field: Field) -> list[Message]:
        """A count of stars that can be shown."""
        if 1 <= self.stars(field) <= 10:
            return []
        return [msg("max: {given} cannot be. Write a number of stars from 1 to 10.", given=str(field.max))]

    def restrict(self, field: Field, value: Any, context: ParseContext) -> None:
        """Not below zero, not above the last star."""
        if not 0 <= value <= self.stars(field):
            raise InvalidValue(msg("{given} is not a rating. Give 0 to {most}.", given=value, most=self.stars(field)))

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """Given of possible stars."""
        return f"{value}/{self.stars(field)}"

    def search_one(self, field: Field, value: Any) -> str:
        """Nothing: a figure of one digit is no word."""
        return ""


def check_scale(field: Field) -> list[Message]:
    """Problems of ``scale``."""
    if field.scale is None or 0 <= field.scale <= MOST_SCALE:
        return []
    return [msg("scale: {given} cannot be. Write a number of decimals from 0 to {most}.", given=field.scale, most=MOST_SCALE)]


def to_scale(number: Decimal, scale: int) -> Decimal:
    """The same number with exactly so many decimals; InvalidValue when it has more, or too many digits in all."""
    # The exponent first: the comparison of 1E+999999 would write out its digits.
    if number and (number.adjusted() + scale > 19 or abs(number.scaleb(scale)) > MOST):
        raise InvalidValue(msg("The number is too large. Give at most {most}.", most=Decimal(MOST).scaleb(-scale)))
    scaled = number.quantize(Decimal(1).scaleb(-scale)) if number else Decimal(0).scaleb(-scale)
    if scaled != number:
        raise InvalidValue(
            msg(
                "{given} has too many decimals. Round it to {scale}, or declare a larger scale.",
                given=str(number)[:40],
                scale=scale,
            )
        )
    return scaled
