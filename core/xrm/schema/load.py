# SPDX-License-Identifier: Apache-2.0
"""Reading a plugin's declaration files, and checking the declarations of all plugins against each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

from xrm.errors import InvalidInput, Problem, msg
from xrm.schema.expressions.syntax import parse
from xrm.schema.fields.builtin import FIELD_TYPES
from xrm.schema.fields.declaration import check_field
from xrm.schema.grammar.checks import Rules
from xrm.schema.grammar.problems import in_file_order
from xrm.schema.grammar.read import read_entity, read_interactions, read_relationships
from xrm.schema.model import EntityDeclaration, Field, InteractionKind, Location, RelationshipDeclaration
from xrm.schema.strict_yaml import Document, read
from xrm.schema.suggest import unknown

RESERVED_PREFIX = "x_"  # of the keys of fields that administrators add
ANY_TYPE = ("party", "record", "entity")  # what "to", "from" may say instead of a type's name

Declaration = EntityDeclaration | RelationshipDeclaration | InteractionKind
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Declarations:
    """What one plugin declares, in the order of its files (entity files by name)."""

    plugin: str = ""
    entities: tuple[EntityDeclaration, ...] = ()
    relationships: tuple[RelationshipDeclaration, ...] = ()
    interaction_kinds: tuple[InteractionKind, ...] = ()


def load_folder(path: Path, plugin: str, *, rules: Rules | None = None) -> Declarations:
    """What the files of a plugin's folder declare: entities/*.yaml, relationships.yaml, interactions.yaml, as far as there.

    ``rules`` says which field types exist; without it, the built-in ones.

    Raises:
        InvalidInput: with every problem of every file.
    """
    used = builtin_rules() if rules is None else rules
    problems: list[Problem] = []

    def attempt(file: Path, take: Callable[[Document, str, Rules], _Read]) -> list[_Read]:
        try:
            return [take(read(file), plugin, used)]
        except InvalidInput as error:
            problems.extend(error.problems)
            return []

    files = sorted(path.glob("entities/*.y*ml"))
    entities = [entity for file in files for entity in attempt(file, read_entity)]
    related = [found for file in path.glob("relationships.y*ml") for found in attempt(file, read_relationships)]
    kinds = [found for file in path.glob("interactions.y*ml") for found in attempt(file, read_interactions)]
    if problems:
        raise InvalidInput(problems)
    return Declarations(plugin, tuple(entities), tuple(chain(*related)), tuple(chain(*kinds)))


def builtin_rules() -> Rules:
    """What the files of core's own plugins are checked against: built-in field types, and the expression language."""
    return Rules(FIELD_TYPES, check_field, parse)


def check_together(declarations: Iterable[Declarations]) -> list[Problem]:
    """What is wrong between the declarations of all plugins: names taken twice, names of types that nobody declares."""
    everything = list(declarations)
    entities = [entity for one in everything for entity in one.entities]
    relationships = [relationship for one in everything for relationship in one.relationships]
    kinds = [kind for one in everything for kind in one.interaction_kinds]
    known = {entity.name: entity for entity in reversed(entities)}
    problems = [*_taken_twice("entity type", entities), *_taken_twice("relationship type", relationships)]
    problems += _taken_twice("interaction kind", kinds)
    problems += _called_alike(known, relationships)
    for entity in entities:
        problems += _owners(entity, known)
        problems += _links(f"{entity.name}.fields", entity.fields, known)
        problems += _reserved(entity)
    for relationship in relationships:
        for key, names in (("from", relationship.source), ("to", relationship.target)):
            problems += _types(f"{relationship.name}.{key}", names, relationship.location, known)
        problems += _links(f"{relationship.name}.fields", relationship.fields, known)
    return in_file_order(problems)


def _taken_twice(what: str, declared: Iterable[Declaration]) -> Iterator[Problem]:
    first: dict[str, Declaration] = {}
    for one in declared:
        other = first.setdefault(one.name, one)
        if other is not one:
            message = msg(
                'The {what} "{name}" is declared twice: by plugin {first} ({first_file}) and by plugin {second} ({second_file}). '
                "Rename one.",
                what=what,
                name=one.name,
                first=other.plugin,
                first_file=str(other.location),
                second=one.plugin,
                second_file=str(one.location),
            )
            yield Problem(one.name, message, str(one.location))


def _called_alike(
    known: Mapping[str, EntityDeclaration], relationships: Iterable[RelationshipDeclaration]
) -> Iterator[Problem]:
    for one in relationships:
        other = known.get(one.name)
        if other is not None:
            message = msg(
                'The relationship type "{name}" of plugin {second} is called like an entity type of plugin {first} '
                "({first_file}), and rights are given by that name. Rename one.",
                name=one.name, first=other.plugin, first_file=str(other.location), second=one.plugin,
            )
            yield Problem(one.name, message, str(one.location))


def _reserved(entity: EntityDeclaration) -> Iterator[Problem]:
    for key, field in entity.fields.items():
        if key.startswith(RESERVED_PREFIX):
            message = msg("Keys that begin with x_ are for the fields that administrators add. Call it {key}.", key=key[2:])
            yield Problem(f"{entity.name}.fields.{key}", message, str(field.location))


def _links(path: str, fields: Mapping[str, Field], known: Mapping[str, EntityDeclaration]) -> Iterator[Problem]:
    for key, field in fields.items():
        yield from _types(f"{path}.{key}.to", field.to, field.location, known)


def _types(path: str, names: Collection[str], where: Location, known: Mapping[str, EntityDeclaration]) -> Iterator[Problem]:
    for name in names:
        if name not in known and name not in ANY_TYPE:
            yield Problem(path, unknown("type", name, [*known, *ANY_TYPE]), str(where))


def _owners(role: EntityDeclaration, known: Mapping[str, EntityDeclaration]) -> Iterator[Problem]:
    for name in role.of:
        owner = known.get(name)
        parties = [entity.name for entity in known.values() if entity.kind == "party"]
        if owner is None:
            yield Problem(f"{role.name}.of", unknown("party type", name, parties), str(role.location))
        elif owner.kind == "party":
            continue
        elif _leads_back(owner, role.name, known):
            message = msg(
                "Cyclic: {role} is a role of {name}, which is a role of {role}. Name party types: {parties}.",
                role=role.name,
                name=name,
                parties=", ".join(parties),
            )
            yield Problem(f"{role.name}.of", message, str(role.location))
        else:
            message = msg(
                "{name} is a {kind}; only a party can have a role. Name party types: {parties}.",
                name=name,
                kind=owner.kind,
                parties=", ".join(parties),
            )
            yield Problem(f"{role.name}.of", message, str(role.location))


def _leads_back(start: EntityDeclaration, name: str, known: Mapping[str, EntityDeclaration]) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if one.name == name:
            return True
        if one.name not in seen:
            seen.add(one.name)
            waiting += [known[owner] for owner in one.of if owner in known]
    return False
