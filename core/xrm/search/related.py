# SPDX-License-Identifier: Apache-2.0
"""Entities found through others: who is related today to what was found, where both ends and the relationship are visible."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from xrm.entities.models import entity
from xrm.errors import msg
from xrm.relationships.models import relationship
from xrm.relationships.queries import holds_on, visible_relationship
from xrm.search.candidates import Candidate
from xrm.search.hits import Hit, read_subtitles
from xrm.search.visibility import findable
from xrm.unit_of_work import UnitOfWork

MOST_STARTING = 50
MOST_RELATED = 100


def find_related(uow: UnitOfWork, starting: Sequence[Candidate], known: set[uuid.UUID], types: Sequence[str]) -> list[Hit]:
    """Hits for what is related to the first fifty found and not itself among ``known``; in the order of what led there."""
    leads = {one.id: (position, one.title) for position, one in enumerate(starting[:MOST_STARTING])}
    found: dict[uuid.UUID, tuple[int, str, str, bool]] = {}
    for near, far, is_forward in ((relationship.c.source_id, relationship.c.target_id, True),
                                  (relationship.c.target_id, relationship.c.source_id, False)):
        statement = (
            select(relationship.c.type, near.label("near"), far.label("far"))
            .where(near.in_(list(leads)), holds_on(uow.today), visible_relationship(uow))
            .order_by(relationship.c.id)
            .limit(MOST_RELATED * 2)
        )
        for row in uow.execute(statement):
            position, title = leads[row.near]
            if row.far not in known and (row.far not in found or position < found[row.far][0]):
                found[row.far] = (position, title, row.type, is_forward)
    return _describe(uow, found, types)


def _describe(uow: UnitOfWork, found: dict[uuid.UUID, tuple[int, str, str, bool]], types: Sequence[str]) -> list[Hit]:
    ids = list(found)[: MOST_RELATED * 2]
    statement = select(entity.c.id, entity.c.type, entity.c.title, entity.c.title_key, entity.c.updated_at)
    rows = uow.execute(statement.where(entity.c.id.in_(ids), findable(uow, types))).all() if ids else []
    ends = [Candidate(row.id, row.type, row.title, row.title_key, row.updated_at) for row in rows]
    ends = sorted(ends, key=lambda one: (found[one.id][0], one.title_key, one.id))[:MOST_RELATED]
    subtitles = read_subtitles(uow, ends)
    language = uow.actor.language or uow.settings.language
    hits = []
    for one in ends:
        _, name, type_name, is_forward = found[one.id]
        declared = uow.registry.get_relationship(type_name).declaration
        label = (declared.forward if is_forward else declared.reverse).get(language)
        why = msg("{name} {relation} {title}", name=name, relation=label, title=one.title)
        hits.append(Hit(one.id, one.type, one.title, why, subtitles.get(one.id, "")))
    return hits
