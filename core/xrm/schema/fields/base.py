# SPDX-License-Identifier: Apache-2.0
"""What every field type answers: columns, parsing, printing, filters; one subclass per type, one file per family.

A type writes the methods that end in ``_one`` (and ``read``, ``restrict``, ``columns``); the public methods below make of
them what fields with one value and fields with several (``many``, and types that are ``multiple``) need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import marshmallow
from sqlalchemy import Column, ColumnElement, select
from sqlalchemy.sql import FromClause

from xrm.errors import Message, msg
from xrm.schema.fields import conditions, declaration, sequences
from xrm.schema.fields.parsing import InvalidValue, ParseContext
from xrm.schema.model import Field

__all__ = ["MOST_VALUES", "FieldType", "InvalidValue", "ParseContext"]

MOST_VALUES = 500
_FILTERS_OF_MANY = ("has", "has_any", "has_none", "empty", "filled")


class FieldType:
    """One type of field. Values are plain Python; ``None`` is "empty", and ``()`` for fields with several values.

    ``input`` and ``cell`` name the macros of the web UI; ``operators`` the filter operators by name; ``options`` those
    of ``declaration.TYPE_OPTIONS`` that a declaration may use with this type.
    """

    name: ClassVar[str] = ""
    options: ClassVar[frozenset[str]] = frozenset()
    input: ClassVar[str] = "text"
    cell: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("eq", "ne", "empty", "filled")
    sortable: ClassVar[bool] = False
    expression_type: ClassVar[str] = ""  # text number yes_no date datetime id; "": expressions ask only whether it is empty
    multiple: ClassVar[bool] = False  # several values whatever ``many`` says
    can_be_many: ClassVar[bool] = True
    can_be_indexed: ClassVar[bool] = True  # also: can be unique
    separators: ClassVar[str] = ";\n"  # between several values in one text

    def check(self, field: Field) -> list[Message]:
        """All problems of the declaration with this type, empty when it is sound; each says what to write instead."""
        return declaration.check_field(self, field)

    def check_options(self, field: Field) -> list[Message]:
        """Problems of the type's own options, beyond those found for every type (foreign options, range, default …)."""
        return []

    def is_multiple(self, field: Field) -> bool:
        """Whether a value is a tuple kept in a table of its own (``<table>__<key>``)."""
        return self.multiple or field.many

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """Fresh columns that hold one value; the first is named like the field."""
        raise NotImplementedError

    def key_columns(self, field: Field) -> tuple[str, ...]:
        """Names of the columns in which equal values are equal: what an index or a uniqueness rule is made on."""
        return (field.key,)

    def parse(self, field: Field, raw: object, context: ParseContext) -> Any:
        """The value meant by ``raw`` (form text, CSV cell, JSON value, or an already parsed value), or None if empty.

        A field with several values takes a sequence or one text (parts between the type's separators, quoted with ``"``
        where a part contains one) and gives a tuple without repetitions.

        Raises:
            InvalidValue: when it cannot be taken.
        """
        if not self.is_multiple(field):
            return self.parse_one(field, raw, context)
        values: dict[Any, Any] = {}
        for part in self.split(raw):
            value = self.parse_one(field, part, context)
            if value is not None:
                values.setdefault(self.identity(field, value), value)
        if len(values) > MOST_VALUES:
            raise InvalidValue(msg("These are {count} values. Give at most {most}.", count=len(values), most=MOST_VALUES))
        return tuple(values.values())

    def reader(self, field: Field) -> Callable[[object, ParseContext], Any]:
        """``parse`` of one field, to be called for many rows."""
        is_plain = type(self).parse is FieldType.parse and not self.is_multiple(field)
        return partial(self.parse_one if is_plain else self.parse, field)

    def split(self, raw: object) -> list[object]:
        """The parts of what was given for several values, not yet parsed."""
        return sequences.split(raw, self.separators)

    def parse_one(self, field: Field, raw: object, context: ParseContext) -> Any:
        """One value: read, then held against the options of the declaration."""
        _require_printable(raw)
        value = self.read(field, raw, context)
        if value is not None:
            self.restrict(field, value, context)
        return value

    def read(self, field: Field, raw: object, context: ParseContext) -> Any:
        """One value as the type understands it, whatever the declaration's limits; filters use it too."""
        raise NotImplementedError

    def restrict(self, field: Field, value: Any, context: ParseContext) -> None:
        """Raise InvalidValue when the value is outside of what the declaration allows."""

    def bound(self, field: Field, given: object, context: ParseContext) -> Any:
        """A ``min`` or ``max`` of the declaration, as something values can be compared with."""
        return self.read(field, given, context)

    def identity(self, field: Field, value: Any) -> Any:
        """What makes two values of one field the same, for repetitions and comparisons."""
        return value

    def store(self, field: Field, value: Any) -> dict[str, Any]:
        """Column name → what is bound, for one value (``None`` empties all columns)."""
        return {field.key: value}

    def load(self, field: Field, row: Mapping[str, Any]) -> Any:
        """The value from a row that has this field's columns under their names."""
        return row[field.key]

    def expression_value(self, value: Any) -> Any:
        """What expressions compare and reckon with, equal to what SQL sees in the field's first column."""
        return value

    def to_json(self, field: Field, value: Any) -> Any:
        """The value as JSON: what the API gives and takes; a list for several values."""
        if self.is_multiple(field):
            return [self.json_one(field, one) for one in value or ()]
        return None if value is None else self.json_one(field, value)

    def json_printer(self, field: Field) -> Callable[[Any], Any] | None:
        """``to_json`` of one field, to be called for many filled values; None when a value is its own JSON."""
        own = type(self)
        if own.to_json is FieldType.to_json and own.json_one is FieldType.json_one and not self.is_multiple(field):
            return None
        return partial(self.to_json, field)

    def json_one(self, field: Field, value: Any) -> Any:
        """One value as JSON."""
        return value

    def to_text(self, field: Field, value: Any) -> str:
        """The value as a CSV cell; ``parse`` of it gives the same value."""
        if self.is_multiple(field):
            return sequences.join([self.text_one(field, one) for one in value or ()], self.separators)
        return "" if value is None else self.text_one(field, value)

    def text_one(self, field: Field, value: Any) -> str:
        """One value as a text that parses to it in every language."""
        return str(value)

    def format(self, field: Field, value: Any, language: str) -> str:
        """The value for a person, in a language; empty text for no value."""
        if self.is_multiple(field):
            return ", ".join(self.format_one(field, one, language) for one in value or ())
        return "" if value is None else self.format_one(field, value, language)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """One value for a person."""
        return self.text_one(field, value)

    def api_field(self, field: Field) -> marshmallow.fields.Field[Any]:
        """The marshmallow field of the API and of its documentation."""
        one = self.api_one(field)
        made: marshmallow.fields.Field[Any] = one
        if self.is_multiple(field):
            one.allow_none = False
            made = marshmallow.fields.List(one, allow_none=True)
        made.metadata = {**made.metadata, "title": field.label.get("en")}
        if field.help:
            made.metadata = {**made.metadata, "description": field.help.get("en")}
        if field.read_only:
            made.dump_only = True
        return made

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """The marshmallow field of one value; it takes what ``to_json`` gives."""
        return marshmallow.fields.String(allow_none=True)

    def search_text(self, field: Field, value: Any) -> str:
        """The words under which the value is found; empty when it is not text."""
        if self.is_multiple(field):
            return " ".join(filter(None, (self.search_one(field, one) for one in value or ())))
        return "" if value is None else self.search_one(field, value)

    def search_one(self, field: Field, value: Any) -> str:
        """The words of one value."""
        return self.text_one(field, value)

    def sort_column(self, field: Field, table: FromClause) -> ColumnElement[Any]:
        """The column to sort by, equal in order on both databases; only for sortable types with one value."""
        return table.c[self.key_columns(field)[0]]

    def operators_for(self, field: Field) -> tuple[str, ...]:
        """Names of the filter operators that this field has."""
        if not self.is_multiple(field):
            return self.operators
        return _FILTERS_OF_MANY + tuple(name for name in self.operators if name in {"contains", "starts"})

    def filter(self, field: Field, table: FromClause, operator: str, raw: object, context: ParseContext) -> ColumnElement[bool]:
        """The SQL condition for ``field operator raw``; ``table`` is the one that has the columns.

        ``ne`` is true of the empty too. For a field with several values, ``table`` is its child table: ``has``, ``has_any``,
        ``contains`` and ``starts`` give a condition on one child row, to be wrapped in EXISTS; ``has_none``, ``empty`` and
        ``filled`` speak about all rows at once, so ``filter_many`` (which wraps the others too) makes them.

        Raises:
            InvalidValue: for an operator the type does not have, or a value it cannot take.
        """
        if operator not in self.operators_for(field):
            allowed = ", ".join(self.operators_for(field))
            raise InvalidValue(
                msg("{operator} does not go with this field. Use one of: {allowed}.", operator=operator[:40], allowed=allowed)
            )
        column = self.filter_column(field, table)
        if operator in {"empty", "filled"}:
            return column.is_(None) if operator == "empty" else column.is_not(None)
        if operator in {"in", "has_any"}:
            return column.in_([self.operand(field, part, context) for part in self.split(raw)[:MOST_VALUES]])
        if operator == "between":
            low, high = conditions.ends(raw)
            return conditions.between(
                column, *(None if end is None else self.operand(field, end, context) for end in (low, high))
            )
        return conditions.compare(column, operator, self.operand(field, raw, context))

    def filter_many(
        self, field: Field, child: FromClause, owner: ColumnElement[Any], operator: str, raw: object, context: ParseContext
    ) -> ColumnElement[bool]:
        """The whole condition of a field with several values: ``child`` is its table, ``owner`` the id its rows hang on.

        Raises:
            InvalidValue: as ``filter``.
        """
        rows = select(child.c.owner_id).where(child.c.owner_id == owner)
        if operator in {"empty", "filled"}:
            return ~rows.exists() if operator == "empty" else rows.exists()
        if operator == "has_none":
            return ~rows.where(self.filter(field, child, "has_any", raw, context)).exists()
        return rows.where(self.filter(field, child, operator, raw, context)).exists()

    def filter_column(self, field: Field, table: FromClause) -> ColumnElement[Any]:
        """The column that filters compare."""
        return table.c[self.key_columns(field)[0]]

    def operand(self, field: Field, raw: object, context: ParseContext) -> Any:
        """What ``filter_column`` is compared with."""
        _require_printable(raw)
        value = self.read(field, raw, context)
        if value is None:
            raise InvalidValue(msg("A value is missing to compare with. Give one, or ask for empty or filled."))
        return value


def _require_printable(raw: object) -> None:
    # Python refuses to write out an int of thousands of digits, and so would every message about it.
    if isinstance(raw, int) and raw.bit_length() > 1024:
        raise InvalidValue(msg("The number is too large. Give a smaller one."))
