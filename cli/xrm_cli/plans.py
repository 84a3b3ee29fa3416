# SPDX-License-Identifier: Apache-2.0
"""Schema plans for people: what each step does, how risky it is, how long it takes; and plans kept in files."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from xrm.migrate.former import OVERLAY
from xrm.migrate.ledger import ROLLING_BACK, PlanRecord
from xrm.migrate.stale import stale_types
from xrm.migrate.steps import FORMAT, Plan, Step, plan_as_json
from xrm.overlay.concerns import Concern, find_concerns
from xrm.overlay.queries import load_overlay
from xrm.runtime import Runtime
from xrm_cli.output import print_table, say

MOST_TOLD = 8
WINDOW = "It needs a window: stop xrm serve and xrm worker while it runs, and start the new version then."
RISKS = {"safe": "safe", "window": "needs a window", "destroys": "destroys data"}


def show_plan(
    plan: Plan, snapshot: int = 0, *, then: str = "Run: xrm schema apply", window: str = WINDOW
) -> None:
    """Print the steps of a plan by owner, then what waits, and say that nothing was changed.

    ``snapshot`` are the bytes of the copy of the database that is made first, ``then`` says how it is done,
    ``window`` what it means that people cannot work meanwhile.
    """
    number = itertools.count(1)
    for title, steps in (("", plan.steps), ("later", plan.later)):
        rows = [{"": next(number), **_row(step), "when": _when(step) if title else "now"} for step in steps]
        if rows:
            print_table(rows, ("", "owner", "phase", "step", "risk", "rows", "takes", "locks", "undo", "when"))
    for problem in plan.problems:
        say(f"Problem: {problem}")
    tell_notes(plan)
    if plan.problems:
        say("Nothing is done before that is mended.")
    elif not plan.steps:
        say("Nothing waits: all that is declared was applied." + (f" {counted(plan.later)} later." if plan.later else ""))
    else:
        _show_needs(plan, snapshot, then, window)


def tell_notes(plan: Plan) -> None:
    """Say what is good to know of a plan."""
    for note in plan.notes:
        say(f"Note: {note}")


def counted(steps: Sequence[object]) -> str:
    """How many steps there are, in words."""
    return "1 step" if len(steps) == 1 else f"{len(steps)} steps"


def _show_needs(plan: Plan, snapshot: int, then: str, window: str) -> None:
    if snapshot:
        say(f"A copy of the database is made first: at most {max(1, snapshot // 1_000_000)} MB.")
    if plan.risk == "window":
        say(window)
    say(f"{counted(plan.steps)} now, {len(plan.later)} later. Nothing was changed. {then}".rstrip())


def tell_interrupted(begun: Mapping[str, Any] | None) -> None:
    """Say where a change stopped, and that it goes on or back."""
    if begun is not None:
        ways = "Go on with xrm schema apply, or take it back with xrm schema rollback."
        if begun["state"] == ROLLING_BACK:
            ways = "Go on with xrm schema rollback; xrm schema apply ends it too, and does no more."
        where = " on the way back" if begun["state"] == ROLLING_BACK else ""
        say(f"Plan {begun['plan']} was interrupted{where} at step {begun['step']} of {begun['of']}. {ways}")


def tell_stale(engine: Engine) -> None:
    """Say what a change left to be made anew and was interrupted before."""
    if names := stale_types(engine):
        say(f"Titles, search and stored formulas wait to be made anew: {', '.join(names)}. Run: xrm schema apply")


def tell_taken_back(records: Sequence[PlanRecord]) -> None:
    """Say what a rollback would undo: each plan with its first steps."""
    for one in records:
        steps = [f"{step.action} {step.target}" for step in one.steps]
        rest = f" and {len(steps) - MOST_TOLD} more" if len(steps) > MOST_TOLD else ""
        say(f"Plan {one.number} of {one.began_at:%Y-%m-%d %H:%M} UTC: {', '.join(steps[:MOST_TOLD])}{rest}")


def show_concerns(concerns: Sequence[Concern]) -> None:
    """Print what the upgrade of a plugin means for your own fields: then, now, yours, and in words what to do."""
    if not concerns:
        return
    say("Your own fields and the plugins' types (xrm field accept TYPE marks it as seen):")
    print_table([one.as_json() for one in concerns], ("type", "place", "then", "now", "yours"))
    for one in concerns:
        say(("Warning: " if one.is_left_out else "") + str(one.said))


def concerns_of(runtime: Runtime, owner: str) -> list[Concern]:
    """What the upgrade of a plugin means for what administrators added to its types."""
    types = runtime.registry.entity_types
    return [
        one for one in find_concerns(runtime, load_overlay(runtime.engine))
        if owner in ("", OVERLAY) or (one.type in types and types[one.type].plugin == owner)
    ]


def _row(step: Step) -> dict[str, Any]:
    is_told = step.note and (step.copy is not None or step.walk is not None or step.phase == "contract")
    what = f"{step.action} {step.target}" + (f" ({step.note})" if is_told else "")
    return {
        "owner": step.owner, "phase": step.phase, "step": what, "risk": RISKS[step.risk], "rows": step.rows or "",
        "takes": "< 1 s" if step.seconds < 1 else f"≈ {step.seconds:.0f} s", "locks": step.lock,
        "undo": "yes" if step.is_reversible else "no",
    }


def _when(step: Step) -> str:
    return f"after {step.due} or --now" if step.due else "now"


def show_statements(plan: Plan) -> None:
    """Print the SQL of a plan, ready to be read (not to be run by hand: the ledger would not know)."""
    for step in (*plan.steps, *plan.later):
        click.echo(f"-- {step.owner}: {step.action} {step.target}\n{step.statement};\n")


def write_plan(plan: Plan, file: Path) -> None:
    """Keep the plan in a file, to be looked at and applied as it is."""
    file.write_text(json.dumps(plan_as_json(plan), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    say(f"Written to {file}. Run: xrm schema apply {file}")


def kept_fields(plan: Plan) -> list[str]:
    """What is kept of fields and tables that are declared no more, as ``xrm schema prune`` takes it."""
    found = {
        f"{table}.{why['field']}" if column else table for table, kept in plan.kept.items() for column, why in kept.items()
        if why["why"] == "retired"
    }
    return sorted(found)


def base_of(file: Path) -> str:
    """What the database was when the plan in this file was made.

    Raises:
        click.UsageError: when the file holds no plan of this program.
    """
    if not file.is_file():
        raise click.UsageError(f"There is no file {file}. Make one with: xrm schema plan --out {file}")
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
        known = given["format"] == FORMAT and isinstance(given["base"], str)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{file} holds no plan. Make one with: xrm schema plan --out {file}") from error
    if not known or not given["base"]:
        raise click.UsageError(f"{file} holds a plan of another version of xrm. Make a new one: xrm schema plan --out {file}")
    return str(given["base"])
