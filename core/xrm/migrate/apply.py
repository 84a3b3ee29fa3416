# SPDX-License-Identifier: Apache-2.0
"""Schema changes from beginning to end: plan, run, go on after an interruption, take back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, inspect

from xrm.db.engine import for_writing
from xrm.errors import Conflict, InvalidInput, Problem, msg
from xrm.migrate.adopting import current_state
from xrm.migrate.asking import Choices, Tables, Wanted
from xrm.migrate.done_steps import note_checksums
from xrm.migrate.drift import drift_of, without_drift
from xrm.migrate.exclusive import alone
from xrm.migrate.ledger import (
    DONE,
    REVERTED,
    ROLLED_BACK,
    ROLLING_BACK,
    PlanRecord,
    begin_plan,
    next_number,
    open_plan,
    set_plan_state,
    step_states,
    write_steps,
)
from xrm.migrate.live import read_catalog
from xrm.migrate.outcome import EMPTY, reached, stale_types
from xrm.migrate.outdated import is_outdated, refuse_outdated
from xrm.migrate.own_tables import ensure_own_tables
from xrm.migrate.planning import downgrades_of, make_plan
from xrm.migrate.progress import to_take_back
from xrm.migrate.purging import purge
from xrm.migrate.running import revert_step, run_step
from xrm.migrate.said import Said, message_of
from xrm.migrate.snapshot import take_snapshot
from xrm.migrate.stale import note_stale
from xrm.migrate.state import State, read_state, write_state
from xrm.migrate.steps import Plan, Step
from xrm.migrate.turning import Tools

Told = Callable[[Step], None]


@dataclass(frozen=True)
class _Crew:
    """Who works, with what, and who hears of it."""

    actor: str
    tools: Tools
    told: Told | None


def has_tables(engine: Engine) -> bool:
    """Whether the database has been prepared at all."""
    with engine.connect() as connection:
        return "schema_ledger" in inspect(connection).get_table_names()


def pending(engine: Engine, declared: Tables, declarations: Mapping[str, Any] | None = None) -> list[Step]:
    """The steps that wait; nothing is changed."""
    return list(plan_changes(engine, Wanted(declared, declarations or {})).steps)


def plan_changes(engine: Engine, wanted: Wanted, choices: Choices | None = None) -> Plan:
    """The plan that leads from what was applied to what is wanted; nothing is changed."""
    with engine.connect() as connection, connection.begin():
        state = current_state(connection, wanted)
        return make_plan(connection, _whole(wanted, state), state, _today(), choices)


def apply(
    engine: Engine, declared: Tables, declarations: Mapping[str, Any], *, actor: str = "system", told: Told | None = None,
    choices: Choices | None = None,
) -> list[Step]:
    """Make the database what is declared, as ``apply_wanted`` does."""
    return apply_wanted(engine, Wanted(declared, declarations), actor=actor, told=told, choices=choices)


def apply_wanted(
    engine: Engine, wanted: Wanted, *, actor: str = "system", told: Told | None = None, choices: Choices | None = None
) -> list[Step]:
    """Make the database what is declared and return the steps done; an interrupted change is finished first.

    Raises:
        Conflict: when another change runs, or the database changed since that plan was made.
        InvalidInput: when the declarations cannot be reached without losing values; nothing was changed then.
    """
    with alone(engine):
        with for_writing(engine.connect()) as connection, connection.begin():
            ensure_own_tables(connection)
        done = _finish_open(engine, wanted, told)
        purge(engine, datetime.now(UTC), actor, told)
        with for_writing(engine.connect()) as connection, connection.begin():
            if done and is_outdated(connection, wanted):
                return done  # what was finished is what administrators wanted; this program does not know it yet
            refuse_outdated(connection, wanted)
            state = current_state(connection, wanted)
            wanted = _whole(wanted, state)
            plan = make_plan(connection, wanted, state, _today(), choices)
            _refuse(plan, choices.expected if choices is not None else "")
            steps, goal = list(plan.steps), replace(reached(state, plan), drift=tuple(drift_of(connection, state)))
            if not state.objects:
                return [*done, *_install(connection, steps, state, goal, _Crew(actor, wanted.tools, told))]
            if not steps:
                _settle(connection, goal, wanted.tools)
                return done
            number = next_number(connection)
        # Before anything is begun: where it cannot be made, nothing has to be taken back.
        take_snapshot(engine, number, steps)
        with for_writing(engine.connect()) as connection, connection.begin():
            begin_plan(connection, steps, state, goal, actor)
        return [*done, *_run(engine, number, steps, goal, _Crew(actor, wanted.tools, told))]


def _install(connection: Connection, steps: list[Step], before: State, goal: State, crew: _Crew) -> list[Step]:
    number = begin_plan(connection, steps, before, goal, crew.actor)
    for step in steps:
        if crew.told is not None:
            crew.told(step)
        for statement in step.statements:
            connection.exec_driver_sql(statement.replace(" CONCURRENTLY", "", 1))
    write_steps(connection, number, [(at, step, 0) for at, step in enumerate(steps)], crew.actor)
    _end(connection, number, goal, crew.tools)
    return steps


def _run(engine: Engine, number: int, steps: list[Step], goal: State, crew: _Crew) -> list[Step]:
    lines = _lines(engine, number)
    for at, step in enumerate(steps):
        if crew.told is not None and (at not in lines or lines[at].state != DONE):
            crew.told(step)
        run_step(engine, number, at, step, crew.actor, crew.tools)
    with for_writing(engine.connect()) as connection, connection.begin():
        note_stale(connection, stale_types(read_state(connection), goal, steps))
        _end(connection, number, goal, crew.tools)
    return list(steps)


def _end(connection: Connection, number: int, goal: State, tools: Tools) -> None:
    state = _with_live(connection, goal)
    write_state(connection, state, datetime.now(UTC))
    note_checksums(connection, tools.step_files)
    set_plan_state(connection, number, DONE, replace(state, drift=goal.drift))


def _settle(connection: Connection, goal: State, tools: Tools) -> None:
    """Note declarations that changed without asking anything of the database."""
    known = read_state(connection)
    same = known.declarations == goal.declarations and known.done_steps == goal.done_steps
    kept = [{name: one.kept for name, one in state.objects.items()} for state in (known, goal)]
    if not same or kept[0] != kept[1]:
        note_stale(connection, stale_types(known, goal, ()))
        write_state(connection, _with_live(connection, goal), datetime.now(UTC))
        note_checksums(connection, tools.step_files)


def _with_live(connection: Connection, goal: State) -> State:
    live = without_drift(read_catalog(connection), goal)
    objects = {name: replace(one, live=live.get(name, EMPTY)) for name, one in goal.objects.items()}
    return replace(goal, objects=objects, drift=())


def _finish_open(engine: Engine, wanted: Wanted, told: Told | None) -> list[Step]:
    with engine.connect() as connection:
        record = open_plan(connection)
        older = downgrades_of(connection, wanted, record.after.made_by) if record is not None else []
    if record is None:
        return []
    if record.state == ROLLING_BACK:
        _take_back(engine, record, wanted.tools, told)
        return []
    _raise(map(Said, older))
    return _run(engine, record.number, list(record.steps), record.after, _Crew(record.actor, wanted.tools, told))


def finish_interrupted(engine: Engine, wanted: Wanted, told: Told | None = None) -> list[Step]:
    """Finish a change that was interrupted, forwards or backwards, and begin no other; the steps done."""
    with alone(engine):
        return _finish_open(engine, wanted, told)


def rollback(
    engine: Engine, *, to: int | None = None, told: Told | None = None, tools: Tools | None = None
) -> list[PlanRecord]:
    """Take back the last plan, or all after plan ``to``, the latest first; schema and data are as before.

    Raises:
        NotFound: as ``to_take_back`` does.
        InvalidInput: likewise.
    """
    with alone(engine):
        chosen = to_take_back(engine, to, tools)
        for record in chosen:
            _take_back(engine, record, tools or Tools(), told)
        return chosen


def _lines(engine: Engine, number: int) -> dict[int, Any]:
    with engine.connect() as connection:
        return dict(step_states(connection, number))


def _take_back(engine: Engine, record: PlanRecord, tools: Tools, told: Told | None) -> None:
    with for_writing(engine.connect()) as connection, connection.begin():
        if record.state == DONE:
            drift = tuple(drift_of(connection, read_state(connection)))
            record = replace(record, after=replace(record.after, drift=drift))
        set_plan_state(connection, record.number, ROLLING_BACK, record.after)
    lines = _lines(engine, record.number)
    for at in reversed(range(len(record.steps))):
        if told is not None and at in lines and lines[at].state != REVERTED:
            told(record.steps[at])
        revert_step(engine, record.number, at, record.steps[at], tools)
    with for_writing(engine.connect()) as connection, connection.begin():
        note_stale(connection, stale_types(record.after, record.before, record.steps))
        write_state(connection, _with_live(connection, replace(record.before, drift=record.after.drift)), datetime.now(UTC))
        set_plan_state(connection, record.number, ROLLED_BACK)


def _whole(wanted: Wanted, state: State) -> Wanted:
    """With the declarations of the last time where none are given."""
    return wanted if wanted.declarations else replace(wanted, declarations=state.declarations)


def _refuse(plan: Plan, expected: str) -> None:
    if expected and expected != plan.base:
        changed = msg("The database changed since this plan was made. Make a new one: xrm schema plan --out FILE.")
        raise Conflict(changed, code="changed")
    _raise(plan.problems)


def _raise(problems: Iterable[str]) -> None:
    if problems := list(problems):
        raise InvalidInput([Problem("", message_of(one)) for one in problems])


def _today() -> date:
    return datetime.now(UTC).date()

