# SPDX-License-Identifier: Apache-2.0
"""Reads of files: only those of entities the actor may see."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, and_, or_, select

from xrm.access.policy import visible_entity, visible_role, visible_row
from xrm.entities.models import entity
from xrm.errors import NotFound, msg
from xrm.files.models import file
from xrm.files.places import path_of
from xrm.roles.models import role
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class StoredFile:
    """A file with where its bytes lie."""

    id: uuid.UUID
    name: str
    media_type: str
    size: int
    path: Path


def get_file(uow: UnitOfWork, file_id: uuid.UUID) -> StoredFile:
    """One file, if the actor may see the entity it belongs to; one that belongs to nothing yet, only by who sent it.

    Raises:
        NotFound: when there is none, it is not visible, or its bytes are gone.
    """
    found = find_files(uow, [file_id]).get(file_id)
    if found is None or not found.path.is_file():
        raise NotFound(msg("There is no file of this id that you may see."))
    return found


def find_files(uow: UnitOfWork, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, StoredFile]:
    """Those of these files that the actor may see; one of a role only where the role is seen."""
    wanted = list(ids)
    if not wanted:
        return {}
    belongs = and_(
        entity.c.id.is_not(None), visible_entity(uow), visible_row(uow, "file", file.c.department_id), *_of_no_hidden_role(uow)
    )
    mine = and_(file.c.entity_id.is_(None), file.c.created_by == uow.actor.user_id)
    rows = uow.execute(
        select(file.c.id, file.c.name, file.c.media_type, file.c.size)
        .select_from(file.outerjoin(entity, entity.c.id == file.c.entity_id))
        .where(file.c.id.in_(wanted), or_(belongs, mine))
    )
    home = uow.settings.home
    return {row.id: StoredFile(row.id, row.name, row.media_type, row.size, path_of(home, row.id)) for row in rows}


def _of_no_hidden_role(uow: UnitOfWork) -> Iterator[ColumnElement[bool]]:
    """The SQL conditions that a row of ``file`` is not the value of a role which the actor does not see."""
    for role_type in uow.registry.of_kind("role"):
        columns = [role_type.table.c[key] for key, field in role_type.fields.items() if field.type in ("file", "image")]
        if columns:
            joined = role.join(role_type.table, role_type.table.c.id == role.c.id)
            is_value = or_(*(one == file.c.id for one in columns))
            held = select(1).select_from(joined).where(role.c.party_id == file.c.entity_id, is_value).correlate(file)
            yield or_(~held.exists(), held.where(visible_role(uow, [role_type.name])).exists())
