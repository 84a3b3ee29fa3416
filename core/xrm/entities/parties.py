# SPDX-License-Identifier: Apache-2.0
"""Who may see a party: the rows of ``party_department`` and the copies of its sort key, kept in step with its roles."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update

from xrm.entities.models import party_department
from xrm.roles.models import role
from xrm.unit_of_work import NewEntity, UnitOfWork


def is_open_on(day: date) -> ColumnElement[bool]:
    """The SQL condition that a role is not over on a day; one that begins later counts as open."""
    return or_(role.c.until.is_(None), role.c.until > day)


def departments_of(uow: UnitOfWork, row: Row[Any] | NewEntity) -> set[uuid.UUID]:
    """The departments an entity belongs to: its home, and for a party those of its roles."""
    found: set[uuid.UUID] = {row.department_id}
    # One that was made here and has roles elsewhere is no longer among them.
    if row.id not in uow.made and uow.registry.get(row.type).kind == "party":
        gate = party_department
        found.update(uow.execute(select(gate.c.department_id).where(gate.c.entity_id == row.id)).scalars())
    return found


def refresh_departments(uow: UnitOfWork, row: Row[Any] | NewEntity, *, is_deleted: bool = False) -> None:
    """Make ``party_department`` say what home department and roles say now; nothing for a deleted party."""
    wanted: set[uuid.UUID] = set()
    if not is_deleted:
        wanted = {row.department_id}
        roles = select(role.c.department_id).where(role.c.party_id == row.id, role.c.deleted_at.is_(None))
        wanted.update(uow.execute(roles).scalars())
    mine = party_department.c.entity_id == row.id
    present = set(uow.execute(select(party_department.c.department_id).where(mine)).scalars())
    if present - wanted:
        uow.execute(delete(party_department).where(mine, party_department.c.department_id.in_(present - wanted)))
    if wanted - present:
        uow.execute(
            insert(party_department),
            [
                {"entity_id": row.id, "department_id": one, "type": row.type, "title_key": row.title_key}
                for one in sorted(wanted - present)
            ],
        )


def refresh_title_keys(uow: UnitOfWork, party_id: uuid.UUID, key: str) -> None:
    """Carry a new sort key to every copy of it: per department, and per role of the party."""
    uow.execute(update(party_department).where(party_department.c.entity_id == party_id).values(title_key=key))
    roles = uow.execute(select(role.c.id, role.c.type).where(role.c.party_id == party_id)).all()
    for row in roles:
        role_type = uow.registry.entity_types.get(row.type)
        if role_type is not None:
            uow.execute(update(role_type.table).where(role_type.table.c.id == row.id).values(title_key=key))
