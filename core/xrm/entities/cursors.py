# SPDX-License-Identifier: Apache-2.0
"""Where a page of a list ended, as text for a URL: sort values and id, valid for that list only."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xrm.errors import InvalidInput, Problem, msg


def fingerprint(*parts: object) -> str:
    """A short text that differs for lists that differ."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def encode(mark: str, values: Sequence[Any]) -> str:
    """The cursor behind a row with these sort values."""
    text = json.dumps([mark, *(_pack(value) for value in values)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(mark: str, cursor: str, count: int) -> list[Any]:
    """The sort values of a cursor.

    Raises:
        InvalidInput: when it was made for another list, or is no cursor.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found, *values = json.loads(base64.urlsafe_b64decode(padded.encode()))
        unpacked = [_unpack(value) for value in values]
    except (binascii.Error, ValueError, TypeError, KeyError, ArithmeticError, RecursionError) as error:
        raise InvalidInput([Problem("after", msg("This is no place in the list. Begin at its start."))]) from error
    if found != mark or len(unpacked) != count:
        raise InvalidInput([Problem("after", msg("This place belongs to another list. Begin at its start."))])
    return unpacked


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, Decimal):
        return {"n": str(value)}
    if isinstance(value, uuid.UUID):
        return {"u": value.hex}
    return value


_READ: dict[str, Callable[[str], Any]] = {"t": datetime.fromisoformat, "d": date.fromisoformat, "n": Decimal, "u": uuid.UUID}


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _READ[kind](text)
    return value
