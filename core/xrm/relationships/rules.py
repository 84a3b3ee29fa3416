# SPDX-License-Identifier: Apache-2.0
"""What a relationship type allows: which ends, how many at a time, and no circles where it says so."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from xrm.db.locks import hold
from xrm.entities.links import check_links
from xrm.entities.models import entity
from xrm.entities.rows import EntityRow
from xrm.errors import Conflict, InvalidInput, Problem, msg
from xrm.relationships.models import relationship
from xrm.schema.registry import RelationshipType
from xrm.unit_of_work import UnitOfWork

LONGEST_CHAIN = 10_000
Period = tuple[date | None, date | None]


def check_ends(uow: UnitOfWork, relationship_type: RelationshipType, source: EntityRow, target: EntityRow) -> None:
    """Stop unless the type allows both ends (a symmetric one in either order).

    Raises:
        InvalidInput: naming the end and the types allowed there.
    """
    declared = relationship_type.declaration
    is_end = uow.registry.is_end
    if is_end(declared.source, source.type) and is_end(declared.target, target.type):
        return
    if declared.symmetric and is_end(declared.source, target.type) and is_end(declared.target, source.type):
        return
    side, row, allowed = ("target", target, declared.target)
    if not is_end(declared.source, source.type):
        side, row, allowed = ("source", source, declared.source)
    if is_end(declared.source, target.type) and is_end(declared.target, source.type):
        raise InvalidInput(
            [Problem(side, msg("{title} is of type {type}. Here must be: {allowed}. The other way round it fits: swap both ends.",
                               title=row.title, type=row.type, allowed=", ".join(allowed)))]
        )
    raise InvalidInput(
        [Problem(side, msg("{title} is of type {type}. Here must be: {allowed}.", title=row.title, type=row.type,
                           allowed=", ".join(allowed)))]
    )


def overlaps(period: Period) -> ColumnElement[bool]:
    """The SQL condition that a relationship holds at some time in [from, until)."""
    begin, end = period
    parts: list[ColumnElement[bool]] = [relationship.c.id.is_not(None)]
    if begin is not None:
        parts.append(or_(relationship.c.valid_until.is_(None), relationship.c.valid_until > begin))
    if end is not None:
        parts.append(or_(relationship.c.valid_from.is_(None), relationship.c.valid_from < end))
    condition = parts[0]
    for part in parts[1:]:
        condition = condition & part
    return condition


def check_cardinality(
    uow: UnitOfWork, relationship_type: RelationshipType, source: EntityRow, target: EntityRow, period: Period,
    but: uuid.UUID | None = None,
) -> None:
    """Stop when an end that may have one at a time has one already in this period.

    Raises:
        Conflict: naming the end.
    """
    cardinality = relationship_type.declaration.cardinality
    limited = []
    if cardinality in {"many_to_one", "one_to_one"}:
        limited.append((relationship.c.source_id, source))
    if cardinality in {"one_to_many", "one_to_one"}:
        limited.append((relationship.c.target_id, target))
    if relationship_type.declaration.symmetric and limited:
        columns = (relationship.c.source_id, relationship.c.target_id)
        limited = [(column, row) for row in (source, target) for column in columns]
    for column, row in limited:
        same_type = relationship.c.type == relationship_type.name
        statement = select(relationship.c.id).where(column == row.id, same_type, overlaps(period))
        if but is not None:
            statement = statement.where(relationship.c.id != but)
        if uow.execute(statement.limit(1)).first() is not None:
            raise Conflict(
                msg("{title} has one of these already in this period. End that one first.", title=row.title), code="cardinality"
            )


def check_no_cycle(uow: UnitOfWork, relationship_type: RelationshipType, source: EntityRow, target: EntityRow) -> None:
    """Stop when a chain of this type leads back from target to source.

    Raises:
        Conflict: when it would close a circle, or the chain is too long to be checked.
    """
    if not relationship_type.declaration.acyclic:
        return
    seen: set[uuid.UUID] = set()
    front = {target.id}
    while front:
        if source.id in front:
            raise Conflict(
                msg("This would close a circle: {target} leads back to {source}.", target=target.title, source=source.title),
                code="circle",
            )
        chunk = sorted(front)[:500]
        seen.update(chunk)
        # Held, so that two who close a circle from both sides cannot miss each other.
        uow.execute(hold(select(entity.c.id).where(entity.c.id.in_(chunk)), to_change=False))
        if len(seen) > LONGEST_CHAIN:
            raise Conflict(msg("The chain is too long to be checked for circles."), code="circle")
        statement = select(relationship.c.target_id).where(
            relationship.c.source_id.in_(chunk), relationship.c.type == relationship_type.name,
            or_(relationship.c.valid_until.is_(None), relationship.c.valid_until > uow.today),
        )
        front = (front | set(uow.execute(statement).scalars())) - seen


def check_period(valid_from: date | None, valid_until: date | None) -> None:
    """Stop unless the period ends after it begins.

    Raises:
        InvalidInput: at ``valid_until``.
    """
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise InvalidInput([Problem("valid_until", msg("It must end after it began on {since}.", since=valid_from))])


def refuse_bad_links(uow: UnitOfWork, relationship_type: RelationshipType, values: Mapping[str, Any]) -> None:
    """Stop when a link among the values leads to nothing the actor sees, or to a type it may not lead to.

    Raises:
        InvalidInput: with each problem at its field.
    """
    _, problems = check_links(uow, relationship_type, [values])
    if problems[0]:
        raise InvalidInput(problems[0])
