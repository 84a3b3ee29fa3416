# SPDX-License-Identifier: Apache-2.0
"""What somebody has to say yes to before the schema is changed."""

from __future__ import annotations

import sys

import click

from xrm.db.presence import is_served
from xrm.migrate.snapshot import snapshot_size
from xrm.migrate.steps import Plan
from xrm.runtime import Runtime
from xrm_cli.output import say
from xrm_cli.plans import show_plan
from xrm_cli.session import Session


def concern_of(runtime: Runtime, plan: Plan) -> tuple[str, str] | None:
    """Why somebody should say yes before this plan runs, as it is said to a script and as a person is asked."""
    if plan.risk == "destroys":
        return ("This plan destroys data. Look at it with xrm schema plan, then run it with --yes.",
                "Some of these steps destroy data. Go on?")
    if plan.risk == "window" and is_served(runtime.engine):
        return ("This plan needs a window, and xrm serve or xrm worker runs on this database. Stop it first; with --yes it is "
                "done all the same: people wait meanwhile, and what runs may fail until it is started again.",
                "This needs a window, and people are being served. Stop xrm serve first. Go on all the same?")
    return None


def is_agreed(session: Session, plan: Plan, told: str, question: str) -> bool:
    """Whether it may run all the same: a person is shown the plan and asked, a script is told."""
    if session.options.as_json or not sys.stdin.isatty():
        say(told)
        return False
    show_plan(plan, snapshot_size(session.runtime.engine, plan.steps))
    return click.confirm(question, default=False, err=True)
