# SPDX-License-Identifier: Apache-2.0
"""Yes or no, one or several of declared choices, and tags that people make up."""

from __future__ import annotations

import re
from typing import Any

import marshmallow
from sqlalchemy import Boolean, Column, Text

from xrm.db.types import key_text
from xrm.errors import Message, msg
from xrm.folding import fold
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.characters import require_length, text_of
from xrm.schema.model import Choice, Field

_YES = frozenset({"yes", "y", "true", "t", "1", "on", "oui", "o", "vrai"})
_NO = frozenset({"no", "n", "false", "f", "0", "off", "non", "faux"})
_SHOWN = {"en": ("Yes", "No"), "fr": ("Oui", "Non")}
_CHOICE_KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,62}")
_TONES = ("good", "warn", "bad", "info", "neutral")
_LONGEST_TAG = 100


class YesNoType(FieldType):
    """Yes, no, or not known (empty)."""

    name = "yes_no"
    input = "yes_no"
    cell = "yes_no"
    operators = ("eq", "ne", "empty", "filled")
    sortable = True
    expression_type = "yes_no"
    can_be_many = False

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """One truth value."""
        return (Column(field.key, Boolean()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> bool | None:
        """The truth value meant by true, 1, yes, oui, on … and their opposites."""
        if raw is None or isinstance(raw, bool):
            return raw
        word = fold(str(raw)[:20]) if isinstance(raw, str | int) else "?"
        if not word:
            return None
        if word not in _YES | _NO:
            raise InvalidValue(msg("“{given}” is neither yes nor no. Write yes or no.", given=str(raw)[:40]))
        return word in _YES

    def text_one(self, field: Field, value: Any) -> str:
        """``yes`` or ``no``."""
        return "yes" if value else "no"

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """Yes or no in the language."""
        yes, no = _SHOWN.get(language, _SHOWN["en"])
        return yes if value else no

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """A JSON truth value."""
        return marshmallow.fields.Boolean(allow_none=True)

    def search_one(self, field: Field, value: Any) -> str:
        """Nothing: nobody searches a word of three letters."""
        return ""


class ChoiceType(FieldType):
    """One of the declared choices, kept by its key; read by its key or by its label in any language.

    A retired choice is still taken by its key, because records have it; forms do not offer it.
    """

    name = "choice"
    options = frozenset({"choices"})
    input = "choice"
    cell = "choice"
    operators = ("eq", "ne", "in", "empty", "filled")
    sortable = True
    expression_type = "text"
    can_be_many = False
    separators = ";,\n"

    def check_options(self, field: Field) -> list[Message]:
        """At least one choice, keys that can be, tones that exist."""
        if not field.choices:
            return [msg("choices is missing. Write choices: {active: {en: Active, fr: Actif}} with one entry for each value.")]
        problems = []
        for choice in field.choices:
            if not _CHOICE_KEY.fullmatch(choice.key):
                problems.append(
                    msg(
                        "choices: {given} cannot be a key. Write small letters, digits and _, like in_progress.",
                        given=choice.key[:80],
                    )
                )
            if choice.tone not in _TONES:
                problems.append(
                    msg(
                        "choices: {given} has no tone {tone}. Write one of: {tones}.",
                        given=choice.key,
                        tone=choice.tone,
                        tones=", ".join(_TONES),
                    )
                )
        keys = [choice.key for choice in field.choices]
        problems += [
            msg("choices: {given} stands twice. Remove one.", given=key) for key in sorted(set(keys)) if keys.count(key) > 1
        ]
        return problems

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The key."""
        return (Column(field.key, key_text()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """The key of the choice meant."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        text = text_of(raw)
        found = _find(field.choices, text)
        if found is None:
            allowed = ", ".join(choice.key for choice in field.choices if not choice.retired)
            raise InvalidValue(
                msg("“{given}” is not one of the choices. Use one of: {allowed}.", given=text[:40], allowed=allowed)
            )
        return found.key

    def format_one(self, field: Field, value: Any, language: str) -> str:
        """Its label; a key that is no longer declared is shown as it is."""
        return next((choice.label.get(language) for choice in field.choices if choice.key == value), str(value))

    def search_one(self, field: Field, value: Any) -> str:
        """Its labels in all languages."""
        return " ".join(
            text for choice in field.choices if choice.key == value for text in dict.fromkeys(choice.label.texts.values())
        )

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """A key."""
        allowed = marshmallow.validate.OneOf([choice.key for choice in field.choices])
        return marshmallow.fields.String(allow_none=True, validate=allowed)


class ChoicesType(ChoiceType):
    """Several of the declared choices."""

    name = "choices"
    input = "choices"
    cell = "choices"
    sortable = False
    multiple = True


def _find(choices: tuple[Choice, ...], text: str) -> Choice | None:
    """The choice with this key, or the one with this label if only one has it."""
    for choice in choices:
        if choice.key == text:
            return choice
    folded = fold(text)
    found = [
        choice
        for choice in choices
        if not choice.retired and (choice.key == folded or folded in {fold(label) for label in choice.label.texts.values()})
    ]
    return found[0] if len(found) == 1 else None


class TagsType(FieldType):
    """Words that people make up; spelled as first written, the same without accents and case."""

    name = "tags"
    input = "tags"
    cell = "tags"
    operators = ("eq", "in", "contains", "starts", "empty", "filled")
    multiple = True
    expression_type = "text"
    separators = ",;\n"

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The tag as written and its folded key."""
        return (Column(field.key, Text()), Column(f"{field.key}__key", key_text()))

    def key_columns(self, field: Field) -> tuple[str, ...]:
        """The folded key."""
        return (f"{field.key}__key",)

    def identity(self, field: Field, value: Any) -> str:
        """The folded key."""
        return fold(value)

    def read(self, field: Field, raw: object, context: ParseContext) -> str | None:
        """One tag; without separators in it."""
        if raw is None:
            return None
        text = " ".join(text_of(raw).split()).removeprefix("#").strip()
        if any(separator in text for separator in self.separators):
            raise InvalidValue(msg("A tag has no comma and no semicolon. Write {given} as two tags.", given=text[:40]))
        require_length(text, _LONGEST_TAG)
        return text or None

    def store(self, field: Field, value: Any) -> dict[str, Any]:
        """The tag and its folded key."""
        return {field.key: value, f"{field.key}__key": None if value is None else fold(value)}

    def operand(self, field: Field, raw: object, context: ParseContext) -> str:
        """The folded tag."""
        return fold(super().operand(field, raw, context))

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """A short text."""
        return marshmallow.fields.String(allow_none=True, validate=marshmallow.validate.Length(max=_LONGEST_TAG))
