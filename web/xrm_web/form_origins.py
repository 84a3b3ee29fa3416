# SPDX-License-Identifier: Apache-2.0
"""What something new is made from: the party of a role, the record that a link names, the whole that a line belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from xrm.access.field_rights import unusable_fields
from xrm.entities.links import Title
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import get_entity, list_entities
from xrm.errors import NotFound
from xrm.schema.model import Field
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.form_inputs import Sent
from xrm_web.form_pages import Home

POSITION = "position"


def is_part(field: Field) -> bool:
    """Whether records that link by this field belong to the other as lines do to a quote: they go when it goes."""
    return field.if_gone == "remove" and field.required is True


def home_of(uow: UnitOfWork, entity_type: EntityType, values: Mapping[str, Any], party: Title | None) -> Home:
    """The department of the party, or of what the first given link names; that of a whole before all others."""
    if party is not None:
        return Home(get_entity(uow, party.id).department)
    links = [(field, values.get(key)) for key, field in entity_type.fields.items() if field.type == "link"]
    for field, target in sorted(links, key=lambda pair: not is_part(pair[0])):
        if isinstance(target, UUID):
            try:
                return Home(get_entity(uow, target).department, is_part(field))
            except NotFound:
                continue
    return Home()


def next_position(uow: UnitOfWork, entity_type: EntityType, values: Mapping[str, Any]) -> dict[str, Any]:
    """The place of a new line behind the last of its whole; nothing for a type whose records have no place in a whole."""
    field = entity_type.fields.get(POSITION)
    whole = next((key for key, one in entity_type.fields.items() if one.type == "link" and is_part(one)), "")
    if field is None or field.type != "integer" or not isinstance(values.get(whole), UUID) or (
        unusable_fields(uow, entity_type.name) & {whole, POSITION}
    ):
        return {}
    filters = (Filter(whole, "eq", str(values[whole])), Filter(POSITION, "filled", ""))
    query = ListQuery(entity_type.name, (POSITION,), filters=filters, sort=(f"-{POSITION}",), limit=1)
    last = next((item.fields[POSITION] for item in list_entities(uow, query).items), 0)
    return {POSITION: last + 1}


def kept_for_another(entity_type: EntityType, sent: Sent) -> dict[str, str]:
    """What the next form of "Add, and another" begins with: the whole, and what the address of this one gave."""
    given = sent.get("_given", "").split()
    keys = [key for key, field in entity_type.fields.items() if field.type == "link" and (is_part(field) or key in given)]
    return {key: sent[key] for key in keys if sent.get(key)}


def given_links(entity_type: EntityType, given: Iterable[str]) -> tuple[str, ...]:
    """The links among the parameters of an address."""
    return tuple(key for key in given if key in entity_type.fields and entity_type.fields[key].type == "link")
