# SPDX-License-Identifier: Apache-2.0
"""Languages: the only module that knows Flask-Babel. Chooses the reader's language, translates, formats."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import flask_babel
from babel import Locale, dates, numbers
from flask import Flask, g, has_request_context, request
from markupsafe import Markup, escape

from xrm.errors import Message, XrmError
from xrm.schema.model import LANGUAGES, Label

__all__ = ["gettext", "init_i18n", "language", "ngettext", "text_of", "translate"]

LANGUAGE_COOKIE = "xrm_language"
NAMES = {"en": "English", "fr": "Français"}
NARROW = "\u202f"
NO_BREAK = "\u00a0"
_BEFORE_MARK = re.compile(r"[ \u00a0]([;!?])(?!=)")
_BEFORE_COLON = re.compile(r"[ \u00a0]:")
_AFTER_OPEN = re.compile(r"«[ \u00a0]?")
_BEFORE_CLOSE = re.compile(r"[ \u00a0]?»")


def gettext(text: str, /, **places: object) -> str:
    """The sentence in the reader's language, with ``%(named)s`` places filled."""
    return str(flask_babel.gettext(text, **places))


def ngettext(one: str, many: str, num: int, /, **places: object) -> str:
    """The sentence for this number in the reader's language; ``%(num)s`` is the number."""
    return str(flask_babel.ngettext(one, many, num, **places))


def choose_language() -> str:
    """The user's own setting, else the cookie, else what the browser asks for, else English."""
    visitor = g.get("visitor")
    wishes = (visitor.language if visitor else "", request.cookies.get(LANGUAGE_COOKIE, ""))
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(LANGUAGES) or "en"


def language() -> str:
    """The language of the page: ``en`` or ``fr``."""
    found = flask_babel.get_locale() if has_request_context() else None
    return str(found.language) if found else "en"


def choose_again() -> None:
    """Choose the language anew: the reader changed their setting in this request."""
    flask_babel.refresh()


def locale() -> Locale:
    """The locale for numbers and dates."""
    found: Locale = flask_babel.get_locale() or Locale("en")
    return found


def zone() -> ZoneInfo:
    """The reader's time zone; UTC when none is set."""
    visitor = g.get("visitor") if has_request_context() else None
    name = visitor.time_zone if visitor else ""
    return ZoneInfo(name) if name and name in available_timezones() else ZoneInfo("UTC")


def translate(message: Message | str) -> str:
    """A message of core in the reader's language, its places filled."""
    if isinstance(message, str):
        return typography(gettext(message))
    params = {key: _param(value) for key, value in message.params.items()}
    text = gettext(message.text)
    try:
        return typography(text.format(**params) if params else text)
    except (KeyError, IndexError, ValueError):
        return str(message)


def _param(value: Any) -> Any:
    if isinstance(value, Message):
        return translate(value)
    if isinstance(value, XrmError):
        return translate(value.message)
    if isinstance(value, Decimal):
        return numbers.format_decimal(value, locale=locale(), decimal_quantization=False)
    if isinstance(value, date):
        return format_date(value)
    return value.get(language()) if isinstance(value, Label) else value


def text_of(label: Label | Mapping[str, str] | None) -> str:
    """A label of a declaration in the reader's language, set as that language sets it."""
    if label is None:
        return ""
    texts = label.texts if isinstance(label, Label) else label
    return typography(texts.get(language()) or texts.get("en", ""))


def typography(text: str) -> str:
    """French spacing: narrow no-break space before ; ! ?, no-break before : and inside « »."""
    return french_spaces(text) if language() == "fr" else text


def labelled(label: str, text: str) -> str:
    """A label with what it speaks of behind a colon, which French sets apart."""
    return f"{label}{NO_BREAK}: {text}" if language() == "fr" else f"{label}: {text}"


def french_spaces(text: str) -> str:
    """The text with the spaces that French sets before marks, for ``typography`` and for the catalogs."""
    text = _BEFORE_COLON.sub(NO_BREAK + ":", _BEFORE_MARK.sub(NARROW + r"\1", text))
    return _BEFORE_CLOSE.sub(NO_BREAK + "»", _AFTER_OPEN.sub("«" + NO_BREAK, text))


def format_date(value: date | None, style: str = "medium") -> str:
    """A day, as ``21 Nov 2026`` or ``21 nov. 2026``."""
    if value is None:
        return ""
    day = value.astimezone(zone()).date() if isinstance(value, datetime) else value
    text = str(dates.format_date(day, style, locale=_reading_locale()))
    # French counts its days but for the first, which has its ordinal.
    return text.replace("1 ", "1er ", 1) if language() == "fr" and day.day == 1 and style != "short" else text


def format_time(value: datetime) -> str:
    """The clock time of a moment in the reader's zone."""
    return str(dates.format_time(value, "short", tzinfo=zone(), locale=_reading_locale()))


def format_datetime(value: datetime | None, style: str = "medium") -> str:
    """A moment in the reader's zone, without seconds unless ``style`` is ``long``."""
    if value is None:
        return ""
    if style == "long":
        return str(dates.format_datetime(value, "long", tzinfo=zone(), locale=_reading_locale()))
    return f"{format_date(value, style)}, {format_time(value)}"


def format_relative(value: datetime) -> str:
    """How long ago, for the last week; the day for older and for later moments."""
    elapsed = datetime.now(UTC) - value
    if timedelta() <= elapsed < timedelta(minutes=1):
        return gettext("just now")
    if timedelta() <= elapsed < timedelta(days=7):
        return str(dates.format_timedelta(-elapsed, add_direction=True, locale=_reading_locale()))
    return format_date(value)


def format_day(value: date) -> str:
    """A day as heading: today, yesterday, or weekday and date."""
    today = datetime.now(zone()).date()
    if value == today:
        return gettext("Today")
    if value == today - timedelta(days=1):
        return gettext("Yesterday")
    return str(dates.format_date(value, "full", locale=_reading_locale()))


def format_number(value: int | float | Decimal | None) -> str:
    """A number with the reader's separators."""
    return "" if value is None else str(numbers.format_decimal(value, locale=locale()))


def format_count(value: int, most: int = 10_000) -> str:
    """A count; above ``most`` it was not counted to the end and reads ``10,000+``."""
    return format_number(most) + "+" if value > most else format_number(value)


def _reading_locale() -> Locale:
    # English by itself means American month-first dates; the rest of the world reads day-first.
    return Locale("en", "GB") if language() == "en" else locale()


def zones() -> list[str]:
    """The names of time zones to choose from."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right")))


def lines(text: str) -> Markup:
    """Text with its line breaks kept."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def init_i18n(app: Flask, more: Sequence[Path] = ()) -> None:
    """Choose the language of each request and give templates the formats; ``more`` are folders with catalogs of plugins."""
    folders = [*more, Path(app.root_path) / "translations"]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(str(folder) for folder in folders)
    app.config["BABEL_DOMAIN"] = ";".join("messages" for _ in folders)
    flask_babel.Babel(app, locale_selector=choose_language, timezone_selector=lambda: str(zone()))
    app.jinja_env.globals.update(
        format_date=format_date,
        format_time=format_time,
        format_datetime=format_datetime,
        format_relative=format_relative,
        format_day=format_day,
        format_number=format_number,
        format_count=format_count,
        language=language,
        language_names=NAMES,
    )
    app.jinja_env.filters.update(typo=typography, label=text_of, message=translate, lines=lines)
