# SPDX-License-Identifier: Apache-2.0
"""The fields of an entity, facet or relationship as the page shows them: highlights, sections, one quiet line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xrm.schema.model import Label, PageLayout
from xrm.schema.registry import EntityType, Fielded
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import Cell
from xrm_web.value_cells import Titles, cell_of_field

MOST_HIGHLIGHTS = 7
Pair = tuple[str, Cell]
_MARKS = frozenset({"yes_no", "rating", "json", "long_text", "file", "image"})


@dataclass(frozen=True)
class FieldSection:
    """A titled group of fields: label and value; the empty ones are in it too and fold on the page."""

    title: str
    pairs: tuple[Pair, ...]


def shown_fields(uow: UnitOfWork, fielded: Fielded, values: Mapping[str, Any]) -> list[str]:
    """The keys of the fields that this entity has; those that are hidden, or whose condition does not hold, are left out."""
    known = {key: values.get(key) for key in fielded.operands}
    guarded = uow.registry.guards.get(fielded.name, {}) if isinstance(fielded, EntityType) else {}
    applying = [
        key
        for key, field in fielded.fields.items()
        if not field.when or values.get(key) not in (None, "", ()) or fielded.expression(field.when).holds(known, uow)
    ]
    return [key for key in applying if key in values or key not in guarded]


def sections_of(
    uow: UnitOfWork, fielded: Fielded, layout: PageLayout, values: Mapping[str, Any], titles: Titles
) -> tuple[FieldSection, ...]:
    """All fields in the sections of the declared layout; those it does not name come last."""
    shown = shown_fields(uow, fielded, values)
    named = {key for section in layout.sections for key in section.fields}
    rest = [key for key in shown if key not in named]
    groups = [(text_of(section.label), [key for key in section.fields if key in shown]) for section in layout.sections]
    groups.append((gettext("More") if groups else gettext("Details"), rest))
    return tuple(FieldSection(title, _pairs(uow, fielded, keys, values, titles)) for title, keys in groups if keys)


def highlights_of(
    uow: UnitOfWork, entity_type: EntityType, values: Mapping[str, Any], titles: Titles, but: Iterable[str] = ()
) -> tuple[Pair, ...]:
    """The declared highlights that have a value, at most seven; of a type that declares none, its first filled fields."""
    layout = entity_type.declaration.page
    left_out = {*but, *entity_type.title.names}
    keys: Iterable[str] = layout.highlights or [key for key in entity_type.fields if key not in left_out]
    filled = [key for key in keys if key in entity_type.fields and key not in but and _is_telling(values.get(key))]
    if not layout.highlights:
        filled = [key for key in filled if entity_type.fields[key].type not in _MARKS]
    return _pairs(uow, entity_type, filled[:MOST_HIGHLIGHTS], values, titles)


def _is_telling(value: object) -> bool:
    return value is not False and value not in (None, "", ())


def line_of(fielded: Fielded, values: Mapping[str, Any], language: str) -> str:
    """The filled fields of a relationship as one quiet line; of a yes only the label."""
    parts = []
    for key, value in values.items():
        if value in (None, "", (), False) or key not in fielded.fields:
            continue
        field = fielded.fields[key]
        if field.type in ("link", "links", "json", "file", "image"):
            continue
        parts.append(_get(field.label, language) if value is True else fielded.field_type(key).format(field, value, language))
    return " · ".join(parts)


def _get(label: Label, language: str) -> str:
    return label.get(language)


def _pairs(
    uow: UnitOfWork, fielded: Fielded, keys: Iterable[str], values: Mapping[str, Any], titles: Titles
) -> tuple[Pair, ...]:
    return tuple(
        (text_of(fielded.fields[key].label), cell_of_field(uow.registry, fielded, key, values.get(key), titles, values))
        for key in keys
    )
