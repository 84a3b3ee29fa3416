# SPDX-License-Identifier: Apache-2.0
"""JSON Schemas (draft 2020-12) of the declaration files, generated from the grammar: what editors complete and check with."""

from __future__ import annotations

from typing import Any

from xrm.schema.grammar.groups import Keyed, Several
from xrm.schema.grammar.manifest import ManifestGrammar
from xrm.schema.grammar.mapping import Grammar, Nested
from xrm.schema.grammar.schemas import EntityGrammar, InteractionsGrammar, RelationshipsGrammar
from xrm.schema.grammar.values import Part

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def entity_file_schema() -> dict[str, Any]:
    """The JSON Schema of entities/<name>.yaml."""
    return _file_schema(EntityGrammar(), "Entity type")


def relationships_file_schema() -> dict[str, Any]:
    """The JSON Schema of relationships.yaml."""
    return _file_schema(RelationshipsGrammar(), "Relationship types")


def interactions_file_schema() -> dict[str, Any]:
    """The JSON Schema of interactions.yaml."""
    return _file_schema(InteractionsGrammar(), "Interaction kinds")


def manifest_file_schema() -> dict[str, Any]:
    """The JSON Schema of plugin.yaml."""
    return _file_schema(ManifestGrammar(), "Plugin manifest")


def _file_schema(grammar: Grammar, title: str) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    schema = _mapping_schema(grammar, definitions)
    return {"$schema": DRAFT, "title": title, **schema, "$defs": dict(sorted(definitions.items()))}


def _mapping_schema(grammar: Grammar, definitions: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    for key, part in grammar.parts.items():
        properties[key] = _with_example(part)
        if part.required:
            required.append(key)
        for below in _grammars_in(part):
            label = type(below).__name__
            if label not in definitions:
                definitions[label] = {}  # holds the place: grammars may nest in themselves
                definitions[label] = _mapping_schema(below, definitions)
    schema: dict[str, Any] = {"type": "object", "description": (type(grammar).__doc__ or "").strip(), "properties": properties}
    if required:
        schema["required"] = required
    return {**schema, "patternProperties": {"^x-": {}}, "additionalProperties": False}


def _with_example(part: Part) -> dict[str, Any]:
    schema = part.json_schema()
    if part.example and schema.get("type") == "string":
        schema["examples"] = [part.example.strip('"')]
    return schema


def _grammars_in(part: Part) -> list[Grammar]:
    while isinstance(part, (Several, Keyed)):
        part = part.inner
    return [part.schema] if isinstance(part, Nested) else []
