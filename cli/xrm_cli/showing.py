# SPDX-License-Identifier: Apache-2.0
"""Entities, roles, relationships and interactions as JSON values, for scripts, and as words, for people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from xrm.entities.queries import Entity, titles
from xrm.interactions.queries import Interaction
from xrm.relationships.queries import Relationship
from xrm.roles.queries import Role
from xrm.schema.registry import Fielded
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import department_name


def fields_as_json(declared: Fielded, values: Mapping[str, Any]) -> dict[str, Any]:
    """Field → JSON value."""
    shown = ((key, declared.fields[key], value) for key, value in values.items() if key in declared.fields)
    return {key: declared.field_type(key).to_json(field, value) for key, field, value in shown}


def entity_as_json(uow: UnitOfWork, one: Entity) -> dict[str, Any]:
    """An entity, or a facet in a list of a role: ``id``, ``type``, ``title``, what frames it, then its fields."""
    found: dict[str, Any] = {"id": str(one.id), "type": one.type, "title": one.title}
    if one.party is not None:
        found |= {"party": str(one.party), "since": one.since, "until": one.until}
    found |= {
        "department": str(one.department), "department_name": department_name(uow, one.department), "owner": _text(one.owner),
        "version": one.version,
    }
    declared = uow.registry.entity_types.get(one.type)
    return _plain({**found, **(fields_as_json(declared, one.fields) if declared else {})})


def role_as_json(uow: UnitOfWork, one: Role) -> dict[str, Any]:
    """A facet of a party, with its fields."""
    return _plain(
        {
            "id": str(one.id), "type": one.type, "title": one.party_title, "party": str(one.party), "since": one.since,
            "until": one.until, "is_open": one.is_open, "department": str(one.department),
            "department_name": department_name(uow, one.department), "owner": _text(one.owner), "version": one.version,
            **fields_as_json(uow.registry.get(one.type), one.fields),
        }
    )


def relationship_as_json(uow: UnitOfWork, one: Relationship) -> dict[str, Any]:
    """A relationship with both its ends and its fields; ``title`` reads as a sentence."""
    declared = uow.registry.get_relationship(one.type)
    forward = declared.declaration.forward.get(uow.parse_context.language)
    return _plain(
        {
            "id": str(one.id), "type": one.type, "title": f"{one.source_title} {forward} {one.target_title}",
            "source": str(one.source), "source_title": one.source_title, "source_type": one.source_type,
            "target": str(one.target), "target_title": one.target_title, "target_type": one.target_type,
            "valid_from": one.valid_from, "valid_until": one.valid_until, "department": _text(one.department),
            "department_name": department_name(uow, one.department), "version": one.version,
            **fields_as_json(declared, one.fields),
        }
    )


def interaction_as_json(uow: UnitOfWork, one: Interaction) -> dict[str, Any]:
    """An interaction with those who took part."""
    return {
        "id": str(one.id), "type": one.kind, "title": one.subject or one.body[:80], "at": one.at.isoformat(),
        "subject": one.subject, "body": one.body, "channel": one.channel, "direction": one.direction, "outcome": one.outcome,
        "duration": one.duration, "department": str(one.department), "department_name": department_name(uow, one.department),
        "created_by": one.created_by, "version": one.version,
        "participants": [{"id": str(each.id), "type": each.type, "title": each.title} for each in one.participants],
    }


def fields_as_words(uow: UnitOfWork, declared: Fielded, values: Mapping[str, Any]) -> dict[str, str]:
    """Field → what a person reads in the actor's language; links by the titles of what they lead to."""
    linked = titles(uow, _links_in(values.values()))
    words = {}
    for key, value in values.items():
        if key in declared.fields:
            words[key] = _link_words(value, linked) or declared.field_type(key).format(
                declared.fields[key], value, uow.parse_context.language
            )
    return words


def _links_in(values: Iterable[Any]) -> set[uuid.UUID]:
    several = [each for value in values for each in (value if isinstance(value, tuple) else (value,))]
    return {each for each in several if isinstance(each, uuid.UUID)}


def _link_words(value: Any, linked: Mapping[uuid.UUID, Any]) -> str:
    several = value if isinstance(value, tuple) else (value,)
    return ", ".join(linked[each].title for each in several if isinstance(each, uuid.UUID) and each in linked)


def _text(value: uuid.UUID | None) -> str | None:
    return str(value) if value else None


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in values.items()}
