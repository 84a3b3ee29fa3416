# SPDX-License-Identifier: Apache-2.0
"""Checks of people and jobs: administrators, users without rights, sessions that ended, jobs that wait or failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import and_, delete, exists, func, or_, select

from xrm.access.models import grant, permission, session, sign_in_attempt, user
from xrm.errors import msg
from xrm.health.findings import HealthFinding
from xrm.jobs.models import job
from xrm.unit_of_work import UnitOfWork

LONG_WAIT = timedelta(minutes=15)
RECENT = timedelta(days=7)
MANY = 1000  # sessions that ended, from which on they are worth a word
ENDED_FOR = timedelta(days=30)


def check_people(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether somebody can administer, and who can do nothing."""
    everything = permission.c.permission.in_(("*:*", "user:administer", "*:administer", "user:*"))
    administrators = uow.execute(
        select(func.count(user.c.id.distinct())).select_from(
            user.join(grant, grant.c.user_id == user.c.id)
            .join(permission, permission.c.permission_set_id == grant.c.permission_set_id)
        ).where(user.c.is_active.is_(True), everything, grant.c.depth == "all")
    ).scalar_one()
    if not administrators:
        yield HealthFinding("administrator", "bad", msg("No active user may administer users in all departments."),
                            msg("Run xrm user grant on the machine of the instance."))
    without = uow.execute(
        select(func.count()).select_from(user).where(user.c.is_active.is_(True), ~exists().where(grant.c.user_id == user.c.id))
    ).scalar_one()
    if without:
        said = msg("Active users who have no rights anywhere and see nothing: {count}.", count=without)
        yield HealthFinding("users", "warn", said, msg("Give them rights with xrm user grant, or deactivate them."))
    ended = uow.execute(select(func.count()).select_from(session).where(session.c.expires_at < uow.now - ENDED_FOR)).scalar_one()
    if ended >= MANY:
        said = msg("Sessions that ended more than a month ago and are still kept: {count}.", count=ended)
        yield HealthFinding("sessions", "warn", said, msg("They can be removed without loss."), fix="ended_sessions")


def check_jobs(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether somebody takes the jobs that wait, and which failed lately."""
    abandoned = and_(job.c.state == "running", job.c.leased_until < uow.now - LONG_WAIT)
    late = and_(job.c.state == "waiting", job.c.due_at < uow.now - LONG_WAIT)
    waiting = uow.execute(select(func.count()).select_from(job).where(or_(abandoned, late))).scalar_one()
    if waiting:
        said = msg("Jobs that wait for more than 15 minutes, which no worker takes: {count}.", count=waiting)
        yield HealthFinding("worker", "bad", said,
                            msg("Start xrm serve, or xrm worker; the log of the worker says why it ended."))
    failed = uow.execute(
        select(func.count()).select_from(job).where(job.c.state == "failed", job.c.ended_at > uow.now - RECENT)
    ).scalar_one()
    if failed:
        yield HealthFinding("jobs", "warn", msg("Jobs that failed in the last seven days: {count}.", count=failed),
                            msg("xrm job list --state failed names them; xrm job retry tries one again."))


def remove_ended_sessions(uow: UnitOfWork) -> int:
    """Forget sessions and sign-in attempts that ended a month ago; how many."""
    long_ago = uow.now - ENDED_FOR
    uow.execute(delete(sign_in_attempt).where(sign_in_attempt.c.last_at < long_ago))
    return uow.execute(delete(session).where(session.c.expires_at < long_ago)).rowcount
