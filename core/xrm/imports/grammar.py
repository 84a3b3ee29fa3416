# SPDX-License-Identifier: Apache-2.0
"""The grammar of mapping files: what one row of a table becomes."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from xrm.errors import msg
from xrm.schema.grammar.groups import Keyed, Several
from xrm.schema.grammar.mapping import Grammar, Nested
from xrm.schema.grammar.values import Flag, Name, OneOf, Part, Scalar, Text, Whole, found, refuse

TAKES = ("first_word", "other_words", "last_word", "date")


class Column(Text):
    """The name of a column, as it stands in the header; a number is taken as its text."""

    def _take(self, value: Any) -> str:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else super()._take(value)


class ByText(Part):
    """A mapping from any text to single values."""

    def _take(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise refuse(msg("A mapping is expected. Write key: value, one per line, instead of {found}.", found=found(value)))
        wrong = {key: [msg("Write one value here, not {found}.", found=found(one))] for key, one in value.items()
                 if isinstance(one, (dict, list))}
        if wrong:
            raise ValidationError(wrong)
        return {str(key): one for key, one in value.items()}

    def _shape(self) -> dict[str, Any]:
        return {"type": "object"}


class EmptyTexts(Part):
    """The texts that mean "empty"."""

    def _take(self, value: Any) -> tuple[str, ...]:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(one, (dict, list)) for one in texts):
            raise refuse(msg('Write a list of texts, like ["NULL", ""].'))
        return tuple("" if one is None else found(one) for one in texts)

    def _shape(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}


class Columns(Part):
    """One column, or a list of columns."""

    def _take(self, value: Any) -> tuple[str, ...]:
        column = Column()
        return tuple(column.read(one) for one in (value if isinstance(value, list) else [value]))

    def _shape(self) -> dict[str, Any]:
        return {"type": ["string", "array"]}


class EitherTextOr(Part):
    """A text for the simple case, or a mapping with its own grammar."""

    def __init__(self, schema: type[Grammar], key: str, description: str = "", **options: Any) -> None:
        super().__init__(description, **options)
        self.schema = schema
        self.key = key

    def _take(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.schema().load(value)
        return {self.key: Column().read(value)}

    def _shape(self) -> dict[str, Any]:
        return {"type": ["string", "object"]}


class KeyGrammar(Grammar):
    """A text made of cells: one column, a template or a constant."""

    column = Column("A column of the file.")
    text = Text("A template with columns in braces.")
    value = Scalar("A constant.")


class ReferenceGrammar(Grammar):
    """An entity that some system calls by a key."""

    system = Text("The system that gave the key.", required=True, example="northwind_customer")
    key = EitherTextOr(KeyGrammar, "column", "The column of the key.", required=True, example="customerID")


class Reference(EitherTextOr):
    """A thing of the same row by its name, or an entity by its identifier."""

    def __init__(self, description: str = "", **options: Any) -> None:
        super().__init__(ReferenceGrammar, "thing", description, **options)


class ValueGrammar(KeyGrammar):
    """Where a value comes from."""

    values = ByText("What is in the cell, and what it means.")
    default = Scalar("The value when the cell is empty.")
    take = OneOf("part", TAKES, "Which part of the text is meant.")
    clear = Flag("An empty cell empties the field.")
    refer = Reference("The entity a link field leads to.")


def _value(description: str, **options: Any) -> Part:
    return EitherTextOr(ValueGrammar, "column", description, **options)


def _field_values() -> Part:
    return Keyed(
        _value("Where the value comes from."), "Field and where it comes from.", data_key="fields", attribute="fields"
    )


class SourceGrammar(Grammar):
    """How the file is to be read; what is left out is guessed."""

    encoding = Text("Its encoding, like utf-8 or windows-1252.")
    separator = Text("What stands between two cells.")
    sheet = Text("The sheet of a workbook; the first one unless named.")
    header_row = Whole("The line of the header, from 1.", lowest=1)
    empty = EmptyTexts("Texts that mean that a cell is empty.")
    overflow = Columns("Columns that may hold separators nobody put in quotes.")
    optional = Columns("Columns that may be missing from a file.")


class RoleGrammar(Grammar):
    """A role the party has."""

    role = Name("The role type.", required=True, example="customer")
    department = Text("The department it belongs to.")
    when = Column("Only when this column is filled.")
    since = _value("Its first day.")
    until = _value("The first day it no longer holds.")
    fields_ = _field_values()


class ContactPointGrammar(Grammar):
    """An address on a channel."""

    kind = Text("email, phone, mobile, fax, url, postal or handle:network.", required=True, example="phone")
    value = _value("Where it comes from.")
    parts_ = Keyed(_value("Where the part comes from."), "The parts of a postal address.", data_key="parts", attribute="parts")
    label = Text("What it is for.")
    country_from = Column("The column with the country of a telephone number.")
    lenient = Flag("Keep old telephone numbers as written that no plan of numbers knows.")
    preferred = Flag("The one to use first.")


class ThingGrammar(Grammar):
    """One party or record of a row."""

    type = Name("Its entity type.", required=True, example="organization")
    when = Column("Only when this column is filled.")
    department = Text("Its home department.")
    identifiers = Keyed(
        EitherTextOr(KeyGrammar, "column", "The column of the key."), "System and the key it gave."
    )
    match = Several(Text(), "Fields that are equal when it is there already.")
    fields_ = _field_values()
    roles = Several(Nested(RoleGrammar), "Its roles.")
    contact_points = Several(Nested(ContactPointGrammar), "Its addresses.")


class RelationshipGrammar(Grammar):
    """How two entities are related."""

    relationship = Name("The relationship type.", required=True, example="works_for")
    from_ = Reference("Who.", required=True, data_key="from", attribute="source", example="contact")
    to = Reference("To whom.", required=True, attribute="target", example="company")
    when = Column("Only when this column is filled.")
    valid_from = _value("Its first day.")
    valid_until = _value("The first day it no longer holds.")
    fields_ = _field_values()


class InteractionGrammar(Grammar):
    """What happened between us and entities."""

    interaction = Name("The kind of interaction.", required=True, example="purchase")
    identifier = Nested(
        ReferenceGrammar, "System and key that tell it from all others.", required=True, example="{system: shop, key: orderID}"
    )
    participants = Several(Reference(), "Who took part.", required=True, example="[company]")
    when = Column("Only when this column is filled.")
    department = Text("The department it belongs to.")
    at = _value("When it was.")
    subject = _value("Its subject.")
    body = _value("Its text.")
    channel = _value("The channel.")
    direction = _value("in or out.")
    outcome = _value("What came of it.")


class MappingGrammar(Grammar):
    """A whole mapping file."""

    source = Nested(SourceGrammar, "How the file is to be read.")
    department = Text("The department of what is imported.")
    things = Keyed(
        Nested(ThingGrammar), "The parties and records of a row, by a name of your choice.",
        example="{company: {type: organization, identifiers: {shop: id}, fields: {name: Company}}}",
    )
    relationships = Several(Nested(RelationshipGrammar), "How they are related.")
    interactions = Several(Nested(InteractionGrammar), "What happened.")
