# SPDX-License-Identifier: Apache-2.0
"""What entities are found by: the pieces of text of each source (identity, role, contact points), read in batches."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import select

from xrm.contact_points.models import contact_point
from xrm.entities.models import entity, identifier, party_department
from xrm.roles.models import role
from xrm.schema.model import Field
from xrm.schema.registry import EntityType
from xrm.schema.storage import load_children, load_row
from xrm.unit_of_work import UnitOfWork

CONTACT_POINT = "contact_point"
STRONG, NORMAL, WEAK = "strong", "normal", "weak"
PHONES = frozenset({"phone", "mobile", "fax"})
_NOT_TEXT = frozenset({"link", "links", "file", "image", "json"})


class Piece(NamedTuple):
    """One value that is searched: ``kind`` is title, identifier (``name``: system), field (key) or contact (kind)."""

    weight: str
    kind: str
    name: str
    value: Any
    type: EntityType | None = None

    @property
    def is_phone(self) -> bool:
        """Whether it is a telephone number."""
        return self.name in PHONES if self.kind == "contact" else bool(self.type and self.type.fields[self.name].type == "phone")

    @property
    def text(self) -> str:
        """The text to be found by."""
        if self.type is None or self.kind != "field":
            return str(self.value)
        return self.type.field_type(self.name).search_text(self.type.fields[self.name], self.value)


@dataclass
class Source:
    """The pieces of one document; ``department`` None: whoever sees the entity."""

    entity_id: uuid.UUID
    source_id: uuid.UUID
    type: str
    department: uuid.UUID | None
    pieces: list[Piece] = field(default_factory=list)


def searched_fields(uow: UnitOfWork, entity_type: EntityType) -> list[Field]:
    """The fields that are searched beside the title: text for all who see the entity, so none that only some may see."""
    guarded = uow.registry.guards.get(entity_type.name, {})
    return [
        one for one in entity_type.fields.values()
        if one.search and one.key not in guarded and one.type not in _NOT_TEXT and one.key not in entity_type.title.names
        and (one.key in entity_type.child_tables or entity_type.field_columns.get(one.key))
    ]


def read_sources(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> tuple[dict[uuid.UUID, set[uuid.UUID]], list[Source]]:
    """(entity → departments that see it, its sources) for those of at most 500 entities that are neither deleted nor merged."""
    rows = uow.execute(
        select(entity.c.id, entity.c.type, entity.c.title, entity.c.department_id).where(
            entity.c.id.in_(ids), entity.c.deleted_at.is_(None), entity.c.merged_into.is_(None)
        )
    ).all()
    known = [row for row in rows if row.type in uow.registry.entity_types]
    if not known:
        return {}, []
    departments = {row.id: {row.department_id} for row in known}
    sources = {row.id: Source(row.id, row.id, row.type, None, [Piece(STRONG, "title", "", row.title)]) for row in known}
    by_type: dict[str, list[uuid.UUID]] = {}
    for row in known:
        by_type.setdefault(row.type, []).append(row.id)
    _read_identifiers(uow, sources)
    for name, owners in by_type.items():
        _add_fields(uow, uow.registry.entity_types[name], {one: sources[one] for one in owners})
    others: list[Source] = []
    parties = [one for name, owners in by_type.items() if uow.registry.entity_types[name].kind == "party" for one in owners]
    if parties:
        seen = select(party_department.c.entity_id, party_department.c.department_id)
        for row in uow.execute(seen.where(party_department.c.entity_id.in_(parties))):
            departments[row.entity_id].add(row.department_id)
        others += _read_roles(uow, parties)
    others += _read_contact_points(uow, list(sources))
    return departments, [*sources.values(), *others]


def _read_identifiers(uow: UnitOfWork, sources: Mapping[uuid.UUID, Source]) -> None:
    found = select(identifier.c.entity_id, identifier.c.system, identifier.c.key).where(identifier.c.entity_id.in_(list(sources)))
    for row in uow.execute(found.order_by(identifier.c.system, identifier.c.key)):
        sources[row.entity_id].pieces.append(Piece(STRONG, "identifier", row.system, row.key))


def _read_roles(uow: UnitOfWork, parties: Sequence[uuid.UUID]) -> list[Source]:
    searched = [item.name for item in uow.registry.of_kind("role") if searched_fields(uow, item)]
    if not searched:
        return []
    rows = uow.execute(
        select(role.c.id, role.c.party_id, role.c.type, role.c.department_id).where(
            role.c.party_id.in_(parties), role.c.type.in_(searched), role.c.deleted_at.is_(None)
        )
    )
    by_type: dict[str, dict[uuid.UUID, Source]] = {}
    for row in rows:
        by_type.setdefault(row.type, {})[row.id] = Source(row.party_id, row.id, row.type, row.department_id)
    for name, sources in by_type.items():
        _add_fields(uow, uow.registry.entity_types[name], sources)
    return [source for sources in by_type.values() for source in sources.values() if source.pieces]


def _add_fields(uow: UnitOfWork, entity_type: EntityType, sources: Mapping[uuid.UUID, Source]) -> None:
    searched = searched_fields(uow, entity_type)
    if not searched:
        return
    keys = [one.key for one in searched]
    for owner, values in _load(uow, entity_type, list(sources), keys):
        sources[owner].pieces += [
            Piece(one.search, "field", one.key, value, entity_type) for one in searched
            if (value := values.get(one.key)) not in (None, (), "")
        ]


def _load(
    uow: UnitOfWork, entity_type: EntityType, owners: Sequence[uuid.UUID], keys: Sequence[str]
) -> Iterator[tuple[uuid.UUID, dict[str, Any]]]:
    several = [key for key in keys if key in entity_type.child_tables]
    columns = [column for key in keys if key not in several for column in entity_type.field_columns[key]]
    table = entity_type.table
    children = load_children(uow.connection, entity_type, owners, several) if several else {}
    for row in uow.execute(select(table.c.id, *columns).where(table.c.id.in_(owners))).mappings():
        yield row["id"], {**load_row(entity_type, dict(row), keys), **children.get(row["id"], {})}


def _read_contact_points(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> list[Source]:
    """The sources of contact points, one per entity and department that has some."""
    table = contact_point.c
    rows = uow.execute(
        select(table.entity_id, table.department_id, table.kind, table.value, table.normalized, table.street, table.postal_code,
               table.city, table.valid_until)
        .where(table.entity_id.in_(ids))
        .order_by(table.entity_id, table.id)
    )
    found: dict[tuple[uuid.UUID, uuid.UUID | None], Source] = {}
    for row in rows.mappings():
        entity_id, department, kind = row["entity_id"], row["department_id"], row["kind"]
        source = found.get((entity_id, department))
        if source is None:
            source = found[entity_id, department] = Source(entity_id, entity_id, CONTACT_POINT, department)
        source.pieces += [Piece(weight, "contact", kind, value) for weight, value in contact_values(row)]
    return list(found.values())


def contact_values(row: Mapping[Any, Any]) -> list[tuple[str, str]]:
    """(weight, value) of what a contact point is found by; one of the past weighs less."""
    kind = row["kind"]
    weight = NORMAL if row.get("valid_until") is None else WEAK
    if kind == "postal":
        parts = ((weight, row["city"]), (weight, row["postal_code"]), (WEAK, row["street"]))
        return [(heavy, value) for heavy, value in parts if value]
    return [(WEAK if kind == "url" else weight, row["normalized"] if kind in PHONES else row["value"])]
