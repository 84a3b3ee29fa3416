# SPDX-License-Identifier: Apache-2.0
"""The rows that services change: found through the gate, and the errors of the database in the user's words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from xrm.access.policy import allowed, visible_entity
from xrm.db.locks import hold
from xrm.entities.models import entity
from xrm.errors import Conflict, NotFound, msg
from xrm.schema.registry import Fielded
from xrm.unit_of_work import NewEntity, UnitOfWork

CHUNK = 500
EntityRow = Row[Any] | NewEntity


def find_row(uow: UnitOfWork, entity_id: uuid.UUID, *, to_change: bool = True) -> EntityRow:
    """The common row of an entity that the actor sees, held until the end of a writing unit of work.

    With ``to_change=False`` something is only hung on it: others may do the same, nobody can delete it meanwhile.

    Raises:
        NotFound: when there is none, or it is not visible.
    """
    made = _made(uow, entity_id)
    if made is not None:
        return made
    statement = select(entity).where(entity.c.id == entity_id, visible_entity(uow))
    row = uow.execute(hold(statement, to_change=to_change) if uow.is_write else statement).first()
    if row is None:
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))
    return row


def find_rows(uow: UnitOfWork, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, EntityRow]:
    """The common rows of many entities that something is hung on, held as ``find_row`` does: id → row.

    Raises:
        NotFound: when one of them is not there, or not visible.
    """
    found: dict[uuid.UUID, EntityRow] = {}
    unknown: list[uuid.UUID] = []
    for one in ids:
        made = _made(uow, one)
        if made is None:
            unknown.append(one)
        else:
            found[one] = made
    wanted = sorted(unknown)
    for start in range(0, len(wanted), CHUNK):
        statement = select(entity).where(entity.c.id.in_(wanted[start : start + CHUNK]), visible_entity(uow))
        found.update({row.id: row for row in uow.execute(hold(statement, to_change=False))})
    for one in wanted:
        if one not in found:
            raise NotFound(msg("There is nothing with the id {id} that you may see.", id=one))
    return found


def _made(uow: UnitOfWork, entity_id: uuid.UUID) -> NewEntity | None:
    # What this unit of work made is nobody else's to change before it commits; still only what the actor may see.
    made = uow.made.get(entity_id)
    if made is not None and allowed(uow, f"{made.type}:read", made.department_id, owner=made.owner_id):
        return made
    return None


def json_changes(fielded: Fielded, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Field → (before, after) as JSON values, for the fields that differ."""
    if not before:
        printers = fielded.json_printers
        filled = [(key, value) for key, value in after.items() if value is not None and value != ()]
        return {key: (None, value if (printer := printers[key]) is None else printer(value)) for key, value in filled}
    changes: dict[str, tuple[Any, Any]] = {}
    for key, value in after.items():
        old = before.get(key)
        if value == old or (value in (None, ()) and old in (None, ())):
            continue
        field, field_type = fielded.fields[key], fielded.field_type(key)
        changes[key] = (None if old in (None, ()) else field_type.to_json(field, old), field_type.to_json(field, value))
    return changes


@contextmanager
def raise_taken(uow: UnitOfWork, fielded: Fielded) -> Iterator[None]:
    """Turn a broken rule of uniqueness into a Conflict that names the field."""
    try:
        yield
    except IntegrityError as error:
        text = str(error.orig)
        for field in fielded.fields.values():
            if field.unique and (f"_{field.key}" in text or f".{field.key}" in text):
                name = field.label.get(uow.actor.language)
                raise Conflict(msg("{field} is taken already. Choose another value.", field=name), code="taken") from error
        raise
