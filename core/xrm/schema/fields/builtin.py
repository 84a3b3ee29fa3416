# SPDX-License-Identifier: Apache-2.0
"""The field types that every installation has, and the look-up by name that plugins' types join."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from xrm.errors import Conflict, NotFound, msg
from xrm.schema.fields.base import FieldType
from xrm.schema.fields.choices import ChoicesType, ChoiceType, TagsType, YesNoType
from xrm.schema.fields.computed import ComputedType
from xrm.schema.fields.contact import EmailType, PhoneType, UrlType
from xrm.schema.fields.countries import CountryType, LanguageType
from xrm.schema.fields.dates import DateTimeType, DateType
from xrm.schema.fields.durations import DurationType
from xrm.schema.fields.identifiers import CompanyNumberType, IbanType, LeiType, SirenType, SiretType, VatNumberType
from xrm.schema.fields.links import FileType, ImageType, LinksType, LinkType
from xrm.schema.fields.money import MoneyType
from xrm.schema.fields.numbers import DecimalType, IntegerType, PercentType, RatingType
from xrm.schema.fields.places import AddressType
from xrm.schema.fields.structured import JsonType
from xrm.schema.fields.text import LongTextType, RichTextType, TextType

BUILTIN: tuple[FieldType, ...] = (
    TextType(),
    LongTextType(),
    RichTextType(),
    IntegerType(),
    DecimalType(),
    MoneyType(),
    PercentType(),
    YesNoType(),
    DateType(),
    DateTimeType(),
    DurationType(),
    ChoiceType(),
    ChoicesType(),
    TagsType(),
    EmailType(),
    PhoneType(),
    UrlType(),
    AddressType(),
    CountryType(),
    LanguageType(),
    LinkType(),
    LinksType(),
    FileType(),
    ImageType(),
    RatingType(),
    ComputedType(),
    JsonType(),
    VatNumberType(),
    CompanyNumberType(),
    SirenType(),
    SiretType(),
    IbanType(),
    LeiType(),
)

# What an expression gives → the field type under which a computed field prints, filters and is stored.
RESULT_TYPES = {"text": "text", "number": "decimal", "yes_no": "yes_no", "date": "date", "datetime": "datetime"}


class FieldTypes(Mapping[str, FieldType]):
    """All field types by name: the built-in ones and those that plugins add; Conflict when two have one name."""

    def __init__(self, added: Iterable[FieldType] = ()) -> None:
        self._types = {field_type.name: field_type for field_type in BUILTIN}
        for field_type in added:
            if not field_type.name or field_type.name in self._types:
                raise Conflict(
                    msg("A field type {name} is there already. Give the plugin's type another name.", name=field_type.name or "–")
                )
            self._types[field_type.name] = field_type

    def find(self, name: str) -> FieldType:
        """The type of this name; NotFound suggests the nearest one."""
        found = self._types.get(name)
        if found is not None:
            return found
        near = difflib.get_close_matches(name, self._types, n=1)
        if near:
            raise NotFound(msg("There is no field type {name}. Did you mean {near}?", name=name[:80], near=near[0]))
        raise NotFound(msg("There is no field type {name}. Use one of: {known}.", name=name[:80], known=", ".join(self._types)))

    def computed(self, result: str) -> ComputedType:
        """The type of computed fields whose formula gives ``result`` (an expression type)."""
        return ComputedType(self[RESULT_TYPES.get(result, "text")])

    def __getitem__(self, name: str) -> FieldType:
        return self._types[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


FIELD_TYPES = FieldTypes()
