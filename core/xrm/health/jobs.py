# SPDX-License-Identifier: Apache-2.0
"""Checks of jobs: whether somebody takes them, which are stuck with a worker that is gone, which failed; and a repair."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select, update

from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.invitations.mails import SYSTEM_MAIL_JOB
from xrm.jobs.leases import LEASE
from xrm.jobs.models import job
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

LONG_WAIT = timedelta(minutes=15)
RECENT = timedelta(days=7)
SILENT = timedelta(minutes=1)  # without a sign of a process that is not there any more
MAILS = (SYSTEM_MAIL_JOB, "send_message")


def check_worker(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether somebody takes the jobs whose time has come."""
    late = (job.c.state == "waiting") & (job.c.due_at < uow.now - LONG_WAIT)
    if waiting := _count(uow, late):
        said = msg("Jobs that wait for more than 15 minutes, which no worker takes: {count}.", count=waiting)
        yield HealthFinding("worker", "bad", said,
                            msg("Start xrm serve, or xrm worker; the log of the worker says why it ended."))


def check_stuck(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Jobs that a worker began which is gone."""
    if stuck := find_stuck(uow):
        said = msg("Jobs that were begun by a worker that is gone: {count}.", count=len(stuck))
        yield HealthFinding("stuck jobs", "warn", said, msg("Given back, the next worker does them."), fix="stuck_jobs")


def check_failed(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Jobs that failed for good lately; mails apart, because somebody waits for them."""
    recent = (job.c.state == "failed") & (job.c.ended_at > uow.now - RECENT)
    if failed := _count(uow, recent & job.c.kind.not_in(MAILS)):
        yield HealthFinding("jobs", "warn", msg("Jobs that failed in the last seven days: {count}.", count=failed),
                            msg("xrm job list --state failed names them; xrm job retry tries one again."))
    if failed := _count(uow, recent & job.c.kind.in_(MAILS)):
        yield HealthFinding("mails", "warn", msg("Mails that could not be sent in the last seven days: {count}.", count=failed),
                            msg("xrm job list --state failed says why; xrm job retry sends one again."))


def _count(uow: UnitOfWork, where: ColumnElement[bool]) -> int:
    return int(uow.execute(select(func.count()).select_from(job).where(where)).scalar_one())


def find_stuck(uow: UnitOfWork) -> list[uuid.UUID]:
    """Running jobs whose worker is gone: nobody prolonged them for long, or its process on this machine is not there."""
    before = uow.now - LONG_WAIT
    quiet = or_(job.c.leased_until < uow.now - SILENT + LEASE, job.c.leased_until < before)
    rows = uow.execute(select(job.c.id, job.c.leased_by, job.c.leased_until).where(job.c.state == "running", quiet))
    return [row.id for row in rows if row.leased_until < before or _is_gone(row.leased_by)]


def _is_gone(leased_by: str) -> bool:
    host, _, rest = leased_by.partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def give_back_jobs(runtime: Runtime) -> Iterator[Message]:
    """Let the jobs of workers that are gone wait for another one."""
    def give_back(uow: UnitOfWork) -> int:
        stuck = find_stuck(uow)
        mine = (job.c.state == "running") & job.c.id.in_(stuck)
        values = {"state": "waiting", "due_at": uow.now, "leased_until": None, "leased_by": ""}
        return uow.execute(update(job).where(mine).values(values)).rowcount if stuck else 0

    count = runtime.write(give_back, system_actor())
    if count:
        yield msg("Jobs that were stuck with a worker that is gone: {count}. Now they wait for the next one.", count=count)
