# SPDX-License-Identifier: Apache-2.0
"""Changes of roles: what a party is to a department, from a day until a day."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select, update

from xrm.access.field_rights import only_writable, require_editable
from xrm.access.policy import allowed, require, visible_entity, visible_role, visible_without_shares
from xrm.access.rights import access_of
from xrm.audit.service import record_audit
from xrm.db.bulk import Columns, Same, insert_columns
from xrm.db.ids import new_id
from xrm.db.locks import hold
from xrm.entities.checks import check_batch
from xrm.entities.drafts import situation_of
from xrm.entities.models import entity
from xrm.entities.parties import refresh_departments
from xrm.entities.rows import EntityRow, find_rows, json_changes, raise_taken
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied, Problem, msg
from xrm.events import record_event
from xrm.plugin_host.contributions import EntityChange
from xrm.roles.models import role
from xrm.schema.registry import EntityType
from xrm.schema.storage import insert_children, load_values, stored_columns, update_values
from xrm.schema.validation import validate_change, validate_new
from xrm.unit_of_work import UnitOfWork

CHUNK = 500
KEEP: Any = object()


@dataclass(frozen=True)
class RoleDraft:
    """A role about to start, checked against its declaration but not yet written."""

    type: EntityType
    party_id: uuid.UUID
    values: Mapping[str, Any]
    department: uuid.UUID
    since: date | None = None
    until: date | None = None
    owner: uuid.UUID | None = None


def prepare(
    uow: UnitOfWork, party_id: uuid.UUID, role_type: str, raw: Mapping[str, object], *, department: uuid.UUID,
    since: date | None = None, until: date | None = None, owner: uuid.UUID | None = None,
) -> RoleDraft:
    """A role for a party, checked against its declaration but not yet written.

    Raises:
        NotFound: for an unknown role type.
        PermissionDenied: for a guarded field that the actor may not write in this department.
        InvalidInput: with each problem at its field.
    """
    entity_type = uow.registry.get(role_type)
    if entity_type.kind != "role":
        raise InvalidInput(msg("{type} is not a role. Create it on its own.", type=role_type))
    _check_period(since, until)
    require_editable(uow, role_type, raw, (department,), owner=owner or uow.actor.user_id)
    values = validate_new(entity_type, raw, situation_of(uow, entity_type))
    return RoleDraft(entity_type, party_id, values, department, since, until, owner)


def start_role(
    uow: UnitOfWork, party_id: uuid.UUID, role_type: str, raw: Mapping[str, object], *, department: uuid.UUID,
    since: date | None = None, until: date | None = None, owner: uuid.UUID | None = None,
) -> uuid.UUID:
    """Give a party a role in a department and return the role's id; periods are [since, until).

    Raises:
        NotFound: when the actor may not see the party.
        PermissionDenied: without the right to create this role in this department, or to write one of the fields there.
        InvalidInput: with each problem at its field.
        Conflict: when a unique value belongs to another.
    """
    draft = prepare(uow, party_id, role_type, raw, department=department, since=since, until=until, owner=owner)
    return start_roles(uow, [draft])[0]


def start_roles(uow: UnitOfWork, drafts: Sequence[RoleDraft]) -> list[uuid.UUID]:
    """Start many roles in one go and return their ids in the order given; all of them or none.

    Raises:
        NotFound, PermissionDenied, InvalidInput, Conflict: as ``start_role``.
    """
    mine = uow.actor.user_id
    for name, department, owner in {(draft.type.name, draft.department, draft.owner or mine) for draft in drafts}:
        require(uow, f"{name}:create", department, owner=owner)
    parties = find_rows(uow, {draft.party_id for draft in drafts})
    _refuse_shared(uow, parties)
    ids = [new_id() for _ in drafts]
    by_type: dict[str, list[tuple[RoleDraft, uuid.UUID]]] = {}
    for draft, one in zip(drafts, ids, strict=True):
        _check_party(draft, parties[draft.party_id])
        by_type.setdefault(draft.type.name, []).append((draft, one))
    for pairs in by_type.values():
        _start_of_type(uow, pairs, parties)
    _show_in_departments(uow, drafts, parties)
    return ids


def _refuse_shared(uow: UnitOfWork, parties: Mapping[uuid.UUID, EntityRow]) -> None:
    """A role of one's own would make seen for good what was only lent."""
    own = select(entity.c.id).where(entity.c.id.in_(list(parties)), visible_without_shares(uow))
    lent = parties.keys() - set(uow.execute(own).scalars()) if access_of(uow).has_shares else ()
    for one in lent:
        title = parties[one].title
        raise PermissionDenied(msg("{title} is shared with you and gets no role from you. Ask who shared it.", title=title))


def _start_of_type(
    uow: UnitOfWork, pairs: Sequence[tuple[RoleDraft, uuid.UUID]], parties: Mapping[uuid.UUID, EntityRow]
) -> None:
    role_type = pairs[0][0].type
    changes = [EntityChange(role_type.name, one, draft.department, None, draft.values, draft.party_id) for draft, one in pairs]
    check_batch(uow, role_type, changes, [draft.values for draft, _ in pairs])
    _insert(uow, role_type, pairs, parties)
    for draft, one in pairs:
        _note_made(uow, draft, one)
        fields = json_changes(role_type, {}, draft.values)
        if draft.since or draft.until:
            fields |= {"since": (None, draft.since), "until": (None, draft.until)}
        record_audit(
            uow, "role.started", draft.party_id, role_type.name, fields, subject_id=one, department=draft.department
        )
    for department in dict.fromkeys(draft.department for draft, _ in pairs):
        new = [one for draft, one in pairs if draft.department == department]
        record_event(uow, "role.started", role_type.name, new, department)


def _insert(
    uow: UnitOfWork, role_type: EntityType, pairs: Sequence[tuple[RoleDraft, uuid.UUID]],
    parties: Mapping[uuid.UUID, EntityRow],
) -> None:
    count, mine, ids = len(pairs), uow.actor.user_id, [one for _, one in pairs]
    drafts = [draft for draft, _ in pairs]
    departments = [draft.department for draft in drafts]
    columns: Columns = {
        "id": ids, "party_id": [draft.party_id for draft in drafts], "type": Same(role_type.name),
        "department_id": departments, "since": [draft.since for draft in drafts], "until": [draft.until for draft in drafts],
        "owner_id": [draft.owner or mine for draft in drafts], "version": Same(1), "created_at": Same(uow.now),
        "created_by": Same(mine), "updated_at": Same(uow.now), "updated_by": Same(mine),
    }
    insert_columns(uow.connection, role, count, columns)
    keys = [parties[draft.party_id].title_key for draft in drafts]
    own: Columns = stored_columns(role_type, [draft.values for draft in drafts])
    with raise_taken(uow, role_type):
        own = {"id": ids, "department_id": departments, "title_key": keys, **own}
        insert_columns(uow.connection, role_type.table, count, own)
    insert_children(uow.connection, role_type, [(one, draft.values) for draft, one in pairs])


def _note_made(uow: UnitOfWork, draft: RoleDraft, one: uuid.UUID) -> None:
    uow.touch(draft.party_id, is_new=uow.touched.get(draft.party_id, False))
    made = uow.made.get(draft.party_id)
    if made is not None and made.department_id == draft.department:
        made.roles.append((one, draft.type.name, draft.department, draft.values))
    else:
        uow.made.pop(draft.party_id, None)  # others see it now, which the database tells


def _check_party(draft: RoleDraft, party: EntityRow) -> None:
    if party.type not in draft.type.declaration.of:
        raise InvalidInput(
            msg("{title} is of type {type} and cannot be {role}. Only these can: {allowed}.", title=party.title, type=party.type,
                role=draft.type.name, allowed=", ".join(draft.type.declaration.of))
        )


def _show_in_departments(uow: UnitOfWork, drafts: Sequence[RoleDraft], parties: Mapping[uuid.UUID, EntityRow]) -> None:
    # A role in the party's home department changes nothing about who sees it, the common case.
    for party_id in {draft.party_id for draft in drafts if draft.department != parties[draft.party_id].department_id}:
        refresh_departments(uow, parties[party_id])


def _check_period(since: date | None, until: date | None) -> None:
    if since is not None and until is not None and until <= since:
        raise InvalidInput([Problem("until", msg("It must end after it began on {since}.", since=since))])


def update_role(
    uow: UnitOfWork, role_id: uuid.UUID, raw: Mapping[str, object], *, version: int | None = None,
    since: date | None = KEEP, until: date | None = KEEP, owner: uuid.UUID | None = KEEP,
) -> int:
    """Change the named fields, the period or the owner of a role and return its new version.

    Raises:
        NotFound: when the actor may not see the role.
        PermissionDenied: without the right to update it, or to write one of the fields.
        InvalidInput: with each problem at its field.
        Conflict: when ``version`` is given and somebody changed it since.
    """
    row = find_role(uow, role_id)
    require(uow, f"{row.type}:update", row.department_id, owner=row.owner_id)
    require_editable(uow, row.type, raw, (row.department_id,), owner=row.owner_id)
    if version is not None and version != row.version:
        raise Conflict(msg("This role was changed by somebody else. Load it again and repeat your change."))
    role_type = uow.registry.get(row.type)
    current = load_values(uow.connection, role_type, role_type.table, [role_id])[role_id]
    changes = validate_change(role_type, raw, current, situation_of(uow, role_type))
    changes = only_writable(uow, role_type, changes, (row.department_id,), owner=row.owner_id)
    given: dict[str, Any] = {"since": since, "until": until, "owner_id": owner}
    own = {key: value for key, value in given.items() if value is not KEEP and value != getattr(row, key)}
    _check_period(own.get("since", row.since), own.get("until", row.until))
    if not changes and not own:
        return int(row.version)
    change = EntityChange(row.type, role_id, row.department_id, current, {**current, **changes}, row.party_id)
    check_batch(uow, role_type, [change], [changes])
    _change_row(uow, row, own)
    with raise_taken(uow, role_type):
        update_values(uow.connection, role_type, role_type.table, role_id, changes, {})
    _note(uow, row, "role.updated", {**json_changes(role_type, current, changes), **_own_changes(row, own)})
    return int(row.version) + 1


def end_role(uow: UnitOfWork, role_id: uuid.UUID, until: date) -> None:
    """End a role on a day (the first day it no longer holds); a later period of the same role is a new one.

    Raises:
        NotFound, PermissionDenied, InvalidInput: as ``update_role``.
    """
    update_role(uow, role_id, {}, until=until)


def delete_role(uow: UnitOfWork, role_id: uuid.UUID) -> None:
    """Remove a role that was entered by mistake; ``restore_role`` takes it back. A role that is over is ended instead.

    Raises:
        NotFound, PermissionDenied: as ``update_role``.
    """
    row = find_role(uow, role_id)
    require(uow, f"{row.type}:delete", row.department_id, owner=row.owner_id)
    _change_row(uow, row, {"deleted_at": uow.now})
    _refresh(uow, row.party_id)
    _note(uow, row, "role.deleted", {})


def restore_role(uow: UnitOfWork, role_id: uuid.UUID) -> None:
    """Take back a role that was deleted.

    Raises:
        NotFound: when no role of this id was deleted.
        PermissionDenied: without the right to delete such roles there.
    """
    row = uow.execute(select(role).where(role.c.id == role_id, role.c.deleted_at.is_not(None))).first()
    if row is None or not allowed(uow, f"{row.type}:read", row.department_id, owner=row.owner_id):
        raise NotFound(msg("There is no deleted role with the id {id}.", id=role_id))
    require(uow, f"{row.type}:delete", row.department_id, owner=row.owner_id)
    _change_row(uow, row, {"deleted_at": None})
    _refresh(uow, row.party_id)
    _note(uow, row, "role.restored", {})


def find_role(uow: UnitOfWork, role_id: uuid.UUID) -> Row[Any]:
    """The common row of a role that the actor sees.

    Raises:
        NotFound: when there is none, or it is not visible.
    """
    names = [item.name for item in uow.registry.of_kind("role")]
    seen = select(entity.c.id).where(entity.c.id == role.c.party_id, visible_entity(uow)).correlate(role).exists()
    statement = select(role).where(role.c.id == role_id, visible_role(uow, names), seen)
    row = uow.execute(hold(statement, to_change=True) if uow.is_write else statement).first()
    if row is None:
        raise NotFound(msg("There is no role with the id {id} that you may see.", id=role_id))
    return row


def _change_row(uow: UnitOfWork, row: Row[Any], values: Mapping[str, Any]) -> None:
    written = uow.execute(
        update(role)
        .where(role.c.id == row.id, role.c.version == row.version)
        .values(version=row.version + 1, updated_at=uow.now, updated_by=uow.actor.user_id, **values)
    )
    if written.rowcount != 1:
        raise Conflict(msg("This role was changed by somebody else. Load it again and repeat your change."))


def _own_changes(row: Row[Any], own: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {key: (getattr(row, key), value) for key, value in own.items()}


def _refresh(uow: UnitOfWork, party_id: uuid.UUID) -> None:
    # Held, since a role that starts in the same moment decides anew who sees the party.
    party = uow.execute(hold(select(entity).where(entity.c.id == party_id), to_change=True)).one()
    refresh_departments(uow, party, is_deleted=party.deleted_at is not None)


def _note(uow: UnitOfWork, row: Row[Any], action: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
    uow.touch(row.party_id)
    record_audit(uow, action, row.party_id, row.type, changes, subject_id=row.id, department=row.department_id)
    record_event(uow, action, row.type, (row.id,), row.department_id)
