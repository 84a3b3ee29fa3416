# SPDX-License-Identifier: Apache-2.0
"""Deleting entities into the recycle bin and taking them back; nothing is lost before a purge."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update

from xrm.access.policy import allowed, require
from xrm.audit.service import record_audit
from xrm.entities.links import get_titles
from xrm.entities.models import entity
from xrm.entities.parties import refresh_departments
from xrm.entities.rows import EntityRow, find_row
from xrm.errors import Conflict, Message, NotFound, msg
from xrm.events import record_event
from xrm.schema.model import Field
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork


def delete_entity(uow: UnitOfWork, entity_id: uuid.UUID, *, version: int | None = None) -> None:
    """Move an entity to the recycle bin, with the records that declare to go with it (``if_gone: remove``).

    Raises:
        NotFound: when there is no such entity, or the actor may not see it.
        PermissionDenied: without the right to delete it.
        Conflict: when it changed since ``version``, or a record declares that it may not go (``if_gone: refuse``).
    """
    row = find_row(uow, entity_id)
    require(uow, f"{row.type}:delete", row.department_id, owner=row.owner_id)
    if version is not None and version != row.version:
        raise Conflict(msg("{title} was changed by somebody else. Load it again and repeat your change.", title=row.title))
    for one in _with_dependents(uow, row, None):
        _refuse_if_held(uow, one)
        _mark(uow, one, uow.now)


def restore_entity(uow: UnitOfWork, entity_id: uuid.UUID) -> None:
    """Take an entity back from the recycle bin, with the records that went with it.

    Raises:
        NotFound: when nothing of this id lies in the bin, or the actor has no right to it.
    """
    row = uow.execute(select(entity).where(entity.c.id == entity_id, entity.c.deleted_at.is_not(None))).first()
    if row is None or not allowed(uow, f"{row.type}:read", row.department_id, owner=row.owner_id):
        raise NotFound(msg("There is nothing with the id {id} in the recycle bin.", id=entity_id))
    require(uow, f"{row.type}:delete", row.department_id, owner=row.owner_id)
    for one in _with_dependents(uow, row, row.deleted_at):
        _mark(uow, one, None)


def _with_dependents(uow: UnitOfWork, row: EntityRow, deleted_at: datetime | None) -> list[EntityRow]:
    """The entity and all that goes with it, what depends on others after them."""
    found = {row.id: row}
    waiting = [row.id]
    while waiting:
        for other in _linking(uow, waiting.pop(), "remove", deleted_at):
            if other.id not in found:
                found[other.id] = other
                waiting.append(other.id)
    return list(reversed(found.values()))


def find_deleted(uow: UnitOfWork, entity_id: uuid.UUID, type_name: str) -> str:
    """The title of an entity in the recycle bin that the actor may restore.

    Raises:
        NotFound: when there is none, or the actor has no right to it.
    """
    row = uow.execute(
        select(entity).where(entity.c.id == entity_id, entity.c.type == type_name, entity.c.deleted_at.is_not(None))
    ).first()
    if row is None or not allowed(uow, f"{row.type}:delete", row.department_id, owner=row.owner_id):
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))
    return str(row.title)


def _mark(uow: UnitOfWork, row: EntityRow, deleted_at: datetime | None) -> None:
    uow.execute(
        update(entity)
        .where(entity.c.id == row.id)
        .values(deleted_at=deleted_at, version=row.version + 1, updated_at=uow.now, updated_by=uow.actor.user_id)
    )
    if uow.registry.get(row.type).kind == "party":
        refresh_departments(uow, row, is_deleted=deleted_at is not None)
    uow.touch(row.id)
    action = "entity.deleted" if deleted_at else "entity.restored"
    record_audit(uow, action, row.id, row.type, {"title": (row.title, row.title)}, department=row.department_id)
    record_event(uow, action, row.type, (row.id,), row.department_id)


def _linking_fields(uow: UnitOfWork, rule: str) -> list[tuple[EntityType, Field]]:
    # What belongs to a plugin that is gone holds nobody up.
    passed_over = uow.registry.dormant if rule == "refuse" else {}
    return [
        (entity_type, field)
        for entity_type in uow.registry.entity_types.values()
        for field in entity_type.fields.values()
        if field.if_gone == rule and entity_type.kind != "role" and entity_type.name not in passed_over
    ]


def _link_to(entity_type: EntityType, key: str, entity_id: uuid.UUID) -> ColumnElement[bool]:
    """The SQL condition that a row of the type links to an entity by this field, once or as one of several."""
    child = entity_type.child_tables.get(key)
    if child is None:
        return entity_type.table.c[key] == entity_id
    return entity_type.table.c.id.in_(select(child.c.owner_id).where(child.c[key] == entity_id))


def _linking(uow: UnitOfWork, entity_id: uuid.UUID, rule: str, deleted_at: datetime | None = None) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for entity_type, field in _linking_fields(uow, rule):
        table = entity_type.table
        state = entity.c.deleted_at.is_(None) if deleted_at is None else entity.c.deleted_at == deleted_at
        linked = _link_to(entity_type, field.key, entity_id)
        statement = select(entity).join(table, table.c.id == entity.c.id).where(linked, state)
        found.extend(uow.execute(statement))
    return found


def _refuse_if_held(uow: UnitOfWork, row: EntityRow) -> None:
    holding = _linking(uow, row.id, "refuse")
    if holding:
        raise Conflict(_held_by(uow, row.title, holding), code="held")


def _held_by(uow: UnitOfWork, title: str, holding: list[Row[Any]]) -> Message:
    """What stands in the way, by the names of what the actor sees of it."""
    seen = get_titles(uow, [other.id for other in holding])
    names = ", ".join(one.title for one in list(seen.values())[:3]) + (" …" if len(seen) > 3 else "")
    if not seen:
        return msg("{title} is still needed by entries that you may not see. Ask an administrator.", title=title)
    if len(seen) < len({other.id for other in holding}):
        return msg("{title} is still needed by {names}, and by entries that you may not see. Ask an administrator.", title=title,
                   names=names)
    return msg("{title} is still needed by {names}. Delete or change those first.", title=title, names=names)
