# SPDX-License-Identifier: Apache-2.0
"""What contract steps put aside (tables that begin with ``kept__``) goes for good after thirty days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, inspect

from xrm.db.engine import for_writing
from xrm.errors import InvalidInput, Problem, msg
from xrm.migrate.ledger import DONE, PlanRecord, plans, step_states, write_steps
from xrm.migrate.steps import Step
from xrm.migrate.writing import KEEP_VALUES, KEPT

DAYS_KEPT = 30
_NAME = re.compile(rf"\b{KEPT}\w+")


def purge(engine: Engine, now: datetime, actor: str, told: Callable[[Step], None] | None = None) -> list[Step]:
    """Drop what was put aside more than thirty days ago, each table with its line in the ledger; the steps done."""
    with engine.connect() as connection:
        there = _kept_tables(connection)
        outdated = _outdated(connection, there, now - timedelta(days=DAYS_KEPT)) if there else {}
    quote = engine.dialect.identifier_preparer.quote
    steps = [_step(name, owner, quote(name)) for name, owner in sorted(outdated.items())]
    for step in steps:
        if told is not None:
            told(step)
        with for_writing(engine.connect()) as writing, writing.begin():
            writing.exec_driver_sql(step.statement)
            write_steps(writing, None, [(0, step, 0)], actor)
    return steps


def refuse_purged(engine: Engine, chosen: Iterable[PlanRecord]) -> None:
    """Stop before a plan is taken back whose values are gone.

    Raises:
        InvalidInput: then, naming the plan and what it dropped.
    """
    with engine.connect() as connection:
        there = _kept_tables(connection)
        gone = [
            (record.number, step.target) for record in chosen
            for name, step in _put_aside(connection, record).items() if name not in there
        ]
    for number, target in gone:
        said = msg("Plan {number} dropped {target}, and what it put aside went for good after {days} days. It cannot be taken "
                   "back. Restore a backup instead.", number=number, target=target, days=DAYS_KEPT)
        raise InvalidInput([Problem("", said)])


def _kept_tables(connection: Connection) -> set[str]:
    return {name for name in inspect(connection).get_table_names() if name.startswith(KEPT)}


def _outdated(connection: Connection, there: set[str], since: datetime) -> dict[str, str]:
    """Table → owner, of those that the latest plan which made them made before that moment; what no plan made stays."""
    made: dict[str, tuple[datetime, str]] = {}
    for record in plans(connection):
        for name, step in _put_aside(connection, record).items():
            made[name] = record.ended_at or datetime.now(UTC), step.owner
    return {name: owner for name, (at, owner) in made.items() if name in there and at < since}


def _put_aside(connection: Connection, record: PlanRecord) -> Mapping[str, Step]:
    """Table → the step of the plan that put something into it, and was not taken back."""
    lines = step_states(connection, record.number)
    return {
        name: step for at, step in enumerate(record.steps)
        if (step.phase == "contract" or step.action == KEEP_VALUES) and at in lines and lines[at].state == DONE
        for text in step.reverse for name in _NAME.findall(text)
    }


def _step(name: str, owner: str, quoted: str) -> Step:
    return Step(owner, "purge", name, (f"DROP TABLE IF EXISTS {quoted}",), phase="contract", risk="destroys")
