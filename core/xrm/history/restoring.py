# SPDX-License-Identifier: Apache-2.0
"""What an entity was at a moment: its fields, reckoned back from now through the entries since."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from xrm.entities.computing import is_computed_at_reading
from xrm.entities.queries import get_entity
from xrm.errors import Conflict, msg
from xrm.history.queries import entries_after, get_entry
from xrm.history.visibility import Change, is_known, read_changes, shown_changes
from xrm.schema.fields.base import InvalidValue
from xrm.schema.registry import Fielded
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Difference:
    """A field that is otherwise now than it was: both as JSON values."""

    key: str
    now: Any
    then: Any


def differences_since(uow: UnitOfWork, entity_id: uuid.UUID, entry_id: uuid.UUID) -> list[Difference]:
    """The fields of an entity that are not as they were right after an entry, in the order of its declaration.

    Raises:
        NotFound: when the actor may not see the entity or the entry.
        Conflict: when values were erased since, so that nobody can say what was there.
    """
    get_entry(uow, entity_id, entry_id)
    found = get_entity(uow, entity_id)
    entity_type = uow.registry.get(found.type)
    rows = entries_after(uow, entity_id, entry_id)
    if any(row.changes is None and is_known(uow, row.action.partition(".")[0], row.subject_type) for row in rows):
        said = msg("Values in the history were erased since. What was there before cannot be brought back.")
        raise Conflict(said, code="erased")
    now = {key: entity_type.field_type(key).to_json(field, found.fields.get(key)) for key, field in entity_type.fields.items()}
    then = dict(now)
    for changes in shown_changes(uow, [read_changes(row.changes) for row in rows]):
        for change in reversed(changes):
            if change.kind == "entity" and change.subject == entity_id:
                then.update({key: pair[0] for key, pair in change.fields.items()})
    return [
        Difference(key, now[key], then[key])
        for key in entity_type.fields
        if is_restorable(entity_type, key) and not _is_same(now[key], then[key])
    ]


def is_restorable(fielded: Fielded, key: str) -> bool:
    """Whether people give this field its value, so that they may give it an old one."""
    field = fielded.fields.get(key)
    return field is not None and not (field.read_only or field.formula or field.retired or is_computed_at_reading(field))


def restorable_keys(declared: Fielded | None, change: Change) -> tuple[str, ...]:
    """The fields of a change that can be put back to what they were before it."""
    if declared is None or change.action not in {"entity.updated", "role.updated"}:
        return ()
    return tuple(key for key in change.fields if is_restorable(declared, key))


def value_of(uow: UnitOfWork, fielded: Fielded, key: str, json_value: Any) -> Any:
    """A JSON value of the log as the value of its field; None for one that the field does not take any more."""
    field, field_type = fielded.fields[key], fielded.field_type(key)
    try:
        if field_type.is_multiple(field):
            return tuple(field_type.read(field, one, uow.parse_context) for one in json_value or ())
        return field_type.read(field, json_value, uow.parse_context)
    except InvalidValue:
        return None


def _is_same(one: Any, other: Any) -> bool:
    return one == other or (one in (None, "", []) and other in (None, "", []))
