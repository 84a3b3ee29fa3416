# SPDX-License-Identifier: Apache-2.0
"""Entities that may be meant, gated in SQL and bounded in number: by sort key, by strong words, by any words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select

from xrm.access.policy import scopes_of, shared_entity
from xrm.access.rights import access_of
from xrm.db.full_text import Terms, is_matched, matched_keys, matching
from xrm.entities.models import entity, party_department
from xrm.search.models import search_document
from xrm.search.terms import Query
from xrm.search.visibility import findable, found_types, visible_document, within
from xrm.unit_of_work import UnitOfWork

MOST_CANDIDATES = 2000
_MOST_DRIVING = 10_000
_MOST_BY_KEY = 100
_MOST_BRANCHES = 40
_CHUNK = 500
_LAST = "\U0010ffff"
_COLUMNS = (entity.c.id, entity.c.type, entity.c.title, entity.c.title_key, entity.c.updated_at)


@dataclass
class Candidate:
    """An entity that may be meant, with the text of its visible documents that was read so far."""

    id: uuid.UUID
    type: str
    title: str
    title_key: str
    updated_at: datetime
    strong: list[str] = field(default_factory=list)
    normal: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)


def find_candidates(
    uow: UnitOfWork, query: Query, types: Sequence[str], enough: int, most: int = MOST_CANDIDATES
) -> list[Candidate]:
    """About ``most`` visible entities that match, or fewer; those matched by strong words alone when they are ``enough``."""
    narrowed = within(uow, types)
    if narrowed is None or not query.words:
        return []
    found: dict[uuid.UUID, Candidate] = {}
    by_key = find_by_key(uow, query.text, types, _MOST_BY_KEY)
    _take(found, by_key)
    if not query.alternatives:
        return list(found.values())
    terms = Terms(query.alternatives, within=narrowed)
    _take(found, _find(uow, replace(terms, is_strong=True), types, most))
    if len(found) < enough:
        _take(found, _find(uow, terms, types, most))
        if len(query.indexed_words) > 1:
            across = _find_across(uow, terms, query.indexed_words, types)
            _take(found, across)
            _read_documents(uow, found, [row.id for row in across])
    return _checked(uow, query, found)


def _take(found: dict[uuid.UUID, Candidate], rows: Iterable[Row[Any]]) -> None:
    for row in rows:
        one = found.setdefault(row.id, Candidate(row.id, row.type, row.title, row.title_key, row.updated_at))
        if hasattr(row, "strong"):
            one.strong.append(row.strong)
            one.normal.append(row.normal)


def _checked(uow: UnitOfWork, query: Query, found: dict[uuid.UUID, Candidate]) -> list[Candidate]:
    if query.indexed_words == query.words:
        return list(found.values())
    # Single letters were not asked of the index, so they are looked for in what it gave.
    _read_documents(uow, found, list(found))
    return [
        one for one in found.values()
        if query.is_in("\n".join([*one.strong, *one.normal, *one.weak])) or one.title_key.startswith(query.text)
    ]


def _find(uow: UnitOfWork, terms: Terms, types: Sequence[str], limit: int) -> Sequence[Row[Any]]:
    document = search_document
    statement = (
        select(*_COLUMNS, document.c.strong, document.c.normal)
        .where(entity.c.id == document.c.entity_id, findable(uow, types), visible_document(uow, document))
        .limit(limit)
    )
    return uow.execute(matching(statement, document, terms, uow.connection)).all()


def _find_across(uow: UnitOfWork, terms: Terms, words: Sequence[str], types: Sequence[str]) -> Sequence[Row[Any]]:
    """Entities whose visible documents together have all words, sought from the rarest word on."""
    each = [replace(terms, alternatives=((word,),)) for word in words]
    counts = [_count(uow, one) for one in each]
    if 0 in counts:
        return []
    rarest = min(range(len(each)), key=counts.__getitem__)
    first = matched_keys(each[rarest], uow.connection, _MOST_DRIVING).subquery()
    document = search_document
    others = [_has_document(uow, one) for position, one in enumerate(each) if position != rarest]
    statement = (
        select(*_COLUMNS)
        .distinct()
        .where(document.c.key == first.c.key, entity.c.id == document.c.entity_id, findable(uow, types))
        .where(visible_document(uow, document), *others)
        .limit(MOST_CANDIDATES // 2)
    )
    return uow.execute(statement).all()


def _count(uow: UnitOfWork, terms: Terms) -> int:
    keys = matched_keys(terms, uow.connection, _MOST_DRIVING).subquery()
    return int(uow.execute(select(func.count()).select_from(keys)).scalar_one())


def _has_document(uow: UnitOfWork, terms: Terms) -> ColumnElement[bool]:
    other = search_document.alias("other")
    return exists(
        select(1).where(
            other.c.entity_id == entity.c.id, is_matched(other, terms, uow.connection), visible_document(uow, other)
        ).correlate(entity)
    )


def _read_documents(uow: UnitOfWork, found: dict[uuid.UUID, Candidate], ids: Sequence[uuid.UUID]) -> None:
    """Put the text of all visible documents of these (already gated) entities in the place of what was read."""
    document = search_document.c
    for one in ids:
        found[one].strong, found[one].normal, found[one].weak = [], [], []
    for start in range(0, len(ids), _CHUNK):
        statement = select(document.entity_id, document.strong, document.normal, document.weak)
        here = document.entity_id.in_(ids[start : start + _CHUNK])
        for row in uow.execute(statement.where(here, visible_document(uow, search_document))):
            candidate = found[row.entity_id]
            candidate.strong.append(row.strong)
            candidate.normal.append(row.normal)
            candidate.weak.append(row.weak)


def find_by_key(uow: UnitOfWork, text: str, types: Sequence[str], limit: int) -> list[Row[Any]]:
    """Visible entities whose sort key begins with a folded text, by sort key."""
    if not text:
        return []
    rows: dict[uuid.UUID, Row[Any]] = {}
    for statement in _branches(uow, text, types):
        rows.update({row.id: row for row in uow.execute(statement.limit(limit))})
    return sorted(rows.values(), key=lambda row: (row.title_key, row.id))[:limit]


def _branches(uow: UnitOfWork, text: str, types: Sequence[str]) -> list[Select[Any]]:
    """One SELECT for each type and place, each along an index that has the rows in their order."""
    branches: list[Select[Any]] = []
    for where, names in scopes_of(uow, found_types(uow, types)).items():
        places = sorted(where.departments | where.own)
        for name in names:
            if where.is_everywhere:
                branches.append(_ordered(uow, entity.c.title_key, text).where(entity.c.type == name))
                continue
            apart = [[one] for one in places] if len(places) * len(names) <= _MOST_BRANCHES else [places]
            branches += [_in_departments(uow, name, part, text) for part in apart]
    if access_of(uow).has_shares:
        of_type = entity.c.type.in_(found_types(uow, types))
        branches.append(_ordered(uow, entity.c.title_key, text).where(shared_entity(uow), of_type))
    return branches


def _in_departments(uow: UnitOfWork, name: str, departments: list[uuid.UUID], text: str) -> Select[Any]:
    entity_type = uow.registry.get(name)
    if entity_type.kind == "party":
        # An alias, because the gate inside asks the same table about itself.
        shown = party_department.alias("shown")
        return _ordered(uow, shown.c.title_key, text).where(
            shown.c.entity_id == entity.c.id, shown.c.type == name, _either(shown.c.department_id, departments)
        )
    table = entity_type.table
    return _ordered(uow, table.c.title_key, text).where(table.c.id == entity.c.id, _either(table.c.department_id, departments))


def _either(column: ColumnElement[uuid.UUID], departments: list[uuid.UUID]) -> ColumnElement[bool]:
    return column == departments[0] if len(departments) == 1 else column.in_(departments)


def _ordered(uow: UnitOfWork, key: ColumnElement[str], text: str) -> Select[Any]:
    begins = and_(key >= text, key < text + _LAST)
    return select(*_COLUMNS).where(begins, findable(uow, ())).order_by(key)
