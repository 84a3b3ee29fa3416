# SPDX-License-Identifier: Apache-2.0
"""Changes of relationships: typed, directed, dated links between two entities, with fields."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from xrm.access.policy import require, require_any
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.db.locks import hold
from xrm.entities.drafts import situation_of
from xrm.entities.parties import departments_of
from xrm.entities.rows import EntityRow, find_row, json_changes
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.events import record_event
from xrm.relationships.models import relationship, relationship_past
from xrm.relationships.queries import known_to_all, visible_relationship
from xrm.relationships.rules import (
    Period,
    check_cardinality,
    check_ends,
    check_no_cycle,
    check_period,
    overlaps,
    refuse_bad_links,
)
from xrm.schema.registry import RelationshipType
from xrm.schema.storage import insert_children, load_values, stored, update_values
from xrm.schema.validation import validate_change, validate_new
from xrm.unit_of_work import UnitOfWork

KEEP: Any = object()


@dataclass(frozen=True)
class Ends:
    """The two entities of a relationship, as rows; for symmetric types in the order they are stored."""

    source: EntityRow
    target: EntityRow


def relate(
    uow: UnitOfWork, type_name: str, source_id: uuid.UUID, target_id: uuid.UUID, *, valid_from: date | None = None,
    valid_until: date | None = None, department: uuid.UUID | None = None, values: Mapping[str, object] | None = None,
) -> uuid.UUID:
    """Link two entities and return the relationship's id; it holds in [valid_from, valid_until).

    Without a department, all who see both ends see it.

    Raises:
        NotFound: when the actor may not see both ends.
        PermissionDenied: without the right to link where one of them belongs.
        InvalidInput: when the type does not allow these ends, or a field is wrong.
        Conflict: when cardinality forbids it, it would close a circle, or it is there already.
    """
    relationship_type = uow.registry.get_relationship(type_name)
    ends = _find_ends(uow, relationship_type, source_id, target_id)
    if department is not None:
        require(uow, f"{type_name}:link", department)
    else:
        require_any(uow, f"{type_name}:link", departments_of(uow, ends.source) | departments_of(uow, ends.target))
    check_period(valid_from, valid_until)
    checked = validate_new(relationship_type, values or {}, situation_of(uow))
    refuse_bad_links(uow, relationship_type, checked)
    check_ends(uow, relationship_type, ends.source, ends.target)
    _check_rules(uow, relationship_type, ends, (valid_from, valid_until))
    one = new_id()
    row = {
        "id": one, "type": type_name, "source_id": ends.source.id, "target_id": ends.target.id, "valid_from": valid_from,
        "valid_until": valid_until, "recorded_at": uow.now, "recorded_by": uow.actor.user_id, "department_id": department,
        "version": 1,
    }
    uow.execute(insert(relationship).values(row))
    if relationship_type.table is not None:
        uow.execute(insert(relationship_type.table).values({"id": one, **stored(relationship_type, checked)}))
        insert_children(uow.connection, relationship_type, [(one, checked)])
    dates = {"valid_from": (None, valid_from), "valid_until": (None, valid_until)}
    _note(uow, "relationship.started", row, {**json_changes(relationship_type, {}, checked), **dates})
    return one


def _find_ends(uow: UnitOfWork, relationship_type: RelationshipType, source_id: uuid.UUID, target_id: uuid.UUID) -> Ends:
    if source_id == target_id:
        raise InvalidInput([Problem("target", msg("An entity cannot be related to itself. Choose another."))])
    # Whoever relates the same source waits, so that rules about twins, numbers and circles see each other's rows.
    limited = relationship_type.declaration.cardinality in {"one_to_many", "one_to_one"}
    both = limited or relationship_type.declaration.symmetric
    rows = {one: find_row(uow, one, to_change=both or one == source_id) for one in sorted((source_id, target_id))}
    if relationship_type.declaration.symmetric:
        first, second = sorted((source_id, target_id))
        return Ends(rows[first], rows[second])
    return Ends(rows[source_id], rows[target_id])


def _check_rules(
    uow: UnitOfWork, relationship_type: RelationshipType, ends: Ends, period: Period, but: uuid.UUID | None = None
) -> None:
    _refuse_twin(uow, relationship_type.name, ends, period, but)
    check_cardinality(uow, relationship_type, ends.source, ends.target, period, but)
    check_no_cycle(uow, relationship_type, ends.source, ends.target)


def _refuse_twin(uow: UnitOfWork, type_name: str, ends: Ends, period: Period, but: uuid.UUID | None = None) -> None:
    same = select(relationship.c.id).where(
        relationship.c.source_id == ends.source.id, relationship.c.type == type_name,
        relationship.c.target_id == ends.target.id, overlaps(period), known_to_all(uow),
    )
    if but is not None:
        same = same.where(relationship.c.id != but)
    if uow.execute(same.limit(1)).first() is not None:
        raise Conflict(
            msg("{source} and {target} are related like this already in this period.", source=ends.source.title,
                target=ends.target.title), code="exists",
        )


def update_relationship(
    uow: UnitOfWork, relationship_id: uuid.UUID, values: Mapping[str, object] | None = None, *, version: int | None = None,
    valid_from: date | None = KEEP, valid_until: date | None = KEEP,
) -> int:
    """Correct fields or dates and return the new version; what was believed before is kept as past belief.

    Raises:
        NotFound: when the actor may not see it.
        PermissionDenied: without the right to link where it belongs.
        InvalidInput: with each problem at its field.
        Conflict: when ``version`` is given and somebody changed it since, or a rule of its type forbids these dates.
    """
    row = find_relationship(uow, relationship_id)
    _require_link(uow, row)
    if version is not None and version != row.version:
        raise Conflict(msg("This relationship was changed by somebody else. Load it again and repeat your change."))
    relationship_type = uow.registry.get_relationship(row.type)
    current = _load(uow, relationship_type, relationship_id)
    changes = validate_change(relationship_type, values or {}, current, situation_of(uow))
    refuse_bad_links(uow, relationship_type, changes)
    given = {"valid_from": valid_from, "valid_until": valid_until}
    dates = {key: value for key, value in given.items() if value is not KEEP and value != getattr(row, key)}
    after = (dates.get("valid_from", row.valid_from), dates.get("valid_until", row.valid_until))
    check_period(*after)
    if not changes and not dates:
        return int(row.version)
    if dates:
        _check_rules(uow, relationship_type, _find_ends(uow, relationship_type, row.source_id, row.target_id), after, row.id)
    _keep_past(uow, row, relationship_type, current)
    uow.execute(
        update(relationship).where(relationship.c.id == row.id)
        .values(version=row.version + 1, recorded_at=uow.now, recorded_by=uow.actor.user_id, **dates)
    )
    if relationship_type.table is not None:
        update_values(uow.connection, relationship_type, relationship_type.table, row.id, changes, {})
    moved = {key: (getattr(row, key), value) for key, value in dates.items()}
    _note(uow, "relationship.updated", row._asdict(), {**json_changes(relationship_type, current, changes), **moved})
    return int(row.version) + 1


def end_relationship(uow: UnitOfWork, relationship_id: uuid.UUID, valid_until: date) -> None:
    """End a relationship on a day (the first day it no longer holds).

    Raises:
        NotFound, PermissionDenied, InvalidInput: as ``update_relationship``.
    """
    update_relationship(uow, relationship_id, valid_until=valid_until)


def remove_relationship(uow: UnitOfWork, relationship_id: uuid.UUID) -> None:
    """Take out a relationship entered by mistake; it stays among past beliefs. One that is over is ended instead.

    Raises:
        NotFound, PermissionDenied: as ``update_relationship``.
    """
    row = find_relationship(uow, relationship_id)
    _require_link(uow, row)
    relationship_type = uow.registry.get_relationship(row.type)
    _keep_past(uow, row, relationship_type, _load(uow, relationship_type, row.id))
    uow.execute(delete(relationship).where(relationship.c.id == row.id))
    _note(uow, "relationship.removed", row._asdict(), {})


def find_relationship(uow: UnitOfWork, relationship_id: uuid.UUID) -> Row[Any]:
    """The common row of a relationship that the actor sees, held until the end of a writing unit of work.

    Raises:
        NotFound: when there is none, or it or one of its ends is not visible.
    """
    statement = select(relationship).where(relationship.c.id == relationship_id, visible_relationship(uow))
    row = uow.execute(hold(statement, to_change=True) if uow.is_write else statement).first()
    if row is None:
        raise NotFound(msg("There is no relationship with the id {id} that you may see.", id=relationship_id))
    return row


def _require_link(uow: UnitOfWork, row: Row[Any]) -> None:
    if row.department_id is not None:
        require(uow, f"{row.type}:link", row.department_id)
        return
    ends = [find_row(uow, one, to_change=False) for one in (row.source_id, row.target_id)]
    require_any(uow, f"{row.type}:link", departments_of(uow, ends[0]) | departments_of(uow, ends[1]))


def _load(uow: UnitOfWork, relationship_type: RelationshipType, one: uuid.UUID) -> dict[str, Any]:
    if relationship_type.table is None:
        return {}
    return load_values(uow.connection, relationship_type, relationship_type.table, [one]).get(one, {})


def _keep_past(uow: UnitOfWork, row: Row[Any], relationship_type: RelationshipType, values: Mapping[str, Any]) -> None:
    fields = {key: after for key, (_, after) in json_changes(relationship_type, {}, values).items()}
    uow.execute(
        insert(relationship_past).values(
            id=new_id(), relationship_id=row.id, type=row.type, source_id=row.source_id, target_id=row.target_id,
            valid_from=row.valid_from, valid_until=row.valid_until, recorded_at=row.recorded_at, replaced_at=uow.now,
            replaced_by=uow.actor.user_id, department_id=row.department_id, version=row.version,
            fields=json.dumps(fields, ensure_ascii=False),
        )
    )


def _note(uow: UnitOfWork, action: str, row: Mapping[str, Any], changes: Mapping[str, tuple[Any, Any]]) -> None:
    for end in (row["source_id"], row["target_id"]):
        record_audit(uow, action, end, row["type"], changes, subject_id=row["id"], department=row["department_id"])
    record_event(uow, action, row["type"], (row["id"],), row["department_id"])
