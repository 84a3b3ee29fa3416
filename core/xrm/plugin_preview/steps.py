# SPDX-License-Identifier: Apache-2.0
"""A schema change in words an administrator understands: what is done to the tables, how long it takes, what it asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from xrm.errors import Message, msg
from xrm.migrate.said import message_of
from xrm.migrate.steps import Plan, Step

MOST_TARGETS = 5
_ACTIONS: Mapping[str, Message] = {
    "create table": msg("New tables"), "add column": msg("New columns"), "create index": msg("New indexes"),
    "drop index": msg("Indexes that go"), "copy values": msg("Values that are copied to a new name"),
    "keep in step": msg("Old and new name kept equal"), "end keeping in step": msg("Old and new name no more kept equal"),
    "take up field": msg("Fields that are back with their values"), "convert values": msg("Values that take another type"),
    "switch field": msg("Fields that change their type"), "rebuild table": msg("Tables that are made anew"),
    "check rows": msg("Rows that are checked"), "change constraint": msg("Rules that change"),
    "widen column": msg("Columns that hold more"), "change default": msg("Defaults that change"),
    "allow empty": msg("Columns that may be empty"), "forbid empty": msg("Columns that must be filled"),
    "drop field": msg("Columns that go, put aside for thirty days"),
    "drop table": msg("Tables that go, put aside for thirty days"),
    "run data step": msg("Values that a data step of the plugin changes"),
    "note changes": msg("Fields whose changes are noted meanwhile"),
    "make anew": msg("Titles, search and formulas that are made anew"),
}


def plan_in_words(plan: Plan | None, waiting: tuple[str, ...] = ()) -> Iterator[Message]:
    """What the change of tables does and asks for; ``waiting`` are data steps, which are known only when they are run."""
    if plan is None:
        yield msg("What its tables need can be said when its code runs. xrm schema plan shows it then.")
        return
    if plan.steps:
        seconds = sum(step.seconds for step in plan.steps)
        if seconds < 1:
            yield msg("Steps: {count}, less than a second in all.", count=len(plan.steps))
        else:
            yield msg("Steps: {count}, about {seconds} seconds in all.", count=len(plan.steps), seconds=round(seconds))
        yield _asked(plan)
        yield from _grouped(plan.steps)
    elif not plan.problems:
        yield msg("Nothing is changed in the database.")
    if plan.later:
        yield msg("Columns of former names that go later, fourteen days after: {count}.", count=len(plan.later))
    for name in waiting:
        yield msg("A data step of the plugin is run: {name}. What it changes is known when it runs; xrm schema plan shows it.",
                  name=name)
    yield from (message_of(one) for one in plan.notes)


def problems_in_words(plan: Plan | None, waiting: tuple[str, ...] = ()) -> Iterator[Message]:
    """What must be mended before; what may be the work of a data step is said to be so."""
    for problem in plan.problems if plan is not None else ():
        if waiting:
            yield msg("{problem} A data step of the plugin may do so: xrm schema plan tells.", problem=message_of(problem))
        else:
            yield message_of(problem)


def _asked(plan: Plan) -> Message:
    if plan.risk == "destroys":
        return msg("It destroys data. Make a backup first.")
    if plan.risk == "window":
        return msg("It needs a window: nobody works meanwhile. Stop xrm before, and start it again after.")
    return msg("It is safe while people work.")


def _grouped(steps: tuple[Step, ...]) -> Iterator[Message]:
    counted = Counter(step.action for step in steps)
    for action, count in counted.items():
        targets = [step.target for step in steps if step.action == action]
        names = ", ".join(targets[:MOST_TARGETS]) + (", …" if count > MOST_TARGETS else "")
        yield msg("{action} ({count}): {names}.", action=_ACTIONS.get(action, action), count=count, names=names)
