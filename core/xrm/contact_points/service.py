# SPDX-License-Identifier: Apache-2.0
"""Changes of contact points: addresses of an entity on channels; and what becomes known of an address itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select, update

from xrm.access.policy import require_any
from xrm.audit.service import record_audit
from xrm.contact_points.kinds import Reading, read_value
from xrm.contact_points.models import address_state, contact_point
from xrm.contact_points.queries import PARTS, visible_contact_point
from xrm.db.bulk import insert_rows
from xrm.db.ids import new_id
from xrm.entities.models import entity
from xrm.entities.parties import departments_of
from xrm.entities.rows import EntityRow, find_row
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.events import record_event
from xrm.schema.fields.characters import is_storable
from xrm.unit_of_work import UnitOfWork

KEEP: Any = object()
LONGEST_LABEL = 100


@dataclass(frozen=True)
class ContactPointDraft:
    """A contact point about to be added, its value already read."""

    entity_id: uuid.UUID
    kind: str
    reading: Reading
    label: str = ""
    department: uuid.UUID | None = None
    preferred: bool = False
    valid_from: date | None = None


def prepare(
    uow: UnitOfWork, entity_id: uuid.UUID, kind: str, value: object, *, label: str = "", department: uuid.UUID | None = None,
    preferred: bool = False, valid_from: date | None = None, lenient: bool = False,
) -> ContactPointDraft:
    """A contact point, checked but not yet written; ``lenient`` keeps phone numbers as typed that no plan knows.

    Raises:
        InvalidInput: for an unknown kind or a value that cannot be one.
    """
    reading = read_value(uow.host.field_types(), kind, value, uow.parse_context, lenient=lenient)
    _check_label(label)
    return ContactPointDraft(entity_id, kind, reading, label, department, preferred, valid_from)


def _check_label(label: str) -> None:
    if len(label) > LONGEST_LABEL or not is_storable(label):
        raise InvalidInput([Problem("label", msg("Give a text of at most {most} characters.", most=LONGEST_LABEL))])


def add_contact_point(
    uow: UnitOfWork, entity_id: uuid.UUID, kind: str, value: object, *, label: str = "", department: uuid.UUID | None = None,
    preferred: bool = False, valid_from: date | None = None,
) -> uuid.UUID:
    """Add an address and return its id; one that is there already (same kind, value, department) is returned as it is.

    Raises:
        NotFound: when the actor may not see the entity.
        PermissionDenied: without the right to create contact points where it belongs.
        InvalidInput: for an unknown kind or a value that cannot be one.
    """
    row = find_row(uow, entity_id, to_change=False)
    draft = prepare(
        uow, entity_id, kind, value, label=label, department=department, preferred=preferred, valid_from=valid_from
    )
    require_any(uow, "contact_point:create", {department} if department else departments_of(uow, row), owner=row.owner_id)
    return add_checked(uow, [draft])[0]


def add_checked(uow: UnitOfWork, drafts: Sequence[ContactPointDraft]) -> list[uuid.UUID]:
    """Add many, of entities that the caller may change; returns their ids, those of twins where they exist.

    The right was checked by the caller: ``add_contact_point``, or an import that created the entities itself.
    """
    # An entity made in this unit of work has none yet, until the first is added.
    grown: set[uuid.UUID] = uow.cache.setdefault(__name__, set())
    new = {one for one, is_new in uow.touched.items() if is_new} - grown
    twins = _find_open(uow, {draft.entity_id for draft in drafts} - new)
    grown.update(draft.entity_id for draft in drafts)
    ids: list[uuid.UUID] = []
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        key = (draft.entity_id, draft.kind, draft.reading.normalized, draft.department)
        if key not in twins:
            twins[key] = new_id()
            rows.append(_row(uow, twins[key], draft))
            if draft.entity_id in uow.made:
                uow.made[draft.entity_id].points.append(rows[-1])
            added = {draft.kind: (None, draft.reading.value)}
            _note(uow, draft.entity_id, "contact_point.added", twins[key], draft.department, added)
        ids.append(twins[key])
    if rows:
        insert_rows(uow.connection, contact_point, rows)
    return ids


def _find_open(uow: UnitOfWork, entity_ids: set[uuid.UUID]) -> dict[tuple[uuid.UUID, str, str, uuid.UUID | None], uuid.UUID]:
    if not entity_ids:
        return {}
    rows = uow.execute(
        select(contact_point).where(contact_point.c.entity_id.in_(sorted(entity_ids)), contact_point.c.valid_until.is_(None))
    )
    return {(row.entity_id, row.kind, row.normalized, row.department_id): row.id for row in rows}


def _row(uow: UnitOfWork, one: uuid.UUID, draft: ContactPointDraft) -> dict[str, Any]:
    return {
        "id": one, "entity_id": draft.entity_id, "department_id": draft.department, "kind": draft.kind,
        "value": draft.reading.value, "normalized": draft.reading.normalized, "label": draft.label,
        "preferred": draft.preferred, "valid_from": draft.valid_from, "created_at": uow.now,
        **{name: draft.reading.parts.get(name) or None for name in PARTS},
    }


def update_contact_point(
    uow: UnitOfWork, contact_point_id: uuid.UUID, *, value: object = KEEP, label: str = KEEP, preferred: bool = KEEP,
    valid_until: date | None = KEEP,
) -> None:
    """Change an address, its label, or until when it holds.

    Raises:
        NotFound: when the actor may not see it.
        PermissionDenied: without the right to update contact points where it belongs.
        InvalidInput: for a value that cannot be one, or an end before its beginning.
        Conflict: when the entity has this address already.
    """
    row, owner = _find(uow, contact_point_id)
    departments = {row.department_id} if row.department_id else departments_of(uow, owner)
    require_any(uow, "contact_point:update", departments, owner=owner.owner_id)
    given = {"label": label, "preferred": preferred, "valid_until": valid_until}
    changes: dict[str, Any] = {key: one for key, one in given.items() if one is not KEEP and one != getattr(row, key)}
    if value is not KEEP:
        reading = read_value(uow.host.field_types(), row.kind, value, uow.parse_context)
        read: dict[str, Any] = {"value": reading.value, "normalized": reading.normalized}
        read |= {name: reading.parts.get(name) or None for name in PARTS}
        changes |= {key: one for key, one in read.items() if one != getattr(row, key)}
    if not changes:
        return
    _check_change(uow, row, changes)
    uow.execute(update(contact_point).where(contact_point.c.id == row.id).values(changes))
    uow.made.pop(row.entity_id, None)
    before = {key: (getattr(row, key), one) for key, one in changes.items() if key != "normalized"}
    _note(uow, row.entity_id, "contact_point.updated", row.id, row.department_id, before)


def _check_change(uow: UnitOfWork, row: Row[Any], changes: Mapping[str, Any]) -> None:
    _check_label(changes.get("label", row.label))
    until = changes.get("valid_until", row.valid_until)
    if until is not None and row.valid_from is not None and until <= row.valid_from:
        raise InvalidInput([Problem("valid_until", msg("It must end after it began on {since}.", since=row.valid_from))])
    key = (row.entity_id, row.kind, changes.get("normalized", row.normalized), row.department_id)
    if until is None and _find_open(uow, {row.entity_id}).get(key, row.id) != row.id:
        raise Conflict(msg("This address is there already. End one of the two."), code="taken")


def end_contact_point(uow: UnitOfWork, contact_point_id: uuid.UUID, on: date | None = None) -> None:
    """Say that an address no longer holds from this day (today) on.

    Raises:
        NotFound, PermissionDenied: as ``update_contact_point``.
    """
    update_contact_point(uow, contact_point_id, valid_until=on or uow.today)


def mark_bounced(uow: UnitOfWork, kind: str, normalized: str, reason: str) -> None:
    """Note that an address refuses messages for good, whoever uses it. Asked for by channels, which act for the system."""
    known = uow.execute(
        select(address_state).where(address_state.c.kind == kind, address_state.c.normalized == normalized)
    ).first()
    values = {"bounced_at": uow.now, "bounce_reason": reason[:500]}
    if known is None:
        uow.execute(insert(address_state).values(kind=kind, normalized=normalized, **values))
    else:
        uow.execute(
            update(address_state).where(address_state.c.kind == kind, address_state.c.normalized == normalized).values(**values)
        )


def _find(uow: UnitOfWork, contact_point_id: uuid.UUID) -> tuple[Row[Any], EntityRow]:
    statement = select(contact_point).join(entity, entity.c.id == contact_point.c.entity_id)
    row = uow.execute(statement.where(contact_point.c.id == contact_point_id, visible_contact_point(uow))).first()
    if row is None:
        raise NotFound(msg("There is no contact point with the id {id} that you may see.", id=contact_point_id))
    return row, find_row(uow, row.entity_id, to_change=False)


def _note(
    uow: UnitOfWork, entity_id: uuid.UUID, action: str, one: uuid.UUID, department: uuid.UUID | None,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    uow.touch(entity_id, is_new=uow.touched.get(entity_id, False))
    record_audit(uow, action, entity_id, "contact_point", changes, subject_id=one, department=department)
    record_event(uow, action, "contact_point", (one,), department)
