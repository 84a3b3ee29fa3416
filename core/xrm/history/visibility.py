# SPDX-License-Identifier: Apache-2.0
"""The one place that decides which changes of an audit entry a reader may see: those of rows and fields they may read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from xrm.access.field_rights import hidden_somewhere
from xrm.access.policy import allowed, in_scope, scopes_of, visible_entity, visible_row
from xrm.channels.models import message
from xrm.contact_points.models import contact_point
from xrm.contact_points.queries import visible_contact_point
from xrm.entities.models import entity
from xrm.interactions.models import interaction
from xrm.interactions.queries import visible_or_deleted
from xrm.relationships.models import relationship, relationship_past
from xrm.relationships.queries import visible_relationship
from xrm.roles.models import role
from xrm.schema.registry import Fielded
from xrm.unit_of_work import UnitOfWork

CHUNK = 500
Fields = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Change:
    """One change within an entry: ``fields`` maps a field to (before, after) as JSON values."""

    action: str
    type: str
    subject: uuid.UUID
    fields: Fields

    @property
    def kind(self) -> str:
        """What was changed: entity, role, relationship, contact_point, interaction, message, identifier."""
        return self.action.partition(".")[0]


def read_changes(text: str | None) -> tuple[Change, ...]:
    """The changes of an entry as they were written; none when its values were erased."""
    return tuple(
        Change(one["action"], one["type"], uuid.UUID(one["id"]), {key: (pair[0], pair[1]) for key, pair in one["fields"].items()})
        for one in json.loads(text or "[]")
    )


def shown_changes(uow: UnitOfWork, entries: Iterable[tuple[Change, ...]]) -> list[tuple[Change, ...]]:
    """Of each entry's changes those the actor may see, with the fields they may see; what is left of an entry may be nothing.

    A change is seen by who sees its row now (the party, the role, the contact point …), with all its fields that they may read.
    """
    entries = list(entries)
    seen = _visible(uow, [change for changes in entries for change in changes])
    return [
        tuple(_with_shown_fields(uow, change) for change in changes if (change.kind, change.subject) in seen)
        for changes in entries
    ]


def declared_of(uow: UnitOfWork, change: Change) -> Fielded | None:
    """The declaration whose fields a change speaks of; None when it is not there (any more) or has none."""
    if change.kind in {"entity", "role"}:
        return uow.registry.entity_types.get(change.type)
    return uow.registry.relationship_types.get(change.type) if change.kind == "relationship" else None


def is_known(uow: UnitOfWork, kind: str, type_name: str) -> bool:
    """Whether what was changed is of a kind whose readers are known; nobody reads what is not."""
    registry = uow.registry
    known: Mapping[str, Callable[[], bool]] = {
        "entity": lambda: type_name in registry.entity_types,
        "identifier": lambda: type_name in registry.entity_types,
        "role": lambda: type_name in registry.entity_types,
        "relationship": lambda: type_name in registry.relationship_types,
        "interaction": lambda: type_name in registry.interaction_kinds,
        "contact_point": lambda: True,
        "message": lambda: True,
        "audit": lambda: type_name in registry.entity_types,
    }
    return kind in known and known[kind]()


def may_read_erased(uow: UnitOfWork, action: str, type_name: str, department: uuid.UUID | None) -> bool:
    """Whether the actor may know that there is an entry whose values were erased, which no longer says of which row it spoke."""
    kind = action.partition(".")[0]
    if not is_known(uow, kind, type_name):
        return False
    if kind in {"entity", "identifier", "audit"}:
        return True
    subject = {"contact_point": "contact_point", "interaction": "interaction", "message": "interaction"}.get(kind, type_name)
    return allowed(uow, f"{subject}:read", department)


def _with_shown_fields(uow: UnitOfWork, change: Change) -> Change:
    declared = declared_of(uow, change)
    if change.kind == "audit":
        return replace(change, fields={})  # why values were erased may say what they were
    if declared is None:
        return change
    shown = {key: pair for key, pair in change.fields.items() if _may_see_field(uow, change, declared, key)}
    return replace(change, fields=shown)


def _may_see_field(uow: UnitOfWork, change: Change, declared: Fielded, key: str) -> bool:
    """Whether a field of a row that the actor sees may be shown: rights on fields are asked here, and nowhere else.

    A guarded field is shown to who sees it wherever they read the type: where the row stood then is not known any more.
    """
    if change.kind in {"entity", "role"} and key in hidden_somewhere(uow, change.type):
        return False
    return key in declared.fields or key in _FRAME.get(change.kind, ())


_FRAME = {"role": ("since", "until", "owner_id"), "relationship": ("valid_from", "valid_until"), "entity": ()}


def _visible(uow: UnitOfWork, changes: Iterable[Change]) -> set[tuple[str, uuid.UUID]]:
    wanted: dict[str, set[uuid.UUID]] = {}
    for change in changes:
        if is_known(uow, change.kind, change.type):
            wanted.setdefault(change.kind, set()).add(change.subject)
    found: set[tuple[str, uuid.UUID]] = set()
    for kind, ids in wanted.items():
        ordered = sorted(ids)
        for start in range(0, len(ordered), CHUNK):
            part = ordered[start : start + CHUNK]
            for statement in _VISIBLE[kind](uow, part):
                found.update((kind, one) for one in uow.execute(statement).scalars())
    return found


def _entities(uow: UnitOfWork, ids: list[uuid.UUID]) -> list[Select[Any]]:
    return [select(entity.c.id).where(entity.c.id.in_(ids), visible_entity(uow))]


def _roles(uow: UnitOfWork, ids: list[uuid.UUID]) -> list[Select[Any]]:
    # As policy.visible_role, but for deleted ones too: that one was deleted is part of the history.
    names = [one.name for one in uow.registry.of_kind("role")]
    parts = [
        and_(role.c.type.in_(several), in_scope(where, role.c.department_id, role.c.owner_id, uow.actor.user_id))
        for where, several in scopes_of(uow, names).items()
    ]
    statement = select(role.c.id).join(entity, entity.c.id == role.c.party_id)
    return [statement.where(role.c.id.in_(ids), or_(*parts) if parts else false(), visible_entity(uow))]


def _relationships(uow: UnitOfWork, ids: list[uuid.UUID]) -> list[Select[Any]]:
    past = relationship_past
    is_gone = ~select(relationship.c.id).where(relationship.c.id == past.c.relationship_id).exists()
    gone = select(past.c.relationship_id).where(past.c.relationship_id.in_(ids), is_gone, _visible_past(uow)).distinct()
    return [select(relationship.c.id).where(relationship.c.id.in_(ids), visible_relationship(uow)), gone]


def _visible_past(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``relationship_past`` may be seen: by type and department, and both its ends."""
    past = relationship_past
    parts = [
        and_(past.c.type.in_(names), or_(past.c.department_id.is_(None), in_scope(where, past.c.department_id, None, None)))
        for where, names in scopes_of(uow, uow.registry.relationship_types).items()
    ]
    seen = select(entity.c.id).where(visible_entity(uow))
    return and_(
        or_(*parts) if parts else false(),
        seen.where(entity.c.id == past.c.source_id).correlate(past).exists(),
        seen.where(entity.c.id == past.c.target_id).correlate(past).exists(),
    )


def _contact_points(uow: UnitOfWork, ids: list[uuid.UUID]) -> list[Select[Any]]:
    statement = select(contact_point.c.id).join(entity, entity.c.id == contact_point.c.entity_id)
    return [statement.where(contact_point.c.id.in_(ids), visible_contact_point(uow))]


def _interactions(uow: UnitOfWork, ids: list[uuid.UUID]) -> list[Select[Any]]:
    return [select(interaction.c.id).where(interaction.c.id.in_(ids), visible_or_deleted(uow))]


def _messages(uow: UnitOfWork, ids: list[uuid.UUID]) -> list[Select[Any]]:
    row = visible_row(uow, "interaction", message.c.department_id)
    return [select(message.c.id).where(message.c.id.in_(ids), row)]


_VISIBLE: Mapping[str, Callable[[UnitOfWork, list[uuid.UUID]], list[Select[Any]]]] = {
    "entity": _entities, "identifier": _entities, "audit": _entities, "role": _roles, "relationship": _relationships,
    "contact_point": _contact_points, "interaction": _interactions, "message": _messages,
}
