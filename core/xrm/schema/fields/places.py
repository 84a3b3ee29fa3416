# SPDX-License-Identifier: Apache-2.0
"""Postal addresses in their parts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import marshmallow
from sqlalchemy import Column, ColumnElement, Text
from sqlalchemy.sql import FromClause

from xrm.errors import msg
from xrm.folding import fold
from xrm.schema.fields.base import InvalidValue, ParseContext
from xrm.schema.fields.characters import require_length, require_plain, text_of
from xrm.schema.fields.countries import country_names, read_country
from xrm.schema.fields.text import TextType
from xrm.schema.model import LANGUAGES, Field


@dataclass(frozen=True)
class Address:
    """A postal address in its parts, each without line breaks; ``country`` is an ISO code. Empty parts are empty text."""

    street: str = ""
    street2: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""

    def lines(self, language: str = "en") -> list[str]:
        """The lines of an envelope, the country by its name."""
        place = (
            f"{self.city} {self.region} {self.postal_code}" if self.country in _CODE_LAST else f"{self.postal_code} {self.city}"
        )
        region = "" if self.country in _CODE_LAST else self.region
        country = country_names(language).get(self.country, self.country)
        return [line for line in (self.street, self.street2, " ".join(place.split()), region, country) if line]

    def __str__(self) -> str:
        return ", ".join(self.lines())


PARTS = tuple(part.name for part in dataclasses.fields(Address))
_CODE_LAST = frozenset({"US", "CA", "GB", "AU", "NZ", "IE", "IN"})
_LONGEST_PART = 200
_BAR = re.compile(r"(?<!\\)\|")


class AddressType(TextType):
    """A postal address: its printed line with its folded key, and its parts, in columns of their own."""

    name = "address"
    options = frozenset()
    input = "address"
    cell = "address"
    operators = ("contains", "in_country", "empty", "filled")
    expression_type = ""
    can_be_indexed = False

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The printed line, its folded key, and the parts."""
        return (*super().columns(field), *(Column(f"{field.key}__{part}", Text()) for part in PARTS))

    def read(self, field: Field, raw: object, context: ParseContext) -> Any:
        """An address from its parts (``{"street": …}``), from all six between bars, or from text that then is its street."""
        if raw is None or isinstance(raw, Address):
            given = None if raw is None else dataclasses.asdict(raw)
        elif isinstance(raw, Mapping):
            given = dict(raw)
        else:
            given = _from_text(raw)
        return None if given is None else _address(given)

    def restrict(self, field: Field, value: Any, context: ParseContext) -> None:
        """Nothing: each part has its limit."""

    def store(self, field: Field, value: Any) -> dict[str, Any]:
        """The printed line, its folded key, and the parts."""
        parts = {f"{field.key}__{part}": (getattr(value, part, "") or None) for part in PARTS}
        return super().store(field, None if value is None else str(value)) | parts

    def load(self, field: Field, row: Mapping[str, Any]) -> Address | None:
        """The address from its parts."""
        if row[field.key] is None:
            return None
        return Address(**{part: row[f"{field.key}__{part}"] or "" for part in PARTS})

    def json_one(self, field: Field, value: Any) -> dict[str, str]:
        """Its parts; empty ones are left out."""
        return {part: text for part in PARTS if (text := getattr(value, part))}

    def text_one(self, field: Field, value: Any) -> str:
        """All parts in order, between bars."""
        return " | ".join(getattr(value, part).replace("\\", "\\\\").replace("|", "\\|") for part in PARTS)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """On one line, the country by its name."""
        return ", ".join(value.lines(language))

    def search_one(self, field: Field, value: Any) -> str:
        """All words, the country in all languages."""
        return " ".join(dict.fromkeys(", ".join(value.lines(language)) for language in LANGUAGES))

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """An object of the parts."""
        text = marshmallow.fields.String
        parts: dict[str, Any] = {part: text(allow_none=True) for part in PARTS}
        return marshmallow.fields.Nested(marshmallow.Schema.from_dict(parts, name="Address"), allow_none=True)

    def filter(self, field: Field, table: FromClause, operator: str, raw: object, context: ParseContext) -> ColumnElement[bool]:
        """``contains`` looks into the printed line; ``in_country`` takes one country or several."""
        if operator != "in_country":
            return super().filter(field, table, operator, raw, context)
        codes = [code for part in self.split(raw) if (code := read_country(part))]
        if not codes:
            raise InvalidValue(msg("A country is missing to compare with. Give one."))
        return table.c[f"{field.key}__country"].in_(codes)

    def operand(self, field: Field, raw: object, context: ParseContext) -> str:
        """The folded words."""
        text = text_of(raw) if raw is not None else ""
        if not text:
            raise InvalidValue(msg("A value is missing to compare with. Give one, or ask for empty or filled."))
        require_length(text, 1000)
        return fold(text)


def _address(given: Mapping[str, object]) -> Address | None:
    unknown = set(given) - set(PARTS)
    if unknown:
        raise InvalidValue(
            msg(
                "An address has no part {part}. Its parts are: {parts}.",
                part=str(min(map(str, unknown)))[:40],
                parts=", ".join(PARTS),
            )
        )
    parts = {part: " ".join(_lines(given.get(part), part)) for part in PARTS if part != "street"}
    first, *others = _lines(given.get("street"), "street") or [""]
    parts["street"] = first
    if others:
        # A street typed on two lines: what does not fit on the first belongs before what the second part has.
        parts["street2"] = ", ".join(filter(None, (*others, parts["street2"])))
    for text in parts.values():
        require_length(text, _LONGEST_PART)
    parts["country"] = read_country(parts["country"]) or ""
    return Address(**parts) if any(parts.values()) else None


def _lines(raw: object, part: str) -> list[str]:
    if raw is None:
        return []
    lines = [line.strip() for line in text_of(raw, lines=True).split("\n")]
    if len(lines) > 1 and part != "street":
        raise InvalidValue(msg("The part {part} has a line break. Write it on one line.", part=part))
    for line in lines:
        require_plain(line)
    return [line for line in lines if line]


def _from_text(raw: object) -> dict[str, object] | None:
    text = text_of(raw, lines=True)
    if not text:
        return None
    parts = _BAR.split(text)
    if len(parts) == 1:
        return {"street": text}
    if len(parts) != len(PARTS):
        raise InvalidValue(msg("An address on one line has six parts between bars: {parts}.", parts=" | ".join(PARTS)))
    return {name: re.sub(r"\\([\\|])", r"\1", part.strip()) for name, part in zip(PARTS, parts, strict=True)}
