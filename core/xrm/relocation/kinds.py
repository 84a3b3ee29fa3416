# SPDX-License-Identifier: Apache-2.0
"""What of a department can be given to another: entity types and roles by name, and what stands beside them by its table."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Column, ColumnElement, Table, func, select

from xrm.access.policy import allowed
from xrm.channels.models import message
from xrm.contact_points.models import contact_point
from xrm.departments.moving import RIGHT
from xrm.entities.models import entity
from xrm.errors import InvalidInput, Problem
from xrm.files.models import file
from xrm.interactions.models import interaction
from xrm.relationships.models import relationship, relationship_past
from xrm.roles.models import role
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

Group = Literal["entity", "role", "beside"]
# In this order they are moved. The right to move each: in both departments, beside the right to administer them.
BESIDE: tuple[tuple[Table, str], ...] = (
    (contact_point, "contact_point:update"), (interaction, "interaction:update"), (message, "interaction:update"),
    (relationship, "*:link"), (relationship_past, "*:link"), (file, RIGHT),
)
_RIGHTS = {table.name: right for table, right in BESIDE}
TABLES = {table.name: table for table in (entity, role, *(table for table, _ in BESIDE))}


@dataclass(frozen=True)
class Kind:
    """Rows of one kind in a department: how many, and what keeps them from being moved to another (empty: nothing).

    ``obstacle`` is a right that is missing, or ``unknown`` for what belongs to no plugin that is there, or is off.
    """

    name: str
    group: Group
    count: int
    obstacle: str = ""


def kinds_in(uow: UnitOfWork, source: uuid.UUID, target: uuid.UUID | None) -> tuple[Kind, ...]:
    """All that stands in a department, the bin included; with ``target``, also what keeps it from going there."""
    found: list[Kind] = []
    groups: tuple[tuple[Table, Group], ...] = ((entity, "entity"), (role, "role"))
    for table, group in groups:
        here = table.c.department_id == source
        rows = uow.execute(select(table.c.type.label("name"), func.count().label("number")).where(here).group_by(table.c.type))
        found += [Kind(row.name, group, row.number) for row in sorted(rows, key=lambda row: str(row.name))]
    for table, _ in BESIDE:
        count = uow.execute(select(func.count()).select_from(table).where(table.c.department_id == source)).scalar_one()
        found += [Kind(table.name, "beside", count)] if count else []
    if target is None:
        return tuple(found)
    return tuple(Kind(one.name, one.group, one.count, obstacle_of(uow, one, (source, target))) for one in found)


def obstacle_of(uow: UnitOfWork, kind: Kind, places: tuple[uuid.UUID, uuid.UUID]) -> str:
    """The right that is missing in one of two departments to move rows of a kind between them; empty when none is."""
    if kind.group != "beside" and (kind.name not in uow.registry.entity_types or kind.name in uow.registry.dormant):
        return "unknown"
    right = _RIGHTS.get(kind.name, f"{kind.name}:update")
    return "" if all(allowed(uow, right, one) for one in places) else right


def chosen_kinds(present: Collection[Kind], names: Collection[str] | None) -> tuple[Kind, ...]:
    """Those of the kinds that are meant; all without names.

    Raises:
        InvalidInput: for a name of which nothing is there.
    """
    if names is None:
        return tuple(present)
    known = {one.name for one in present}
    problems = [Problem("types", unknown("type", name[:100], sorted(known))) for name in names if name not in known]
    if problems:
        raise InvalidInput(problems)
    return tuple(one for one in present if one.name in names)


def table_of(kind: Kind) -> Table:
    """The table that says where rows of a kind stand."""
    return TABLES[kind.name if kind.group == "beside" else kind.group]


def rows_of(kind: Kind, source: uuid.UUID) -> ColumnElement[bool]:
    """The SQL condition that a row of its table is of this kind and stands in a department."""
    table = table_of(kind)
    here: ColumnElement[bool] = table.c.department_id == source
    column: Column[str] | None = None if kind.group == "beside" else table.c.type
    return here if column is None else here & (column == kind.name)
