# SPDX-License-Identifier: Apache-2.0
"""Structured values: JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import marshmallow
from sqlalchemy import Column, Dialect, Text
from sqlalchemy.types import TypeDecorator

from xrm.errors import msg
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.characters import require_plain
from xrm.schema.model import Field

_DEEPEST = 20
_LONGEST = 100_000


class JsonText(TypeDecorator[Any]):
    """A JSON value as its text: comes back as it went in, which neither database's own JSON type promises."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Compact JSON."""
        return None if value is None else _written(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The value."""
        return None if value is None else json.loads(value)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class JsonType(FieldType):
    """An object or a list of JSON, for machines; people see its text."""

    name = "json"
    input = "json"
    cell = "json"
    operators = ("empty", "filled")
    can_be_many = False
    can_be_indexed = False

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """Its text."""
        return (Column(field.key, JsonText()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> Any:
        """An object or a list, from itself or from JSON text; empty ones are kept."""
        value = raw
        if isinstance(raw, str):
            if not raw.strip():
                return None
            value = _from_text(raw)
        if value is None:
            return None
        if not isinstance(value, dict | list):
            raise InvalidValue(msg("This is not an object or a list of JSON. Write it in {…} or […]."))
        _require_json(value, 1)
        # Written and read once: what is kept is what comes back (tuples become lists, keys text).
        written = _written(value)
        if len(written) > _LONGEST:
            raise InvalidValue(msg("The JSON has {count} characters. Shorten it to {most}.", count=len(written), most=_LONGEST))
        return json.loads(written)

    def text_one(self, field: Field, value: Any) -> str:
        """Compact JSON."""
        return _written(value)

    def search_one(self, field: Field, value: Any) -> str:
        """Nothing."""
        return ""

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """Any JSON."""
        return marshmallow.fields.Raw(allow_none=True)


def _from_text(raw: str) -> Any:
    if len(raw) > 2 * _LONGEST:
        raise InvalidValue(msg("The JSON has {count} characters. Shorten it to {most}.", count=len(raw), most=_LONGEST))
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise InvalidValue(msg("This is not JSON ({reason}). Correct it.", reason=str(error)[:80])) from error


def _require_json(value: object, depth: int) -> None:
    if depth > _DEEPEST:
        raise _too_deep()
    if isinstance(value, str):
        require_plain(value, lines=True)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                raise InvalidValue(msg("A key of JSON is text. Write {given} in quotes.", given=str(key)[:40]))
            require_plain(key)
            _require_json(part, depth + 1)
    elif isinstance(value, list | tuple):
        for part in value:
            _require_json(part, depth + 1)
    else:
        _require_plain_json(value)


def _too_deep() -> InvalidValue:
    return InvalidValue(msg("The JSON is nested deeper than {most} levels. Make it flatter.", most=_DEEPEST))


def _require_plain_json(value: object) -> None:
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise InvalidValue(msg("JSON has no infinite number and no NaN. Remove it."))
        if isinstance(value, int) and abs(value) >= 2**63:
            raise InvalidValue(msg("A number of the JSON is too large. Write it as text."))
    elif value is not None:
        raise InvalidValue(msg("{given} is not JSON. Write it as text.", given=str(value)[:40]))
