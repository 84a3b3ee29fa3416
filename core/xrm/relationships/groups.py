# SPDX-License-Identifier: Apache-2.0
"""The relationships of one entity as its page shows them: by type and direction, the first few of each, and how many in all."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Table, and_, case, func, literal, select, union_all

from xrm.access.policy import visible_entity
from xrm.entities.links import Title
from xrm.entities.models import entity
from xrm.relationships.models import relationship
from xrm.relationships.queries import holds_on, load_fields, visible_kind
from xrm.schema.registry import RelationshipType
from xrm.schema.storage import join_types, read_joined
from xrm.unit_of_work import UnitOfWork

MOST_TABLES = 40


@dataclass(frozen=True)
class Related:
    """One relationship seen from one of its ends: ``other`` is the end one looks at."""

    id: uuid.UUID
    other: Title
    valid_from: date | None
    valid_until: date | None
    department: uuid.UUID | None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RelatedGroup:
    """All relationships of one type in one direction (``is_forward``: read from source to target); ``items`` are the first."""

    type: str
    is_forward: bool
    total: int
    items: tuple[Related, ...]


@dataclass(frozen=True)
class GroupPart:
    """One group, named by type and direction, after its first ``skip`` items."""

    type: str
    is_forward: bool
    skip: int = 0


def list_groups(
    uow: UnitOfWork, entity_id: uuid.UUID, *, as_of: date | None = None, all_periods: bool = False, each: int = 8,
    only: GroupPart | None = None,
) -> list[RelatedGroup]:
    """The relationships of an entity that the actor sees, newest first in each group.

    Those that hold on ``as_of`` (today), with ``all_periods`` all of them; ``each`` limits the items of a group; ``only``
    asks for the further ones of one group. An entity that the actor may not see has none.
    """
    periods: list[ColumnElement[bool]] = [] if all_periods else [holds_on(as_of or uow.today)]
    ends = (_ends(uow, entity_id, periods, is_forward=True), _ends(uow, entity_id, periods, is_forward=False))
    found = union_all(*ends).subquery("found")
    group = [found.c.type, found.c.is_forward]
    newest = [found.c.valid_until.is_not(None), found.c.valid_from.is_(None), found.c.valid_from.desc(), found.c.id.desc()]
    counted = select(
        found,
        func.row_number().over(partition_by=group, order_by=newest).label("nth"),
        func.count().over(partition_by=group).label("total"),
    )
    if only is not None:
        counted = counted.where(found.c.type == only.type, found.c.is_forward == int(only.is_forward))
    numbered = counted.subquery("numbered")
    skip = only.skip if only else 0
    wanted = and_(numbered.c.nth > skip, numbered.c.nth <= skip + each)
    order = (numbered.c.type, numbered.c.is_forward.desc(), numbered.c.nth)
    tables = _tables(uow)
    joined, columns = join_types(numbered, numbered.c.id, [table for _, table in tables])
    statement = select(numbered, *columns).select_from(joined).where(wanted).order_by(*order)
    return _group(uow, tables, uow.execute(statement).mappings().all())


def _tables(uow: UnitOfWork) -> list[tuple[RelationshipType, Table]]:
    """The types with fields of their own, if their tables can all be joined; none when they are too many."""
    found = [(one, one.table) for one in uow.registry.relationship_types.values() if one.table is not None]
    return found if len(found) <= MOST_TABLES else []


def _ends(uow: UnitOfWork, entity_id: uuid.UUID, periods: list[ColumnElement[bool]], *, is_forward: bool) -> Select[Any]:
    mine, other = relationship.c.source_id, relationship.c.target_id
    if not is_forward:
        mine, other = other, mine
    symmetric = [name for name, one in uow.registry.relationship_types.items() if one.declaration.symmetric]
    direction = case((relationship.c.type.in_(symmetric), literal(1)), else_=literal(1 if is_forward else 0))
    seen = select(entity.c.id).where(entity.c.id == entity_id, visible_entity(uow)).correlate(relationship).exists()
    return (
        select(
            relationship.c.id, relationship.c.type, relationship.c.valid_from, relationship.c.valid_until,
            relationship.c.department_id, direction.label("is_forward"), entity.c.id.label("other_id"),
            entity.c.type.label("other_type"), entity.c.title.label("other_title"),
        )
        .join(entity, entity.c.id == other)
        .where(mine == entity_id, visible_kind(uow), visible_entity(uow), seen, *periods)
    )


def _group(
    uow: UnitOfWork, tables: Sequence[tuple[RelationshipType, Table]], rows: Sequence[RowMapping]
) -> list[RelatedGroup]:
    numbers = {one.name: number for number, (one, _) in enumerate(tables)}
    if tables:
        owned = [(numbers[row["type"]], row["id"], dict(row)) for row in rows if row["type"] in numbers]
        values = read_joined(uow.connection, tables, owned)
    else:
        values = load_fields(uow, [(row["id"], row["type"]) for row in rows])
    items: dict[tuple[str, bool], list[Related]] = {}
    totals: dict[tuple[str, bool], int] = {}
    for row in rows:
        key = (row["type"], bool(row["is_forward"]))
        totals[key] = row["total"]
        other = Title(row["other_id"], row["other_type"], row["other_title"])
        one = Related(
            row["id"], other, row["valid_from"], row["valid_until"], row["department_id"], values.get(row["id"], {})
        )
        items.setdefault(key, []).append(one)
    return [RelatedGroup(name, forward, totals[name, forward], tuple(some)) for (name, forward), some in items.items()]
