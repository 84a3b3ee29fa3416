# SPDX-License-Identifier: Apache-2.0
"""Ways to reach somebody: e-mail, telephone, web address; each in one normal form, so that equal ones are equal."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import marshmallow
from sqlalchemy import Column, ColumnElement, func
from sqlalchemy.sql import FromClause

from xrm.db.types import key_text
from xrm.errors import msg
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.characters import require_length, text_of
from xrm.schema.model import Field

_TO_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_LONGEST_URL = 2_000
_FEWEST_DIGITS = 6
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?!\d+(?:/|$))")
_HOST = re.compile(r"(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.)*[^\W_](?:[\w\-]{0,61}[^\W_])?\.?|\[[0-9A-Fa-f:.]+\]")
_PLAIN_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*@(?:(?!..--)[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z]{2,20}"
)
# The last parts of names that are set aside (RFC 6761); addresses below them take the long way.
_SPECIAL_ENDINGS = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
_UNSAFE = re.compile(r"[\s\\<>\"`{}|^\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class CodeTextType(FieldType):
    """What texts in a normal form share: one column, compared without the case of A to Z."""

    operators = ("eq", "ne", "in", "contains", "starts", "empty", "filled")
    sortable = True
    expression_type = "text"

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The normal form."""
        return (Column(field.key, key_text()),)

    def identity(self, field: Field, value: Any) -> str:
        """Without case."""
        return lower_ascii(value)

    def filter_column(self, field: Field, table: FromClause) -> ColumnElement[Any]:
        """The text in small letters; both databases lower A to Z and nothing else under this collation."""
        return func.lower(table.c[field.key], type_=key_text())

    def operand(self, field: Field, raw: object, context: ParseContext) -> str:
        """What is looked for, in small letters; not normalised, because it may be a part."""
        text = text_of(raw) if raw is not None else ""
        if not text:
            raise InvalidValue(msg("A value is missing to compare with. Give one, or ask for empty or filled."))
        require_length(text, _LONGEST_URL)
        return lower_ascii(text)


def lower_ascii(text: str) -> str:
    """A to Z in small letters, all else untouched: what ``lower`` does in both databases."""
    return text.translate(_TO_LOWER)


class EmailType(CodeTextType):
    """An e-mail address. Normalised: the domain in small letters and Unicode; no DNS is asked."""

    name = "email"
    input = "email"
    cell = "email"

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """The address, without ``mailto:``."""
        return read_email(raw)

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """An address."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": "email"})


def read_email(raw: object) -> str | None:
    """The address in its normal form, or None when empty."""
    text = text_of(raw) if raw is not None else ""
    if not text:
        return None
    if text[:7].lower() == "mailto:":
        text = text[7:]
    if _PLAIN_EMAIL.fullmatch(text) and len(text) <= 254 and text.rpartition(".")[2] not in _SPECIAL_ENDINGS:
        return text  # it is in its normal form; the long way round takes a hundred times as long
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # slow to import, seldom needed

    try:
        # Test names such as .example and .test are addresses like others: samples and test instances use them.
        found = validate_email(text[:400], check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidValue(msg("“{given}” is not an e-mail address. Write it like name@example.org.", given=text[:60])) from error
    return found.normalized


class PhoneType(CodeTextType):
    """A telephone number. Normalised to E.164 (``+33612345678``, an extension as ``;ext=12``) with the instance's country.

    Old and short numbers pass if their country can be dialled: a register of twenty years has them.
    """

    name = "phone"
    input = "phone"
    cell = "phone"

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """The number with its country."""
        return read_phone(raw, context)

    def operand(self, field: Field, raw: object, context: ParseContext) -> str:
        """The number's normal form if it is whole, else its digits."""
        text = super().operand(field, raw, context)
        try:
            return read_phone(text, context) or ""
        except InvalidValue:
            digits = re.sub(r"[^0-9]", "", text).lstrip("0")
            if not digits:
                raise
            return f"+{digits}" if text.startswith("+") else digits

    def filter(self, field: Field, table: FromClause, operator: str, raw: object, context: ParseContext) -> ColumnElement[bool]:
        """``contains`` compares digits, as typed or with the country's prefix."""
        if operator == "contains" and operator in self.operators_for(field):
            digits = re.sub(r"[^0-9]", "", super().operand(field, raw, context)).lstrip("0")
            if not digits:
                raise InvalidValue(msg("A number is missing to look for. Give some digits."))
            return table.c[field.key].contains(digits, autoescape=True)
        return super().filter(field, table, operator, raw, context)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """In groups, with the country's prefix."""
        import phonenumbers  # noqa: PLC0415  # its tables slow the start

        try:
            number = phonenumbers.parse(value, None)
        except phonenumbers.NumberParseException:
            return str(value)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """A number."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": "phone"})


def read_phone(raw: object, context: ParseContext) -> str | None:
    """The number in E.164, or None when empty."""
    text = text_of(raw) if raw is not None else ""
    if not text:
        return None
    import phonenumbers  # noqa: PLC0415  # its tables slow the start

    if text[:4].lower() == "tel:":
        text = text[4:]
    try:
        number = phonenumbers.parse(text[:100], context.country)
    except phonenumbers.NumberParseException as error:
        raise _no_phone(text) from error
    too_long = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.TOO_LONG
    digits = len(phonenumbers.national_significant_number(number))
    if too_long or digits < _FEWEST_DIGITS or len(text) > 100 or digits + len(str(number.country_code)) > 15:
        raise _no_phone(text)
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


def _no_phone(text: str) -> InvalidValue:
    return InvalidValue(
        msg(
            "“{given}” is not a telephone number. Write it with the prefix of its country, like +33 6 12 34 56 78.",
            given=text[:40],
        )
    )


class UrlType(CodeTextType):
    """A web address (``http``, ``https``) or ``mailto:``. Normalised: scheme and host small, ``https://`` where none is given."""

    name = "url"
    input = "url"
    cell = "url"

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """The address; anything that could run in a browser is refused."""
        text = text_of(raw) if raw is not None else ""
        if not text:
            return None
        require_length(text, _LONGEST_URL)
        found = _SCHEME.match(text)
        if found and found[1].lower() == "mailto":
            address, question, rest = text[7:].partition("?")
            if _UNSAFE.search(rest):
                raise _no_url(text)
            return f"mailto:{read_email(address)}{question}{rest}"
        if found is None:
            text = f"https://{text.removeprefix('//')}"
        elif found[1].lower() not in {"http", "https"}:
            raise InvalidValue(msg("A link cannot begin with {scheme}. Write one with https://.", scheme=found[0][:40]))
        return _web_address(text)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """Without the scheme of the web and without a last slash."""
        return re.sub(r"^https?://", "", value).removesuffix("/")

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """An address."""
        return marshmallow.fields.String(allow_none=True, metadata={"format": "uri"})


def _web_address(text: str) -> str:
    if _UNSAFE.search(text):
        raise _no_url(text)
    try:
        parts = urlsplit(text)
        valid = parts.port is None or parts.port > 0
    except ValueError as error:
        raise _no_url(text) from error
    scheme, _, behind = text.partition("://")
    place = parts.netloc
    if "@" in place:
        raise InvalidValue(msg("A link has no user name in it. Remove what stands before the @."))
    host = place.rsplit(":", 1)[0] if not place.endswith("]") else place
    if not valid or not host or not _HOST.fullmatch(host) or ("." not in host and host != "localhost" and ":" not in host):
        raise _no_url(text)
    return f"{scheme.lower()}://{place.lower()}{behind[len(place) :]}"


def _no_url(text: str) -> InvalidValue:
    return InvalidValue(msg("“{given}” is not a web address. Write it like https://example.org/page.", given=text[:60]))
