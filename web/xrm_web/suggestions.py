# SPDX-License-Identifier: Apache-2.0
"""Entities offered while somebody types a name, for pickers and filters; gated like every list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import list_entities
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import text_of
from xrm_web.navigation import sentence

MOST = 10


@dataclass(frozen=True)
class Suggestion:
    """One entity that may be meant."""

    id: UUID
    type: str
    title: str
    note: str = ""


def suggest(uow: UnitOfWork, text: str, types: Sequence[str], limit: int = MOST) -> list[Suggestion]:
    """The visible entities of these types whose title contains the text, best first."""
    found: list[Suggestion] = []
    for name in types:
        if len(found) >= limit:
            break
        filters = (Filter("title", "contains", text),) if text.strip() else ()
        page = list_entities(uow, ListQuery(type=name, columns=(), filters=filters, limit=limit - len(found)))
        label = sentence(text_of(uow.registry.get(name).label.one))
        found += [Suggestion(item.id, item.type, item.title, label) for item in page.items]
    return found
