# SPDX-License-Identifier: Apache-2.0
"""Reads of entities and of facets as lists: filtered, sorted, by page, always through the gate."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select

from xrm.access.field_rights import RowPlace, mask
from xrm.access.models import user
from xrm.access.policy import visible_entity
from xrm.entities.computing import add_computed
from xrm.entities.links import Title, get_titles
from xrm.entities.listing import Listing, ListQuery, count
from xrm.entities.models import entity
from xrm.entities.paging import fetch
from xrm.errors import NotFound, msg
from xrm.schema.registry import EntityType
from xrm.schema.storage import load_children, load_row, load_values
from xrm.sharing.models import share
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Entity:
    """One entity, or one facet in a list of a role: then ``id`` is the facet's, ``party`` whose it is, ``title`` the party's.

    ``fields`` holds what the actor may see: a guarded field that is hidden here is not among them.
    """

    id: uuid.UUID
    type: str
    title: str
    version: int
    department: uuid.UUID
    owner: uuid.UUID | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    party: uuid.UUID | None = None
    party_type: str = ""
    since: date | None = None
    until: date | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    owner_name: str = ""
    is_shared: bool = False  # with anybody, when one entity is read


@dataclass(frozen=True)
class Page:
    """One page of a list; ``next`` continues it (opaque text), None at the end."""

    items: tuple[Entity, ...]
    next: str | None


def list_entities(uow: UnitOfWork, query: ListQuery) -> Page:
    """One page of the entities (or facets) of a type that the actor may see, with the asked columns.

    Raises:
        NotFound: for an unknown type.
        InvalidInput: for an unknown field, operator, sort, a wrong value, or a cursor of another list.
    """
    listing = Listing.of(uow, query)
    rows, cursor = fetch(uow, listing)
    return Page(tuple(build_items(uow, listing, rows)), cursor)


def count_entities(uow: UnitOfWork, query: ListQuery, *, at_most: int | None = None) -> int:
    """How many the list has in all; with ``at_most`` counting stops one above it, so that the page stays fast.

    Raises:
        NotFound, InvalidInput: as ``list_entities``.
    """
    return count(uow, Listing.of(uow, query), at_most)


def build_items(uow: UnitOfWork, listing: Listing, rows: Sequence[Any]) -> Iterable[Entity]:
    """The rows of a listing with their values; one query more per field of several values."""
    entity_type = listing.entity_type
    ids = [row["id"] for row in rows]
    values: dict[uuid.UUID, dict[str, Any]] = {row["id"]: {} for row in rows}
    if entity_type is not None:
        children = load_children(uow.connection, entity_type, ids, listing.loaded)
        for row in rows:
            found = load_row(entity_type, row, listing.loaded)
            empty = {key: () for key in listing.loaded if key in entity_type.child_tables}
            values[row["id"]] = add_computed(uow, entity_type, {**empty, **found, **children[row["id"]]}, listing.columns)
        mask(uow, entity_type, [RowPlace(row["id"], row["department_id"], row["owner_id"]) for row in rows], values)
    for row in rows:
        yield Entity(
            row["id"], row["type"], row["title"], row["version"], row["department_id"], row["owner_id"], row["created_at"],
            row["updated_at"], row.get("party_id"), row.get("party_type", ""), row.get("since"), row.get("until"),
            values[row["id"]],
        )


def get_entity(uow: UnitOfWork, entity_id: uuid.UUID, type_name: str = "") -> Entity:
    """One party or record with all its fields; who knows its type says so and saves a SELECT.

    Raises:
        NotFound: when there is none (of this type), or the actor may not see it.
    """
    lent = exists(select(1).where(share.c.entity_id == entity.c.id)).label("is_shared")
    statement = select(entity, user.c.name.label("owner_name"), lent).outerjoin(user, user.c.id == entity.c.owner_id)
    statement = statement.where(entity.c.id == entity_id, visible_entity(uow))
    known = uow.registry.get(type_name) if type_name else None
    if known is not None:
        own = [column for columns in known.field_columns.values() for column in columns]
        statement = statement.join(known.table, known.table.c.id == entity.c.id).add_columns(*own)
        statement = statement.where(entity.c.type == type_name)
    row = uow.execute(statement).mappings().first()
    if row is None:
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))
    entity_type = known or uow.registry.get(row["type"])
    if known is None:
        values = load_values(uow.connection, entity_type, entity_type.table, [entity_id]).get(entity_id, {})
    else:
        empty: dict[str, Any] = {field.key: () for field in entity_type.multiple_fields}
        children = load_children(uow.connection, entity_type, [entity_id])[entity_id]
        values = {**load_row(entity_type, dict(row)), **empty, **children}
    values = add_computed(uow, entity_type, values, tuple(entity_type.fields))
    mask(uow, entity_type, [RowPlace(row["id"], row["department_id"], row["owner_id"])], {row["id"]: values})
    return Entity(
        row["id"], row["type"], row["title"], row["version"], row["department_id"], row["owner_id"], row["created_at"],
        row["updated_at"], fields=values, owner_name=row["owner_name"] or "", is_shared=bool(row["is_shared"]),
    )


def titles(uow: UnitOfWork, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Title]:
    """Type and title of those of these entities that the actor may see: what links show."""
    return get_titles(uow, ids)


def subtitle(entity_type: EntityType, values: dict[str, Any], language: str) -> str:
    """The line below the title, in the reader's language."""
    texts = {
        name: entity_type.field_type(name).format(entity_type.fields[name], values.get(name), language)
        for name in entity_type.subtitle.names
        if name in entity_type.fields and not isinstance(values.get(name), uuid.UUID)
    }
    return entity_type.subtitle.fill(texts)
