# SPDX-License-Identifier: Apache-2.0
"""Reading the three kinds of declaration files: a document in, frozen declarations out, or all problems at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xrm.errors import InvalidInput, Problem, msg
from xrm.schema.grammar.build import build_entity, build_fields, build_interaction_kind, build_relationship
from xrm.schema.grammar.checks import EntityCheck, FieldsCheck, Rules
from xrm.schema.grammar.problems import as_problems, in_file_order, take
from xrm.schema.grammar.schemas import AddedFieldsGrammar, EntityGrammar, InteractionsGrammar, RelationshipsGrammar
from xrm.schema.model import EntityDeclaration, Field, InteractionKind, RelationshipDeclaration
from xrm.schema.strict_yaml import Document, DocumentPath

_ENTITY = EntityGrammar()
_ADDED_FIELDS = AddedFieldsGrammar()
_RELATIONSHIPS = RelationshipsGrammar()
_INTERACTIONS = InteractionsGrammar()


def read_entity(document: Document, plugin: str, rules: Rules) -> EntityDeclaration:
    """The entity type a document declares.

    Raises:
        InvalidInput: with every problem of the document, in the order of its lines.
    """
    loaded, tree = take(_ENTITY, document)
    problems = list(as_problems(document, tree))
    if isinstance(document.data, dict):
        fields = FieldsCheck(document, loaded.get("fields", {}), ("fields",), _below(tree, "fields"), rules)
        problems += EntityCheck(document, loaded, fields).problems()
    _raise_any(problems)
    return build_entity(plugin, loaded, document)


def read_fields(document: Document, rules: Rules) -> tuple[str, dict[str, Field]]:
    """The type and the fields that a document adds to it; raises InvalidInput as ``read_entity`` does."""
    loaded, tree = take(_ADDED_FIELDS, document)
    problems = list(as_problems(document, tree))
    fields = FieldsCheck(document, loaded.get("fields", {}), ("fields",), _below(tree, "fields"), rules)
    problems += fields.problems()
    _raise_any(problems)
    return loaded["entity"], build_fields(loaded["fields"], document, ("fields",))


def read_relationships(document: Document, plugin: str, rules: Rules) -> tuple[RelationshipDeclaration, ...]:
    """The relationship types a document declares; raises InvalidInput as ``read_entity`` does."""
    loaded, tree = take(_RELATIONSHIPS, document)
    problems = list(as_problems(document, tree))
    relationships = loaded.get("relationships", {})
    for name, values in relationships.items():
        broken = _below(tree, "relationships", name, "fields")
        path = ("relationships", name, "fields")
        problems += FieldsCheck(document, values.get("fields", {}), path, broken, rules).problems()
        problems += _guarded(document, values.get("fields", {}), path)
    _raise_any(problems)
    return tuple(build_relationship(plugin, name, values, document) for name, values in relationships.items())


def read_interactions(document: Document, plugin: str, _rules: Rules) -> tuple[InteractionKind, ...]:
    """The kinds of interaction a document declares; raises InvalidInput as ``read_entity`` does."""
    loaded, tree = take(_INTERACTIONS, document)
    _raise_any(list(as_problems(document, tree)))
    return tuple(build_interaction_kind(plugin, name, values, document) for name, values in loaded["interactions"].items())


def _guarded(document: Document, fields: Mapping[str, Any], path: DocumentPath) -> Iterator[Problem]:
    """Rights to single fields exist for entities and roles alone: what says otherwise would be open to all."""
    for key, values in fields.items():
        for word in ("guarded", "see", "edit"):
            if isinstance(values, Mapping) and values.get(word):
                said = msg("A relationship is seen as a whole: {key} does not go with its fields. Keep the value in a role or a "
                           "record.", key=word)
                yield document.problem((*path, key, word), said, key=True)


def _below(tree: Mapping[Any, Any], *path: str) -> Mapping[Any, Any]:
    for key in path:
        below = tree.get(key)
        tree = below if isinstance(below, Mapping) else {}
    return tree


def _raise_any(problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput(in_file_order(problems))
