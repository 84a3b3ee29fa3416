# SPDX-License-Identifier: Apache-2.0
"""Making the checks: each by itself, so that one that fails is a finding and keeps no other from being made."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from xrm.db.damage import is_damage
from xrm.db.engine import is_missing
from xrm.errors import XrmError, msg
from xrm.health.checks import Check, Finder, Ground
from xrm.health.findings import HealthFinding, by_severity, without_praise
from xrm.health.models import health_snooze
from xrm.health.registry import CHECKS
from xrm.health.tables import RESTORE
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork

logger = logging.getLogger("xrm.health")


def examine(ground: Ground, *, deep: bool = False, checks: Sequence[Check] = CHECKS) -> list[HealthFinding]:
    """What the checks find, what is broken first; what is good is named too. ``deep`` looks into all pages, rows and files."""
    found: list[HealthFinding] = []
    for check in checks:
        finder = (check.deeply if deep else None) or check.find
        if finder is None:
            continue
        found += _findings(check, finder, ground)
        if check.is_gate and any(one.by == check.key and one.state == "bad" for one in found):
            break
    return by_severity(without_praise(found))


def _findings(check: Check, finder: Finder, ground: Ground) -> list[HealthFinding]:
    try:
        found = list(finder(ground))
    except Exception as error:  # of any kind: a check looks at what is broken
        logger.warning("the check %s failed", check.key, exc_info=error)
        found = [_failed(check, error)]
    found = found or [HealthFinding(check.key, "good", check.title)]
    return [replace(one, by=check.key, title=one.title or check.title) for one in found]


def _failed(check: Check, error: Exception) -> HealthFinding:
    """What it means that a check could not be made."""
    cause = error if isinstance(error, DBAPIError) else error.__cause__
    if isinstance(cause, DBAPIError) and is_missing(cause):
        # The change of the schema that makes it is another finding, under the same name.
        return HealthFinding("tables", "bad", msg("A table or column is not there."), msg("Run xrm schema apply."))
    if isinstance(cause, DBAPIError) and is_damage(cause):
        return HealthFinding("integrity", "bad", msg("The database cannot be read: {why}", why=_line(cause)), RESTORE)
    why = error.message if isinstance(error, XrmError) else _line(error)
    return HealthFinding(check.key, "bad", msg("This check failed: {why}", why=why),
                         msg("The log says more. The other checks were made."), about="failed")


def _line(error: Exception) -> str:
    first = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return first if isinstance(error, (DBAPIError, XrmError)) else f"{type(error).__name__}: {first}"


def snoozed(uow: UnitOfWork) -> dict[str, tuple[datetime, str]]:
    """The findings that are not shown for now: until when, and why."""
    rows = uow.execute(select(health_snooze).where(health_snooze.c.until > uow.now))
    return {row.check_key: (row.until, row.reason) for row in rows}


def is_answering(runtime: Runtime, within: timedelta = timedelta(seconds=1)) -> bool:
    """Whether the database answers, quickly enough for a program that serves people."""
    begin = datetime.now(UTC)
    try:
        with runtime.engine.connect() as connection:
            connection.execute(select(1))
    except DBAPIError:
        return False
    return datetime.now(UTC) - begin <= within
