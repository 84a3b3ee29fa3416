# SPDX-License-Identifier: Apache-2.0
"""Writing of the overlay: what a change is, and its note in the audit log."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from xrm.access.policy import require_everywhere
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.events import record_event
from xrm.migrate.stale import note_stale
from xrm.overlay.additions import Addition, Overlay
from xrm.overlay.models import guarded_field, schema_version
from xrm.unit_of_work import UnitOfWork

RIGHT = "schema:administer"


@dataclass(frozen=True)
class Change:
    """What one change of the overlay makes of which additions; one with another key takes its values along."""

    changed: Sequence[Addition] = ()


def note_change(uow: UnitOfWork, before: Overlay, changed: Sequence[Addition]) -> None:
    """Write a change in the audit log and tell plugins of it."""
    require_everywhere(uow, RIGHT)
    known = {one.id: one for one in before.additions}
    for one in changed:
        old = known.get(one.id)
        changes: dict[str, tuple[Any, Any]] = {one.key or one.type_name: (old and old.declaration, one.declaration)}
        if old is not None and old.key != one.key:
            changes["key"] = old.key, one.key
        record_audit(uow, "schema.changed", one.id, one.type_name, changes)
        record_event(uow, "schema.changed", one.type_name, (one.id,))


def guard(uow: UnitOfWork, type_name: str, key: str) -> None:
    """Let only those see or write a field who have a right of its own; every process knows within a second.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
    """
    require_everywhere(uow, RIGHT)
    one = new_id()
    values = {"id": one, "type_name": type_name, "key": key, "created_at": uow.now, "created_by": uow.actor.user_id}
    uow.execute(insert(guarded_field).values(values))
    _note_guard(uow, one, "schema.field_guarded", type_name, {key: (None, "guarded")})


def unguard(uow: UnitOfWork, type_name: str, key: str) -> None:
    """Let everybody see a field again who may read its type.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
    """
    require_everywhere(uow, RIGHT)
    mine = guarded_field.c.type_name == type_name, guarded_field.c.key == key
    one = uow.execute(select(guarded_field.c.id).where(*mine)).scalar()
    if one is not None:
        uow.execute(delete(guarded_field).where(*mine))
        _note_guard(uow, one, "schema.field_unguarded", type_name, {key: ("guarded", None)})


def _note_guard(uow: UnitOfWork, one: uuid.UUID, action: str, type_name: str, changes: dict[str, tuple[Any, Any]]) -> None:
    note_stale(uow.connection, [type_name])
    _tell_processes(uow.connection)
    record_audit(uow, action, one, type_name, changes)
    record_event(uow, action, type_name, (one,))


def _tell_processes(connection: Connection) -> None:
    counted = update(schema_version).where(schema_version.c.id == 1).values(number=schema_version.c.number + 1)
    if not connection.execute(counted).rowcount:
        connection.execute(insert(schema_version).values(id=1, number=1))
