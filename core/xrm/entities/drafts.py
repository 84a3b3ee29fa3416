# SPDX-License-Identifier: Apache-2.0
"""Entities that are checked but not yet written: what a batch is made of."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xrm.entities.links import Title
from xrm.errors import InvalidInput, msg
from xrm.folding import fold
from xrm.schema.registry import EntityType
from xrm.schema.templates import Template
from xrm.schema.validation import Situation
from xrm.unit_of_work import UnitOfWork

MAXIMUM_TITLE = 500


@dataclass(slots=True)
class EntityDraft:
    """A new entity: its type, parsed values, department, owner, how other systems call it, and its id if that is known before."""

    type: EntityType
    values: Mapping[str, Any]
    department: uuid.UUID
    owner: uuid.UUID | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)
    id: uuid.UUID | None = None


def situation_of(uow: UnitOfWork, entity_type: EntityType | None = None) -> Situation:
    """What validation depends on in this unit of work."""
    stages = entity_type.declaration.stages if entity_type else None
    return Situation(uow.parse_context, uow, stages)


def fill(
    template: Template, entity_type: EntityType, values: Mapping[str, Any], titles: Mapping[uuid.UUID, Title], language: str = ""
) -> str:
    """A template filled with field values, as stored or, with ``language``, as its reader reads them; links by their titles."""
    texts: dict[str, str] = {}
    for name in template.names:
        value, declared = values.get(name), entity_type.fields.get(name)
        if value is None or declared is None:
            continue
        if isinstance(value, uuid.UUID):
            texts[name] = titles[value].title if value in titles else ""
        else:
            kind = entity_type.field_type(name)
            texts[name] = kind.format(declared, value, language) if language else kind.to_text(declared, value)
    return template.fill(texts)


def title_of(entity_type: EntityType, values: Mapping[str, Any], titles: Mapping[uuid.UUID, Title]) -> tuple[str, str]:
    """The title and its sort key.

    Raises:
        InvalidInput: when the fields of the title are all empty.
    """
    filled = fill(entity_type.title, entity_type, values, titles)
    title = filled[:MAXIMUM_TITLE]
    if not title:
        names = ", ".join(entity_type.title.names)
        raise InvalidInput(msg("It would have no title. Fill in at least one of: {fields}.", fields=names))
    # Most types sort by their titles.
    is_own = entity_type.sort_as.text != entity_type.title.text
    sort_as = (fill(entity_type.sort_as, entity_type, values, titles) if is_own else filled) or title
    return title, fold(sort_as)[:MAXIMUM_TITLE]
