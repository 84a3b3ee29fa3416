# SPDX-License-Identifier: Apache-2.0
"""Mappings with known keys: the marshmallow schema that every part of the grammar is."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError
from marshmallow.exceptions import SCHEMA

from xrm.errors import Message, msg
from xrm.schema.grammar.values import KeyMessage, Part, is_extension
from xrm.schema.suggest import unknown

_NO_MAPPING = msg("A mapping is expected. Write key: value, one per line.")


class Grammar(Schema):
    """A mapping with known keys; any other key is a problem, unless it begins with ``x-``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parts = {part.data_key or name: part for name, part in self.fields.items() if isinstance(part, Part)}
        self._needed = [key for key, part in self.parts.items() if part.required]

    def load(self, data: Any, **_options: Any) -> dict[str, Any]:
        """The valid values by attribute; raises ValidationError with a tree of messages by key.

        Replaces marshmallow's own loop, which visits every declared key: most of some thirty are absent from most fields,
        and cold start pays for each.
        """
        if not isinstance(data, dict):
            raise ValidationError({SCHEMA: [_NO_MAPPING]})
        loaded: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for key, value in data.items():
            part = self.parts.get(key)
            if part is None:
                errors.update(self._strange(key))
            else:
                _read_into(loaded, errors, key, part, value)
        for key in self._needed:
            if key not in data:
                errors[key] = self.parts[key].missing()
        if errors:
            raise ValidationError(errors, data=data, valid_data=loaded)
        return loaded

    def _strange(self, key: str) -> dict[str, list[Message]]:
        if is_extension(key):
            return {}
        said = unknown("key", key, sorted(self.parts))
        return {key: [KeyMessage(said.text, said.params)]}


def _read_into(loaded: dict[str, Any], errors: dict[str, Any], key: str, part: Part, value: Any) -> None:
    try:
        loaded[part.attribute or key] = part.read(value)
    except ValidationError as error:
        errors[key] = error.messages
        if error.valid_data:
            loaded[part.attribute or key] = error.valid_data


class Nested(Part):
    """A mapping that has a schema of its own."""

    def __init__(self, schema: type[Grammar], description: str = "", **options: Any) -> None:
        super().__init__(description, **options)
        self.schema = schema()

    def _take(self, value: Any) -> Any:
        return self.schema.load(value)

    def _shape(self) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{type(self.schema).__name__}"}
