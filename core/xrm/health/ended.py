# SPDX-License-Identifier: Apache-2.0
"""What is over and still kept: sessions, steps of signing in, one-time links, counts of tries; and sweeping it away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import ColumnElement, Table, delete, func, select

from xrm.access.models import session, sign_in_attempt, sign_in_ticket
from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.invitations.models import link_request, one_time_link
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

MANY = 1000  # rows, from which on they are worth a word
ENDED_FOR = timedelta(days=30)


def check_ended(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether much is kept that opened nothing for a month."""
    if (count := count_ended(uow)) >= MANY:
        said = msg("Sessions, links and tries that ended more than a month ago and are still kept: {count}.", count=count)
        yield HealthFinding("sessions", "warn", said, msg("They can be removed without loss."), fix="ended_sessions")


def count_ended(uow: UnitOfWork) -> int:
    """How many rows ended a month ago."""
    return sum(uow.execute(select(func.count()).select_from(table).where(over)).scalar_one() for table, over in _ended(uow))


def _ended(uow: UnitOfWork) -> tuple[tuple[Table, ColumnElement[bool]], ...]:
    before = uow.now - ENDED_FOR
    return (
        (session, session.c.expires_at < before), (sign_in_ticket, sign_in_ticket.c.expires_at < before),
        (one_time_link, one_time_link.c.expires_at < before), (link_request, link_request.c.since < before),
        (sign_in_attempt, sign_in_attempt.c.last_at < before),
    )


def sweep_ended(runtime: Runtime) -> Iterator[Message]:
    """Forget what ended a month ago."""
    def sweep(uow: UnitOfWork) -> int:
        return sum(uow.execute(delete(table).where(over)).rowcount for table, over in _ended(uow))

    if runtime.read(count_ended, system_actor()):
        count = runtime.write(sweep, system_actor())
        yield msg("Sessions, links and tries that ended a month ago: {count} before, none now.", count=count)
