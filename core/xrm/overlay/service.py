# SPDX-License-Identifier: Apache-2.0
"""Writing of the overlay: the rows of a change, and the number that tells every process to look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from xrm.access.policy import require_everywhere
from xrm.audit.service import record_audit
from xrm.errors import Conflict, msg
from xrm.events import record_event
from xrm.overlay.additions import Addition, Overlay, to_text
from xrm.overlay.models import overlay, schema_version
from xrm.schema.registry import Registry
from xrm.unit_of_work import UnitOfWork

RIGHT = "schema:administer"
RACED = "schema_changed"


@dataclass(frozen=True)
class Renaming:
    """A field that goes on under another key: its values are copied, the old column stays."""

    type_name: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """What one change of the overlay makes of which additions, and which values move."""

    changed: Sequence[Addition] = ()
    renamings: Sequence[Renaming] = ()


def store_change(uow: UnitOfWork, before: Overlay, change: Change, registry: Registry) -> None:
    """Write a change that was reckoned from ``before``; ``registry`` has the columns of the time after it.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        Conflict: with code ``schema_changed``, when somebody else changed the overlay since ``before``.
    """
    require_everywhere(uow, RIGHT)
    _count_up(uow, before.number)
    known = {one.id: one for one in before.additions}
    for one in change.changed:
        _write(uow, one, known.get(one.id))
    for renaming in change.renamings:
        _copy_values(uow, renaming, registry)


def _count_up(uow: UnitOfWork, number: int) -> None:
    table = schema_version
    if uow.execute(update(table).where(table.c.id == 1, table.c.number == number).values(number=number + 1)).rowcount:
        return
    if number or uow.execute(select(table.c.number)).first() is not None:
        raise Conflict(msg("Somebody else changed fields at the same moment. Look at the list and try again."), code=RACED)
    uow.execute(insert(table).values(id=1, number=1))


def _write(uow: UnitOfWork, one: Addition, before: Addition | None) -> None:
    values: dict[str, Any] = {
        "declaration": to_text(one.declaration), "position": one.position, "version": one.version, "base": one.base,
        "renamed_from": one.renamed_from, "updated_at": uow.now, "updated_by": uow.actor.user_id,
    }
    if before is None:
        fixed = {"kind": one.kind, "type_name": one.type_name, "key": one.key}
        made = {"created_at": uow.now, "created_by": uow.actor.user_id}
        uow.execute(insert(overlay).values(id=one.id, **fixed, **made, **values))
    else:
        uow.execute(update(overlay).where(overlay.c.id == one.id).values(values))
    changes = {one.key or one.type_name: (before and before.declaration, one.declaration)}
    record_audit(uow, "schema.changed", one.id, one.type_name, changes)
    record_event(uow, "schema.changed", one.type_name, (one.id,))


def _copy_values(uow: UnitOfWork, renaming: Renaming, registry: Registry) -> None:
    entity_type = registry.get(renaming.type_name)
    old, new = (entity_type.all_fields[key] for key in (renaming.old, renaming.new))
    if renaming.old in entity_type.child_tables:
        source, target = (entity_type.child_tables[key] for key in (renaming.old, renaming.new))
        names = [*_names(entity_type.field_type(renaming.old).columns(old))]
        renamed = [*_names(entity_type.field_type(renaming.new).columns(new))]
        rows = select(source.c.owner_id, source.c.position, *(source.c[name] for name in names))
        uow.execute(insert(target).from_select(["owner_id", "position", *renamed], rows))
        return
    table = entity_type.table
    names = _names(entity_type.field_type(renaming.old).columns(old))
    renamed = _names(entity_type.field_type(renaming.new).columns(new))
    if names:
        copied = {new_name: table.c[name] for name, new_name in zip(names, renamed, strict=True)}
        uow.execute(update(table).values(copied))


def _names(columns: Sequence[Any]) -> list[str]:
    return [column.name for column in columns]
