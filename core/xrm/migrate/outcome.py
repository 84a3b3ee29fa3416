# SPDX-License-Identifier: Apache-2.0
"""What a plan leads to: the state that is written when its last step is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from xrm.migrate.catalog import Catalog, TableState, as_json
from xrm.migrate.former import DeclaredType, declared_types
from xrm.migrate.owners import owner_of
from xrm.migrate.reshaping import kept_constraints
from xrm.migrate.state import Applied, Kept, State
from xrm.migrate.steps import Plan, Step

EMPTY = TableState({}, {}, {})
WHOLE = ""  # the key under which a whole table is kept


def target_of(after: Catalog, declarations: Mapping[str, Any]) -> str:
    """The checksum of what a plan leads to."""
    text = json.dumps([{name: as_json(one) for name, one in after.items()}, declarations], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def reached(state: State, plan: Plan) -> State:
    """The state after a plan: what is declared, with what is kept of former fields.

    What the database makes of it is read when the plan has run.
    """
    done = {step.target for step in plan.steps if step.phase == "contract"}
    after, types = plan.after, declared_types(plan.declarations)
    objects: dict[str, Applied] = {}
    for name in {*state.objects, *after}:
        before = state.objects.get(name)
        kept: Kept = {column: why for column, why in plan.kept.get(name, {}).items() if _target(name, column, why) not in done}
        if name not in after and not kept:
            continue
        columns = {**(before.declared.columns if before else {}), **(after[name].columns if name in after else {})}
        columns |= {column: why["definition"] for column, why in kept.items() if "definition" in why}
        wanted_now = after.get(name)
        here = {*wanted_now.columns, *kept} if wanted_now is not None else {*columns}
        rest = wanted_now or (before.declared if before else EMPTY)
        declared = TableState(
            {column: text for column, text in columns.items() if column in here},
            {**(kept_constraints(before.declared, rest, kept) if before else {}), **rest.constraints}, dict(rest.indexes),
        )
        objects[name] = Applied(owner_of(name, types), declared, EMPTY, kept)
    return State(objects, dict(plan.declarations), plan.made_by, plan.done_steps)


def stale_types(before_state: State, after_state: State, steps: Iterable[Step]) -> tuple[str, ...]:
    """Types of which a plan makes something out of date, by what it moves or by what is declared.

    Of entity types: titles, sort keys and search documents; of all types: what stored formulas made, or have not made yet.
    """
    before, after = declared_types(before_state.declarations), declared_types(after_state.declarations)
    moved = {step.walk.table for step in steps if step.walk is not None}
    return tuple(sorted(
        one.name for table, one in after.items()
        if table in before and is_stale(before[table], one, is_moved=table in moved)
    ))


def is_stale(before: DeclaredType, after: DeclaredType, *, is_moved: bool) -> bool:
    """Whether titles, search documents or stored formulas of a type are not what is declared now."""
    if not after.stored_formulas.items() <= before.stored_formulas.items():
        return True
    if is_moved:
        return after.is_entity or bool(after.stored_formulas)
    return after.is_entity and after.is_shown_otherwise_than(before)


def _target(table: str, column: str, why: Mapping[str, str]) -> str:
    return table if column == WHOLE else f"{table}.{why['field']}"
