# SPDX-License-Identifier: Apache-2.0
"""What every declared type shares: fields, how they are read and what new rows have, and the tables that hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Table

from xrm.schema.expressions import Expression, Operand, compile_expression
from xrm.schema.fields.base import FieldType, ParseContext
from xrm.schema.model import Field
from xrm.schema.operands import operand_of


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
            if key in self.child_tables or self._types[key].columns(field):
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

    @cached_property
    def reckons_defaults(self) -> bool:
        """Whether a default is an expression, which may look at the defaults before it."""
        return any(isinstance(field.default, str) and field.default.startswith("=") for field in self.defaulting_fields)

    @cached_property
    def readers(self) -> Mapping[str, Callable[[object, ParseContext], Any]]:
        """What reads the input of each field that takes any."""
        takes = (field for field in self.fields.values() if not field.formula and field.type != "computed")
        return {field.key: self._types[field.key].reader(field) for field in takes}

    @cached_property
    def json_printers(self) -> Mapping[str, Callable[[Any], Any] | None]:
        """What turns a filled value of each field into JSON; None where it is JSON already."""
        return {key: self._types[key].json_printer(field) for key, field in self.fields.items()}

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
    def retired_choices(self) -> Mapping[str, frozenset[str]]:
        """Fields with choices that nobody can take any more → the keys of these."""
        found = {field.key: frozenset(one.key for one in field.choices if one.retired) for field in self.fields.values()}
        return {key: retired for key, retired in found.items() if retired}

    @cached_property
    def computed_fields(self) -> tuple[Field, ...]:
        """Fields made by a formula."""
        return tuple(field for field in self.fields.values() if field.formula)

    @cached_property
    def stored_formulas(self) -> tuple[Field, ...]:
        """Those of them whose values are kept."""
        return tuple(field for field in self.computed_fields if field.stored)

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
