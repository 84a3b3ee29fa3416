# SPDX-License-Identifier: Apache-2.0
"""One change of the overlay from begin to end: check, build the registry, plan, run with the rows as last step, take it over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xrm.access.policy import require_everywhere
from xrm.db.engine import for_writing
from xrm.entities.refreshing import refresh_stale
from xrm.errors import Conflict, InvalidInput, Problem, msg
from xrm.migrate.asking import Choices
from xrm.migrate.former import OVERLAY
from xrm.migrate.said import message_of
from xrm.migrate.stale import note_stale
from xrm.migrate.steps import Plan
from xrm.migrate.upgrade import apply_changes, plan_for
from xrm.overlay.additions import Addition, Overlay
from xrm.overlay.merging import problems_of
from xrm.overlay.queries import read_overlay
from xrm.overlay.rows import step_of
from xrm.overlay.service import RIGHT, Change, note_change
from xrm.schema.registry import Registry
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime

TRIES = 5
MOST_FIELDS = 150
RACED = "changed"  # what apply says when somebody else changed fields since they were read
Agreed = Callable[[Plan], bool]


def change_overlay(
    runtime: Runtime, actor: Actor, reckon: Callable[[Overlay], Change], *, agreed: Agreed | None = None
) -> Change:
    """Make a change of the overlay, in the database and in this process; others follow within a second.

    ``reckon`` says what changes, from the additions as they are; it may run again. ``agreed`` is asked with the plan before
    anything is done; when it says no, nothing is, and what would have changed is returned. The rows are the last step of the
    plan: a kill in between leaves an interrupted plan, which ``xrm schema apply`` ends and ``xrm schema rollback`` takes back.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        InvalidInput: when what is added does not fit, or could not take over the values that are there; nothing was changed.
        Conflict: when others change fields at the same time, again and again.
    """
    runtime.require_whole()
    for attempt in range(TRIES):
        before = runtime.read(_begin, actor)
        change = reckon(before)
        if not change.changed:
            return change
        registry = _fitting(runtime, before, change)
        step = step_of(before, change, runtime.engine.dialect, datetime.now(UTC), actor.user_id)
        choices = Choices(only=OVERLAY, without_contract=True, closing=(step,))
        plan = plan_for(runtime.engine, registry, choices)
        _refuse([Problem("", message_of(one)) for one in plan.problems])
        if agreed is not None and not agreed(plan):
            return change
        try:
            apply_changes(runtime.engine, registry, actor=actor.name or actor.kind, choices=choices)
        except Conflict as error:
            if error.code != RACED or attempt == TRIES - 1:
                raise
        else:
            runtime.write(lambda uow: note_change(uow, before, change.changed), actor)  # noqa: B023  # runs within this turn
            runtime.follow(at_once=True)
            with for_writing(runtime.engine.connect()) as connection, connection.begin():
                note_stale(connection, _shown_otherwise(before, change))
            refresh_stale(runtime, system_actor())
            return change
    raise AssertionError  # the last try returns or raises


def _begin(uow: UnitOfWork) -> Overlay:
    require_everywhere(uow, RIGHT)
    return read_overlay(uow.connection)


def _fitting(runtime: Runtime, before: Overlay, change: Change) -> Registry:
    """The registry after the change, when all of it fits."""
    after = _after(before, change)
    misfits = runtime.misfits if runtime.overlay_number == before.number else runtime.assemble(before)[1]
    registry, new_misfits = runtime.assemble(after)
    # Also what was right before: a field that another one names in a condition is not taken away below it.
    healthy = {one.id for one in before.additions} - {misfit.addition.id for misfit in misfits}
    _refuse(problems_of(new_misfits, healthy | {one.id for one in change.changed if not one.is_retired}))
    _refuse(_too_many(after, change))
    return registry


def _after(before: Overlay, change: Change) -> Overlay:
    changed = {one.id: one for one in change.changed}
    kept = [changed.pop(one.id, one) for one in before.additions]
    return replace(before, additions=(*kept, *changed.values()))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput(problems)


def _too_many(after: Overlay, change: Change) -> list[Problem]:
    said = msg("A type takes {most} fields of yours, retired ones included. Make a type of its own for more.", most=MOST_FIELDS)
    counts: dict[str, int] = {}
    for one in after.additions:
        counts[one.type_name] = counts.get(one.type_name, 0) + (one.kind == "field")
    full = sorted({one.type_name for one in change.changed if counts[one.type_name] > MOST_FIELDS})
    return [Problem(name, said) for name in full]


def next_version(one: Addition, **changes: object) -> Addition:
    """The addition with these changes, counted up."""
    return replace(one, version=one.version + 1, **changes)  # type: ignore[arg-type]  # names of its own attributes


def _shown_otherwise(before: Overlay, change: Change) -> list[str]:
    """Types whose titles or search documents hold what is declared otherwise now; a field that is new is in none yet."""
    known = {one.id: one for one in before.additions}
    return sorted({
        one.type_name for one in change.changed
        if one.id in known and _shown_by(one) != _shown_by(known[one.id])
    })


def _shown_by(one: Addition) -> object:
    declared = one.declaration
    if one.kind == "type":
        fields = declared.get("fields", {}).values()
        searched = sorted(f"{field.get('search', '')} {field.get('guarded', '')}" for field in fields)
        return declared.get("title"), declared.get("sort_as"), searched
    parts = ("type", "many", "guarded")
    return declared.get("search") and (declared["search"], *map(declared.get, parts), one.is_retired)
