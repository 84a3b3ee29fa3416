# SPDX-License-Identifier: Apache-2.0
"""Money: an exact amount with its currency."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import marshmallow
from babel.numbers import format_currency, list_currencies
from sqlalchemy import Column, ColumnElement, and_
from sqlalchemy.sql import FromClause

from xrm.db.types import ScaledDecimal, key_text
from xrm.errors import Message, msg
from xrm.schema.fields import conditions
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.numbers import check_scale, read_number, to_scale
from xrm.schema.model import Field

# Signs that mean one currency wherever they are read; $, kr and ¥ do not, and take the instance's own if it has that sign.
_SIGNS = {
    "€": ("EUR",),
    "£": ("GBP",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"),
    "¥": ("JPY", "CNY"),
    "zł": ("PLN",),
}
_OTHER = r"[^\d\s.,'’+\-\N{MINUS SIGN}]*"
_AMOUNT = re.compile(rf"(?P<before>{_OTHER})\s*(?P<amount>[\d\s.,'’+\-\N{{MINUS SIGN}}]+?)\s*(?P<after>{_OTHER})")


@dataclass(frozen=True)
class Money:
    """An amount in a currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


@cache
def currencies() -> frozenset[str]:
    """All currency codes, today's and earlier ones."""
    return frozenset(list_currencies())


class MoneyType(FieldType):
    """An amount with its currency; ``scale`` decimals (2 unless declared), ``min`` and ``max`` are amounts."""

    name = "money"
    options = frozenset({"min", "max", "scale"})
    input = "money"
    cell = "money"
    operators = ("eq", "ne", "lt", "le", "gt", "ge", "between", "empty", "filled")
    sortable = True
    expression_type = "number"

    def scale(self, field: Field) -> int:
        """How many decimals are kept."""
        return 2 if field.scale is None else field.scale

    def check_options(self, field: Field) -> list[Message]:
        """A scale that fits into 64 bits."""
        return check_scale(field)

    def bound(self, field: Field, given: object, context: ParseContext) -> Decimal | None:
        """A limit, which is an amount in whatever currency."""
        number = read_number(given, context.language)
        return None if number is None else to_scale(number, self.scale(field))

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The amount, scaled to a whole number, and the currency."""
        return (Column(field.key, ScaledDecimal(self.scale(field))), Column(f"{field.key}__currency", key_text()))

    def key_columns(self, field: Field) -> tuple[str, ...]:
        """Amount and currency."""
        return (field.key, f"{field.key}__currency")

    def read(self, field: Field, raw: object, context: ParseContext) -> Money | None:
        """Money from ``1 234,50 €``, ``{"amount": …, "currency": …}``, a bare number (in the instance's currency) or Money."""
        amount, currency = _parts(raw)
        number = read_number(amount, context.language)
        if number is None:
            return None
        return Money(to_scale(number, self.scale(field)), _currency(currency, context))

    def restrict(self, field: Field, value: Money, context: ParseContext) -> None:
        """Amount between ``min`` and ``max``, both included."""
        low, high = self.bound(field, field.min, context), self.bound(field, field.max, context)
        if low is not None and value.amount < low:
            raise InvalidValue(msg("{given} is too small. Give at least {least}.", given=str(value), least=str(field.min)))
        if high is not None and value.amount > high:
            raise InvalidValue(msg("{given} is too large. Give at most {most}.", given=str(value), most=str(field.max)))

    def store(self, field: Field, value: Any) -> dict[str, Any]:
        """Amount and currency."""
        amount, currency = (None, None) if value is None else (value.amount, value.currency)
        return {field.key: amount, f"{field.key}__currency": currency}

    def load(self, field: Field, row: Mapping[str, Any]) -> Money | None:
        """Money from its two columns."""
        amount = row[field.key]
        return None if amount is None else Money(amount, row[f"{field.key}__currency"] or "XXX")

    def expression_value(self, value: Any) -> Any:
        """The amount, as SQL sees it."""
        return value.amount if isinstance(value, Money) else value

    def json_one(self, field: Field, value: Any) -> dict[str, str]:
        """Amount as text, and the currency's code."""
        return {"amount": f"{value.amount:f}", "currency": value.currency}

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """With the currency's sign where the language puts it, and never fewer decimals than the amount has."""
        digits = value.amount.normalize()
        usual = format_currency(digits, value.currency, locale=language)
        exact = format_currency(digits, value.currency, locale=language, decimal_quantization=False)
        return exact if len(exact) > len(usual) else usual

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """An object of amount and currency; without currency it is the instance's."""
        parts: dict[str, Any] = {
            "amount": marshmallow.fields.Decimal(required=True, as_string=True, allow_nan=False),
            "currency": marshmallow.fields.String(validate=marshmallow.validate.Length(equal=3)),
        }
        return marshmallow.fields.Nested(marshmallow.Schema.from_dict(parts, name="Money"), allow_none=True)

    def filter(self, field: Field, table: FromClause, operator: str, raw: object, context: ParseContext) -> ColumnElement[bool]:
        """Amounts are compared; where the operand names a currency, only money in that currency is meant."""
        condition = super().filter(field, table, operator, raw, context)
        named = {_parts(part)[1] for part in (conditions.ends(raw) if operator == "between" else (raw,))} - {None, ""}
        if not named or operator in {"empty", "filled", "has_any"}:
            return condition
        if len(named) > 1:
            raise InvalidValue(msg("The two ends are in different currencies. Give both in one."))
        same = table.c[f"{field.key}__currency"] == _currency(named.pop(), context)
        return condition | ~same if operator == "ne" else and_(condition, same)

    def operand(self, field: Field, raw: object, context: ParseContext) -> Decimal:
        """The amount."""
        money: Money = super().operand(field, raw, context)
        return money.amount

    def search_one(self, field: Field, value: Any) -> str:
        """Nothing: amounts are filtered and not searched."""
        return ""


def _parts(raw: object) -> tuple[object, object]:
    """Amount and currency as given, not yet read."""
    if isinstance(raw, Money):
        return raw.amount, raw.currency
    if isinstance(raw, Mapping):
        unknown = set(raw) - {"amount", "currency"}
        if unknown:
            raise InvalidValue(msg("Money has no part {part}. Give amount and currency.", part=str(min(map(str, unknown)))[:40]))
        amount, currency = raw.get("amount"), raw.get("currency")
        return (None, None) if isinstance(amount, str) and not amount.strip() else (amount, currency)
    if not isinstance(raw, str):
        return raw, None
    found = _AMOUNT.fullmatch(raw.strip()) if len(raw) <= 100 else None
    if found is None or (found["before"] and found["after"]):
        return raw, None
    return found["amount"], found["before"] or found["after"] or None


def _currency(given: object, context: ParseContext) -> str:
    if given is None or given == "":
        return context.currency
    text = str(given).strip()
    signs = _SIGNS.get(text)
    if signs:
        return context.currency if context.currency in signs else signs[0]
    if text.upper() not in currencies():
        raise InvalidValue(msg("{given} is not a currency. Write its code of three letters, like EUR.", given=text[:20]))
    return text.upper()
