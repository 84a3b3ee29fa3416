# SPDX-License-Identifier: Apache-2.0
"""Reads of roles: the facets of a party that the actor may see."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, RowMapping, and_, select

from xrm.access.field_rights import RowPlace, mask
from xrm.access.models import user
from xrm.access.policy import visible_entity, visible_role
from xrm.entities.models import entity
from xrm.entities.parties import is_open_on
from xrm.roles.models import role
from xrm.schema.storage import join_types, load_values_of_types, read_joined
from xrm.unit_of_work import UnitOfWork

MOST_COLUMNS = 900


@dataclass(frozen=True)
class Role:
    """One facet of a party: what it is to a department in [since, until)."""

    id: uuid.UUID
    type: str
    party: uuid.UUID
    party_title: str
    department: uuid.UUID
    since: date | None
    until: date | None
    owner: uuid.UUID | None
    version: int
    is_open: bool
    owner_name: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


def list_roles_of(uow: UnitOfWork, party_id: uuid.UUID, *, all_periods: bool = True) -> list[Role]:
    """The facets of a party, open ones first, each with its fields; none when the party is not visible."""
    wanted = role.c.party_id == party_id
    if not all_periods:
        wanted = and_(wanted, is_open_on(uow.today))
    found = _load(uow, wanted)
    return sorted(found, key=lambda one: (not one.is_open, one.type, one.since or date.min, one.id))


def get_role(uow: UnitOfWork, role_id: uuid.UUID) -> Role | None:
    """One facet, if the actor may see it."""
    found = _load(uow, role.c.id == role_id)
    return found[0] if found else None


def open_role_types(uow: UnitOfWork, party_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """For many parties the types of their open, visible roles, each once: what the chips in lists show."""
    names = [item.name for item in uow.registry.of_kind("role")]
    rows = uow.execute(
        select(role.c.party_id, role.c.type)
        .where(role.c.party_id.in_(list(party_ids)), visible_role(uow, names), is_open_on(uow.today))
        .distinct()
        .order_by(role.c.party_id, role.c.type)
    )
    found: dict[uuid.UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row.party_id, []).append(row.type)
    return found


def _load(uow: UnitOfWork, wanted: ColumnElement[bool]) -> list[Role]:
    types = uow.registry.of_kind("role")
    # One wide SELECT, as long as a database takes so many columns.
    is_wide = sum(len(item.table.columns) for item in types) <= MOST_COLUMNS
    about: FromClause = role.join(entity, entity.c.id == role.c.party_id).outerjoin(user, user.c.id == role.c.owner_id)
    joined, columns = join_types(about, role.c.id, [item.table for item in types] if is_wide else [])
    rows = uow.execute(
        select(role, entity.c.title, user.c.name.label("owner_name"), *columns)
        .select_from(joined)
        .where(wanted, visible_role(uow, [item.name for item in types]), visible_entity(uow))
    ).mappings().all()
    numbers = {item.name: number for number, item in enumerate(types)}
    pairs = [(item, item.table) for item in types]
    if is_wide:
        values = read_joined(uow.connection, pairs, [(numbers[row["type"]], row["id"], dict(row)) for row in rows])
    else:
        groups = [(item, item.table, [row["id"] for row in rows if row["type"] == item.name]) for item in types]
        values = load_values_of_types(uow.connection, role, [group for group in groups if group[2]])
    for item in types:
        mask(uow, item, [_place(row) for row in rows if row["type"] == item.name], values)
    return [
        Role(
            row["id"], row["type"], row["party_id"], row["title"], row["department_id"], row["since"], row["until"],
            row["owner_id"], row["version"], row["until"] is None or row["until"] > uow.today, row["owner_name"] or "",
            values.get(row["id"], {}),
        )
        for row in rows
    ]


def _place(row: RowMapping) -> RowPlace:
    return RowPlace(row["id"], row["department_id"], row["owner_id"])
