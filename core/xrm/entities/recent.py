# SPDX-License-Identifier: Apache-2.0
"""Which parties changed last, department by department: each gives its own few from an index, then the newest of all are kept."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union_all

from xrm.access.policy import visible_entity
from xrm.entities.links import Title
from xrm.entities.models import entity
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Recent:
    """A party and when it was changed."""

    title: Title
    updated_at: datetime


def list_recent(uow: UnitOfWork, departments: Collection[uuid.UUID], *, limit: int = 8) -> list[Recent]:
    """The parties of these home departments that were changed last, as far as the actor may see them; newest first."""
    if not departments:
        return []
    types = [item.name for item in uow.registry.party_types()]
    columns = (entity.c.id, entity.c.type, entity.c.title, entity.c.updated_at)
    parts = [
        select(
            select(*columns)
            .where(entity.c.department_id == one, entity.c.type.in_(types), visible_entity(uow))
            .order_by(entity.c.updated_at.desc())
            .limit(limit)
            .subquery()
        )
        for one in sorted(departments)
    ]
    newest = union_all(*parts).subquery()
    rows = uow.execute(select(newest).order_by(newest.c.updated_at.desc(), newest.c.id.desc()).limit(limit))
    return [Recent(Title(row.id, row.type, row.title), row.updated_at) for row in rows]
