# SPDX-License-Identifier: Apache-2.0
"""Numbers that registers give to companies and accounts, with their check digits."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import marshmallow

from xrm.errors import msg
from xrm.schema.fields.base import InvalidValue, ParseContext
from xrm.schema.fields.characters import text_of
from xrm.schema.fields.contact import CodeTextType
from xrm.schema.model import Field

_FILLING = re.compile(r"[\s.\-/\u2010-\u2015]")
_BLANKS_AROUND_COLON = re.compile(r"\s*:\s*")
_LA_POSTE = "356000000"
_VAT = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[0-9A-HJ-NP-Z]{2}\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"\d{9}(?:\d{3})?",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"[A-Z0-9+*]{10}\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{10}01",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"(?:\d{9}|\d{12}|GD\d{3}|HA\d{3})",
    "GB": r"(?:\d{9}|\d{12}|GD\d{3}|HA\d{3})",
    "CHE": r"\d{9}(?:MWST|TVA|IVA)?",
    "NO": r"\d{9}(?:MVA)?",
}
_VAT_FORMS = {country: re.compile(form, re.ASCII) for country, form in _VAT.items()}


def luhn_valid(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def siren_valid(digits: str) -> bool:
    """Whether this is a French company number of nine digits."""
    return bool(re.fullmatch(r"[0-9]{9}", digits)) and luhn_valid(digits)


def siret_valid(digits: str) -> bool:
    """Whether this is a French establishment number of fourteen digits; La Poste's have a rule of their own."""
    if not re.fullmatch(r"[0-9]{14}", digits) or not siren_valid(digits[:9]):
        return False
    return luhn_valid(digits) or (digits.startswith(_LA_POSTE) and sum(map(int, digits)) % 5 == 0)


def mod_97(text: str) -> int:
    """The rest by 97 of digits and letters, A counting as 10 (ISO 7064)."""
    return int("".join(str(int(char, 36)) for char in text)) % 97


class NumberOfRegisterType(CodeTextType):
    """What these numbers share: kept in capitals without blanks, dots and hyphens."""

    api_format: ClassVar[str] = ""

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """The number in its normal form."""
        text = text_of(raw) if raw is not None else ""
        if len(text) > 100:
            raise self.refused(text)
        plain = _FILLING.sub("", text).upper()
        if not plain:
            if text:
                raise self.refused(text)
            return None
        return self.checked(plain, text, context)

    def checked(self, plain: str, given: str, context: ParseContext) -> str:
        """The normal form of capitals and digits; InvalidValue when a check fails."""
        raise NotImplementedError

    def refused(self, given: str) -> InvalidValue:
        """The error for a number that cannot be one."""
        raise NotImplementedError

    def operand(self, field: Field, raw: object, context: ParseContext) -> str:
        """The number or a part of it, without filling."""
        return _FILLING.sub("", super().operand(field, raw, context))

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """A number as text."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": self.name})


class SirenType(NumberOfRegisterType):
    """A French company number: nine digits, the last one a check digit."""

    name = "siren"

    def checked(self, plain: str, given: str, context: ParseContext) -> str:
        """Nine digits."""
        if not siren_valid(plain):
            raise self.refused(given)
        return plain

    def refused(self, given: str) -> InvalidValue:
        """Says what a SIREN is."""
        return InvalidValue(
            msg(
                "“{given}” is not a SIREN. It has 9 digits, the last one checks the others: compare it with the source.",
                given=given[:40],
            )
        )

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """In groups of three."""
        return in_groups(value, 3, 3, 3)


class SiretType(NumberOfRegisterType):
    """A French establishment number: a SIREN and five more digits."""

    name = "siret"

    def checked(self, plain: str, given: str, context: ParseContext) -> str:
        """Fourteen digits."""
        if not siret_valid(plain):
            raise self.refused(given)
        return plain

    def refused(self, given: str) -> InvalidValue:
        """Says what a SIRET is."""
        return InvalidValue(
            msg(
                "“{given}” is not a SIRET. It has 14 digits, the last one checks the others: compare it with the source.",
                given=given[:40],
            )
        )

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """The SIREN in groups of three, then the rest."""
        return in_groups(value, 3, 3, 3, 5)


class VatNumberType(NumberOfRegisterType):
    """A VAT number of the EU, the United Kingdom, Switzerland or Norway, with its country; form checked, the French key too."""

    name = "vat_number"

    def checked(self, plain: str, given: str, context: ParseContext) -> str:
        """The country's letters and the number; without letters the instance's country is meant."""
        if plain.startswith("GR"):
            plain = "EL" + plain[2:]
        country = "CHE" if plain.startswith("CHE") else plain[:2]
        if country not in _VAT_FORMS:
            if country.isalpha():
                raise self.refused(given)
            country = {"GR": "EL", "CH": "CHE"}.get(context.country, context.country)
            plain = country + plain
        form = _VAT_FORMS.get(country)
        if form is None or not form.fullmatch(plain[len(country) :]):
            raise self.refused(given)
        if country == "FR" and not _french_key_valid(plain[2:]):
            raise self.refused(given)
        return plain

    def refused(self, given: str) -> InvalidValue:
        """Says how one is written."""
        return InvalidValue(
            msg(
                "“{given}” is not a VAT number. Write it with its country, like FR83404833048, and compare it with the source.",
                given=given[:40],
            )
        )


def _french_key_valid(number: str) -> bool:
    """Whether the two first characters fit the SIREN behind them; keys with letters follow an older rule and pass by form."""
    key, siren = number[:2], number[2:]
    if not key.isdigit():
        return True
    return siren_valid(siren) and int(key) == (12 + 3 * (int(siren) % 97)) % 97


class CompanyNumberType(NumberOfRegisterType):
    """A number in a register of companies. Nine or fourteen digits in France are checked as SIREN or SIRET.

    Another country's number is written with its code and a colon (``NO:923609016``), and taken as it is.
    """

    name = "company_number"

    def checked(self, plain: str, given: str, context: ParseContext) -> str:
        """The number, with its country where that is not France's own."""
        plain = _BLANKS_AROUND_COLON.sub(":", plain)
        country, colon, number = plain.rpartition(":")
        if colon and not re.fullmatch(r"[A-Z]{2}", country):
            raise self.refused(given)
        if not re.fullmatch(r"[^\W_]{2,40}", number):
            raise self.refused(given)
        is_french = (country or context.country) == "FR" and re.fullmatch(r"[0-9]{9}|[0-9]{14}", number)
        if is_french and not (siren_valid(number) or siret_valid(number)):
            raise InvalidValue(
                msg(
                    "“{given}” fails the check of a SIREN or SIRET. Correct it; a foreign one needs its country: NO:923609016.",
                    given=given[:40],
                )
            )
        return plain

    def refused(self, given: str) -> InvalidValue:
        """Says how one is written."""
        return InvalidValue(
            msg(
                "“{given}” is not a company number. Write letters and digits, with the country before a colon if foreign.",
                given=given[:40],
            )
        )


class IbanType(NumberOfRegisterType):
    """An international bank account number, its check digits tested."""

    name = "iban"

    def checked(self, plain: str, given: str, context: ParseContext) -> str:
        """Country, check digits and account."""
        if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", plain) or mod_97(plain[4:] + plain[:4]) != 1:
            raise self.refused(given)
        return plain

    def refused(self, given: str) -> InvalidValue:
        """Says what an IBAN is."""
        return InvalidValue(
            msg("“{given}” is not an IBAN. Its check digits do not fit: compare it with the source.", given=given[:40])
        )

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """In groups of four."""
        return in_groups(value, *([4] * 9))


class LeiType(NumberOfRegisterType):
    """A legal entity identifier: twenty letters and digits, its check digits tested."""

    name = "lei"

    def checked(self, plain: str, given: str, context: ParseContext) -> str:
        """Twenty characters."""
        if not re.fullmatch(r"[A-Z0-9]{18}[0-9]{2}", plain) or mod_97(plain) != 1:
            raise self.refused(given)
        return plain

    def refused(self, given: str) -> InvalidValue:
        """Says what an LEI is."""
        return InvalidValue(
            msg("“{given}” is not an LEI. It has 20 letters and digits, the last two check the others.", given=given[:40])
        )


def in_groups(text: str, *sizes: int) -> str:
    """The text in groups of these sizes, apart by no-break blanks."""
    parts, rest = [], text
    for size in sizes:
        parts.append(rest[:size])
        rest = rest[size:]
    return "\N{NO-BREAK SPACE}".join(filter(None, (*parts, rest)))
