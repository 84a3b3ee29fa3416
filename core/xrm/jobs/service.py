# SPDX-License-Identifier: Apache-2.0
"""Changes of jobs: put one into the queue, cancel it, try it again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, update

from xrm.access.policy import require, require_everywhere
from xrm.db.ids import new_id
from xrm.errors import Conflict, msg
from xrm.jobs.models import job
from xrm.jobs.queries import find_job
from xrm.unit_of_work import UnitOfWork


def enqueue(
    uow: UnitOfWork, kind: str, payload: Mapping[str, Any], *, department: uuid.UUID | None, due_at: datetime | None = None,
    max_tries: int = 10, lane: str = "",
) -> uuid.UUID:
    """Put a job into the queue and return its id; it exists if and only if this unit of work commits.

    ``payload`` holds JSON values: ids, not contents. Jobs of one ``lane`` (the kind, unless named) never take up all of a worker.
    """
    job_id = new_id()
    uow.execute(
        insert(job).values(
            id=job_id, kind=kind, lane=lane or kind, department_id=department, actor_id=uow.actor.user_id,
            payload=json.dumps(payload, default=str), state="waiting", max_tries=max_tries, due_at=due_at or uow.now,
            created_at=uow.now,
        )
    )
    return job_id


def cancel_job(uow: UnitOfWork, job_id: uuid.UUID) -> None:
    """Take a job out of the queue; one that runs stops at its next step.

    Raises:
        NotFound: when the actor may not see it.
        PermissionDenied: for somebody else's job without the right to administer jobs in its department.
        Conflict: when it has ended already.
    """
    row = find_job(uow, job_id)
    _require(uow, row)
    if row.state not in {"waiting", "running"}:
        raise Conflict(msg("This job has ended already ({state}). There is nothing to cancel.", state=row.state))
    uow.execute(
        update(job).where(job.c.id == job_id, job.c.state == row.state)
        .values(state="cancelled", ended_at=uow.now, leased_until=None, leased_by="")
    )


def retry_job(uow: UnitOfWork, job_id: uuid.UUID) -> None:
    """Put a job that failed or was cancelled into the queue again, with all its tries.

    Raises:
        NotFound: when the actor may not see it.
        PermissionDenied: for somebody else's job without the right to administer jobs in its department.
        Conflict: when it waits or runs, or was done.
    """
    row = find_job(uow, job_id)
    _require(uow, row)
    if row.state not in {"failed", "cancelled"}:
        raise Conflict(msg("This job is {state}. Only a job that failed or was cancelled can be tried again.", state=row.state))
    uow.execute(
        update(job).where(job.c.id == job_id, job.c.state == row.state)
        .values(state="waiting", tries=0, progress=0, due_at=uow.now, ended_at=None, error="")
    )


def _require(uow: UnitOfWork, row: Row[Any]) -> None:
    if row.actor_id is not None and row.actor_id == uow.actor.user_id:
        return
    if row.department_id is None:
        require_everywhere(uow, "job:administer")
    else:
        require(uow, "job:administer", row.department_id)
