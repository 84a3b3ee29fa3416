# SPDX-License-Identifier: Apache-2.0
"""Keeping search documents in step with what they are made of, within the unit of work that changed it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from xrm.db.full_text import add_documents, remove_all_documents, remove_documents, scope_words
from xrm.entities.models import entity
from xrm.search.lines import LONGEST_TEXT, lines_of
from xrm.search.made import made_sources, plain_ones
from xrm.search.sources import NORMAL, STRONG, WEAK, Source, read_sources
from xrm.unit_of_work import UnitOfWork

CHUNK = 500


def write_search_documents(uow: UnitOfWork) -> None:
    """Make the documents of all touched entities anew; called once, before commit."""
    touched, uow.touched = uow.touched, {}
    made, uow.made = uow.made, {}
    forget(uow, [one for one, is_new in touched.items() if not is_new])
    known = plain_ones(uow, {one: made[one] for one, is_new in touched.items() if is_new and one in made})
    _add(uow, {one: {new.department} for one, new in known.items()}, made_sources(uow, known))
    ids = [one for one in touched if one not in known]
    for start in range(0, len(ids), CHUNK):
        _write(uow, ids[start : start + CHUNK])


def forget(uow: UnitOfWork, entity_ids: Sequence[uuid.UUID]) -> None:
    """Remove the documents of entities; to be called before their rows are deleted for good."""
    for start in range(0, len(entity_ids), CHUNK):
        remove_documents(uow.connection, entity_ids[start : start + CHUNK])


def rebuild(uow: UnitOfWork) -> int:
    """Make all documents anew and return how many entities were read; the whole in this unit of work."""
    remove_all_documents(uow.connection)
    count, last = 0, None
    while True:
        statement = select(entity.c.id).where(entity.c.deleted_at.is_(None)).order_by(entity.c.id).limit(CHUNK)
        ids = list(uow.execute(statement if last is None else statement.where(entity.c.id > last)).scalars())
        if not ids:
            return count
        _write(uow, ids)
        count, last = count + len(ids), ids[-1]


def _write(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> None:
    _add(uow, *read_sources(uow, ids))


def _add(uow: UnitOfWork, departments: Mapping[uuid.UUID, set[uuid.UUID]], sources: Sequence[Source]) -> None:
    scopes: dict[uuid.UUID, str] = {}
    for source in sources:
        # The identity comes first, and its type is that of the entity.
        if source.entity_id not in scopes:
            scopes[source.entity_id] = scope_words(source.type, sorted(departments[source.entity_id]))
    add_documents(uow.connection, [_row(source, scopes[source.entity_id]) for source in sources])


def _row(source: Source, scope: str) -> dict[str, Any]:
    texts: dict[str, list[str]] = {STRONG: [], NORMAL: [], WEAK: []}
    for piece in source.pieces:
        texts[piece.weight].extend(lines_of(piece))
    return {
        "entity_id": source.entity_id, "source_id": source.source_id, "type": source.type, "department_id": source.department,
        "scope": scope, **{weight: "\n".join(lines)[:LONGEST_TEXT] for weight, lines in texts.items()},
    }
