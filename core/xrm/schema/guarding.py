# SPDX-License-Identifier: Apache-2.0
"""Fields that need a right of their own: which they are, what is made of them, and where one of them could not keep its value."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping

from xrm.errors import Message, msg
from xrm.schema.model import Field
from xrm.schema.registry import EntityType

logger = logging.getLogger("xrm.schema")
Guards = Mapping[str, Mapping[str, frozenset[str]]]


def is_guarded(field: Field) -> bool:
    """Whether a declaration guards its field; ``see`` and ``edit`` name a right for it, which is as much."""
    return bool(field.guarded or field.see or field.edit)


def declared_guards(entity_type: EntityType) -> set[str]:
    """The fields that the declaration of a type guards."""
    return {key for key, field in entity_type.fields.items() if is_guarded(field)}


def guards_of(entity_types: Mapping[str, EntityType], added: Iterable[tuple[str, str]]) -> Guards:
    """Type → field → the guarded fields that one has to see in order to see it; fields that everybody sees are not named.

    What a guarded field decides about (a formula, ``when``, ``required``, a default) is guarded with it. ``added`` are
    (type, field) that administrators guard beside the declarations. A guard follows a field that was renamed.
    """
    beside: dict[str, set[str]] = {}
    for name, key in added:
        entity_type = entity_types.get(name)
        if entity_type is not None:
            beside.setdefault(name, set()).add(_present_key(entity_type, key))
    found: dict[str, Mapping[str, frozenset[str]]] = {}
    for name, entity_type in entity_types.items():
        guarded = declared_guards(entity_type) | (beside.get(name, set()) & entity_type.fields.keys())
        if guarded:
            found[name] = _with_dependents(entity_type, guarded)
    return found


def _present_key(entity_type: EntityType, key: str) -> str:
    seen: set[str] = set()
    while key not in entity_type.fields and key in entity_type.declaration.renamed and key not in seen:
        seen.add(key)
        key = entity_type.declaration.renamed[key]
    return key


def _with_dependents(entity_type: EntityType, guarded: Collection[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for key, field in entity_type.fields.items():
        needed = {name for name in _named_by(entity_type, field) if name in guarded}
        if key in guarded:
            needed.add(key)
        if needed:
            found[key] = frozenset(needed)
    return found


def _named_by(entity_type: EntityType, field: Field) -> set[str]:
    """The fields that the expressions of a field name: whoever sees the field can conclude something about them."""
    texts = [field.formula, field.when, field.required if isinstance(field.required, str) else ""]
    if isinstance(field.default, str) and field.default.startswith("="):
        texts.append(field.default[1:])
    return {name for text in texts if text for name in entity_type.expression(text).names}


def find_leaks(entity_type: EntityType, key: str) -> Iterator[Message]:
    """Why a field of a type cannot be guarded: each place that would show its value to all who see the entity."""
    declared = entity_type.declaration
    if entity_type.fields[key].type in ("file", "image"):
        yield msg("{field} holds a file, which is opened by its address. Files cannot be guarded; keep it in a record of its "
                  "own.", field=key)
    for part, template in (("title", entity_type.title), ("sort_as", entity_type.sort_as)):
        if key in template.names:
            yield msg("{field} stands in {part}, which all see who see the entity. Take it out of there, or do not guard it.",
                      field=key, part=part)
            break
    if declared.stages is not None and declared.stages.field == key:
        yield msg("{field} holds the stage, which boards and moves need. It cannot be guarded.", field=key)
    if declared.contactable and key in entity_type.expression(declared.contactable).names:
        yield msg("contactable names {field}: everybody who writes messages would learn about it. Take it out of there, or do "
                  "not guard it.", field=key)


def warn_of_leaks(entity_types: Mapping[str, EntityType], added: Iterable[tuple[str, str]]) -> None:
    """Say in the log which fields that administrators guard are shown all the same, since their plugin changed."""
    for name, former in sorted(added):
        entity_type = entity_types.get(name)
        key = _present_key(entity_type, former) if entity_type is not None else former
        if entity_type is not None and key in entity_type.fields:
            for leak in find_leaks(entity_type, key):
                logger.warning("%s.%s is guarded, and yet shown: %s", name, key, leak)
