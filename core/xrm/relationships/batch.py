# SPDX-License-Identifier: Apache-2.0
"""Many relationships in one go: the same rules as one by one, with a few statements for all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from xrm.access.policy import require, require_any, scope
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.entities.drafts import situation_of
from xrm.entities.parties import departments_of
from xrm.entities.rows import EntityRow, find_rows, json_changes
from xrm.errors import Conflict, InvalidInput, Problem, msg
from xrm.events import record_event
from xrm.relationships.models import relationship
from xrm.relationships.queries import known_to_all
from xrm.relationships.rules import check_ends, check_period, refuse_bad_links
from xrm.relationships.service import relate
from xrm.schema.registry import RelationshipType
from xrm.schema.storage import insert_children, stored
from xrm.schema.validation import validate_new
from xrm.unit_of_work import UnitOfWork

CHUNK = 500


@dataclass(frozen=True)
class RelationshipDraft:
    """A relationship about to be made; ``values`` are raw."""

    type: str
    source: uuid.UUID
    target: uuid.UUID
    valid_from: date | None = None
    valid_until: date | None = None
    department: uuid.UUID | None = None
    values: Mapping[str, object] = field(default_factory=dict)


def relate_many(uow: UnitOfWork, drafts: Sequence[RelationshipDraft]) -> list[uuid.UUID]:
    """Link many pairs of entities and return the ids in the order given; all of them or none.

    Raises:
        NotFound, PermissionDenied, InvalidInput, Conflict: as ``relate``.
    """
    ids: dict[int, uuid.UUID] = {}
    plain: dict[str, list[tuple[int, RelationshipDraft]]] = {}
    for position, draft in enumerate(drafts):
        declared = uow.registry.get_relationship(draft.type).declaration
        if declared.acyclic or declared.cardinality != "many_to_many":
            # Each of these depends on those before it.
            ids[position] = relate(
                uow, draft.type, draft.source, draft.target, valid_from=draft.valid_from, valid_until=draft.valid_until,
                department=draft.department, values=draft.values,
            )
        else:
            plain.setdefault(draft.type, []).append((position, draft))
    rows = find_rows(uow, {one for pairs in plain.values() for _, draft in pairs for one in (draft.source, draft.target)})
    for name, pairs in plain.items():
        found = _relate_type(uow, uow.registry.get_relationship(name), [draft for _, draft in pairs], rows)
        ids.update(zip((position for position, _ in pairs), found, strict=True))
    return [ids[position] for position in range(len(drafts))]


def _relate_type(
    uow: UnitOfWork, relationship_type: RelationshipType, drafts: Sequence[RelationshipDraft], ends: Mapping[uuid.UUID, EntityRow]
) -> list[uuid.UUID]:
    _require(uow, relationship_type.name, drafts, ends)
    rows: list[dict[str, Any]] = []
    checked: list[dict[str, Any]] = []
    for draft in drafts:
        if draft.source == draft.target:
            raise InvalidInput([Problem("target", msg("An entity cannot be related to itself. Choose another."))])
        check_period(draft.valid_from, draft.valid_until)
        check_ends(uow, relationship_type, ends[draft.source], ends[draft.target])
        values = validate_new(relationship_type, draft.values, situation_of(uow))
        refuse_bad_links(uow, relationship_type, values)
        checked.append(values)
        rows.append(_row(uow, relationship_type, draft))
    _refuse_twins(uow, relationship_type.name, rows, ends)
    uow.execute(insert(relationship), rows)
    if relationship_type.table is not None:
        pairs = [(row["id"], values) for row, values in zip(rows, checked, strict=True)]
        uow.execute(insert(relationship_type.table), [{"id": one, **stored(relationship_type, values)} for one, values in pairs])
        insert_children(uow.connection, relationship_type, pairs)
    for row, values in zip(rows, checked, strict=True):
        dates = {"valid_from": (None, row["valid_from"]), "valid_until": (None, row["valid_until"])}
        changes = {**json_changes(relationship_type, {}, values), **dates}
        for end in (row["source_id"], row["target_id"]):
            record_audit(
                uow, "relationship.started", end, row["type"], changes, subject_id=row["id"], department=row["department_id"]
            )
        record_event(uow, "relationship.started", row["type"], (row["id"],), row["department_id"])
    return [row["id"] for row in rows]


def _require(
    uow: UnitOfWork, type_name: str, drafts: Sequence[RelationshipDraft], ends: Mapping[uuid.UUID, EntityRow]
) -> None:
    if scope(uow, type_name, "link").is_everywhere:
        return
    for department in {draft.department for draft in drafts if draft.department is not None}:
        require(uow, f"{type_name}:link", department)
    for draft in drafts:
        if draft.department is None:
            places = departments_of(uow, ends[draft.source]) | departments_of(uow, ends[draft.target])
            require_any(uow, f"{type_name}:link", places)


def _row(uow: UnitOfWork, relationship_type: RelationshipType, draft: RelationshipDraft) -> dict[str, Any]:
    source, target = draft.source, draft.target
    if relationship_type.declaration.symmetric:
        source, target = sorted((source, target))
    return {
        "id": new_id(), "type": relationship_type.name, "source_id": source, "target_id": target,
        "valid_from": draft.valid_from, "valid_until": draft.valid_until, "recorded_at": uow.now,
        "recorded_by": uow.actor.user_id, "department_id": draft.department, "version": 1,
    }


def _refuse_twins(
    uow: UnitOfWork, type_name: str, rows: Sequence[Mapping[str, Any]], ends: Mapping[uuid.UUID, EntityRow]
) -> None:
    periods: dict[tuple[uuid.UUID, uuid.UUID], list[tuple[date | None, date | None]]] = {}
    sources = sorted({row["source_id"] for row in rows})
    for start in range(0, len(sources), CHUNK):
        among = relationship.c.source_id.in_(sources[start : start + CHUNK])
        present = uow.execute(select(relationship).where(among, relationship.c.type == type_name, known_to_all(uow)))
        for one in present:
            periods.setdefault((one.source_id, one.target_id), []).append((one.valid_from, one.valid_until))
    for row in rows:
        key = (row["source_id"], row["target_id"])
        period = (row["valid_from"], row["valid_until"])
        if any(_overlap(period, other) for other in periods.get(key, ())):
            raise Conflict(
                msg("{source} and {target} are related like this already in this period.", source=ends[key[0]].title,
                    target=ends[key[1]].title), code="exists",
            )
        periods.setdefault(key, []).append(period)


def _overlap(one: tuple[date | None, date | None], other: tuple[date | None, date | None]) -> bool:
    begins_in_time = other[1] is None or one[0] is None or one[0] < other[1]
    return begins_in_time and (one[1] is None or other[0] is None or other[0] < one[1])
