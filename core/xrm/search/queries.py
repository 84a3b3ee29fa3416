# SPDX-License-Identifier: Apache-2.0
"""Searching by words among all that the actor may see, and suggesting entities while somebody types."""

from __future__ import annotations

from collections.abc import Sequence

from xrm.errors import msg
from xrm.search.candidates import Candidate, find_by_key, find_candidates
from xrm.search.hits import Hit, describe, read_subtitles
from xrm.search.lines import word_list
from xrm.search.related import find_related
from xrm.search.terms import Query, read_query
from xrm.unit_of_work import UnitOfWork

__all__ = ["Hit", "search", "suggest"]

MOST_HITS = 200
_MOST_SUGGESTED = 200


def search(uow: UnitOfWork, text: str, *, limit: int = 20, types: Sequence[str] = (), offset: int = 0) -> list[Hit]:
    """The visible entities that all words of a text (as beginnings) are found in, best first, then what is related to them.

    Best is: the exact title, the beginning of the title, an exact value, then strong, normal and weak text; among equals what
    changed last. ``types`` narrows to entity types (``party`` and ``record`` are understood). At most 200 from ``offset`` on.

    Raises:
        InvalidInput: when the text has a NUL character.
    """
    query = read_query(text)
    limit, offset = max(0, min(limit, MOST_HITS)), max(0, offset)
    ranked = sorted(find_candidates(uow, query, types, offset + limit), key=lambda one: _order(query, one))
    hits = describe(uow, query, ranked[offset : offset + limit])
    if ranked and len(hits) < limit:
        related = find_related(uow, ranked, {one.id for one in ranked}, types)
        start = max(0, offset - len(ranked))
        hits += related[start : start + limit - len(hits)]
    return hits


def suggest(uow: UnitOfWork, text: str, types: Sequence[str] = (), *, limit: int = 10) -> list[Hit]:
    """Visible entities for a picker: those whose sort key begins with the text, then those with its words in their title.

    Raises:
        InvalidInput: when the text has a NUL character.
    """
    query = read_query(text)
    limit = max(0, min(limit, MOST_HITS))
    found = [
        Candidate(row.id, row.type, row.title, row.title_key, row.updated_at)
        for row in find_by_key(uow, query.text, types, limit)
    ]
    if len(found) < limit and query.alternatives:
        known = {one.id for one in found}
        others = [one for one in find_candidates(uow, query, types, 1, _MOST_SUGGESTED) if one.id not in known]
        found += sorted(others, key=lambda one: _order(query, one))[: limit - len(found)]
    subtitles = read_subtitles(uow, found)
    return [Hit(one.id, one.type, one.title, msg("Name"), subtitles.get(one.id, "")) for one in found]


def _order(query: Query, one: Candidate) -> tuple[int, float, str, bytes]:
    return _rank(query, one), -one.updated_at.timestamp(), one.title_key, one.id.bytes


def _rank(query: Query, one: Candidate) -> int:
    title = " ".join(word_list(one.title))
    key = " ".join(word_list(one.title_key))
    typed = query.line
    if typed in (title, key):
        return 0
    strong, normal = "\n".join(one.strong), "\n".join(one.normal)
    if any(line in (typed, query.joined) for line in f"{strong}\n{normal}".split("\n") if line):
        return 1
    if title.startswith(typed) or key.startswith(typed):
        return 2
    if query.is_in(strong) or query.is_in(title):
        return 3
    return 4 if query.is_in(f"{strong}\n{normal}") else 5
