# SPDX-License-Identifier: Apache-2.0
"""The sequencer: gives committed audit entries and events their numbers, in batches, one sequencer at a time.

Writers never wait for it. A lease keeps others from trying in vain; what keeps numbers whole is that a batch and the new head
of its sequence are one transaction, which holds the row of the head: a sequencer that is killed leaves no trace of its batch.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Table, bindparam, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from xrm.audit.chain import START, link
from xrm.audit.models import audit_entry, sequence_head
from xrm.db.sequences import is_waiting
from xrm.errors import Conflict, XrmError, msg
from xrm.jobs.models import outbox
from xrm.unit_of_work import UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime

logger = logging.getLogger("xrm.audit")
AUDIT = "audit"
SEQUENCES: Mapping[str, Table] = {AUDIT: audit_entry, "outbox": outbox}
BATCH = 500
LEASE = timedelta(seconds=30)
PAUSE = 1.0
PATIENCE = 2 * LEASE.total_seconds()  # as long as a sequencer that was killed may keep its lease, and as long again


def has_waiting(uow: UnitOfWork, name: str = AUDIT, *, before: datetime | None = None) -> bool:
    """Whether anything committed (from before a moment) has no number yet; takes no write lock."""
    table = SEQUENCES[name]
    statement = select(table.c.id).where(is_waiting(table)).limit(1)
    return uow.execute(statement if before is None else statement.where(table.c.at < before)).first() is not None


def is_leased(uow: UnitOfWork, name: str, holder: str) -> bool:
    """Whether somebody else gives the numbers of a sequence right now."""
    head = sequence_head.c
    found = uow.execute(select(head.leased_by, head.leased_until).where(head.name == name)).first()
    return found is not None and found.leased_until is not None and found.leased_until > uow.now and found.leased_by != holder


def number_batch(uow: UnitOfWork, name: str, holder: str, *, batch: int = BATCH, lease: timedelta = LEASE) -> int | None:
    """Give the next numbers to what waits and return to how many; None when another sequencer is at it."""
    head = _lease(uow, name, holder, uow.now + lease)
    if head is None:
        return None
    table = SEQUENCES[name]
    rows = uow.execute(select(table).where(is_waiting(table)).order_by(table.c.id).limit(batch)).all()
    if name == AUDIT:
        chain = _number_chained(uow, rows, head)
    else:
        chain = None
        _write(uow, table, [{"row": row.id, "number": head.number + place} for place, row in enumerate(rows, 1)])
    values: dict[str, Any] = {"number": head.number + len(rows), "chain": chain}
    if len(rows) < batch:
        values |= {"leased_by": "", "leased_until": None}
    _move(uow, name, head, values)
    return len(rows)


def _lease(uow: UnitOfWork, name: str, holder: str, until: datetime) -> Row[Any] | None:
    """The head of a sequence, held until the end of this unit of work; None when it is another's."""
    free = or_(
        sequence_head.c.leased_by == holder, sequence_head.c.leased_until.is_(None), sequence_head.c.leased_until <= uow.now
    )
    wanted = update(sequence_head).where(sequence_head.c.name == name, free)
    known = select(sequence_head).where(sequence_head.c.name == name)
    if uow.execute(wanted.values(leased_by=holder, leased_until=until)).rowcount == 1:
        return uow.execute(known).one()
    if uow.execute(known).first() is not None:
        return None
    # Another that does the same in this moment makes this unit of work run again, and finds the row.
    uow.execute(insert(sequence_head).values(name=name, number=0, leased_by=holder, leased_until=until))
    return uow.execute(known).one()


def _number_chained(uow: UnitOfWork, rows: Sequence[Row[Any]], head: Row[Any]) -> bytes:
    chain, numbered = head.chain or START, []
    for number, row in enumerate(rows, head.number + 1):
        chain = link(chain, row, number)
        numbered.append({"row": row.id, "number": number, "chain": chain})
    _write(uow, audit_entry, numbered)
    return bytes(chain)


def _write(uow: UnitOfWork, table: Table, numbered: Sequence[Mapping[str, Any]]) -> None:
    if numbered:
        names: dict[str, Any] = {name: bindparam(name) for name in numbered[0] if name != "row"}
        uow.execute(update(table).where(table.c.id == bindparam("row"), table.c.number.is_(None)).values(names), numbered)


def _move(uow: UnitOfWork, name: str, head: Row[Any], values: Mapping[str, Any]) -> None:
    moved = update(sequence_head).where(sequence_head.c.name == name, sequence_head.c.number == head.number)
    if uow.execute(moved.values(values)).rowcount != 1:
        raise Conflict(msg("Others are changing the same data right now. Try again in a moment."), code="busy")


def new_holder() -> str:
    """The name under which one sequencer holds its lease."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def number_waiting(runtime: Runtime, holder: str, *, batch: int = BATCH, lease: timedelta = LEASE) -> int:
    """Number what waits, batch after batch, and return how many got one; those of a sequence that another is at are left."""
    actor, count = system_actor("sequencer"), 0
    for name in SEQUENCES:
        done: int | None = batch
        while done == batch and runtime.read(lambda uow, name=name: _is_worth_it(uow, name, holder), actor):  # type: ignore[misc]
            done = runtime.write(
                lambda uow, name=name: number_batch(uow, name, holder, batch=batch, lease=lease), actor  # type: ignore[misc]
            )
            count += done or 0
        if done == batch and count:
            runtime.write(lambda uow, name=name: _let_go(uow, name, holder), actor)  # type: ignore[misc]
    return count


def _let_go(uow: UnitOfWork, name: str, holder: str) -> None:
    mine = update(sequence_head).where(sequence_head.c.name == name, sequence_head.c.leased_by == holder)
    uow.execute(mine.values(leased_by="", leased_until=None))


def _is_worth_it(uow: UnitOfWork, name: str, holder: str) -> bool:
    return has_waiting(uow, name) and not is_leased(uow, name, holder)


def number_all(runtime: Runtime, *, patience: float = PATIENCE) -> int:
    """Number what was committed before this call, or see another sequencer do so; how many this one numbered."""
    holder, actor, deadline = new_holder(), system_actor("sequencer"), time.monotonic() + patience
    begin, count = datetime.now(UTC), number_waiting(runtime, holder)
    while runtime.read(lambda uow: has_waiting(uow, before=begin), actor) and time.monotonic() < deadline:
        time.sleep(0.1)
        count += number_waiting(runtime, holder)
    return count


def run_sequencer(runtime: Runtime, stop: threading.Event, *, pause: float = PAUSE) -> None:
    """Number what is committed until ``stop`` is set; outlives a database that is away for a while."""
    holder = new_holder()
    while not stop.is_set():
        wait = pause
        try:
            number_waiting(runtime, holder)
        except (XrmError, SQLAlchemyError):
            logger.exception("the sequencer could not number what waits")
            wait = pause * 10
        stop.wait(wait)
