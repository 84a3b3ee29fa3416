# SPDX-License-Identifier: Apache-2.0
"""Lengths of time, in whole seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import marshmallow
from sqlalchemy import BigInteger, Column, Dialect
from sqlalchemy.types import TypeDecorator

from xrm.errors import msg
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.model import Field

_CLOCK = re.compile(r"(-)?([0-9]{1,12}):([0-5][0-9])(?::([0-5][0-9]))?")
_WORDS = re.compile(
    r"(-)? ?(?:([0-9]{1,12}) ?(?:days?|jours?|d|j))? ?(?:([0-9]{1,12}) ?(?:hours?|heures?|hrs?|h))?"
    r" ?(?:([0-9]{1,12}) ?(?:minutes?|mins?|mn|m))? ?(?:([0-9]{1,12}) ?(?:seconds?|secondes?|secs?|s))?",
    re.IGNORECASE,
)
_BARE_MINUTES = re.compile(r"(?<=h) ?([0-9]{1,2})$", re.IGNORECASE)  # "1h30"
_ISO = re.compile(r"(-)?P(?:([0-9]{1,12})D)?(?:T(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})S)?)?")
_UNITS = {"en": ("d", "h", "min", "s"), "fr": ("j", "h", "min", "s")}


class Seconds(TypeDecorator[timedelta]):
    """A length of time as a whole number of seconds: adds, sorts and sums alike on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """Seconds; fractions are refused, not cut in silence."""
        if value is None:
            return None
        if value.microseconds:
            raise ValueError(f"{value} has fractions of a second")
        return value.days * 86_400 + value.seconds

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        """The length of time."""
        return None if value is None else timedelta(seconds=value)


class DurationType(FieldType):
    """A length of time, in whole seconds: ``1:30`` (hours and minutes), ``1 h 30 min``, ``PT1H30M``."""

    name = "duration"
    options = frozenset({"min", "max"})
    input = "duration"
    cell = "duration"
    operators = ("eq", "ne", "lt", "le", "gt", "ge", "between", "empty", "filled")
    sortable = True

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """Seconds."""
        return (Column(field.key, Seconds()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> timedelta | None:
        """The length of time; a bare number is refused because it does not say its unit."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, timedelta):
            if raw.microseconds:
                raise InvalidValue(msg("{given} has fractions of a second. Give whole seconds.", given=str(raw)))
            return raw
        found = None
        if isinstance(raw, str) and len(raw) <= 60:
            text = " ".join(raw.split()).replace("\N{MINUS SIGN}", "-")
            found = _ISO.fullmatch(text) or _clock(text) or _WORDS.fullmatch(_BARE_MINUTES.sub(r" \1 min", text))
        if found is None or not any(part is not None for part in found.groups()[1:]):
            raise _no_duration(raw)
        try:
            return _length(found)
        except OverflowError as error:
            raise _no_duration(raw) from error

    def restrict(self, field: Field, value: timedelta, context: ParseContext) -> None:
        """Between ``min`` and ``max``, both included."""
        if field.min is not None and value < self.bound(field, field.min, context):
            raise InvalidValue(
                msg("{given} is too short. Give at least {least}.", given=self.text_one(field, value), least=str(field.min))
            )
        if field.max is not None and value > self.bound(field, field.max, context):
            raise InvalidValue(
                msg("{given} is too long. Give at most {most}.", given=self.text_one(field, value), most=str(field.max))
            )

    def text_one(self, field: Field, value: Any) -> str:
        """``1:30:00``."""
        seconds = abs(value.days * 86_400 + value.seconds)
        sign = "-" if value < timedelta() else ""
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    def json_one(self, field: Field, value: Any) -> str:
        """ISO 8601: ``PT1H30M``."""
        days, hours, minutes, seconds = _parts(value)
        clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
        text = "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
        return ("-" if value < timedelta() else "") + ("PT0S" if text == "P" else text)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """``1 h 30 min``, units that are zero left out."""
        parts = zip(_parts(value), _UNITS.get(language, _UNITS["en"]), strict=True)
        shown = " ".join(f"{count}\N{NO-BREAK SPACE}{unit}" for count, unit in parts if count)
        return ("-" if value < timedelta() else "") + (shown or "0\N{NO-BREAK SPACE}min")

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """Text in ISO form."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": "duration"})

    def search_one(self, field: Field, value: Any) -> str:
        """Nothing: lengths of time are filtered and not searched."""
        return ""


def _clock(text: str) -> re.Match[str] | None:
    """``h:mm`` or ``h:mm:ss`` with the same groups as the other forms: sign, days (none), hours, minutes, seconds."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    return _ISO.fullmatch(f"{found[1] or ''}PT{found[2]}H{found[3]}M{found[4] or 0}S")


def _length(found: re.Match[str]) -> timedelta:
    days, hours, minutes, seconds = (int(found[group] or 0) for group in (2, 3, 4, 5))
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] else length


def _parts(value: timedelta) -> tuple[int, int, int, int]:
    """Days, hours, minutes and seconds of the length without its sign."""
    value = abs(value)
    return value.days, value.seconds // 3600, value.seconds // 60 % 60, value.seconds % 60


def _no_duration(raw: object) -> InvalidValue:
    return InvalidValue(
        msg("“{given}” is not a length of time. Write it like 1:30 (hours and minutes) or 45 min.", given=str(raw)[:40])
    )
