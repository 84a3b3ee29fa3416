# SPDX-License-Identifier: Apache-2.0
"""What somebody has to say yes to before the schema is changed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from xrm.db.presence import is_served
from xrm.migrate.former import OVERLAY
from xrm.migrate.ledger import PlanRecord
from xrm.migrate.snapshot import snapshot_size
from xrm.migrate.steps import Plan, plan_as_json
from xrm.runtime import Runtime
from xrm_cli.output import say
from xrm_cli.plans import show_plan, tell_notes, tell_taken_back
from xrm_cli.session import Session

REFUSED = 3
OWN_WINDOW = "It needs a quiet moment: the table is blocked while it runs. Nothing is restarted."

yes_option = click.option("--yes", is_flag=True, help="Do it without asking, even when it takes a while or takes values away.")
plan_option = click.option("--plan", "plan_only", is_flag=True, help="Show what would be done; nothing is changed.")


def concern_of(runtime: Runtime, plan: Plan) -> tuple[str, str] | None:
    """Why somebody should say yes before this plan runs, as it is said to a script and as a person is asked."""
    if plan.risk == "destroys":
        return ("This plan destroys data. Run it with --yes when that is meant.",
                "Some of these steps destroy data. Go on?")
    if plan.risk == "window" and is_served(runtime.engine):
        return ("This plan needs a window, and xrm serve or xrm worker runs on this database. Stop it first; with --yes it is "
                "done all the same: people wait meanwhile, and what runs may fail until it is started again.",
                "This needs a window, and people are being served. Stop xrm serve first. Go on all the same?")
    return None


def is_agreed(session: Session, plan: Plan, told: str, question: str) -> bool:
    """Whether it may run all the same: a person is shown the plan and asked, a script is told."""
    if not session.options.as_json:
        show_plan(plan, snapshot_size(session.runtime.engine, plan.steps), then="")
    if session.options.as_json or not sys.stdin.isatty():
        say(told)
        return False
    return click.confirm(question, default=False, err=True)


def are_own(records: Sequence[PlanRecord]) -> bool:
    """Whether administrators made these changes, of their own fields."""
    return all(step.owner == OVERLAY for one in records for step in one.steps)


def is_taken_back(session: Session, records: Sequence[PlanRecord]) -> bool:
    """Whether it is to be: a person is shown the changes and asked, a script is told."""
    tell_taken_back(records)
    if is_served(session.runtime.engine) and not are_own(records):
        say("xrm serve or xrm worker runs on this database: stop it first, it knows the later version only.")
    lost = "What was written to new fields since goes with them."
    if session.options.as_json or not sys.stdin.isatty():
        say(f"{lost} Run it with --yes.")
        return False
    return click.confirm(f"{lost} Go on?", default=False, err=True)


class AskedPlan:
    """Shows the plan of a change of one's own fields and says whether it may run; gives the result, or the plan alone."""

    def __init__(self, session: Session, *, plan_only: bool, yes: bool) -> None:
        self._session = session
        self._plan_only = plan_only
        self._yes = yes
        self._plan: Plan | None = None
        self._refused = False

    @property
    def agreed(self) -> Callable[[Plan], bool]:
        """What is asked with the plan."""
        return self._is_agreed

    def _is_agreed(self, plan: Plan) -> bool:
        self._plan = plan
        if self._plan_only:
            return False
        if plan.risk == "safe" or self._yes:
            tell_notes(plan)
            return True
        show_plan(plan, then="", window=OWN_WINDOW)
        if self._session.options.as_json or not sys.stdin.isatty():
            self._refused = True
            say("Look at the plan, then run it with --yes.")
            return False
        self._refused = not click.confirm("Go on?", default=False, err=True)
        return not self._refused

    def give(self, result: Any, show: Callable[[], None], nothing: str = "the field is declared like this already") -> None:
        """Give the result of what was done."""
        context = click.get_current_context()
        if self._refused:
            context.exit(REFUSED)
        if self._plan is None:
            say(f"Nothing to do: {nothing}.")
        elif self._plan_only:
            plan = self._plan
            self._session.give(plan_as_json(plan), lambda: show_plan(
                plan, then="The same command without --plan does it.", window=OWN_WINDOW
            ))
            context.exit(plan.exit_code)
        self._session.give(result, show)
