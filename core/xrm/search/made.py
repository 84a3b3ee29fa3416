# SPDX-License-Identifier: Apache-2.0
"""What new entities are found by, from what their unit of work still knows of them: nothing is read back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from xrm.schema.model import Field
from xrm.schema.registry import EntityType
from xrm.search.sources import STRONG, Piece, Source, contact_sources, field_pieces, searched_fields
from xrm.unit_of_work import NewEntity, UnitOfWork

Searched = dict[str, tuple[EntityType, list[Field]]]


def made_sources(uow: UnitOfWork, made: Mapping[uuid.UUID, NewEntity]) -> list[Source]:
    """The same sources as ``read_sources`` gives of these entities."""
    searched: Searched = {}
    sources: list[Source] = []
    others: list[Source] = []
    for one, new in made.items():
        pieces = [Piece(STRONG, "title", "", new.title)]
        pieces += [Piece(STRONG, "identifier", system, key) for system, key in sorted(new.identifiers.items())]
        pieces += field_pieces(*_searched(uow, searched, new.type), new.values)
        sources.append(Source(one, one, new.type, None, pieces))
        for role_id, role_type, department, values in new.roles:
            pieces = field_pieces(*_searched(uow, searched, role_type), values)
            if pieces:
                others.append(Source(one, role_id, role_type, department, pieces))
    points = [{"valid_until": None, **row} for new in made.values() for row in new.points]
    return [*sources, *others, *contact_sources(points)]


def plain_ones(uow: UnitOfWork, made: Mapping[uuid.UUID, NewEntity]) -> dict[uuid.UUID, NewEntity]:
    """Those whose searched values come back from the database as they went there; numbers get digits there, for one."""
    searched: Searched = {}
    return {one: new for one, new in made.items() if _is_plain(uow, searched, new)}


def _is_plain(uow: UnitOfWork, searched: Searched, new: NewEntity) -> bool:
    held = [(new.type, new.values), *((name, values) for _, name, _, values in new.roles)]
    return all(_is_text(values.get(field.key)) for name, values in held for field in _searched(uow, searched, name)[1])


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str) or (isinstance(value, tuple) and all(isinstance(one, str) for one in value))


def _searched(uow: UnitOfWork, searched: Searched, name: str) -> tuple[EntityType, list[Field]]:
    found = searched.get(name)
    if found is None:
        entity_type = uow.registry.get(name)
        found = searched[name] = (entity_type, searched_fields(entity_type))
    return found
