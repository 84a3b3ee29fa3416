# SPDX-License-Identifier: Apache-2.0
"""Reads of jobs: one's own, and those of departments whose jobs the actor may read."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, and_, false, or_, select, true

from xrm.access.policy import in_scope, scope
from xrm.errors import InvalidInput, NotFound, msg
from xrm.jobs.models import job
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

State = Literal["waiting", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = ("waiting", "running", "done", "failed", "cancelled")


@dataclass(frozen=True)
class JobEntry:
    """One job as people see it; ``progress`` in percent, ``error`` what happened in the last try, ``due_at`` of the next one."""

    id: uuid.UUID
    kind: str
    department: uuid.UUID | None
    state: str
    progress: int
    tries: int
    max_tries: int
    due_at: datetime
    created_at: datetime
    ended_at: datetime | None
    error: str
    result: dict[str, Any] = field(default_factory=dict)


def visible_job(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``job`` may be seen: one's own, or of a department in scope of ``job:read``."""
    where = scope(uow, "job", "read")
    if where.is_everywhere:
        return true()
    own = job.c.actor_id == uow.actor.user_id if uow.actor.user_id is not None else false()
    return or_(own, and_(job.c.department_id.is_not(None), in_scope(where, job.c.department_id, None, None)))


def list_jobs(uow: UnitOfWork, *, state: str = "", kind: str = "", limit: int = 50) -> list[JobEntry]:
    """The visible jobs, newest first.

    Raises:
        InvalidInput: for a state that does not exist.
    """
    if state and state not in STATES:
        raise InvalidInput(unknown("state", state, STATES))
    statement = select(job).where(visible_job(uow)).order_by(job.c.created_at.desc(), job.c.id.desc()).limit(limit)
    if state:
        statement = statement.where(job.c.state == state)
    if kind:
        statement = statement.where(job.c.kind == kind)
    return [_entry(row) for row in uow.execute(statement)]


def get_job(uow: UnitOfWork, job_id: uuid.UUID) -> JobEntry:
    """One job.

    Raises:
        NotFound: when there is none, or the actor may not see it.
    """
    return _entry(find_job(uow, job_id))


def find_job(uow: UnitOfWork, job_id: uuid.UUID) -> Row[Any]:
    """The row of a job the actor sees.

    Raises:
        NotFound: when there is none, or the actor may not see it.
    """
    row = uow.execute(select(job).where(job.c.id == job_id, visible_job(uow))).first()
    if row is None:
        raise NotFound(msg("There is no job with the id {id} that you may see.", id=job_id))
    return row


def _entry(row: Row[Any]) -> JobEntry:
    return JobEntry(
        row.id, row.kind, row.department_id, row.state, row.progress, row.tries, row.max_tries, row.due_at, row.created_at,
        row.ended_at, row.error, json.loads(row.result or "{}"),
    )
