# SPDX-License-Identifier: Apache-2.0
"""The records that link to an entity by a field: opportunities of a customer, lines of a quote."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, literal, select, union_all

from xrm.access.field_rights import unusable_fields
from xrm.access.policy import allowed, visible_record
from xrm.db.types import key_text
from xrm.entities.models import entity
from xrm.schema.model import Field
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class LinkingRecord:
    """One record that links here; ``state`` is the key of its stage, if its type has stages."""

    id: uuid.UUID
    title: str
    state: str
    updated_at: datetime


@dataclass(frozen=True)
class Backlinks:
    """The records of one type that link here by one field: how many in all, and those changed last."""

    type: str
    field: str
    total: int = 0
    items: tuple[LinkingRecord, ...] = ()


def linking_fields(uow: UnitOfWork, type_name: str) -> list[tuple[EntityType, Field]]:
    """The fields of record types that the actor may read, by which an entity of this type can be linked to."""
    return [
        (entity_type, field)
        for entity_type in uow.registry.of_kind("record")
        for field in entity_type.fields.values()
        if field.type in ("link", "links")
        and uow.registry.is_end(field.to, type_name)
        and allowed(uow, f"{entity_type.name}:read")
        and field.key not in unusable_fields(uow, entity_type.name)
    ]


def list_backlinks(uow: UnitOfWork, entity_id: uuid.UUID, type_name: str, *, each: int = 5) -> list[Backlinks]:
    """The records that link to an entity, for every field that may, in one SELECT; also those of which there are none."""
    fields = linking_fields(uow, type_name)
    if not fields:
        return []
    parts = [_part(uow, number, entity_id, entity_type, field, each) for number, (entity_type, field) in enumerate(fields)]
    found: dict[int, list[Any]] = {}
    for row in uow.execute(union_all(*parts)):
        found.setdefault(row.number, []).append(row)
    return [
        Backlinks(
            entity_type.name, field.key, found[number][0].total if number in found else 0,
            tuple(
                LinkingRecord(row.id, row.title, row.state, row.updated_at)
                for row in sorted(found.get(number, ()), key=lambda one: one.updated_at, reverse=True)
            ),
        )
        for number, (entity_type, field) in enumerate(fields)
    ]


def _part(
    uow: UnitOfWork, number: int, entity_id: uuid.UUID, entity_type: EntityType, field: Field, each: int
) -> Select[Any]:
    table = entity_type.table
    stages = entity_type.declaration.stages
    state: ColumnElement[Any] = table.c[stages.field] if stages else literal("", String)
    if field.key in entity_type.child_tables:
        child = entity_type.child_tables[field.key]
        links: ColumnElement[bool] = table.c.id.in_(select(child.c.owner_id).where(child.c[field.key] == entity_id))
    else:
        links = table.c[field.key] == entity_id
    newest = (
        select(
            literal(number).label("number"), entity.c.id, entity.c.title, entity.c.updated_at,
            func.coalesce(state, literal("", key_text())).label("state"), func.count().over().label("total"),
        )
        .select_from(table.join(entity, entity.c.id == table.c.id))
        .where(links, entity.c.deleted_at.is_(None), visible_record(uow, [entity_type.name]))
        .order_by(entity.c.updated_at.desc(), entity.c.id)
        .limit(each)
        .subquery()
    )
    return select(newest)
