# SPDX-License-Identifier: Apache-2.0
"""From a mapping file to its frozen values: read strictly, checked against the registry, all problems at once."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from pathlib import Path
from typing import Any

from xrm.errors import InvalidInput
from xrm.imports.checks import find_problems
from xrm.imports.column_names import lines_of_columns
from xrm.imports.grammar import MappingGrammar
from xrm.imports.mapping import (
    ContactPointSpec,
    InteractionSpec,
    Mapping,
    ReferenceSpec,
    RelationshipSpec,
    RoleSpec,
    SourceOptions,
    ThingSpec,
    ValueSpec,
)
from xrm.schema.grammar.problems import as_problems, in_file_order, take
from xrm.schema.registry import Registry
from xrm.schema.strict_yaml import Document, read

TEXTS = ("at", "subject", "body", "channel", "direction", "outcome")


def read_mapping(path: Path, registry: Registry) -> Mapping:
    """The mapping in a file.

    Raises:
        InvalidInput: with every problem of the file, each with line, column and what to write instead.
    """
    return build_mapping(read(path), registry)


def build_mapping(document: Document, registry: Registry) -> Mapping:
    """The mapping a document holds; raises InvalidInput as ``read_mapping`` does."""
    loaded, tree = take(MappingGrammar(), document)
    problems = list(as_problems(document, tree))
    if problems:
        raise InvalidInput(in_file_order(problems))
    mapping = Mapping(
        file=document.file,
        source=SourceOptions(**loaded.get("source", {})),
        department=loaded.get("department", ""),
        things=tuple(_thing(name, thing) for name, thing in loaded.get("things", {}).items()),
        relationships=tuple(_relationship(one) for one in loaded.get("relationships", ())),
        interactions=tuple(_interaction(one) for one in loaded.get("interactions", ())),
        lines=lines_of_columns(document),
    )
    problems = find_problems(document, mapping, registry)
    if problems:
        raise InvalidInput(in_file_order(problems))
    return mapping


def _value(loaded: Dictionary[str, Any]) -> ValueSpec:
    given = dict(loaded)
    if "refer" in given:
        given["refer"] = _reference(given["refer"])
    return ValueSpec(**given)


def _values(loaded: Dictionary[str, Any]) -> dict[str, ValueSpec]:
    return {key: _value(one) for key, one in loaded.items()}


def _optional(loaded: Dictionary[str, Any], key: str) -> ValueSpec | None:
    return _value(loaded[key]) if key in loaded else None


def _reference(loaded: Dictionary[str, Any]) -> ReferenceSpec:
    return ReferenceSpec(loaded.get("thing", ""), loaded.get("system", ""), _optional(loaded, "key"))


def _thing(name: str, loaded: Dictionary[str, Any]) -> ThingSpec:
    given = dict(loaded)
    return ThingSpec(
        name=name,
        identifiers=_values(given.pop("identifiers", {})),
        fields=_values(given.pop("fields", {})),
        roles=tuple(_role(one) for one in given.pop("roles", ())),
        contact_points=tuple(_contact_point(one) for one in given.pop("contact_points", ())),
        **given,
    )


def _role(loaded: Dictionary[str, Any]) -> RoleSpec:
    given = dict(loaded)
    fields = _values(given.pop("fields", {}))
    dates: dict[str, Any] = {key: _value(given.pop(key)) for key in ("since", "until") if key in given}
    return RoleSpec(fields=fields, **dates, **given)


def _contact_point(loaded: Dictionary[str, Any]) -> ContactPointSpec:
    given = dict(loaded)
    parts = _values(given.pop("parts", {}))
    given["value"] = _optional(given, "value")
    return ContactPointSpec(parts=parts, **given)


def _relationship(loaded: Dictionary[str, Any]) -> RelationshipSpec:
    given = dict(loaded)
    ends: dict[str, Any] = {key: _reference(given.pop(key)) for key in ("source", "target")}
    dates: dict[str, Any] = {key: _value(given.pop(key)) for key in ("valid_from", "valid_until") if key in given}
    return RelationshipSpec(fields=_values(given.pop("fields", {})), **ends, **dates, **given)


def _interaction(loaded: Dictionary[str, Any]) -> InteractionSpec:
    given = dict(loaded)
    return InteractionSpec(
        identifier=_reference(given.pop("identifier")),
        participants=tuple(_reference(one) for one in given.pop("participants")),
        texts={key: _value(given.pop(key)) for key in TEXTS if key in given},
        **given,
    )
