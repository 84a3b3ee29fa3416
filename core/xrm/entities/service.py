# SPDX-License-Identifier: Apache-2.0
"""Changes of entities (parties and records): require, validate, change, audit, record event."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update

from xrm.access.field_rights import only_writable, require_editable
from xrm.access.policy import is_shared, require, require_any
from xrm.audit.service import record_audit
from xrm.db.bulk import Columns, Same, insert_columns
from xrm.db.ids import new_id
from xrm.entities.checks import check_batch
from xrm.entities.drafts import EntityDraft, situation_of, title_of
from xrm.entities.links import Title, get_titles, linked_ids
from xrm.entities.models import entity, party_department
from xrm.entities.parties import departments_of, refresh_title_keys
from xrm.entities.rows import find_row, json_changes, raise_taken
from xrm.errors import Conflict, InvalidInput, msg
from xrm.events import record_event
from xrm.identifiers.service import insert_identifiers
from xrm.plugin_host.contributions import EntityChange
from xrm.schema.registry import EntityType
from xrm.schema.storage import insert_children, load_values, stored_columns, update_values
from xrm.schema.validation import validate_change, validate_new
from xrm.unit_of_work import NewEntity, UnitOfWork


def prepare(
    uow: UnitOfWork, type_name: str, raw: Mapping[str, object], *, department: uuid.UUID, owner: uuid.UUID | None = None,
    identifiers: Mapping[str, str] | None = None,
) -> EntityDraft:
    """A new entity, checked against its declaration but not yet written.

    Raises:
        NotFound: for an unknown type.
        PermissionDenied: for a guarded field that the actor may not write in this department.
        InvalidInput: with each problem at its field.
    """
    entity_type = uow.registry.get(type_name)
    if entity_type.kind == "role":
        raise InvalidInput(msg("{type} is a role: a party takes it. Start it on a party.", type=type_name))
    require_editable(uow, type_name, raw, (department,), owner=owner or uow.actor.user_id)
    values = validate_new(entity_type, raw, situation_of(uow, entity_type))
    return EntityDraft(entity_type, values, department, owner, identifiers or {})


def create_entity(
    uow: UnitOfWork, type_name: str, raw: Mapping[str, object], *, department: uuid.UUID, owner: uuid.UUID | None = None,
    identifiers: Mapping[str, str] | None = None,
) -> uuid.UUID:
    """Create one entity and return its id.

    Raises:
        NotFound: for an unknown type.
        PermissionDenied: without the right to create this type in this department, or to write one of the fields there.
        InvalidInput: with each problem at its field.
        Conflict: when an identifier or a unique value belongs to another entity.
    """
    draft = prepare(uow, type_name, raw, department=department, owner=owner, identifiers=identifiers)
    return create_entities(uow, [draft])[0]


def create_entities(uow: UnitOfWork, drafts: Sequence[EntityDraft]) -> list[uuid.UUID]:
    """Create many entities in one go and return their ids in the order given; all of them or none.

    Raises:
        PermissionDenied: without the right to create one of them in its department.
        InvalidInput: for links that are not allowed, or when a plugin refuses; ``path`` begins with the row's number.
        Conflict: when an identifier or a unique value belongs to another entity.
    """
    mine = uow.actor.user_id
    for name, department, owner in {(draft.type.name, draft.department, draft.owner or mine) for draft in drafts}:
        require(uow, f"{name}:create", department, owner=owner)
    ids = [draft.id or new_id() for draft in drafts]
    by_type: dict[str, list[int]] = {}
    for position, draft in enumerate(drafts):
        by_type.setdefault(draft.type.name, []).append(position)
    for positions in by_type.values():
        _create_of_type(uow, [drafts[position] for position in positions], [ids[position] for position in positions])
    return ids


def _create_of_type(uow: UnitOfWork, drafts: Sequence[EntityDraft], ids: Sequence[uuid.UUID]) -> None:
    entity_type = drafts[0].type
    changes = [
        EntityChange(entity_type.name, one, draft.department, None, draft.values) for draft, one in zip(drafts, ids, strict=True)
    ]
    linked = check_batch(uow, entity_type, changes, [draft.values for draft in drafts])
    titles = _insert(uow, entity_type, drafts, ids, linked)
    insert_identifiers(uow, [(key, one) for draft, one in zip(drafts, ids, strict=True) for key in draft.identifiers.items()])
    for draft, one, title in zip(drafts, ids, titles, strict=True):
        uow.touch(one, is_new=True)
        uow.made[one] = NewEntity(
            one, entity_type.name, *title, draft.department, draft.owner or uow.actor.user_id, draft.values, draft.identifiers
        )
        record_audit(
            uow, "entity.created", one, entity_type.name, json_changes(entity_type, {}, draft.values), department=draft.department
        )
    for department in dict.fromkeys(draft.department for draft in drafts):
        new = [one for draft, one in zip(drafts, ids, strict=True) if draft.department == department]
        record_event(uow, "entity.created", entity_type.name, new, department)


def _insert(
    uow: UnitOfWork, entity_type: EntityType, drafts: Sequence[EntityDraft], ids: Sequence[uuid.UUID],
    linked: Mapping[uuid.UUID, Title],
) -> list[tuple[str, str]]:
    """Write the rows; their titles and the keys these sort by."""
    count, mine = len(drafts), uow.actor.user_id
    titles = [title_of(entity_type, draft.values, linked) for draft in drafts]
    keys, departments = [key for _, key in titles], [draft.department for draft in drafts]
    columns: Columns = {
        "id": ids, "type": Same(entity_type.name), "title": [title for title, _ in titles], "title_key": keys,
        "department_id": departments, "owner_id": [draft.owner or mine for draft in drafts], "version": Same(1),
        "created_at": Same(uow.now), "created_by": Same(mine), "updated_at": Same(uow.now), "updated_by": Same(mine),
    }
    insert_columns(uow.connection, entity, count, columns)
    own: Columns = stored_columns(entity_type, [draft.values for draft in drafts])
    with raise_taken(uow, entity_type):
        own = {"id": ids, "department_id": departments, "title_key": keys, **own}
        insert_columns(uow.connection, entity_type.table, count, own)
    insert_children(uow.connection, entity_type, [(one, draft.values) for draft, one in zip(drafts, ids, strict=True)])
    if entity_type.kind == "party":
        shown: Columns = {"entity_id": ids, "department_id": departments, "type": Same(entity_type.name), "title_key": keys}
        insert_columns(uow.connection, party_department, count, shown)
    return titles


def update_entity(
    uow: UnitOfWork, entity_id: uuid.UUID, raw: Mapping[str, object], *, version: int | None = None
) -> int:
    """Change the named fields and return the new version; fields that stay equal are not touched.

    Raises:
        NotFound: when there is no such entity, or the actor may not see it.
        PermissionDenied: without the right to update it, or to write one of the fields.
        InvalidInput: with each problem at its field.
        Conflict: when ``version`` is given and somebody changed it since.
    """
    row = find_row(uow, entity_id)
    entity_type = uow.registry.get(row.type)
    departments = departments_of(uow, row)
    if not is_shared(uow, row.type, entity_id, "update"):
        require_any(uow, f"{row.type}:update", departments, owner=row.owner_id)
    require_editable(uow, row.type, raw, departments, owner=row.owner_id)
    if version is not None and version != row.version:
        raise Conflict(msg("{title} was changed by somebody else. Load it again and repeat your change.", title=row.title))
    current = load_values(uow.connection, entity_type, entity_type.table, [entity_id])[entity_id]
    changes = validate_change(entity_type, raw, current, situation_of(uow, entity_type))
    changes = only_writable(uow, entity_type, changes, departments, owner=row.owner_id)
    if not changes:
        return int(row.version)
    after = {**current, **changes}
    change = EntityChange(row.type, entity_id, row.department_id, current, after)
    titles = check_batch(uow, entity_type, [change], [changes])
    titles.update(get_titles(uow, linked_ids(entity_type, after) - titles.keys()))
    new_version = _change(uow, entity_type, row, current, changes, titles)
    record_audit(
        uow, "entity.updated", entity_id, row.type, json_changes(entity_type, current, changes), department=row.department_id
    )
    record_event(uow, "entity.updated", row.type, (entity_id,), row.department_id)
    return new_version


def _change(
    uow: UnitOfWork, entity_type: EntityType, row: Any, current: Mapping[str, Any], changes: Mapping[str, Any],
    titles: Mapping[uuid.UUID, Title],
) -> int:
    title, key = title_of(entity_type, {**current, **changes}, titles)
    written = uow.execute(
        update(entity)
        .where(entity.c.id == row.id, entity.c.version == row.version)
        .values(title=title, title_key=key, version=row.version + 1, updated_at=uow.now, updated_by=uow.actor.user_id)
    )
    if written.rowcount != 1:
        raise Conflict(msg("{title} was changed by somebody else. Load it again and repeat your change.", title=row.title))
    with raise_taken(uow, entity_type):
        update_values(uow.connection, entity_type, entity_type.table, row.id, changes, {"title_key": key})
    if key != row.title_key and entity_type.kind == "party":
        refresh_title_keys(uow, row.id, key)
    uow.touch(row.id)
    return int(row.version) + 1
