# SPDX-License-Identifier: Apache-2.0
"""Declarations as plain values in one stable form: what is stored as applied, compared, and summed up."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from xrm.schema.model import Choice, EntityDeclaration, Field, InteractionKind, Label, RelationshipDeclaration, TypeLabel

Declaration = EntityDeclaration | RelationshipDeclaration | InteractionKind

# How a file writes what the model calls otherwise; the plugin and the place are no part of what is declared.
_FILE_KEYS = {"source": "from", "target": "to", "shown_as": "as"}
_LEFT_OUT = frozenset({"plugin", "location", "key"})


def canonical(declaration: Declaration) -> dict[str, Any]:
    """The declaration in the grammar of its file, as JSON values: keys in a fixed order, defaults left out.

    Equal declarations give equal results wherever they stand; fields, choices and views keep their order, which means something.
    An entity's name stands under ``entity``, that of others under ``name``.
    """
    plain = _plain_record(declaration)
    name = plain.pop("name")
    if isinstance(declaration, EntityDeclaration):
        return {"entity": name, **plain}
    if isinstance(declaration, RelationshipDeclaration):
        label = {
            language: {"forward": declaration.forward.texts[language], "reverse": declaration.reverse.texts[language]}
            for language in declaration.forward.texts
        }
        plain = {key: value for key, value in plain.items() if key not in {"forward", "reverse"}}
        return {"name": name, "label": label, **plain}
    return {"name": name, **plain}


def checksum(declaration: Declaration) -> str:
    """The SHA-256 of the canonical form, as 64 hexadecimal digits."""
    text = json.dumps(canonical(declaration), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain_record(record: Any) -> dict[str, Any]:
    plain = {}
    for part in dataclasses.fields(record):
        value = getattr(record, part.name)
        if part.name in _LEFT_OUT or _is_default(part, value):
            continue
        key = _FILE_KEYS.get(part.name, part.name) if not isinstance(record, Field) else part.name
        plain[key] = _plain(value)
    return plain


def _is_default(part: dataclasses.Field[Any], value: Any) -> bool:
    if part.default_factory is not dataclasses.MISSING:
        return bool(value == part.default_factory())
    return bool(part.default is not dataclasses.MISSING and type(value) is type(part.default) and value == part.default)


def _plain(value: Any) -> Any:
    if isinstance(value, (Label, TypeLabel)):
        return dict(sorted(value.texts.items())) if isinstance(value, Label) else _plain_type_label(value)
    if isinstance(value, (tuple, list)):
        return _plain_list(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if dataclasses.is_dataclass(value):
        return _plain_record(value)
    return _plain_number(value) if isinstance(value, Decimal) else value


def _plain_list(values: Sequence[Any]) -> Any:
    if values and isinstance(values[0], Choice):
        return {choice.key: _plain_choice(choice) for choice in values}
    return [_plain(one) for one in values]


def _plain_type_label(label: TypeLabel) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for language in sorted(label.one.texts):
        names[language] = {"one": label.one.texts[language], "many": label.many.texts[language]}
        if language in label.gender:
            names[language]["gender"] = label.gender[language]
    return names


def _plain_choice(choice: Choice) -> dict[str, Any]:
    plain: dict[str, Any] = dict(sorted(choice.label.texts.items()))
    if choice.tone != "neutral":
        plain["tone"] = choice.tone
    if choice.retired:
        plain["retired"] = True
    return plain


def _plain_number(value: Decimal) -> int | float | str:
    if value == value.to_integral_value():
        return int(value)
    short = float(value)
    return short if Decimal(repr(short)) == value else str(value)
