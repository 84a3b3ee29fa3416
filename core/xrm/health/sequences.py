# SPDX-License-Identifier: Apache-2.0
"""Checks of what is numbered after commit: the audit log and the events; and its repair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from xrm.audit.models import audit_entry, sequence_head
from xrm.audit.sequencing import AUDIT, SEQUENCES, has_waiting, new_holder, number_waiting
from xrm.db.sequences import is_waiting
from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

LATE = timedelta(hours=1)
LONG_AGO = timedelta(days=90)
OUTBOX = "outbox"


def check_audit_numbers(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether the audit log is chained up to now: what is not yet, could be changed without a trace."""
    if has_waiting(uow, AUDIT, before=uow.now - LATE):
        said = msg("Audit entries are older than an hour and not in the chain yet: {count} wait.", count=_waiting(uow, AUDIT))
        yield HealthFinding("audit numbers", "warn", said,
                            msg("Start xrm serve, or xrm worker, which does it all the time."), fix="numbering")


def check_outbox(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether events are announced in time."""
    if has_waiting(uow, OUTBOX, before=uow.now - LATE):
        said = msg("Events are older than an hour and not announced yet: {count} wait.", count=_waiting(uow, OUTBOX))
        yield HealthFinding("outbox", "warn", said,
                            msg("Start xrm serve, or xrm worker, which does it all the time."), fix="numbering")


def check_verification(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """What the last verification of the audit log found, and when it was."""
    head = uow.execute(select(sequence_head).where(sequence_head.c.name == AUDIT)).first()
    if head is None:
        return
    if head.problems:
        said = msg("The last verification of the audit log found places that were changed: {count}.", count=head.problems)
        yield HealthFinding("audit", "bad", said, msg("xrm audit verify names them. Look who can write to the database."))
    began = uow.execute(select(func.min(audit_entry.c.at)).where(audit_entry.c.number == 1)).scalar()
    since = head.verified_at or began
    if since is not None and uow.now - since > LONG_AGO:
        yield HealthFinding("audit", "warn", msg("The audit log was not verified since {day}.", day=since.date().isoformat()),
                            msg("Run xrm audit verify, best once a month, and note xrm audit head elsewhere."))


def _waiting(uow: UnitOfWork, name: str) -> int:
    table = SEQUENCES[name]
    return int(uow.execute(select(func.count()).select_from(table).where(is_waiting(table))).scalar_one())


def mend_numbers(runtime: Runtime) -> Iterator[Message]:
    """Number what waits now."""
    def count(uow: UnitOfWork) -> int:
        return sum(_waiting(uow, name) for name in SEQUENCES)

    actor = system_actor("sequencer")
    if not runtime.read(lambda uow: any(has_waiting(uow, name, before=uow.now - LATE) for name in SEQUENCES), actor):
        return
    before = runtime.read(count, actor)
    number_waiting(runtime, new_holder())
    yield msg("Audit entries and events without a number: {before} before, {after} now.", before=before,
              after=runtime.read(count, actor))
