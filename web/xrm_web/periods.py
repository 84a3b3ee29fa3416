# SPDX-License-Identifier: Apache-2.0
"""Periods as people say them: with the last day on which something holds. Core keeps the first day on which it no longer does."""

from __future__ import annotations

from datetime import date, timedelta

from xrm_web.i18n import format_date, gettext

ONE_DAY = timedelta(days=1)


def last_day(until: date | None) -> date | None:
    """The last day of a period that core ends on ``until``; None while it goes on."""
    return until - ONE_DAY if until is not None and until > date.min else until


def end_after(last: date | None) -> date | None:
    """The end that core keeps for a period with this last day; None while it goes on."""
    return last + ONE_DAY if last is not None and last < date.max else last


def period_text(since: date | None, until: date | None, today: date) -> str:
    """A period in words, with its last day: since …, until …, from … on, or both ends."""
    last = last_day(until)
    if since and last:
        return f"{format_date(since)} – {format_date(last)}" if since != last else format_date(since)
    if last:
        return str(gettext("until %(day)s", day=format_date(last)))
    if since and since > today:
        return str(gettext("from %(day)s", day=format_date(since)))
    return str(gettext("since %(day)s", day=format_date(since))) if since else ""
