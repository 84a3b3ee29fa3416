# SPDX-License-Identifier: Apache-2.0
"""``xrm schema`` (and ``xrm migrate``): tables as they are against tables as they are declared."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from xrm.entities.refreshing import refresh_stale
from xrm.errors import ConfigurationError, Conflict, NotFound, msg
from xrm.migrate.apply import finish_interrupted
from xrm.migrate.asking import Choices
from xrm.migrate.drift import find_drift
from xrm.migrate.former import OVERLAY
from xrm.migrate.ledger import ROLLING_BACK
from xrm.migrate.progress import interrupted, made_plans, rest_of_interrupted, to_take_back
from xrm.migrate.snapshot import snapshot_size
from xrm.migrate.steps import Plan, Step, plan_as_json
from xrm.migrate.upgrade import apply_changes, plan_for, take_back, tools_of, wanted_by
from xrm.plugin_preview.service import note_applied
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor
from xrm_cli.agreement import REFUSED, are_own, concern_of, is_agreed, is_taken_back
from xrm_cli.commands.json_schema import json_schema_command
from xrm_cli.commands.overlay import export_command, import_command, owners_command
from xrm_cli.commands.plugin_removal import drop_what_is_due, due_removals
from xrm_cli.declaring import Command, Noun
from xrm_cli.output import print_table, say
from xrm_cli.plans import (
    base_of,
    concerns_of,
    counted,
    kept_fields,
    show_concerns,
    show_plan,
    show_statements,
    tell_interrupted,
    tell_stale,
    write_plan,
)
from xrm_cli.session import Session, with_session

SAFE, DESTROYS, DRIFT = 10, 12, 13


@click.group(cls=Noun)
def schema() -> None:
    """Tables: what waits, applying it, taking it back."""


def apply_schema(runtime: Runtime, *, quiet: bool = False, choices: Choices | None = None) -> list[Step]:
    """Make the database what is declared and return the steps done, telling of each on stderr unless ``quiet``."""
    steps = apply_changes(runtime.engine, runtime.registry, told=None if quiet else _tell, choices=choices)
    runtime.write(lambda uow: note_applied(uow, choices.only if choices is not None else ""), system_actor())
    return steps


def _tell(step: Step) -> None:
    say(f"{step.owner}: {step.action} {step.target}")


def _as_json(step: Step) -> dict[str, str]:
    return {"owner": step.owner, "action": step.action, "target": step.target}


def _apply(session: Session, choices: Choices, *, is_confirmed: bool) -> None:
    session.refuse_as()
    runtime = session.runtime
    runtime.require_whole()
    if (begun := interrupted(runtime.engine)) is not None and begun["state"] == ROLLING_BACK:
        finish_interrupted(runtime.engine, wanted_by(runtime.registry), None if session.options.as_json else _tell)
        say(f"Plan {begun['plan']} is taken back, as was begun. Nothing else was done; xrm schema plan shows what waits now.")
        session.give({"steps": [], "count": 0}, lambda: None)
        return
    plan = plan_for(runtime.engine, runtime.registry, choices)
    if not is_confirmed and (concern := concern_of(runtime, plan)) and not is_agreed(session, plan, *concern):
        click.get_current_context().exit(REFUSED)
    steps = apply_schema(runtime, quiet=session.options.as_json, choices=choices)
    anew = _refresh(runtime)
    drop_what_is_due(session)
    if steps or not anew:
        say(f"Done: {counted(steps)}." if steps else "Nothing to do: all that is declared was applied.")
    session.give({"steps": [_as_json(step) for step in steps], "count": len(steps)}, lambda: None)


def _refresh(runtime: Runtime) -> list[str]:
    if stale := refresh_stale(runtime, system_actor()):
        say(f"Titles, search and stored formulas were made anew: {', '.join(stale)}.")
    return stale


def _require_owner(session: Session, name: str) -> None:
    if name in ("", "core", OVERLAY):
        return
    plugin = session.runtime.host.get(name)
    if plugin.status in {"broken", "refused"} and plugin.problem is not None:
        raise ConfigurationError(str(plugin.problem))


now_option = click.option("--now", is_flag=True, help="Do at once what waits for its day: old columns go.")
plugin_option = click.option("--plugin", "owner", default="", metavar="NAME", help="Only this owner's: a plugin, core, overlay.")
yes_option = click.option("--yes", is_flag=True, help="Do it without asking: even if it destroys data, or people are served.")
file_argument = click.Path(dir_okay=False, path_type=Path)


@schema.command("apply", examples=["xrm schema apply", "xrm schema apply plan.json", "xrm schema apply --now --yes"])
@click.argument("file", required=False, type=file_argument)
@yes_option
@now_option
@plugin_option
@with_session
def apply_command(session: Session, *, file: Path | None, yes: bool, now: bool, owner: str) -> None:
    """Make the database what is declared; an interrupted change is finished first.

    With FILE (from xrm schema plan --out) only if the database is still as it was then.
    """
    _require_owner(session, owner)
    expected = base_of(file) if file is not None else ""
    _apply(session, Choices(contract_now=now, only=owner, expected=expected), is_confirmed=yes)


@click.command("migrate", cls=Command, examples=["xrm migrate"])
@yes_option
@with_session
def migrate(session: Session, *, yes: bool) -> None:
    """The same as: xrm schema apply."""
    _apply(session, Choices(), is_confirmed=yes)


@schema.command("plan", examples=["xrm schema plan", "xrm schema plan --out plan.json", "xrm schema plan --plugin press"])
@click.option("--out", type=file_argument, help="Keep the plan in a file, for xrm schema apply FILE.")
@now_option
@plugin_option
@with_session
def plan_command(session: Session, *, out: Path | None, now: bool, owner: str) -> None:
    """Show what would be done; nothing is changed.

    Exit code: 0 nothing waits, 10 safe steps wait, 11 a window is needed, 12 data would be destroyed, 1 a problem first.
    """
    session.refuse_as()
    _require_owner(session, owner)
    begun, plan = _begun_or_planned(session, Choices(contract_now=now, only=owner))
    if out is not None:
        if begun is not None:
            raise Conflict(msg("A schema change was interrupted. Finish it or take it back, then make a plan."))
        write_plan(plan, out)
    concerns = concerns_of(session.runtime, owner)
    due = due_removals(session)
    given = {**plan_as_json(plan), "interrupted": begun, "overlay": [one.as_json() for one in concerns], "removals": due}

    def show() -> None:
        tell_interrupted(begun)
        options = " --now --yes" if now else ""
        then = "" if begun else f"Run: xrm schema apply{options}" + (f" --plugin {owner}" if owner else "")
        show_plan(plan, 0 if begun else snapshot_size(session.runtime.engine, plan.steps), then=then)
        show_concerns(concerns)
        if due:
            say(f"The thirty days of {', '.join(due)} are over: the data goes with the next xrm schema apply.")

    session.give(given, show)
    click.get_current_context().exit(1 if plan.problems else DESTROYS if due else plan.exit_code or (SAFE if begun else 0))


def _begun_or_planned(session: Session, choices: Choices) -> tuple[dict[str, Any] | None, Plan]:
    """Where a change was interrupted and the steps of its rest; else nothing, and the plan of what waits."""
    engine = session.runtime.engine
    if (begun := interrupted(engine)) is not None:
        return begun, Plan(tuple(rest_of_interrupted(engine)))
    return None, plan_for(engine, session.runtime.registry, choices)


@schema.command("sql", examples=["xrm schema sql"])
@now_option
@plugin_option
@with_session
def sql(session: Session, *, now: bool, owner: str) -> None:
    """Print the SQL of what waits; nothing is changed."""
    session.refuse_as()
    _require_owner(session, owner)
    plan = plan_for(session.runtime.engine, session.runtime.registry, Choices(contract_now=now, only=owner))
    session.give(plan_as_json(plan), lambda: show_statements(plan))


@schema.command("status", examples=["xrm schema status", "xrm schema status --json"])
@with_session
def status(session: Session) -> None:
    """List the steps that wait, and an interrupted change; nothing is changed. Exit code 10 to 12 when there are any."""
    session.refuse_as()
    engine = session.runtime.engine
    plan, begun = plan_for(engine, session.runtime.registry), interrupted(engine)
    steps = [_as_json(step) for step in (plan.steps if begun is None else rest_of_interrupted(engine))]
    found = {"steps": steps, "count": len(steps), "later": len(plan.later), "interrupted": begun, "problems": list(plan.problems)}
    session.give(found, lambda: print_table(steps, ("owner", "action", "target")) if steps else None)
    tell_interrupted(begun)
    for problem in plan.problems if begun is None else ():
        say(f"Problem: {problem}")
    if begun is None and not plan.problems:
        needs = "; a window is needed (xrm schema plan tells more)" if plan.risk == "window" else ""
        say(f"{counted(steps)} waiting{needs}. Run: xrm schema apply" if steps else "All that is declared was applied.")
        if plan.later:
            say(f"{counted(plan.later)} for a later day; xrm schema plan lists them.")
    tell_stale(engine)
    click.get_current_context().exit(_exit_code(engine, plan, is_interrupted=begun is not None))


@schema.command("check", examples=["xrm schema check", "xrm schema check --json"])
@with_session
def check(session: Session) -> None:
    """Compare declarations, what was applied, and the database itself.

    Exit code: 0 when nothing waits and nobody changed anything by hand, 13 for such a change, 10 to 12 for steps that wait.
    """
    session.refuse_as()
    engine = session.runtime.engine
    drift, plan, begun = find_drift(engine), plan_for(engine, session.runtime.registry), interrupted(engine)
    rows = [dataclasses.asdict(each) for each in drift]
    session.give(
        {"drift": rows, "count": len(rows), "waiting": len(plan.steps), "problems": list(plan.problems), "interrupted": begun},
        lambda: print_table(rows, ("table", "kind", "name", "before", "after")) if rows else None,
    )
    tell_interrupted(begun)
    for problem in plan.problems if begun is None else ():
        say(f"Problem: {problem}")
    if drift:
        say(f"{len(drift)} things were changed in the database by hand. Change them back, or restore a backup. "
            "An index that is missing: xrm doctor --fix")
    elif begun is None:
        is_settled = not plan.steps and not plan.problems
        say("The database is as it was made, and as declared." if is_settled else f"No drift. {counted(plan.steps)} waiting.")
    tell_stale(engine)
    click.get_current_context().exit(DRIFT if drift else _exit_code(engine, plan, is_interrupted=begun is not None))


def _exit_code(engine: Engine, plan: Plan, *, is_interrupted: bool) -> int:
    """That of what waits; of an interrupted change, that of its rest."""
    if is_interrupted:
        return Plan(tuple(rest_of_interrupted(engine))).exit_code or SAFE
    return 1 if plan.problems else plan.exit_code


@schema.command("history", examples=["xrm schema history", "xrm schema history --json"])
@with_session
def history(session: Session) -> None:
    """List the changes that were made, the first one first."""
    session.refuse_as()
    rows = [
        {"plan": one.number, "state": one.state, "steps": len(one.steps),
         "owners": ", ".join(sorted({step.owner for step in one.steps})),
         "actor": one.actor, "began": one.began_at.isoformat(), "ended": one.ended_at.isoformat() if one.ended_at else ""}
        for one in made_plans(session.runtime.engine)
    ]
    session.give({"items": rows}, lambda: print_table(rows, ("plan", "state", "steps", "owners", "actor", "began", "ended")))


@schema.command("rollback", examples=["xrm schema rollback --yes", "xrm schema rollback --to 3 --yes"])
@click.option("--to", type=click.IntRange(min=1), help="The plan to go back to; default: the one before the last.")
@yes_option
@with_session
def rollback_command(session: Session, *, to: int | None, yes: bool) -> None:
    """Take back the last change, or all after one; schema and data are as before, what new fields held is gone."""
    session.refuse_as()
    runtime = session.runtime
    runtime.require_whole()
    if not yes and not is_taken_back(session, to_take_back(runtime.engine, to, tools_of(runtime.registry))):
        click.get_current_context().exit(REFUSED)
    taken = take_back(runtime.engine, runtime.registry, to=to, told=None if session.options.as_json else _tell)
    numbers = [one.number for one in taken]
    is_own = are_own(taken)
    then = "Programs that run follow within a second." if is_own else (
        "Install the version of before, or the same steps wait again."
    )
    if is_own:
        runtime.follow(at_once=True)
        _refresh(runtime)
    say(f"Taken back: plan {', '.join(map(str, numbers))}. {then}")
    session.give({"plans": numbers}, lambda: None)


@schema.command("prune", examples=["xrm schema prune sales__quote.remarks --yes"])
@click.argument("field")
@yes_option
@with_session
def prune(session: Session, *, field: str, yes: bool) -> None:
    """Drop what is kept of a FIELD that is declared no more (table.key), or a whole table of a plugin that is gone."""
    choices = Choices(pruned=[field])
    plan = plan_for(session.runtime.engine, session.runtime.registry, choices)
    if not any(step.target == field for step in plan.steps):
        kept = ", ".join(kept_fields(plan)) or "–"
        raise NotFound(msg("Nothing is kept of {field}. What is kept: {kept}.", field=field, kept=kept))
    _apply(session, choices, is_confirmed=yes)


schema.add_command(json_schema_command)
schema.add_command(export_command)
schema.add_command(import_command)
schema.add_command(owners_command)
