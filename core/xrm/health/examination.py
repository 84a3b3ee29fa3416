# SPDX-License-Identifier: Apache-2.0
"""All checks that a running program makes of itself in a moment; ``xrm doctor`` looks deeper, into tables, indexes and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import is_missing
from xrm.errors import msg
from xrm.health.findings import HealthFinding, by_severity
from xrm.health.models import health_snooze
from xrm.health.people_and_work import check_jobs, check_people
from xrm.health.plugins import check_plugins, check_quarantine, check_themselves
from xrm.health.surroundings import check_address, check_backups, check_database, check_files
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

OF_DATABASE: tuple[Callable[[UnitOfWork], Iterator[HealthFinding]], ...] = (
    check_database, check_backups, check_people, check_jobs,
)
OF_PLUGINS: tuple[Callable[[UnitOfWork], Iterator[HealthFinding]], ...] = (check_quarantine, check_themselves)


def examine_surroundings(runtime: Runtime) -> list[HealthFinding]:
    """What is found in folder, database, people and jobs; nothing about plugins, nothing that is good."""
    found = [*check_files(runtime.settings), *check_address(runtime.settings)]
    return by_severity([*found, *_asked(runtime, OF_DATABASE)])


def examine_running(runtime: Runtime) -> list[HealthFinding]:
    """Everything that is wrong or deserves attention, what is broken first."""
    found = [*check_files(runtime.settings), *check_address(runtime.settings), *check_plugins(runtime)]
    return by_severity([*found, *_asked(runtime, (*OF_DATABASE, *OF_PLUGINS))])


def _asked(
    runtime: Runtime, checks: tuple[Callable[[UnitOfWork], Iterator[HealthFinding]], ...]
) -> Iterator[HealthFinding]:
    for check in checks:
        try:
            yield from runtime.read(lambda uow, check=check: list(check(uow)), system_actor())  # type: ignore[misc]
        except DBAPIError as error:
            # A table that a schema change will make: the change itself is another finding.
            if not is_missing(error):
                raise
            yield HealthFinding("tables", "bad", msg("A table is not there yet."), msg("Run xrm schema apply."))


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
