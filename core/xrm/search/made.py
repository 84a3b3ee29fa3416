# SPDX-License-Identifier: Apache-2.0
"""Documents of new entities, from what their unit of work still knows of them: nothing is read back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from xrm.db.full_text import scope_words
from xrm.schema.fields.base import FieldType
from xrm.schema.registry import EntityType
from xrm.search.documents import Document, Texts, empty_texts, make_document
from xrm.search.lines import phone_lines, text_lines
from xrm.search.sources import CONTACT_POINT, PHONES, STRONG, contact_values, searched_fields
from xrm.unit_of_work import NewEntity, UnitOfWork

_Lines = Callable[[Any], list[str]]


@dataclass(slots=True)
class _Plan:
    """How values of one type become lines: (key, weight, lines of a value) of each searched field."""

    fields: tuple[tuple[str, str, _Lines], ...]
    scopes: dict[uuid.UUID, str] = field(default_factory=dict)


Plans = dict[str, _Plan]


def documents_of(uow: UnitOfWork, plans: Plans, new: NewEntity) -> list[Document] | None:
    """The documents that ``read_sources`` of this entity would lead to; ``plans`` are kept for the next one.

    None for those with searched values that do not come back from the database as they went there: numbers get digits
    there, for one.
    """
    plan = _plan(uow, plans, new.type)
    scope = plan.scopes.get(new.department_id)
    if scope is None:
        scope = plan.scopes[new.department_id] = scope_words(new.type, [new.department_id])
    texts = empty_texts()
    for text in (new.title, *(key for _, key in sorted(new.identifiers.items()))):
        texts[STRONG] += text_lines(text)
    if _add_fields(texts, plan, new.values) is None:
        return None
    documents = [make_document(new.id, new.id, new.type, None, scope, texts)]
    for role_id, role_type, department, values in new.roles:
        texts = empty_texts()
        filled = _add_fields(texts, _plan(uow, plans, role_type), values)
        if filled is None:
            return None
        if filled:
            documents.append(make_document(new.id, role_id, role_type, department, scope, texts))
    return documents + _contact_documents(new, scope)


def _contact_documents(new: NewEntity, scope: str) -> list[Document]:
    by_department: dict[uuid.UUID | None, Texts] = {}
    for point in new.points:
        texts = by_department.setdefault(point["department_id"], empty_texts())
        lines = phone_lines if point["kind"] in PHONES else text_lines
        for weight, value in contact_values(point):
            texts[weight] += lines(value)
    return [
        make_document(new.id, new.id, CONTACT_POINT, department, scope, texts) for department, texts in by_department.items()
    ]


def _add_fields(texts: Texts, plan: _Plan, values: Mapping[str, Any]) -> int | None:
    """How many searched fields are filled; None when one of them has to be read."""
    count = 0
    for key, weight, lines in plan.fields:
        value = values.get(key)
        if value is None:
            continue
        if not isinstance(value, str) and not (isinstance(value, tuple) and all(isinstance(one, str) for one in value)):
            return None
        if value:
            texts[weight] += lines(value)
            count += 1
    return count


def _plan(uow: UnitOfWork, plans: Plans, name: str) -> _Plan:
    found = plans.get(name)
    if found is None:
        entity_type = uow.registry.get(name)
        found = plans[name] = _Plan(
            tuple((one.key, one.search, _lines_of(entity_type, one.key)) for one in searched_fields(uow, entity_type))
        )
    return found


def _lines_of(entity_type: EntityType, key: str) -> _Lines:
    declared, field_type = entity_type.fields[key], entity_type.field_type(key)
    lines = phone_lines if declared.type == "phone" else text_lines
    made_by = type(field_type)
    is_text = (made_by.search_text, made_by.search_one, made_by.text_one) == (
        FieldType.search_text, FieldType.search_one, FieldType.text_one
    )
    if is_text and not field_type.is_multiple(declared):
        return lines
    search_text = partial(field_type.search_text, declared)
    return lambda value: lines(search_text(value))
