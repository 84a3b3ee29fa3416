# SPDX-License-Identifier: Apache-2.0
"""The model: a few SELECTs for all parties of a type, then one row for each party and department.

What belongs to a department (its facets, contact points, interactions) counts in the row of that department only, so that no
score tells one department what another knows.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from xrm.plugin_api import ScoreRow, UnitOfWork, select
from xrm_quality.fields import key_fields
from xrm_quality.weighing import CONTACT_KINDS, Scale

Department = uuid.UUID | None
NOWHERE: frozenset[str] = frozenset()
NO_FACETS = (0, 0)


@dataclass
class Known:
    """What is known of one party besides its own fields, by department (None: shared by all)."""

    kinds: dict[Department, frozenset[str]] = field(default_factory=dict)
    spoken_at: dict[Department, datetime] = field(default_factory=dict)
    facets: dict[Department, tuple[int, int]] = field(default_factory=dict)


NOTHING = Known()


def measure(uow: UnitOfWork, type_name: str, entities: Sequence[uuid.UUID] | None) -> Iterator[ScoreRow]:
    """The rows of all parties of a type, or of those named."""
    known: dict[uuid.UUID, Known] = {}
    _read_contact_points(uow, known, entities)
    _read_interactions(uow, known, entities)
    for role_type in uow.registry.roles_of(type_name):
        _read_facets(uow, known, role_type.name, entities)
    own = key_fields(uow.registry.get(type_name), uow.registry.guards.get(type_name, ()))
    scale = Scale(own)
    parties = select(uow, type_name, ["id", "department", "updated_at", *(one.key for one in own)]).subquery()
    for row in uow.execute(_narrowed(sa.select(parties), parties.c.id, entities)):
        party, home, updated_at, *values = tuple(row)
        mine = known.get(party, NOTHING)
        is_empty = tuple(value is None for value in values)
        shared = mine.kinds.get(None, NOWHERE)
        for department in (home, *(one for one in mine.facets if one != home)):
            touched_at = max(updated_at, mine.spoken_at.get(department, updated_at))
            years = max((uow.now - touched_at).days // 365, 0)
            filled, asked = mine.facets.get(department, NO_FACETS)
            value, reasons = scale.weigh((is_empty, shared | mine.kinds.get(department, NOWHERE), filled, asked, years))
            yield ScoreRow(party, value, reasons, department=department)


def _read_contact_points(uow: UnitOfWork, known: dict[uuid.UUID, Known], entities: Sequence[uuid.UUID] | None) -> None:
    points = select(uow, "contact_point", ["entity", "department", "kind", "valid_until"]).subquery()
    statement = (
        sa.select(points.c.entity, points.c.department, points.c.kind).distinct()
        .where(points.c.kind.in_(sorted(CONTACT_KINDS)), sa.or_(points.c.valid_until.is_(None), points.c.valid_until > uow.today))
    )
    for row in uow.execute(_narrowed(statement, points.c.entity, entities)):
        kinds = known.setdefault(row.entity, Known()).kinds
        kinds[row.department] = kinds.get(row.department, NOWHERE) | {CONTACT_KINDS[row.kind]}


def _read_interactions(uow: UnitOfWork, known: dict[uuid.UUID, Known], entities: Sequence[uuid.UUID] | None) -> None:
    spoken = select(uow, "interaction_participant", ["entity", "department", "at"]).subquery()
    statement = (
        sa.select(spoken.c.entity, spoken.c.department, sa.func.max(spoken.c.at).label("at"))
        .where(spoken.c.at <= uow.now).group_by(spoken.c.entity, spoken.c.department)
    )
    for row in uow.execute(_narrowed(statement, spoken.c.entity, entities)):
        known.setdefault(row.entity, Known()).spoken_at[row.department] = row.at


def _read_facets(uow: UnitOfWork, known: dict[uuid.UUID, Known], role_name: str, entities: Sequence[uuid.UUID] | None) -> None:
    own = key_fields(uow.registry.get(role_name), uow.registry.guards.get(role_name, ()))
    facets = select(uow, role_name, ["party", "department", "until", *(one.key for one in own)]).subquery()
    for row in uow.execute(_narrowed(sa.select(facets), facets.c.party, entities)):
        party, department, until, *values = tuple(row)
        mine = known.setdefault(party, Known()).facets
        filled, asked = mine.get(department, NO_FACETS)
        if until is None or until > uow.today:
            filled, asked = filled + sum(value is not None for value in values), asked + len(own)
        mine[department] = (filled, asked)


def _narrowed(statement: sa.Select[Any], column: sa.ColumnElement[Any], entities: Sequence[uuid.UUID] | None) -> sa.Select[Any]:
    return statement if entities is None else statement.where(column.in_(list(entities)))
