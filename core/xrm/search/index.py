# SPDX-License-Identifier: Apache-2.0
"""Keeping search documents in step with what they are made of, within the unit of work that changed it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from xrm.db.full_text import add_documents, remove_all_documents, remove_documents, scope_words
from xrm.entities.models import entity
from xrm.search.documents import Document, empty_texts, make_document
from xrm.search.lines import lines_of
from xrm.search.made import Plans, documents_of
from xrm.search.sources import Source, read_sources
from xrm.unit_of_work import UnitOfWork

CHUNK = 500


def write_search_documents(uow: UnitOfWork) -> None:
    """Make the documents of all touched entities anew; called once, before commit."""
    touched, uow.touched = uow.touched, {}
    made, uow.made = uow.made, {}
    forget(uow, [one for one, is_new in touched.items() if not is_new])
    documents: list[Document] = []
    ids: list[uuid.UUID] = []
    plans: Plans = {}
    for one, is_new in touched.items():
        new = made.get(one) if is_new else None
        found = None if new is None else documents_of(uow, plans, new)
        if found is None:
            ids.append(one)
        else:
            documents += found
    add_documents(uow.connection, documents)
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
    add_documents(uow.connection, [_document(source, scopes[source.entity_id]) for source in sources])


def _document(source: Source, scope: str) -> Document:
    texts = empty_texts()
    for piece in source.pieces:
        texts[piece.weight] += lines_of(piece)
    return make_document(source.entity_id, source.source_id, source.type, source.department, scope, texts)
