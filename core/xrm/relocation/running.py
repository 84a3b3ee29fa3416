# SPDX-License-Identifier: Apache-2.0
"""The job that moves the contents of a department, one unit of work for each batch, with the rights of who began it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from xrm.access.users import get_user
from xrm.errors import PermissionDenied, msg
from xrm.relocation.kinds import kinds_in
from xrm.relocation.service import move_batch
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.jobs.kinds import Job
    from xrm.runtime import Runtime


def move_contents_job(runtime: Runtime, job: Job) -> Mapping[str, Any]:
    """Move until nothing is left; what is interrupted goes on where it was.

    Raises:
        PermissionDenied: when who began it lost the right, or their login was switched off.
    """
    source, target = uuid.UUID(job.payload["source"]), uuid.UUID(job.payload["target"])
    types = job.payload["types"]
    actor = runtime.read(lambda uow: _actor(uow, job.actor_id), system_actor("job"))
    total = runtime.read(lambda uow: _count(uow, source, types), system_actor("job"))
    moved = 0
    while count := runtime.write(lambda uow: move_batch(uow, source, target, types), actor):
        moved += count
        job.progress(min(99, 100 * moved // max(total, 1)))
    return {"moved": moved}


def _actor(uow: UnitOfWork, user_id: uuid.UUID | None) -> Actor:
    if user_id is None:
        return system_actor("job")
    who = get_user(uow, user_id)
    if who is None or not who.is_active:
        raise PermissionDenied(msg("Who began this has no login any more."))
    return who.as_actor("job")


def _count(uow: UnitOfWork, source: uuid.UUID, types: list[str] | None) -> int:
    return sum(one.count for one in kinds_in(uow, source, None) if types is None or one.name in types)
