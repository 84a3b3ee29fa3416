# SPDX-License-Identifier: Apache-2.0
"""All declared types of an instance with their tables, frozen: what a unit of work asks what exists."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from sqlalchemy import MetaData, Table

from xrm.errors import NotFound, PluginError, msg
from xrm.schema.canonical import canonical
from xrm.schema.expressions import ExpressionError, compile_expression
from xrm.schema.fielded import Fielded
from xrm.schema.fields.base import FieldType
from xrm.schema.fields.builtin import FIELD_TYPES, RESULT_TYPES
from xrm.schema.fields.computed import ComputedType
from xrm.schema.model import EntityDeclaration, Field, InteractionKind, RelationshipDeclaration, TypeLabel
from xrm.schema.operands import operand_of
from xrm.schema.suggest import unknown
from xrm.schema.tables import TableSet, add_indexes, build_relationship_table, build_type_table, refuse_taken_name
from xrm.schema.templates import Template

__all__ = ["ANY", "ANY_PARTY", "ANY_RECORD", "EntityType", "Fielded", "Registry", "RelationshipType", "build_registry"]

_Declared = TypeVar("_Declared", EntityDeclaration, RelationshipDeclaration)
_Type = TypeVar("_Type", bound="_WithTables")
_INDEXING = threading.Lock()
ANY_PARTY, ANY_RECORD, ANY = "party", "record", "entity"


class _WithTables(Fielded):
    """What has tables of its own. Shared between registries: nothing in it may say what else there is."""

    declaration: EntityDeclaration | RelationshipDeclaration
    built_from: object = None  # kept alive with it
    _is_indexed = False

    @property
    def table_names(self) -> set[str]:
        """The names of its tables."""
        tables = [] if self._table is None else [self._table, *self.child_tables.values()]
        return {table.name for table in tables}

    @property
    def indexed_tables(self) -> tuple[Table, ...]:
        """Its tables, given their indexes."""
        if self._table is None:
            return ()
        with _INDEXING:  # asked by two threads at once, the table would have each index twice
            if not self._is_indexed:
                types = {key: self.field_type(key) for key in self.declaration.fields}
                add_indexes(self.declaration, types, self._table, self.child_tables)
                self._is_indexed = True
        return (self._table, *self.child_tables.values())

    @cached_property
    def canonical(self) -> Mapping[str, Any]:
        """Its declaration in canonical form; not to be changed."""
        return canonical(self.declaration)


class EntityType(_WithTables):
    """One entity type with its table."""

    declaration: EntityDeclaration

    def __init__(
        self, declaration: EntityDeclaration, types: Mapping[str, FieldType], table: Table, children: Mapping[str, Table]
    ) -> None:
        super().__init__(declaration.fields, types, table, children)
        self.declaration = declaration
        self.table = table
        self.title = Template(declaration.title)
        self.sort_as = Template(declaration.sort_as or declaration.title)
        self.subtitle = Template(declaration.subtitle)

    @property
    def name(self) -> str:
        """The name, unique over all plugins."""
        return self.declaration.name

    @property
    def plugin(self) -> str:
        """The plugin that declares it."""
        return self.declaration.plugin

    @property
    def kind(self) -> str:
        """``record``, ``role`` or ``party``."""
        return self.declaration.kind

    @property
    def label(self) -> TypeLabel:
        """Names for people."""
        return self.declaration.label


class RelationshipType(_WithTables):
    """One relationship type; ``table`` is None when it has no fields of its own."""

    declaration: RelationshipDeclaration

    def __init__(
        self, declaration: RelationshipDeclaration, types: Mapping[str, FieldType], table: Table | None,
        children: Mapping[str, Table],
    ) -> None:
        super().__init__(declaration.fields, types, table, children)
        self.declaration = declaration
        self.table = table

    @property
    def name(self) -> str:
        """The name, unique over all plugins."""
        return self.declaration.name


@dataclass(frozen=True)
class Registry:
    """Everything declared, by name."""

    entity_types: Mapping[str, EntityType]
    relationship_types: Mapping[str, RelationshipType]
    interaction_kinds: Mapping[str, InteractionKind]
    core_metadata: MetaData
    field_types: Mapping[str, FieldType] = dataclasses.field(default_factory=lambda: FIELD_TYPES)
    step_files: Mapping[str, tuple[Path, ...]] = dataclasses.field(default_factory=dict)  # plugin → data steps written by hand
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)  # of the plugins that are on
    # Of plugins that are off: what they declared when they were last applied, and their types, which can be read only.
    remembered: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    dormant: Mapping[str, str] = dataclasses.field(default_factory=dict)  # type → plugin
    # Type → field → the guarded fields that one has to see in order to see it; fields that follow the type's rights are left out.
    guards: Mapping[str, Mapping[str, frozenset[str]]] = dataclasses.field(default_factory=dict)
    overlay_number: int | None = None  # the schema version of what administrators added; None when nobody asked

    @cached_property
    def table_set(self) -> TableSet:
        """The core's tables and those of all types, with their indexes; completed here, because most processes never ask."""
        everything: list[EntityType | RelationshipType] = [*self.entity_types.values(), *self.relationship_types.values()]
        return TableSet(chain(self.core_metadata.tables.values(), *(item.indexed_tables for item in everything)))

    def get(self, name: str) -> EntityType:
        """The entity type of this name.

        Raises:
            NotFound: with the nearest name.
        """
        found = self.entity_types.get(name)
        if found is None:
            raise NotFound(unknown("entity type", name, self.entity_types))
        return found

    def get_relationship(self, name: str) -> RelationshipType:
        """The relationship type of this name.

        Raises:
            NotFound: with the nearest name.
        """
        found = self.relationship_types.get(name)
        if found is None:
            raise NotFound(unknown("relationship type", name, self.relationship_types))
        return found

    def owner_of(self, name: str) -> str:
        """The plugin that declares an entity type or relationship type of this name; empty for anything else."""
        found = self.entity_types.get(name) or self.relationship_types.get(name)
        return found.declaration.plugin if found is not None else ""

    def of_kind(self, kind: str) -> list[EntityType]:
        """All types that are parties, roles or records."""
        return [item for item in self.entity_types.values() if item.kind == kind]

    def party_types(self) -> list[EntityType]:
        """The kinds of party."""
        return self.of_kind("party")

    def roles_of(self, party_type: str) -> list[EntityType]:
        """The roles a party of this type may take."""
        return [item for item in self.of_kind("role") if party_type in item.declaration.of]

    def is_end(self, allowed: Iterable[str], type_name: str) -> bool:
        """Whether an entity of this type may stand where ``allowed`` types (or party, record, entity) are asked for."""
        allowed = tuple(allowed)
        if type_name in allowed or ANY in allowed:
            return True
        kind = self.entity_types[type_name].kind
        return (kind == "party" and ANY_PARTY in allowed) or (kind == "record" and ANY_RECORD in allowed)

    def types_for(self, allowed: Iterable[str]) -> list[str]:
        """The entity types meant by a list of type names, ``party``, ``record`` or ``entity``."""
        return [name for name, item in self.entity_types.items() if item.kind != "role" and self.is_end(allowed, name)]


def build_registry(
    entities: Iterable[EntityDeclaration],
    relationships: Iterable[RelationshipDeclaration],
    interaction_kinds: Iterable[InteractionKind],
    field_types: Mapping[str, FieldType],
    core_metadata: MetaData,
    step_files: Mapping[str, tuple[Path, ...]] | None = None,
) -> Registry:
    """The registry of these declarations, which were checked together before.

    Raises:
        PluginError: naming the plugin whose types cannot be taken: a table that is taken, a formula that is wrong.
    """
    taken = set(core_metadata.tables)
    entity_types: dict[str, EntityType] = {}
    for declaration in entities:
        refuse_taken_name(taken, declaration)
        made = _built(declaration, field_types, core_metadata, _entity_type)
        entity_types[declaration.name] = made
        taken |= made.table_names
    relationship_types: dict[str, RelationshipType] = {}
    for link in relationships:
        refuse_taken_name(taken, link)
        linked = _built(link, field_types, core_metadata, _relationship_type)
        relationship_types[link.name] = linked
        taken |= linked.table_names
    kinds = {kind.name: kind for kind in interaction_kinds}
    return Registry(entity_types, relationship_types, kinds, core_metadata, field_types, step_files or {})


# A registry is made anew whenever a field is added somewhere. What is declared as before, which is all but one type, is taken
# as it was built, with its tables and compiled expressions, as long as any registry holds it: so the ids of the key are its own.
_BUILT: WeakValueDictionary[tuple[int, ...], Any] = WeakValueDictionary()


def _built(
    declaration: _Declared, field_types: Mapping[str, FieldType], core: MetaData,
    build: Callable[[_Declared, dict[str, FieldType], Mapping[str, Table]], _Type],
) -> _Type:
    used: list[FieldType] = [field_types[field.type] for field in declaration.fields.values()]
    key = (id(declaration), id(core), *map(id, used))
    found = _BUILT.get(key)
    if found is None:
        found = build(declaration, _types_of(declaration.plugin, declaration.fields, field_types), core.tables)
        found.built_from = (declaration, core, used)
        _BUILT[key] = found
    return cast("_Type", found)


def _entity_type(declaration: EntityDeclaration, types: dict[str, FieldType], core: Mapping[str, Table]) -> EntityType:
    return EntityType(declaration, types, *build_type_table(core, declaration, types))


def _relationship_type(
    declaration: RelationshipDeclaration, types: dict[str, FieldType], core: Mapping[str, Table]
) -> RelationshipType:
    return RelationshipType(declaration, types, *build_relationship_table(core, declaration, types))


def _types_of(plugin: str, fields: Mapping[str, Field], field_types: Mapping[str, FieldType]) -> dict[str, FieldType]:
    """The type of each field; a computed one has that of what its formula gives. Formulas read only fields that people fill."""
    types = {key: field_types[field.type] for key, field in fields.items()}
    filled = {key: operand_of(field, types[key]) for key, field in fields.items() if not field.formula}
    for key, field in fields.items():
        if field.formula:
            try:
                result = compile_expression(field.formula, filled).type
            except ExpressionError as error:
                said = msg("{where}: formula: {problem}", where=field.location, problem=error.message)
                raise PluginError(plugin, said) from error
            if result == "id":
                said = msg("{where}: formula: this is a link. Make a text, a number, a date, or yes or no.", where=field.location)
                raise PluginError(plugin, said)
            types[key] = ComputedType(field_types[RESULT_TYPES.get(result, "text")])
    return types
