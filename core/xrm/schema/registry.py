# SPDX-License-Identifier: Apache-2.0
"""All declared types of an instance with their tables, frozen: what a unit of work asks what exists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import Column, MetaData, Table

from xrm.db.metadata import NAMING
from xrm.errors import NotFound, PluginError, msg
from xrm.schema.expressions import Expression, ExpressionError, Operand, compile_expression
from xrm.schema.fields.base import FieldType, ParseContext
from xrm.schema.fields.builtin import RESULT_TYPES
from xrm.schema.fields.computed import ComputedType
from xrm.schema.model import EntityDeclaration, Field, InteractionKind, RelationshipDeclaration, TypeLabel
from xrm.schema.operands import operand_of
from xrm.schema.suggest import unknown
from xrm.schema.tables import IDENTIFIER_LENGTH, build_relationship_table, build_type_table, table_name
from xrm.schema.templates import Template

ANY_PARTY, ANY_RECORD, ANY = "party", "record", "entity"


class Fielded:
    """What entity types and relationship types share: fields, their types, and the tables that hold them."""

    def __init__(
        self, declared: Mapping[str, Field], types: Mapping[str, FieldType], table: Table | None, children: Mapping[str, Table]
    ) -> None:
        self.fields = {key: field for key, field in declared.items() if not field.retired}
        self.all_fields = dict(declared)
        self._types = types
        self.child_tables = children
        self._table = table
        self._expressions: dict[tuple[str, tuple[str, ...]], Expression] = {}
        self._defaults: tuple[ParseContext, Mapping[str, Any]] | None = None

    def field_type(self, key: str) -> FieldType:
        """The type of a field."""
        return self._types[key]

    @cached_property
    def operands(self) -> Mapping[str, Operand]:
        """What expressions know of each field; a field computed at reading has no column and cannot be named."""
        found: dict[str, Operand] = {}
        for key, field in self.fields.items():
            has_column = key in self.child_tables or bool(self._types[key].columns(field))
            if self._types[key].expression_type and has_column:
                found[key] = operand_of(field, self._types[key])
        return found

    def expression(self, text: str) -> Expression:
        """The compiled expression over these fields; compiled once."""
        return self.condition(text, {})

    def condition(self, text: str, more: Mapping[str, Operand]) -> Expression:
        """The compiled expression over these fields and ``more`` names; compiled once."""
        key = (text, tuple(more))
        found = self._expressions.get(key)
        if found is None:
            found = self._expressions[key] = compile_expression(text, {**more, **self.operands})
        return found

    @cached_property
    def single_fields(self) -> tuple[Field, ...]:
        """Fields with one value, kept in the type's own table."""
        return tuple(field for key, field in self.fields.items() if key not in self.child_tables)

    @cached_property
    def multiple_fields(self) -> tuple[Field, ...]:
        """Fields with several values, each kept in a table of its own."""
        return tuple(field for key, field in self.fields.items() if key in self.child_tables)

    @cached_property
    def empty_values(self) -> Mapping[str, object]:
        """Each field with the value that means empty."""
        return {key: () if key in self.child_tables else None for key in self.fields}

    @cached_property
    def defaulting_fields(self) -> tuple[Field, ...]:
        """Fields that new rows have a value of without being told."""
        return tuple(field for field in self.fields.values() if field.default is not None and not field.formula)

    def declared_defaults(self, context: ParseContext) -> Mapping[str, Any]:
        """The defaults that are no expressions, read as written in English; made once for the rows of one unit of work."""
        made = self._defaults
        if made is None or made[0] is not context:
            english = context if context.language == "en" else replace(context, language="en")
            made = self._defaults = (context, {
                field.key: self._types[field.key].parse(field, field.default, english) for field in self.defaulting_fields
                if not (isinstance(field.default, str) and field.default.startswith("="))
            })
        return made[1]

    @cached_property
    def conditional_fields(self) -> tuple[Field, ...]:
        """Fields that are there only ``when`` their condition holds."""
        return tuple(field for field in self.fields.values() if field.when)

    @cached_property
    def demanding_fields(self) -> tuple[Field, ...]:
        """Fields that are required, always or by an expression."""
        return tuple(field for field in self.fields.values() if field.required)

    @cached_property
    def computed_fields(self) -> tuple[Field, ...]:
        """Fields made by a formula."""
        return tuple(field for field in self.fields.values() if field.formula)

    @cached_property
    def field_columns(self) -> dict[str, tuple[Column[object], ...]]:
        """The columns of each single field, in the type's own table."""
        if self._table is None:
            return {}
        return {
            field.key: tuple(self._table.c[column.name] for column in self._types[field.key].columns(field))
            for field in self.single_fields
            if self._types[field.key].columns(field)
        }


class EntityType(Fielded):
    """One entity type with its table."""

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


class RelationshipType(Fielded):
    """One relationship type; ``table`` is None when it has no fields of its own."""

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
    """Everything declared, by name. ``metadata`` has the core's tables and those of all types."""

    entity_types: Mapping[str, EntityType]
    relationship_types: Mapping[str, RelationshipType]
    interaction_kinds: Mapping[str, InteractionKind]
    metadata: MetaData

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
) -> Registry:
    """The registry of these declarations, which were checked together before.

    Raises:
        PluginError: naming the plugin whose types cannot be taken: a table that is taken, a formula that is wrong.
    """
    metadata = MetaData(naming_convention=NAMING)
    for table in core_metadata.sorted_tables:
        table.to_metadata(metadata)
    entity_types: dict[str, EntityType] = {}
    for declaration in entities:
        _refuse_taken_name(metadata, declaration)
        types = _types_of(declaration.plugin, declaration.fields, field_types)
        table, children = build_type_table(metadata, declaration, types)
        entity_types[declaration.name] = EntityType(declaration, types, table, children)
    relationship_types: dict[str, RelationshipType] = {}
    for link in relationships:
        _refuse_taken_name(metadata, link)
        types = _types_of(link.plugin, link.fields, field_types)
        link_table, children = build_relationship_table(metadata, link, types)
        relationship_types[link.name] = RelationshipType(link, types, link_table, children)
    return Registry(entity_types, relationship_types, {kind.name: kind for kind in interaction_kinds}, metadata)


def _types_of(plugin: str, fields: Mapping[str, Field], field_types: Mapping[str, FieldType]) -> dict[str, FieldType]:
    """The type of each field; a computed one has that of what its formula gives. Formulas read only fields that people fill."""
    types = {key: field_types[field.type] for key, field in fields.items()}
    filled = {
        key: operand_of(field, types[key]) for key, field in fields.items() if not field.formula and types[key].expression_type
    }
    for key, field in fields.items():
        if field.formula:
            try:
                result = compile_expression(field.formula, filled).type
            except ExpressionError as error:
                said = msg("{where}: formula: {problem}", where=field.location, problem=error.message)
                raise PluginError(plugin, said) from error
            types[key] = ComputedType(field_types[RESULT_TYPES.get(result, "text")])
    return types


def _refuse_taken_name(metadata: MetaData, declaration: EntityDeclaration | RelationshipDeclaration) -> None:
    name = table_name(declaration)
    if name in metadata.tables:
        taken = msg("{where}: the table {name} is taken already. Choose another name.", where=declaration.location, name=name)
        raise PluginError(declaration.plugin, taken)
    if len(name) > IDENTIFIER_LENGTH:
        raise PluginError(declaration.plugin, msg(
            "{where}: the table {name} has more than {most} letters. Choose a shorter name.",
            where=declaration.location, name=name, most=IDENTIFIER_LENGTH,
        ))
