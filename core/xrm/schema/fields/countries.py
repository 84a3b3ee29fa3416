# SPDX-License-Identifier: Apache-2.0
"""Countries and languages: kept by their codes, read by code or name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import marshmallow
from babel import Locale
from babel.core import get_global
from sqlalchemy import Column

from xrm.db.types import key_text
from xrm.errors import msg
from xrm.folding import fold
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.characters import text_of
from xrm.schema.model import LANGUAGES, Field

# Codes that Unicode names beside the countries: unions, test regions, and islands without a code of their own in ISO 3166.
_NO_COUNTRY = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())
_OTHER_NAMES = {
    "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "uk": "GB", "u.k.": "GB",
    "grande-bretagne": "GB", "angleterre": "GB", "ecosse": "GB", "pays de galles": "GB", "irlande du nord": "GB",
    "northern ireland": "GB",
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "etats-unis d'amerique": "US", "america": "US",
    "the netherlands": "NL", "holland": "NL", "hollande": "NL", "czech republic": "CZ", "republique tcheque": "CZ",
    "turkey": "TR",
    "ivory coast": "CI", "russian federation": "RU", "south korea": "KR", "north korea": "KP", "korea": "KR", "viet nam": "VN",
    "burma": "MM", "birmanie": "MM", "macedonia": "MK", "swaziland": "SZ", "cape verde": "CV", "east timor": "TL", "uae": "AE",
    "hong kong": "HK", "macao": "MO", "macau": "MO", "vatican": "VA", "eire": "IE", "republic of ireland": "IE",
    "deutschland": "DE", "espana": "ES", "italia": "IT", "brasil": "BR", "osterreich": "AT", "schweiz": "CH", "danmark": "DK",
    "sverige": "SE", "norge": "NO", "suomi": "FI", "polska": "PL", "nederland": "NL", "belgie": "BE", "mexico": "MX",
}  # fmt: skip


def _named(text: str) -> str:
    return fold(text.replace("\u2019", "'").replace("-", " "))


@cache
def country_names(language: str) -> Mapping[str, str]:
    """Country code → name in a language."""
    named = Locale.parse(language).territories
    return {code: name for code, name in named.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY}


@cache
def _countries() -> Mapping[str, str]:
    """Folded name, code of two or of three letters → code of two."""
    known = {_named(name): code for name, code in _OTHER_NAMES.items()}
    for alias, codes in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1:
            known[alias.lower()] = codes[0]
    for language in LANGUAGES:
        known |= {_named(name): code for code, name in country_names(language).items()}
    return known | {code.lower(): code for code in country_names("en")}


def read_country(raw: object) -> str | None:
    """The ISO 3166 code of two letters meant by a code or a name, in English or French; None when empty."""
    text = text_of(raw) if raw is not None else ""
    if not text:
        return None
    code = _code_of(text[:100])
    if code is None:
        raise InvalidValue(
            msg("“{given}” is not a country. Write its name, or its code of two letters, like FR.", given=text[:40])
        )
    return code


@lru_cache(maxsize=1024)
def _code_of(text: str) -> str | None:
    return _countries().get(_named(text))


class CountryType(FieldType):
    """A country, kept as its ISO 3166 code of two letters."""

    name = "country"
    input = "country"
    cell = "country"
    operators = ("eq", "ne", "in", "empty", "filled")
    sortable = True
    expression_type = "text"
    separators = ";\n"

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The code."""
        return (Column(field.key, key_text()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """The code of the country meant."""
        return read_country(raw)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """Its name."""
        return country_names(language).get(value, value)

    def search_one(self, field: Field, value: Any) -> str:
        """Its names in all languages."""
        return " ".join(dict.fromkeys(country_names(language).get(value, value) for language in LANGUAGES))

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """A code; a name is taken too."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": "country"})


@cache
def language_names(language: str) -> Mapping[str, str]:
    """Language code (``fr``, ``pt-BR``) → name in a language."""
    return {
        code.replace("_", "-"): name
        for code, name in Locale.parse(language).languages.items()
        if code not in {"mul", "und", "zxx"}
    }


@cache
def _languages() -> Mapping[str, str]:
    known = {alias.lower(): code.replace("_", "-") for alias, code in get_global("language_aliases").items() if alias.isalpha()}
    for language in LANGUAGES:
        known |= {_named(name): code for code, name in language_names(language).items()}
    return known | {code.lower(): code for code in language_names("en")}


class LanguageType(CountryType):
    """A language, kept as its ISO 639 code, with a region or script where Unicode names one (``pt-BR``)."""

    name = "language"
    input = "language"
    cell = "language"

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """The code of the language meant by a code or a name, in English or French."""
        text = text_of(raw).replace("_", "-") if raw is not None else ""
        if not text:
            return None
        known = _languages()
        code = known.get(text[:100].lower()) or known.get(_named(text[:100]))
        if code is None or code not in language_names("en"):
            raise InvalidValue(msg("“{given}” is not a language. Write its name, or its code, like fr.", given=text[:40]))
        return code

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """Its name."""
        return language_names(language).get(value, value)

    def search_one(self, field: Field, value: Any) -> str:
        """Its names in all languages."""
        return " ".join(dict.fromkeys(language_names(language).get(value, value) for language in LANGUAGES))

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """A code; a name is taken too."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": "language"})
