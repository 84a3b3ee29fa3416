# SPDX-License-Identifier: Apache-2.0
"""What is there already of the things a batch of rows speaks of, read in a few statements whatever the rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, select

from xrm.access.field_rights import conditions_of_use
from xrm.access.policy import visible_entity
from xrm.contact_points.models import contact_point
from xrm.contact_points.queries import visible_contact_point
from xrm.entities.models import entity
from xrm.errors import InvalidInput, Problem, msg
from xrm.identifiers.queries import find_many
from xrm.imports.plan import Key, RowPlan, ThingPlan
from xrm.interactions.models import interaction
from xrm.relationships.models import relationship
from xrm.relationships.queries import visible_relationship
from xrm.roles.models import role
from xrm.schema.fields.base import InvalidValue
from xrm.schema.storage import load_values
from xrm.unit_of_work import UnitOfWork

CHUNK = 400
_INTERACTIONS = uuid.UUID("5a0c4e0e-8a0f-5d2f-9b5e-1f6f4a1f0b77")

# No more columns than are compared: each costs as much as the row itself.
_ENTITY = select(*(entity.c[name] for name in ("id", "type", "title")))
_ROLE = select(*(role.c[name] for name in ("id", "party_id", "type", "department_id", "since", "until", "deleted_at")))
_POINT = select(*(contact_point.c[name] for name in ("entity_id", "kind", "normalized")))
_RELATIONSHIP = select(
    *(relationship.c[name] for name in ("id", "type", "source_id", "target_id", "valid_from", "valid_until"))
)
_INTERACTION = select(*(interaction.c[name] for name in ("id", "subject", "body", "outcome", "deleted_at")))


def interaction_id(key: Key) -> uuid.UUID:
    """The id of an interaction that a system calls by a key: always the same, so that it is recorded once."""
    return uuid.uuid5(_INTERACTIONS, "\n".join(key))


@dataclass
class Present:
    """Entities by identifier, their types and values, their roles with values, addresses, relationships, interactions."""

    ids: dict[Key, uuid.UUID]
    matched: dict[tuple[int, str], uuid.UUID]
    refused: dict[tuple[int, str], InvalidInput]
    entities: dict[uuid.UUID, Row[Any]]
    values: dict[uuid.UUID, dict[str, Any]]
    roles: dict[tuple[uuid.UUID, str, uuid.UUID], list[Row[Any]]]
    points: set[tuple[uuid.UUID, str, str]]
    relationships: dict[tuple[str, uuid.UUID, uuid.UUID], list[Row[Any]]]
    interactions: dict[uuid.UUID, Row[Any]]


def read_present(uow: UnitOfWork, plans: Sequence[RowPlan]) -> Present:
    """What the database holds of what these rows speak of, as far as the actor may see it."""
    keys = {key for plan in plans for key in (*plan.own_keys, *plan.needed_keys)}
    found = find_many(uow, keys) if keys else {}
    present = Present(found, {}, {}, {}, {}, {}, set(), {}, {})
    _match(uow, plans, present)
    mine = {found[key] for plan in plans for key in plan.own_keys if key in found} | set(present.matched.values())
    linked = mine | set(found.values())
    present.entities = {row.id: row for row in _rows(uow, _ENTITY, entity.c.id, linked)}
    _read_values(uow, plans, present, mine)
    if any(thing.points for plan in plans for thing in plan.things.values()):
        # Only what the actor sees: else an import would tell which addresses other departments have.
        seen = _POINT.join(entity, entity.c.id == contact_point.c.entity_id).where(visible_contact_point(uow))
        rows = _rows(uow, seen, contact_point.c.entity_id, mine)
        present.points = {(row.entity_id, row.kind, row.normalized) for row in rows}
    if any(plan.relationships for plan in plans):
        _read_relationships(uow, present, linked)
    wanted = {interaction_id(item.key) for plan in plans for item in plan.interactions}
    present.interactions = {row.id: row for row in _rows(uow, _INTERACTION, interaction.c.id, wanted)}
    return present


def _rows(uow: UnitOfWork, wished: Select[Any], column: Any, wanted: Iterable[uuid.UUID]) -> Iterator[Row[Any]]:
    ids = sorted(wanted, key=attrgetter("int"))
    for start in range(0, len(ids), CHUNK):
        yield from uow.execute(wished.where(column.in_(ids[start : start + CHUNK])))


def _read_values(uow: UnitOfWork, plans: Sequence[RowPlan], present: Present, mine: set[uuid.UUID]) -> None:
    by_type: dict[str, list[uuid.UUID]] = {}
    for one in mine:
        by_type.setdefault(present.entities[one].type, []).append(one)
    types = {held.spec.role for plan in plans for thing in plan.things.values() for held in thing.roles}
    for row in _rows(uow, _ROLE, role.c.party_id, mine) if types else ():
        if row.type in types and row.deleted_at is None:
            present.roles.setdefault((row.party_id, row.type, row.department_id), []).append(row)
            by_type.setdefault(row.type, []).append(row.id)
    for name, ids in by_type.items():
        declared = uow.registry.get(name)
        for start in range(0, len(ids), CHUNK):
            present.values.update(load_values(uow.connection, declared, declared.table, ids[start : start + CHUNK]))


def _read_relationships(uow: UnitOfWork, present: Present, linked: set[uuid.UUID]) -> None:
    by_type: dict[str, list[uuid.UUID]] = {}
    for row in _rows(uow, _RELATIONSHIP.where(visible_relationship(uow)), relationship.c.source_id, linked):
        if row.target_id in linked:
            present.relationships.setdefault((row.type, row.source_id, row.target_id), []).append(row)
            by_type.setdefault(row.type, []).append(row.id)
    for name, ids in by_type.items():
        declared = uow.registry.relationship_types.get(name)
        if declared is not None and declared.table is not None:
            for start in range(0, len(ids), CHUNK):
                present.values.update(load_values(uow.connection, declared, declared.table, ids[start : start + CHUNK]))


def _match(uow: UnitOfWork, plans: Sequence[RowPlan], present: Present) -> None:
    for position, plan in enumerate(plans):
        for name, thing in plan.things.items():
            if thing.spec.match and not any(key in present.ids for key in thing.keys):
                try:
                    found = _find_equal(uow, thing)
                except InvalidInput as error:
                    present.refused[position, name] = error
                    continue
                if found is not None:
                    present.matched[position, name] = found


def _find_equal(uow: UnitOfWork, thing: ThingPlan) -> uuid.UUID | None:
    declared = uow.registry.get(thing.spec.type)
    conditions = conditions_of_use(uow, declared, thing.spec.match)
    for key in thing.spec.match:
        value = thing.values.filled.get(key)
        if value is None:
            if thing.identifiers:
                return None
            raise InvalidInput([Problem(key, msg("It is recognised by this field, which is empty. Fill it in."))])
        field_type = declared.field_type(key)
        try:
            conditions.append(field_type.filter(declared.fields[key], declared.table, "eq", value, uow.parse_context))
        except InvalidValue as error:
            raise InvalidInput([Problem(key, error.message)]) from error
    joined = declared.table.join(entity, entity.c.id == declared.table.c.id)
    statement = select(entity.c.id).select_from(joined).where(*conditions, visible_entity(uow)).limit(2)
    found = list(uow.execute(statement).scalars())
    if len(found) > 1:
        raise InvalidInput(msg("Several entries are equal in {fields}. Merge them, or give identifiers.",
                               fields=", ".join(thing.spec.match)))
    return found[0] if found else None
