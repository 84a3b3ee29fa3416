# SPDX-License-Identifier: Apache-2.0
"""Whether search knows what there is: entities without documents, and documents of entities that are gone."""

from __future__ import annotations

import uuid

from sqlalchemy import or_, select

from xrm.entities.models import entity
from xrm.search.models import search_document
from xrm.unit_of_work import UnitOfWork


def find_unsearchable(uow: UnitOfWork, *, newest: int | None = None) -> list[uuid.UUID]:
    """Entities that have no document and should have one: of all, or of so many that were made last."""
    there = entity.c.deleted_at.is_(None) & entity.c.merged_into.is_(None)
    wanted = select(entity.c.id, entity.c.type).where(there).order_by(entity.c.id.desc()).limit(newest).subquery()
    document = select(search_document.c.key).where(search_document.c.entity_id == wanted.c.id)
    rows = uow.execute(select(wanted.c.id, wanted.c.type).where(~document.exists()))
    # What nobody declares any more is not shown, and so not searched.
    return [row.id for row in rows if row.type in uow.registry.entity_types]


def find_obsolete(uow: UnitOfWork) -> list[uuid.UUID]:
    """Entities that were deleted or merged, and are found still."""
    gone = or_(entity.c.deleted_at.is_not(None), entity.c.merged_into.is_not(None))
    document = select(search_document.c.key).where(search_document.c.entity_id == entity.c.id)
    return list(uow.execute(select(entity.c.id).where(gone, document.exists())).scalars())
