# SPDX-License-Identifier: Apache-2.0
"""Where changes of the schema stand: those that were made, one that was interrupted, what a rollback would take back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.migrate.irreversible import refuse_irreversible
from xrm.migrate.ledger import DONE, REVERTED, ROLLED_BACK, ROLLING_BACK, PlanRecord, open_plan, plans, step_states
from xrm.migrate.own_tables import has_own_tables
from xrm.migrate.purging import refuse_purged
from xrm.migrate.steps import Step
from xrm.migrate.turning import Tools


def made_plans(engine: Engine) -> list[PlanRecord]:
    """All plans that were begun, the first one first."""
    with engine.connect() as connection:
        return plans(connection) if has_own_tables(connection) else []


def interrupted(engine: Engine) -> dict[str, Any] | None:
    """Where a change stopped: its plan, whether forwards or backwards, the step it is at (from 1) and of how many."""
    with engine.connect() as connection:
        record = open_plan(connection) if has_own_tables(connection) else None
        if record is None:
            return None
        lines = step_states(connection, record.number).values()
        done = sum(line.state == DONE for line in lines)
    return {"plan": record.number, "state": record.state, "step": min(done + 1, len(record.steps)), "of": len(record.steps)}


def rest_of_interrupted(engine: Engine) -> list[Step]:
    """The steps of an interrupted change that are still to be done, or undone, in that order."""
    with engine.connect() as connection:
        record = open_plan(connection) if has_own_tables(connection) else None
        if record is None:
            return []
        lines = step_states(connection, record.number)
    if record.state == ROLLING_BACK:
        left = [at for at in lines if lines[at].state != REVERTED]
        return [record.steps[at] for at in sorted(left, reverse=True)]
    return [step for at, step in enumerate(record.steps) if at not in lines or lines[at].state != DONE]


def to_take_back(engine: Engine, to: int | None, tools: Tools | None = None) -> list[PlanRecord]:
    """What a rollback would take back: the last plan, or all after plan ``to``, the latest first; nothing is changed.

    Raises:
        NotFound: when there is nothing to take back.
        InvalidInput: for a plan that cannot be taken back, such as the installation.
    """
    with engine.connect() as connection:
        known = [one for one in plans(connection) if one.state != ROLLED_BACK] if has_own_tables(connection) else []
    target = known[-1].number - 1 if to is None and known else (to or 0)
    chosen = [one for one in reversed(known) if one.number > target]
    if not chosen:
        raise NotFound(msg("There is no schema change to take back. xrm schema history lists them."))
    if any(not one.before.objects for one in chosen):
        raise InvalidInput([Problem("", msg("The installation itself cannot be taken back. Restore a backup instead."))])
    refuse_irreversible(engine, chosen)
    refuse_purged(engine, chosen)
    for record in chosen:
        _require_scripts(record.steps, tools or Tools())
    return chosen


def _require_scripts(steps: Iterable[Step], tools: Tools) -> None:
    """Read each data step before the first step is undone: without one, the way back would end halfway."""
    for step in steps:
        if step.walk is not None and step.walk.script:
            tools.script(step.owner, step.walk.script)
