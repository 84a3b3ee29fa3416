# SPDX-License-Identifier: Apache-2.0
"""One batch of rows in one unit of work: read what is there, prepare each row, write all that is new or differs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from xrm.access.policy import require, require_any
from xrm.contact_points.service import add_checked
from xrm.db.ids import new_id
from xrm.entities.parties import departments_of
from xrm.entities.rows import find_row
from xrm.entities.service import create_entities, update_entity
from xrm.errors import Problem, XrmError
from xrm.identifiers.service import set_identifier
from xrm.imports.places import Places
from xrm.imports.plan import Key, RowPlan
from xrm.imports.prepare import RowPreparation, WaitsFor
from xrm.imports.present import Present, read_present
from xrm.imports.work import RowEnd, RowWork
from xrm.interactions.service import record_interactions, update_interaction
from xrm.relationships.batch import relate_many
from xrm.relationships.service import update_relationship
from xrm.roles.service import start_roles, update_role
from xrm.unit_of_work import UnitOfWork


def problems_of(error: XrmError) -> tuple[Problem, ...]:
    """What an error lists, or what it says."""
    listed: list[Problem] = getattr(error, "problems", None) or [Problem("", error.message)]
    return tuple(listed)


def write_batch(uow: UnitOfWork, places: Places, plans: Sequence[RowPlan]) -> list[RowEnd]:
    """How each row ended, in order. Rows that cannot be taken, or wait for others, write nothing.

    Raises:
        XrmError: when the database or a plugin refuses what looked right; nothing of the batch may then be kept.
    """
    present = read_present(uow, plans)
    works, ends = _prepare_all(uow, places, present, plans)
    _write(uow, plans, works)
    for position, work in works.items():
        plan = plans[position]
        first = next(iter(plan.things), "")
        ends[position] = RowEnd(plan, work.outcome(first), written=work.written())
    return [ends[position] for position in range(len(plans))]


def _prepare_all(
    uow: UnitOfWork, places: Places, present: Present, plans: Sequence[RowPlan]
) -> tuple[dict[int, RowWork], dict[int, RowEnd]]:
    new_ids = [{name: new_id() for name in plan.things} for plan in plans]
    coming = {
        key: ids[name] for plan, ids in zip(plans, new_ids, strict=True) for name, thing in plan.things.items()
        for key in thing.keys if key not in present.ids
    }
    preparation = RowPreparation(uow, present, places, coming)
    works: dict[int, RowWork] = {}
    ends: dict[int, RowEnd] = {}
    waiting = list(range(len(plans)))
    while waiting:
        lost: set[Key] = set()
        for position in waiting:
            made = _prepare_one(preparation, position, plans[position], new_ids[position])
            if isinstance(made, RowWork):
                works[position] = made
            else:
                ends[position] = made
                lost |= plans[position].own_keys & coming.keys()
        for key in lost:
            del coming[key]
        # What relied on a row that fails cannot be written in this batch either.
        waiting = [position for position in works if lost & plans[position].needed_keys] if lost else []
        for position in waiting:
            del works[position]
    return works, ends


def _prepare_one(
    preparation: RowPreparation, position: int, plan: RowPlan, new_ids: Mapping[str, uuid.UUID]
) -> RowWork | RowEnd:
    try:
        return preparation.prepare(position, plan, new_ids)
    except XrmError as error:
        return RowEnd(plan, "failed", problems_of(error))
    except WaitsFor as wait:
        return RowEnd(plan, "failed", waits_for=wait.keys)


def _write(uow: UnitOfWork, plans: Sequence[RowPlan], works: Mapping[int, RowWork]) -> None:
    ordered = [works[position] for position in sorted(works)]
    _create(uow, plans, ordered)
    if drafts := [draft for work in ordered for draft in work.roles]:
        start_roles(uow, drafts)
    _add_points(uow, ordered)
    if links := [draft for work in ordered for draft in work.relationships]:
        relate_many(uow, links)
    if interactions := [draft for work in ordered for draft in work.interactions]:
        record_interactions(uow, interactions)
    for work in ordered:
        _change(uow, work)


def _change(uow: UnitOfWork, work: RowWork) -> None:
    for entity_id, _, raw in work.changes:
        update_entity(uow, entity_id, raw)
    for (system, key), entity_id in work.identifiers:
        set_identifier(uow, system, key, entity_id)
    for change in work.role_changes:
        update_role(uow, change.id, change.values, **change.dates)
    for change in work.relationship_changes:
        update_relationship(uow, change.id, change.values, **change.dates)
    for one, _, texts in work.interaction_changes:
        update_interaction(uow, one, subject=texts["subject"], body=texts["body"], outcome=texts["outcome"])


def _create(uow: UnitOfWork, plans: Sequence[RowPlan], works: Iterable[RowWork]) -> None:
    # Things in the order of the mapping: a field may lead to a thing written above its own.
    by_name: dict[str, list[RowWork]] = {name: [] for plan in plans for name in plan.things}
    names = sorted(by_name, key=lambda name: max(list(plan.things).index(name) for plan in plans if name in plan.things))
    for name in names:
        drafts = [draft for work in works for thing, draft in work.drafts if thing == name]
        if drafts:
            create_entities(uow, drafts)


def _add_points(uow: UnitOfWork, works: Iterable[RowWork]) -> None:
    points = [draft for work in works for draft in work.points]
    if not points:
        return
    fresh = {draft.id: draft.department for work in works for _, draft in work.drafts}
    for department in {fresh[draft.entity_id] for draft in points if draft.entity_id in fresh}:
        require(uow, "contact_point:create", department)
    for one in {draft.entity_id for draft in points if draft.entity_id not in fresh}:
        row = find_row(uow, one, to_change=False)
        require_any(uow, "contact_point:create", departments_of(uow, row), owner=row.owner_id)
    add_checked(uow, points)
