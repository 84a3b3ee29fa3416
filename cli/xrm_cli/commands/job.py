# SPDX-License-Identifier: Apache-2.0
"""``xrm job``: what waits, runs, is done or has failed."""

from __future__ import annotations

import uuid
from typing import Any

import click

from xrm.jobs.queries import STATES, JobEntry, list_jobs
from xrm.jobs.service import cancel_job, retry_job
from xrm.jobs.worker import run_due
from xrm.work import KINDS
from xrm_cli.declaring import Noun
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def job() -> None:
    """Jobs: list, run, retry, cancel."""


@job.command("list", examples=["xrm job list", "xrm job list --state failed --json"])
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@with_session
def list_command(session: Session, *, state: str | None, limit: int) -> None:
    """List jobs, newest first."""
    items = [_item(one) for one in session.read(lambda uow: list_jobs(uow, state=state or "", limit=limit))]
    session.give_list(items, ("id", "kind", "state", "tries", "due_at", "error"))


def _item(one: JobEntry) -> dict[str, Any]:
    return {
        "id": str(one.id), "kind": one.kind, "state": one.state, "progress": one.progress, "tries": one.tries,
        "due_at": one.due_at.isoformat(), "created_at": one.created_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None, "error": one.error, "result": one.result,
    }


@job.command("run", examples=["xrm job run", "xrm job run --limit 10 --json"])
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="How many at most.")
@with_session
def run(session: Session, *, limit: int) -> None:
    """Run the jobs whose time has come, then stop. xrm serve and xrm worker do so all the time."""
    session.refuse_as()
    count = run_due(session.runtime, limit=limit, kinds=KINDS)
    session.give({"run": count}, lambda: click.echo(f"{count} jobs run"))


@job.command("retry", examples=["xrm job retry 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f"])
@click.argument("job_id", metavar="JOB", type=click.UUID)
@with_session
def retry(session: Session, *, job_id: uuid.UUID) -> None:
    """Let a job that failed or was cancelled wait for its turn again."""
    session.write(lambda uow: retry_job(uow, job_id))
    session.give({"id": str(job_id), "state": "waiting"}, lambda: click.echo(job_id))


@job.command("cancel", examples=["xrm job cancel 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f"])
@click.argument("job_id", metavar="JOB", type=click.UUID)
@with_session
def cancel(session: Session, *, job_id: uuid.UUID) -> None:
    """Take a job out of the queue; one that runs stops at its next step."""
    session.write(lambda uow: cancel_job(uow, job_id))
    session.give({"id": str(job_id), "state": "cancelled"}, lambda: click.echo(job_id))
