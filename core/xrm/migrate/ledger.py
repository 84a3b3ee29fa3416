# SPDX-License-Identifier: Apache-2.0
"""The written record of schema change: plans with their state before and after, and one line per step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from xrm.db.ids import new_id
from xrm.migrate.models import schema_ledger, schema_plan
from xrm.migrate.state import State, state_as_json, state_from_json
from xrm.migrate.steps import Step, read_steps, steps_text

RUNNING, DONE, ROLLING_BACK, ROLLED_BACK, REVERTED = "running", "done", "rolling back", "rolled back", "reverted"


@dataclass(frozen=True)
class PlanRecord:
    """A plan that was begun: its number, how far it is, its steps, and what applied before and shall apply after."""

    number: int
    state: str
    steps: tuple[Step, ...]
    before: State
    after: State
    actor: str
    began_at: datetime
    ended_at: datetime | None


def open_plan(connection: Connection) -> PlanRecord | None:
    """The plan that was begun and neither ended nor taken back, forwards or backwards."""
    rows = connection.execute(select(schema_plan).where(schema_plan.c.state.in_((RUNNING, ROLLING_BACK)))).all()
    return _record(rows[0]) if rows else None


def plans(connection: Connection) -> list[PlanRecord]:
    """All plans, the first one first."""
    return [_record(row) for row in connection.execute(select(schema_plan).order_by(schema_plan.c.number))]


def _record(row: Row[Any]) -> PlanRecord:
    return PlanRecord(
        row.number, row.state, tuple(read_steps(row.steps)), state_from_json(json.loads(row.before)),
        state_from_json(json.loads(row.after)), row.actor, row.began_at, row.ended_at,
    )


def next_number(connection: Connection) -> int:
    """The number that the next plan gets."""
    return int(connection.scalar(select(func.coalesce(func.max(schema_plan.c.number), 0))) or 0) + 1


def begin_plan(connection: Connection, steps: list[Step], before: State, after: State, actor: str) -> int:
    """Write down a plan about to run and return its number."""
    number = next_number(connection)
    connection.execute(
        insert(schema_plan).values(
            number=number, state=RUNNING, steps=steps_text(steps), before=json.dumps(state_as_json(before)),
            after=json.dumps(state_as_json(after), default=str), actor=actor, began_at=datetime.now(UTC),
        )
    )
    return number


def set_plan_state(connection: Connection, number: int, state: str, after: State | None = None) -> None:
    """Say how far a plan is; ``after`` completes what applies at its end."""
    values: dict[str, Any] = {"state": state}
    if state in (DONE, ROLLED_BACK):
        values["ended_at"] = datetime.now(UTC)
    if after is not None:
        values["after"] = json.dumps(state_as_json(after), default=str)
    connection.execute(update(schema_plan).where(schema_plan.c.number == number).values(values))


def write_steps(
    connection: Connection, plan: int | None, done: list[tuple[int, Step, int]], actor: str, state: str = DONE
) -> None:
    """Lines for steps: (number in the plan, step, milliseconds); without a plan they are beyond taking back."""
    if not done:
        return
    position = int(connection.scalar(select(func.coalesce(func.max(schema_ledger.c.position), 0))) or 0)
    now = datetime.now(UTC)
    connection.execute(
        insert(schema_ledger),
        [
            {
                "id": new_id(), "position": position + count, "owner": step.owner, "action": step.action, "target": step.target,
                "statement": step.statement, "reverse": step.undoing, "checksum": step.checksum, "duration_ms": duration,
                "actor": actor, "at": now, "plan_number": plan, "step_number": number, "state": state, "progress": None,
            }
            for count, (number, step, duration) in enumerate(done, start=1)
        ],
    )


def step_states(connection: Connection, plan: int) -> dict[int, Row[Any]]:
    """Number of a step → its latest line in the ledger."""
    rows = connection.execute(
        select(schema_ledger).where(schema_ledger.c.plan_number == plan).order_by(schema_ledger.c.position)
    )
    return {row.step_number: row for row in rows}


def set_step(connection: Connection, plan: int, number: int, **values: Any) -> None:
    """Change state, progress or duration of the line of a step."""
    connection.execute(
        update(schema_ledger)
        .where(schema_ledger.c.plan_number == plan, schema_ledger.c.step_number == number)
        .values(values)
    )
