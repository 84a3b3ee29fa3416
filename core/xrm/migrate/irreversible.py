# SPDX-License-Identifier: Apache-2.0
"""Plans that nothing leads back from, and what leads out of them instead."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from xrm.errors import InvalidInput, Message, Problem, msg
from xrm.migrate.ledger import REVERTED, PlanRecord, step_states
from xrm.migrate.steps import Step

DELETE_ROWS, DROP_TABLE, LOAD_ROWS = "delete rows", "drop table", "load rows"


def refuse_irreversible(engine: Engine, chosen: Iterable[PlanRecord]) -> None:
    """Stop before a plan is taken back of which a step that was begun has no way back.

    Raises:
        InvalidInput: then, naming the plan and the way out.
    """
    with engine.connect() as connection:
        begun = [
            (record, record.steps[at]) for record in chosen for at, line in step_states(connection, record.number).items()
            if line.state != REVERTED and not record.steps[at].is_reversible
        ]
    if begun:
        raise InvalidInput([Problem("", _way_out(*begun[0]))])


def _way_out(record: PlanRecord, step: Step) -> Message:
    actions = {one.action for one in record.steps}
    if LOAD_ROWS in actions:
        return msg("Plan {number} took the plugin {owner} back out of its export, which is not undone by a rollback. To be "
                   "without it again: xrm plugin remove {owner}", number=record.number, owner=step.owner)
    if actions & {DELETE_ROWS, DROP_TABLE}:
        return msg("Plan {number} dropped the data of the removed plugin {owner}. What it held lies in its export: "
                   "xrm plugin restore {owner}", number=record.number, owner=step.owner)
    return msg("Plan {number} cannot be taken back: {step} says no way back. Restore a backup, or the copy of the database "
               "from before (snapshots/, SQLite).", number=record.number, step=f"{step.owner} {step.note or step.target}")
