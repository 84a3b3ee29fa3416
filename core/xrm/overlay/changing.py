# SPDX-License-Identifier: Apache-2.0
"""One change of the overlay from begin to end: check, build the registry, make the columns, store the rows, take it over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from xrm.access.policy import require_everywhere
from xrm.errors import Conflict, InvalidInput, Problem, msg
from xrm.migrate.upgrade import apply_changes, plan_for
from xrm.overlay.additions import Addition, Overlay
from xrm.overlay.merging import problems_of
from xrm.overlay.queries import read_overlay
from xrm.overlay.service import RACED, RIGHT, Change, store_change
from xrm.schema.registry import EntityType, Registry
from xrm.unit_of_work import Actor, UnitOfWork

if TYPE_CHECKING:
    from xrm.runtime import Runtime

TRIES = 5
MOST_FIELDS = 150


def change_overlay(runtime: Runtime, actor: Actor, reckon: Callable[[Overlay], Change]) -> Change:
    """Make a change of the overlay, in the database and in this process; others follow within a second.

    ``reckon`` says what changes, from the additions as they are; it may run again. A kill in between leaves nothing, or
    a column that nobody names.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        InvalidInput: when what is added does not fit; nothing was changed.
        Conflict: when others change fields at the same time, again and again.
    """
    for attempt in range(TRIES):
        before = runtime.read(_begin, actor)
        change = reckon(before)
        if not change.changed:
            return change
        after = _after(before, change)
        is_known = runtime.overlay_number == before.number
        known, old_misfits = (runtime.registry, runtime.misfits) if is_known else runtime.assemble(before)
        registry, misfits = runtime.assemble(after)
        # Also what was right before: a field that another one names in a condition is not taken away below it.
        healthy = {one.id for one in before.additions} - {misfit.addition.id for misfit in old_misfits}
        _refuse(problems_of(misfits, healthy | {one.id for one in change.changed if not one.is_retired}))
        _refuse(_too_many(after, change))
        _refuse(_other_columns(known, registry, change))
        _refuse_if_others_wait(runtime, known)
        apply_changes(runtime.engine, registry, actor=actor.name or actor.kind)
        try:
            runtime.write(lambda uow: store_change(uow, before, change, registry), actor)  # noqa: B023  # runs within this turn
        except Conflict as error:
            if error.code != RACED or attempt == TRIES - 1:
                raise
        else:
            runtime.follow(at_once=True)
            return change
    raise AssertionError  # the last try returns or raises


def _refuse_if_others_wait(runtime: Runtime, known: Registry) -> None:
    """An operator moves or drops data when the time is right; a new field does not bring that along."""
    waiting = [step for step in plan_for(runtime.engine, known).steps if step.phase != "expand"]
    if waiting:
        step = f"{waiting[0].action} {waiting[0].target}"
        raise Conflict(
            msg("The upgrade of a plugin waits: {step}. Ask an operator to run xrm schema apply first.", step=step),
            code="upgrade_waits",
        )


def _begin(uow: UnitOfWork) -> Overlay:
    require_everywhere(uow, RIGHT)
    return read_overlay(uow.connection)


def _after(before: Overlay, change: Change) -> Overlay:
    changed = {one.id: one for one in change.changed}
    kept = [changed.pop(one.id, one) for one in before.additions]
    return Overlay(before.number, (*kept, *changed.values()))


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


def _other_columns(before: Registry, after: Registry, change: Change) -> list[Problem]:
    """Fields whose column is there already and would have to be of another kind."""
    problems = []
    for one in change.changed:
        old, new = before.entity_types.get(one.type_name), after.entity_types.get(one.type_name)
        if old is None or new is None:
            continue
        for key in [one.key] if one.kind == "field" else [key for key in old.all_fields if key in new.all_fields]:
            if key in old.all_fields and _columns(old, key) != _columns(new, key):
                said = msg("The values of {key} are kept as {type}. Take that type again, or another key.",
                           key=key, type=old.all_fields[key].type)
                problems.append(Problem(f"fields.{key}.type", said, one.file))
    return problems


def _columns(entity_type: EntityType, key: str) -> tuple[bool, list[tuple[str, str]]]:
    columns = entity_type.field_type(key).columns(entity_type.all_fields[key])
    return key in entity_type.child_tables, [(column.name, repr(column.type)) for column in columns]


def next_version(one: Addition, **changes: object) -> Addition:
    """The addition with these changes, counted up."""
    return replace(one, version=one.version + 1, **changes)  # type: ignore[arg-type]  # names of its own attributes
