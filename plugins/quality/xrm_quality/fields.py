# SPDX-License-Identifier: Apache-2.0
"""Which declared fields of a type matter: those its title is made of, and those its file names as highlights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    EntityType = Any  # what uow.registry.get() returns

MOST = 8
# A yes or no is answered by its default; nobody has to fill it in.
ANSWERED_BY_ITSELF = {"yes_no", "computed"}


@dataclass(frozen=True)
class KeyField:
    """A field that counts: its key, its name in both languages, and whether the title is made of it."""

    key: str
    english: str
    french: str
    is_in_title: bool


def key_fields(entity_type: EntityType, guarded: Collection[str] = ()) -> tuple[KeyField, ...]:
    """The fields of a type that count, at most eight; each has one value, is filled in by people and seen by all of them."""
    in_title = list(entity_type.title.names)
    names = [*in_title, *entity_type.declaration.page.highlights]
    if not entity_type.declaration.page.highlights:
        names += list(entity_type.fields)
    found: dict[str, KeyField] = {}
    for name in names:
        declared = entity_type.fields.get(name)
        if declared is None or name not in entity_type.field_columns or declared.type in ANSWERED_BY_ITSELF or declared.formula:
            continue
        if name in guarded:
            continue
        found[name] = KeyField(name, declared.label.get("en"), declared.label.get("fr"), name in in_title)
    return tuple(found.values())[:MOST]
