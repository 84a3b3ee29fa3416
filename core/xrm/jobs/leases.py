# SPDX-License-Identifier: Apache-2.0
"""Leases: which job a worker takes next, for how long it is its own, and what became of it."""

from __future__ import annotations

import json
import random
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select, update

from xrm.jobs.models import job
from xrm.unit_of_work import UnitOfWork

LEASE = timedelta(minutes=5)
MOST_PER_LANE = 2
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)


def has_due(uow: UnitOfWork) -> bool:
    """Whether there is a job to take; takes no write lock."""
    return any(uow.execute(select(job.c.id).where(due).limit(1)).first() is not None for due in _due(uow.now))


def lease_next(uow: UnitOfWork, worker: str) -> Row[Any] | None:
    """Take the job that waits longest, or None; nobody else takes it before its lease is over."""
    for due in _due(uow.now):
        statement = select(job).where(due).order_by(job.c.due_at, job.c.id).limit(1).with_for_update(skip_locked=True)
        found = uow.execute(statement).first()
        if found is not None:
            token = f"{worker}:{secrets.token_hex(8)}"
            values = {"state": "running", "tries": found.tries + 1, "leased_by": token, "leased_until": uow.now + LEASE}
            uow.execute(update(job).where(job.c.id == found.id).values(values))
            return uow.execute(select(job).where(job.c.id == found.id)).one()
    return None


def _due(moment: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Jobs that may be taken: whoever had it is gone, or its time has come and its lane has room. Two, for an index each."""
    running = job.alias("running")
    full_lanes = (
        select(running.c.lane).where(running.c.state == "running", running.c.leased_until > moment)
        .group_by(running.c.lane).having(func.count() >= MOST_PER_LANE)
    )
    abandoned = and_(job.c.state == "running", job.c.leased_until <= moment)
    waiting = and_(job.c.state == "waiting", job.c.due_at <= moment, job.c.lane.not_in(full_lanes))
    return abandoned, waiting


def extend(uow: UnitOfWork, job_id: uuid.UUID, token: str, progress: int) -> bool:
    """Note how far a job has come and keep it; False when it was cancelled or is another worker's by now."""
    values = {"progress": max(0, min(progress, 100)), "leased_until": uow.now + LEASE}
    return uow.execute(update(job).where(_mine(job_id, token)).values(values)).rowcount == 1


def put_back(uow: UnitOfWork, row: Row[Any], error: str, after: timedelta | None) -> bool:
    """Let a job wait for its next try, longer each time; False when it is no longer this worker's."""
    pause = after if after is not None else pause_after(row.tries)
    values = {"state": "waiting", "due_at": uow.now + pause, "leased_until": None, "leased_by": "", "error": error[:2000]}
    return uow.execute(update(job).where(_mine(row.id, row.leased_by)).values(values)).rowcount == 1


def end(uow: UnitOfWork, row: Row[Any], state: str, *, result: Mapping[str, Any] | None = None, error: str = "") -> bool:
    """Write how a job ended; False when it is no longer this worker's."""
    values: dict[str, Any] = {"state": state, "ended_at": uow.now, "leased_until": None, "leased_by": "", "error": error[:2000]}
    if state == "done":
        values |= {"progress": 100, "result": json.dumps(result or {}, default=str)}
    return uow.execute(update(job).where(_mine(row.id, row.leased_by)).values(values)).rowcount == 1


def pause_after(tries: int) -> timedelta:
    """Twice as long after each try, at most six hours, and never at the same moment as the others that failed together."""
    longest = min(FIRST_PAUSE * (1 << min(max(tries - 1, 0), 20)), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # no secret depends on it


def _mine(job_id: uuid.UUID, token: str) -> ColumnElement[bool]:
    return and_(job.c.id == job_id, job.c.state == "running", job.c.leased_by == token)
