# SPDX-License-Identifier: Apache-2.0
"""Giving what stands in one department to another: at once while it is little, by a job in batches when it is much."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, exists, insert, literal, select, update

from xrm.audit.service import record_audit
from xrm.contact_points.models import contact_point
from xrm.db.types import Id
from xrm.entities.models import entity, party_department
from xrm.entities.rows import raise_taken
from xrm.errors import Conflict, msg
from xrm.events import record_event
from xrm.jobs.service import enqueue
from xrm.relocation.kinds import Kind, kinds_in, rows_of, table_of
from xrm.relocation.planning import names_of_places, plan_move
from xrm.relocation.rights import require_kinds, require_places
from xrm.roles.models import role
from xrm.unit_of_work import UnitOfWork

MOVE_JOB = "move_contents"
BATCH = 500
TRIES = 3


@dataclass(frozen=True)
class Moved:
    """What came of it: how many rows were moved, or the job that moves them."""

    count: int
    job: uuid.UUID | None = None


def move_contents(
    uow: UnitOfWork, source: uuid.UUID, target: uuid.UUID, types: Collection[str] | None = None
) -> Moved:
    """Let all that stands in ``source``, or some ``types`` of it, stand in ``target`` from now on, deleted things included.

    Up to 500 rows are moved here, more by a job of the actor. Departments below, members, rights and settings stay.

    Raises:
        PermissionDenied: without the right to administer both departments, and to edit each kind in both.
        NotFound, InvalidInput: as ``plan_move``.
        Conflict: (``taken``) when a role has a value that has to be unique and is taken in ``target``; (``empty``) for nothing.
    """
    plan = plan_move(uow, source, target, types)
    require_kinds(uow, source, target, plan.kinds)
    names = names_of_places(uow, source, target)
    if plan.taken:
        said = ", ".join(f"{one.type} ({one.count})" for one in plan.taken)
        raise Conflict(
            msg("These have a value that has to be unique and is taken in {target}: {types}. Change them there or here first.",
                target=names[1], types=said),
            code="taken",
        )
    if not plan.count:
        raise Conflict(msg("Nothing stands in {name} that could be moved.", name=names[0]), code="empty")
    told = {"to": (names[0], names[1]), "what": (None, {one.name: one.count for one in plan.kinds})}
    record_audit(uow, "department.contents_moved", source, "department", told, department=source)
    record_event(uow, "department.contents_moved", "department", (source, target), source)
    if plan.count <= BATCH:
        return Moved(move_batch(uow, source, target, types))
    payload = {"source": str(source), "target": str(target), "types": None if types is None else sorted(types)}
    return Moved(plan.count, enqueue(uow, MOVE_JOB, payload, department=target, max_tries=TRIES))


def move_batch(uow: UnitOfWork, source: uuid.UUID, target: uuid.UUID, types: Collection[str] | None) -> int:
    """Move the next rows, at most 500, and return how many they were; 0 when nothing is left. May run again at any time.

    Raises:
        PermissionDenied, NotFound, Conflict: as ``move_contents``.
    """
    require_places(uow, source, target)
    present = kinds_in(uow, source, target)
    kinds = tuple(one for one in present if types is None or one.name in types)
    require_kinds(uow, source, target, kinds)
    moved = 0
    for kind in kinds:
        if moved < BATCH:
            moved += _move(uow, kind, (source, target), BATCH - moved)
    return moved


def _move(uow: UnitOfWork, kind: Kind, places: tuple[uuid.UUID, uuid.UUID], most: int) -> int:
    table = table_of(kind)
    rows = uow.execute(select(table).where(rows_of(kind, places[0])).order_by(table.c.id).limit(most)).all()
    if rows:
        {"entity": _move_entities, "role": _move_roles}.get(kind.group, _move_beside)(uow, kind, places, rows)
    return len(rows)


def _move_entities(uow: UnitOfWork, kind: Kind, places: tuple[uuid.UUID, uuid.UUID], rows: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in rows]
    declared = uow.registry.get(kind.name)
    changed = {"updated_at": uow.now, "updated_by": uow.actor.user_id}
    uow.execute(
        update(entity).where(entity.c.id.in_(ids)).values(department_id=places[1], version=entity.c.version + 1, **changed)
    )
    uow.execute(update(declared.table).where(declared.table.c.id.in_(ids)).values(department_id=places[1]))
    if declared.kind == "party":
        _show(uow, places, ids)
    names = names_of_places(uow, *places)
    for row in rows:
        record_audit(uow, "entity.moved", row.id, row.type, {"department": names}, department=places[1])
        uow.touch(row.id)
    record_event(uow, "entity.moved", kind.name, ids, places[1])


def _move_roles(uow: UnitOfWork, kind: Kind, places: tuple[uuid.UUID, uuid.UUID], rows: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in rows]
    declared = uow.registry.get(kind.name)
    changed = {"updated_at": uow.now, "updated_by": uow.actor.user_id}
    uow.execute(update(role).where(role.c.id.in_(ids)).values(department_id=places[1], version=role.c.version + 1, **changed))
    with raise_taken(uow, declared):
        uow.execute(update(declared.table).where(declared.table.c.id.in_(ids)).values(department_id=places[1]))
    _show(uow, places, sorted({row.party_id for row in rows}))
    names = names_of_places(uow, *places)
    for row in rows:
        record_audit(uow, "role.moved", row.party_id, row.type, {"department": names}, subject_id=row.id, department=places[1])
        uow.touch(row.party_id)
    record_event(uow, "role.moved", kind.name, ids, places[1])


def _show(uow: UnitOfWork, places: tuple[uuid.UUID, uuid.UUID], parties: Sequence[uuid.UUID]) -> None:
    """Make ``party_department`` say of these parties what their homes and roles say now, in two statements for all of them."""
    source, target = places
    gate, other = party_department, party_department.alias()
    uow.execute(
        insert(gate).from_select(
            ["entity_id", "department_id", "type", "title_key"],
            select(entity.c.id, literal(target, Id), entity.c.type, entity.c.title_key).where(
                entity.c.id.in_(parties), entity.c.deleted_at.is_(None),
                ~exists(select(1).where(other.c.entity_id == entity.c.id, other.c.department_id == target)),
            ),
        )
    )
    at_home = exists(select(1).where(entity.c.id == gate.c.entity_id, entity.c.department_id == source))
    kept = role.c.party_id == gate.c.entity_id, role.c.department_id == source, role.c.deleted_at.is_(None)
    by_role = exists(select(1).where(*kept))
    uow.execute(delete(gate).where(gate.c.entity_id.in_(parties), gate.c.department_id == source, ~at_home, ~by_role))


def _move_beside(uow: UnitOfWork, kind: Kind, places: tuple[uuid.UUID, uuid.UUID], rows: Sequence[Row[Any]]) -> None:
    table, ids = table_of(kind), [row.id for row in rows]
    if table is contact_point:
        _end_doubles(uow, places[1], ids)
    uow.execute(update(table).where(table.c.id.in_(ids)).values(department_id=places[1]))
    names = names_of_places(uow, *places)
    for row in rows:
        # What is kept of earlier versions belongs to nobody's history; an interaction to that of all who took part.
        about = getattr(row, "entity_id", None) or (row.source_id if kind.name == "relationship" else None)
        if about is not None:
            told = {"department": names}
            record_audit(uow, f"{kind.name}.moved", about, kind.name, told, subject_id=row.id, department=places[1])
        if table is contact_point:
            uow.touch(row.entity_id)  # they are searched with whom they belong to


def _end_doubles(uow: UnitOfWork, target: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """An address that the other department knows already of the same party is kept there, and ends here."""
    here, there = contact_point, contact_point.alias()
    known = exists(
        select(1).where(
            there.c.entity_id == here.c.entity_id, there.c.kind == here.c.kind, there.c.normalized == here.c.normalized,
            there.c.department_id == target, there.c.valid_until.is_(None),
        )
    )
    uow.execute(update(here).where(here.c.id.in_(ids), here.c.valid_until.is_(None), known).values(valid_until=uow.today))
