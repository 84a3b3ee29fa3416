# SPDX-License-Identifier: Apache-2.0
"""Text on one line, on several, and with markup; compared and searched without accents and case."""

from __future__ import annotations

import html
import re
from typing import Any, ClassVar

import marshmallow
import nh3
from sqlalchemy import Column, Text

from xrm.db.types import key_text
from xrm.errors import Message, msg
from xrm.folding import fold
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.characters import require_length, text_of
from xrm.schema.model import Field

_LONGEST_OPERAND = 1000


class TextType(FieldType):
    """One line of text. Normalised: no blanks around it. Kept with its folded key in ``<key>__key``."""

    name = "text"
    options = frozenset({"length", "pattern"})
    operators: ClassVar[tuple[str, ...]] = (
        "eq",
        "ne",
        "in",
        "contains",
        "starts",
        "lt",
        "le",
        "gt",
        "ge",
        "between",
        "empty",
        "filled",
    )
    sortable = True
    expression_type = "text"
    longest: ClassVar[int] = 2_000
    usual: ClassVar[int] = 250  # short enough for an index entry of both databases, in every script
    lines: ClassVar[bool] = False

    def check_options(self, field: Field) -> list[Message]:
        """A length that can be, and a pattern that is one."""
        problems = []
        if field.length is not None and not 1 <= field.length <= self.longest:
            problems.append(
                msg("length: {given} cannot be. Write a number from 1 to {most}.", given=field.length, most=self.longest)
            )
        if field.pattern:
            try:
                re.compile(field.pattern)
            except re.error as error:
                problems.append(
                    msg(
                        "pattern: {given} is no regular expression ({reason}). Correct it.",
                        given=field.pattern,
                        reason=str(error),
                    )
                )
        return problems

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The text and its folded key."""
        return (Column(field.key, Text()), Column(f"{field.key}__key", key_text()))

    def key_columns(self, field: Field) -> tuple[str, ...]:
        """The folded key."""
        return (f"{field.key}__key",)

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """Text with all its characters, or None when there is nothing but blanks."""
        if raw is None:
            return None
        return text_of(raw, lines=self.lines) or None

    def restrict(self, field: Field, value: str, context: ParseContext) -> None:
        """Length and pattern."""
        require_length(value, field.length or self.usual)
        if field.pattern and not re.fullmatch(field.pattern, value):
            raise InvalidValue(msg("This does not have the expected form ({pattern}). Correct it.", pattern=field.pattern))

    def store(self, field: Field, value: Any) -> dict[str, Any]:
        """The text and its folded key."""
        return {field.key: value, f"{field.key}__key": None if value is None else self.folded(value)}

    def folded(self, value: str) -> str:
        """The key under which a text is compared."""
        return fold(value)

    def operand(self, field: Field, raw: object, context: ParseContext) -> str:
        """The folded text."""
        value = str(super().operand(field, raw, context))
        require_length(value, _LONGEST_OPERAND)
        return fold(value)

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """Text with its greatest length."""
        longest = marshmallow.validate.Length(max=field.length or self.usual)
        return marshmallow.fields.String(allow_none=True, validate=longest)


class LongTextType(TextType):
    """Text with line breaks (normalised to line feeds) and tabs; without limit in practice."""

    name = "long_text"
    input = "long_text"
    cell = "long_text"
    operators = ("contains", "empty", "filled")
    sortable = False
    can_be_indexed = False
    can_be_many = False
    longest = 1_000_000
    usual = 100_000
    lines = True


_TAGS = frozenset(
    "a abbr b blockquote br code dd del dl dt em h2 h3 h4 hr i li ol p pre s strong"
    " sub sup table tbody td th thead tr u ul".split()
)
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "abbr": {"title"}}
_BLOCK_END = re.compile(r"<(?:br|hr|/(?:p|li|dd|dt|h[2-4]|tr|td|th|pre|blockquote))\b[^>]*>", re.IGNORECASE)


class RichTextType(LongTextType):
    """HTML without anything active: parsing keeps formatting and safe links and drops the rest; searched by its words."""

    name = "rich_text"
    input = "rich_text"
    cell = "rich_text"
    options = frozenset({"length"})

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """Clean HTML; None when no words are left. In filters it is compared by its words."""
        text = super().read(field, raw, context)
        if text is None:
            return None
        require_length(text, 2 * self.longest)
        clean = clean_html(text)
        return clean if plain_words(clean) else None

    def folded(self, value: str) -> str:
        """The folded words."""
        return fold(plain_words(value))

    def operand(self, field: Field, raw: object, context: ParseContext) -> str:
        """The folded words as typed: a filter gives text and not HTML."""
        value = text_of(raw) if raw is not None else ""
        if not value:
            raise InvalidValue(msg("A value is missing to compare with. Give one, or ask for empty or filled."))
        require_length(value, _LONGEST_OPERAND)
        return fold(value)

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """The words, without markup."""
        return plain_words(value)

    def search_one(self, field: Field, value: Any) -> str:
        """The words, without markup."""
        return plain_words(value)


def clean_html(text: str) -> str:
    """HTML with harmless elements only; links lead to the web or to mail, and never tell where they were clicked."""
    return nh3.clean(
        text,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    ).strip()


def plain_words(clean: str) -> str:
    """The text of clean HTML, blocks set apart by blanks."""
    text = nh3.clean(_BLOCK_END.sub(r"\g<0> ", clean), tags=set())
    return " ".join(html.unescape(text).split())
