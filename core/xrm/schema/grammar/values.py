# SPDX-License-Identifier: Apache-2.0
"""The kinds of value a declaration is made of, as marshmallow fields that say what to write instead."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from xrm.errors import Message, msg
from xrm.schema.model import RESERVED_KEYS
from xrm.schema.suggest import unknown

KEY_PATTERN = "^[a-z][a-z0-9]*(_[a-z0-9]+)*_?$"
KEY_LENGTH = 48
EXTENSION = "x-"
# Only relationships have ends; where a customer came from may be called its source.
ENTITY_RESERVED = RESERVED_KEYS - {"source", "target"}
# The latter are what plugins read besides entity types, under these names.
ROW_NAMES = frozenset({"contact_point", "interaction", "interaction_participant", "relationship"})
# What rights are given on besides types; a type of that name would be governed by them.
SUBJECTS = frozenset({"user", "job", "message", "score", "schema", "instance", "plugin"})
TYPE_RESERVED = RESERVED_KEYS | {"party", "record", "entity"} | ROW_NAMES
RIGHTS_RESERVED = TYPE_RESERVED | SUBJECTS
_KEY = re.compile(r"[a-z][a-z0-9_]*\Z")


class KeyMessage(Message):
    """A message about a key itself, shown where the key stands instead of its value."""


def key_problem(key: str, reserved: Collection[str] = ()) -> KeyMessage | None:
    """Why a text cannot name a field or a type, or None if it can; ``reserved`` names are taken."""
    if not _KEY.match(key) or "__" in key or len(key) > KEY_LENGTH:
        return KeyMessage(
            'The name "{key}" cannot be used. Write at most 48 of a-z, 0-9 and _, beginning with a letter, without "__".',
            {"key": key},
        )
    if key in reserved:
        return KeyMessage('The name "{key}" is reserved. Choose another, for example "{key}_kind".', {"key": key})
    return None


def is_extension(key: str) -> bool:
    """Whether a key is a remark for other programs (``x-…``), which the grammar ignores."""
    return key.startswith(EXTENSION)


class Part(fields.Field[Any]):
    """A value of the grammar; ``example`` is what messages and editors show, ``description`` one sentence for editors."""

    def __init__(self, description: str = "", *, example: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.description = description
        self.example = example

    def read(self, value: Any) -> Any:
        """The value meant by what stands in the file; raises ValidationError: a list of messages, or a tree of them by key."""
        if value is None:
            raise refuse(msg("Empty. Write a value, or remove the key."))
        return self._take(value)

    def missing(self) -> list[Message]:
        """What is said when the key is not there."""
        return [msg("Missing. Write it, for example: {example}", example=self.example)]

    def json_schema(self) -> dict[str, Any]:
        """What an editor may know of the value."""
        return {**self._shape(), **({"description": self.description} if self.description else {})}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_options: Any) -> Any:
        return self._take(value)

    def _take(self, value: Any) -> Any:
        return value

    def _shape(self) -> dict[str, Any]:
        return {}


def refuse(message: Message) -> ValidationError:
    """The error that carries one message."""
    return ValidationError([message])


def found(value: Any) -> str:
    """A value as its author wrote it, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else str(value)


class Text(Part):
    """A text that is not empty."""

    def _take(self, value: Any) -> str:
        if isinstance(value, str) and value:
            return value
        if isinstance(value, (dict, list)):
            raise refuse(msg('Text is expected, not {found}. Put text with "{{", "[" or ":" in quotes.', found=found(value)))
        raise refuse(msg('Text is expected. Put it in quotes: "{found}"', found=found(value)))

    def _shape(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


class Pattern(Text):
    """A text of a certain shape."""

    def __init__(self, description: str, pattern: str, message: Message, **options: Any) -> None:
        super().__init__(description, **options)
        self.pattern = pattern
        self._match = re.compile(pattern).search
        self._message = message

    def _take(self, value: Any) -> str:
        text = super()._take(str(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value)
        if not self._match(text):
            raise refuse(Message(self._message.text, {"found": text}))
        return text

    def _shape(self) -> dict[str, Any]:
        return {"type": "string", "pattern": self.pattern}


class Name(Text):
    """The name of a type or field: a-z, 0-9 and _."""

    def __init__(self, description: str = "", *, reserved: Collection[str] = (), **options: Any) -> None:
        super().__init__(description, **options)
        self.reserved = reserved

    def _take(self, value: Any) -> str:
        text = super()._take(value)
        problem = key_problem(text, self.reserved)
        if problem:
            raise refuse(Message(problem.text, problem.params))
        return text

    def _shape(self) -> dict[str, Any]:
        return {"type": "string", "pattern": KEY_PATTERN, "maxLength": KEY_LENGTH}


class Flag(Part):
    """true or false."""

    def _take(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise refuse(msg('Write true or false, not "{found}".', found=found(value)))

    def _shape(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Whole(Part):
    """A whole number, at least ``lowest``."""

    def __init__(self, description: str = "", *, lowest: int = 0, **options: Any) -> None:
        super().__init__(description, **options)
        self.lowest = lowest

    def _take(self, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= self.lowest:
            return value
        raise refuse(msg("Write a whole number from {lowest}, not {found}.", lowest=self.lowest, found=found(value)))

    def _shape(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.lowest}


class OneOf(Part):
    """One word of a fixed list; ``what`` names the list in messages."""

    def __init__(self, what: str, words: Collection[str], description: str = "", **options: Any) -> None:
        super().__init__(description, **options)
        self.what = what
        self.words = tuple(words)

    def _take(self, value: Any) -> str:
        if isinstance(value, str) and value in self.words:
            return value
        raise refuse(unknown(self.what, found(value), self.words))

    def _shape(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


class Scalar(Part):
    """A single value: text, number, true or false."""

    def _take(self, value: Any) -> Any:
        if isinstance(value, (dict, list)):
            raise refuse(msg("Write one value here, not {found}.", found=found(value)))
        return value

    def _shape(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"]}


class Anything(Part):
    """Any value, checked by whoever uses it."""


class Expression(Text):
    """An expression, as text; its language is checked with the whole file."""

    def _shape(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


class Condition(Expression):
    """true, false, or an expression that says when."""

    def _take(self, value: Any) -> Any:
        return value if isinstance(value, bool) else super()._take(value)

    def _shape(self) -> dict[str, Any]:
        return {"type": ["boolean", "string"]}
