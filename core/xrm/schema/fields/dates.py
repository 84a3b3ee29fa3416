# SPDX-License-Identifier: Apache-2.0
"""Days and moments, as files and people of both languages write them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import marshmallow
from babel import Locale
from babel.dates import format_date, format_datetime
from sqlalchemy import Column, ColumnElement, Date
from sqlalchemy.sql import FromClause

from xrm.db.types import UtcDateTime
from xrm.errors import Message, msg
from xrm.folding import fold
from xrm.schema.fields import conditions
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.model import LANGUAGES, Field

_OPERATORS = ("eq", "ne", "before", "after", "lt", "le", "gt", "ge", "between", "empty", "filled")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_FIGURES = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
_DAY_FIRST = re.compile(r"(?:[^\W\d]+ )?([0-9]{1,2})(?:er|st|nd|rd|th)?[ -]([^\W\d]+)[ -]([0-9]{4})")
_MONTH_FIRST = re.compile(r"([^\W\d]+) ([0-9]{1,2})(?:st|nd|rd|th)? ([0-9]{4})")
_TODAY = re.compile(r"(?:today|aujourd['’]hui)(?: ?([+-]) ?([0-9]{1,5}))?", re.IGNORECASE)
_MONTH_FIRST_COUNTRIES = frozenset({"US", "PH", "PR", "GU", "FM", "MH", "PW"})
_TIME = re.compile(
    r"(.*?)[T ,]+(?:at |à )?([0-9]{1,2})(?:[:hH]([0-9]{2})?)(?::?([0-9]{2})(?:\.([0-9]{1,6}))?)? ?(am|pm)?", re.IGNORECASE
)


@cache
def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, name in Locale.parse(language).months["format"][width].items():
                names[fold(name).rstrip(".")] = number
    return names | {"sept": 9}


def today(context: ParseContext) -> date:
    """The day it is by the context's clock, in its zone."""
    return (context.now or datetime.now(UTC)).astimezone(ZoneInfo(context.time_zone)).date()


def read_date(raw: object, context: ParseContext) -> date | None:
    """The day meant by a date, by ``2026-01-31``, ``31/01/2026`` (``01/31/2026`` in the United States), ``31 janvier 2026``.

    A moment counts as its day only at midnight, which is how spreadsheets keep days.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, datetime):
        if raw.time() != time():
            raise InvalidValue(msg("{given} has a time of day. Give the day alone.", given=raw.isoformat(" ")))
        return raw.date()
    if isinstance(raw, date):
        return raw
    if not isinstance(raw, str) or len(raw) > 60:
        raise _no_date(raw)
    return _written_date(raw, context)


def _written_date(raw: str, context: ParseContext) -> date:
    if len(raw) == 10 and raw[4] == raw[7] == "-":
        with suppress(ValueError):
            return date.fromisoformat(raw)
    text = " ".join(raw.replace(",", " ").split())
    if found := _TODAY.fullmatch(text):
        return _shifted(raw, context, int((found[1] or "+") + (found[2] or "0")))
    try:
        return date(*_year_month_day(text, context))
    except ValueError as error:
        raise _no_date(raw) from error


def _shifted(raw: str, context: ParseContext, days: int) -> date:
    try:
        return today(context) + timedelta(days=days)
    except OverflowError as error:
        raise _no_date(raw) from error


def _year_month_day(text: str, context: ParseContext) -> tuple[int, int, int]:
    """The parts of a written day; ValueError when it is none."""
    if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _FIGURES.fullmatch(text):
        day, month = int(found[1]), int(found[2])
        if context.language == "en" and context.country in _MONTH_FIRST_COUNTRIES:
            day, month = month, day
        return int(found[3]), month, day
    if found := _DAY_FIRST.fullmatch(text):
        return int(found[3]), _months().get(fold(found[2]), 0), int(found[1])
    if found := _MONTH_FIRST.fullmatch(text.replace(".", "")):
        return int(found[3]), _months().get(fold(found[1]), 0), int(found[2])
    if (found := _DAY_FIRST.fullmatch(text.replace(".", ""))) is not None:
        return int(found[3]), _months().get(fold(found[2]), 0), int(found[1])
    raise ValueError(text)


def _no_date(raw: object) -> InvalidValue:
    return InvalidValue(msg("“{given}” is not a date. Write it like 2026-01-31, the year in four digits.", given=str(raw)[:40]))


class DateType(FieldType):
    """A day. ``min`` and ``max`` are days, or ``today`` with ``+`` or ``-`` days."""

    name = "date"
    options = frozenset({"min", "max"})
    input = "date"
    cell = "date"
    operators = _OPERATORS
    sortable = True
    expression_type = "date"

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """One day."""
        return (Column(field.key, Date()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> Any:
        """The day."""
        return read_date(raw, context)

    def restrict(self, field: Field, value: Any, context: ParseContext) -> None:
        """Between ``min`` and ``max``, both included."""
        if field.min is not None and value < self.bound(field, field.min, context):
            raise InvalidValue(msg("{given} is too early. Give {least} or later.", given=str(value), least=str(field.min)))
        if field.max is not None and value > self.bound(field, field.max, context):
            raise InvalidValue(msg("{given} is too late. Give {most} or earlier.", given=str(value), most=str(field.max)))

    def json_one(self, field: Field, value: Any) -> str:
        """``2026-01-31``."""
        return self.text_one(field, value)

    def text_one(self, field: Field, value: Any) -> str:
        """``2026-01-31``."""
        return str(value.isoformat())

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """With the month in letters, which nobody misreads."""
        return format_date(value, format="medium", locale=language)

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """Text in ISO form."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": "date"})

    def search_one(self, field: Field, value: Any) -> str:
        """Nothing: days are filtered and not searched."""
        return ""


def check_moment(value: datetime, context: ParseContext) -> datetime:
    """The same moment in UTC; one without zone is in the context's zone."""
    try:
        if value.tzinfo is None:
            value = value.replace(tzinfo=ZoneInfo(context.time_zone))
        return value.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise _no_moment(value) from error


def read_moment(raw: object, context: ParseContext) -> datetime | None:
    """The moment meant by a datetime or by text: ISO form, or a written day with a time (``31/01/2026 14:30``, ``14h30``)."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, datetime):
        return check_moment(raw, context)
    if isinstance(raw, date):
        return check_moment(datetime.combine(raw, time()), context)
    if not isinstance(raw, str) or len(raw) > 60:
        raise _no_moment(raw)
    text = " ".join(raw.split())
    try:
        return check_moment(datetime.fromisoformat(text), context)
    except ValueError:
        return check_moment(_written_moment(text, context), context)


def _written_moment(text: str, context: ParseContext) -> datetime:
    found = _TIME.fullmatch(text)
    try:
        day = read_date(found[1] if found else text, context)
    except InvalidValue as error:
        raise _no_moment(text) from error
    if day is None:
        raise _no_moment(text)
    if found is None:
        return datetime.combine(day, time())
    hour, minute, second = int(found[2]), int(found[3] or 0), int(found[4] or 0)
    if found[6]:
        if not 1 <= hour <= 12:
            raise _no_moment(text)
        hour = hour % 12 + (12 if found[6].lower() == "pm" else 0)
    try:
        return datetime.combine(day, time(hour, minute, second, int((found[5] or "0").ljust(6, "0"))))
    except ValueError as error:
        raise _no_moment(text) from error


def _no_moment(raw: object) -> InvalidValue:
    return InvalidValue(msg("“{given}” is not a day and time. Write it like 2026-01-31 14:30.", given=str(raw)[:40]))


class DateTimeType(DateType):
    """A moment: kept in UTC; text without zone is in the context's zone. ``format`` shows it in the zone the value has."""

    name = "datetime"
    input = "datetime"
    cell = "datetime"
    expression_type = "datetime"

    def check_options(self, field: Field) -> list[Message]:
        """Nothing beyond the range."""
        return []

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """One moment."""
        return (Column(field.key, UtcDateTime()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> datetime | None:
        """The moment, in UTC."""
        return read_moment(raw, context)

    def text_one(self, field: Field, value: Any) -> str:
        """``2026-01-31T13:30:00Z``."""
        return str(value.astimezone(UTC).isoformat()).replace("+00:00", "Z")

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """Day and time without seconds."""
        shown = format_date(value, format="medium", locale=language)
        return f"{shown} {format_datetime(value, format='HH:mm', tzinfo=value.tzinfo, locale=language)}"

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """Text in ISO form with a zone."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": "date-time"})

    def filter(self, field: Field, table: FromClause, operator: str, raw: object, context: ParseContext) -> ColumnElement[bool]:
        """A day given as operand means the whole day: ``eq`` anything in it, ``after`` from the next one on."""
        column = table.c[field.key]
        if operator in self.operators_for(field):
            if operator == "between":
                low, high = (_day(end, context) for end in conditions.ends(raw))
                if low or high:
                    return self._within(field, column, raw, low, high, context)
            elif operator not in {"empty", "filled", "has_any"} and (day := _day(raw, context)):
                return _against_day(column, operator, *_bounds(day, context))
        return super().filter(field, table, operator, raw, context)

    def _within(
        self, field: Field, column: ColumnElement[Any], raw: object, low: date | None, high: date | None, context: ParseContext
    ) -> ColumnElement[bool]:
        first, last = (None if end is None else read_moment(end, context) for end in conditions.ends(raw))
        if high:
            # The last microsecond and not "below the next day", so that both kinds of end make one closed range.
            last = _bounds(high, context)[1] - timedelta(microseconds=1)
        return conditions.between(column, _bounds(low, context)[0] if low else first, last)


def _day(raw: object, context: ParseContext) -> date | None:
    """The day when the operand is one without a time of day."""
    if isinstance(raw, str) and not re.search(r"[0-9]:|[0-9]h", raw):
        return read_date(raw, context)
    return raw if isinstance(raw, date) and not isinstance(raw, datetime) else None


def _bounds(day: date, context: ParseContext) -> tuple[datetime, datetime]:
    """The first moment of a day and of the next."""
    if day == date.max:
        raise _no_date(day)
    return (
        check_moment(datetime.combine(day, time()), context),
        check_moment(datetime.combine(day + timedelta(days=1), time()), context),
    )


def _against_day(column: ColumnElement[Any], operator: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    if operator in {"before", "lt"}:
        return column < start
    if operator in {"after", "gt"}:
        return column >= end
    if operator == "le":
        return column < end
    if operator == "ge":
        return column >= start
    if operator == "ne":
        return column.is_(None) | (column < start) | (column >= end)
    return (column >= start) & (column < end)
