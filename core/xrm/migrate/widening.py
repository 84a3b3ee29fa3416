# SPDX-License-Identifier: Apache-2.0
"""Which type of field takes every value of another one, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from xrm.errors import InvalidInput, Problem, msg
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.numbers import MOST, DecimalType
from xrm.schema.model import Choice, Field, Label

Turn = Callable[[Any], Any]

_TEXTS = frozenset({"text", "long_text", "email", "phone", "url", "choice", "country", "language", "vat_number", "company_number",
                    "siren", "siret", "iban", "lei"})
_NUMBERS = frozenset({"integer", "rating", "decimal"})
# The types that several values of a type make, and what one of them is.
_ONE_OF = {"choices": "choice", "links": "link", "tags": "text"}


@dataclass(frozen=True)
class Kept:
    """A field with its type: what is needed to read and write its columns."""

    field: Field
    type: FieldType

    @property
    def is_many(self) -> bool:
        """Whether its values stand in a table of their own."""
        return self.type.is_multiple(self.field)


def kept_field(key: str, declared: Mapping[str, Any], field_types: Mapping[str, FieldType]) -> Kept | None:
    """The field of a declaration in canonical form; None when its type is not known here, or it has no values of its own."""
    field_type = field_types.get(declared.get("type", ""))
    if field_type is None or field_type.name == "computed":
        return None
    choices = tuple(Choice(name, Label({"en": name}), retired=True) for name in declared.get("choices", ()))
    field = Field(
        key, field_type.name, Label({"en": key}), many=bool(declared.get("many", False)), scale=declared.get("scale"),
        length=declared.get("length"), choices=choices, to=tuple(declared.get("to", ())),
    )
    return Kept(field, field_type)


def widening(before: Kept, after: Kept) -> Turn | None:
    """What makes of each value of the one the same value of the other; None when some value could be lost."""
    if before.is_many:
        # Element by element would need a second table of the same name: only what stays as it is goes through.
        return _same if after.is_many and _one_of(before) == _one_of(after) and before.type.name == after.type.name else None
    if after.is_many:
        turn = _single(before.type.name, _one_of(after), scale_of(before), scale_of(after))
        return None if turn is None else partial(_as_several, turn)
    turn = _single(before.type.name, after.type.name, scale_of(before), scale_of(after))
    return None if turn is None else partial(_as_one, turn)


def most_that_fits(before: Kept, after: Kept) -> int | None:
    """The largest number of the old column that the new one, with more decimals, can hold; None where all fit."""
    if not isinstance(after.type, DecimalType) or before.is_many:
        return None
    more = scale_of(after) - scale_of(before)
    return MOST // 10**more if more > 0 else None


def scale_of(kept: Kept) -> int:
    """The decimals by which a number is scaled in its column; 0 for what is no number."""
    return kept.type.scale(kept.field) if isinstance(kept.type, DecimalType) else kept.field.scale or 0


def narrowed(after: Kept, value: Any, before: Kept) -> Any:
    """The value that the type of before makes of a later one, for the way back.

    Raises:
        InvalidInput: when it cannot hold it.
    """
    if after.is_many and not before.is_many:
        values = tuple(value or ())
        if len(values) > 1:
            raise _cannot(before, f"{len(values)} values")
        value = values[0] if values else None
    if value is None:
        return None
    try:
        return before.type.parse(before.field, str(value) if isinstance(value, Decimal) else value, ParseContext())
    except InvalidValue as error:
        raise _cannot(before, str(value)) from error


def _cannot(before: Kept, value: str) -> InvalidInput:
    told = msg("{type} cannot hold {value}.", type=before.type.name, value=value[:80])
    return InvalidInput([Problem(before.field.key, told)])


def _one_of(kept: Kept) -> str:
    return _ONE_OF.get(kept.type.name, kept.type.name)


def _single(before: str, after: str, scale: int, later: int) -> Turn | None:
    if before == after:
        return _same if scale <= later else None
    if after in {"text", "long_text"}:
        if before == "long_text":
            return None
        return _same if before in _TEXTS else _as_text if before in _NUMBERS or before == "date" else None
    if (before, after) == ("rating", "integer"):
        return _same
    return _as_decimal if after == "decimal" and before in {"integer", "rating"} else None


def _as_several(turn: Turn, value: Any) -> tuple[Any, ...]:
    return () if value is None else (turn(value),)


def _as_one(turn: Turn, value: Any) -> Any:
    return None if value is None else turn(value)


def _same(value: Any) -> Any:
    return value


def _as_decimal(value: int) -> Decimal:
    return Decimal(value)


def _as_text(value: Decimal | int | date) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
