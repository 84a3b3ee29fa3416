# SPDX-License-Identifier: Apache-2.0
"""Where a page of a list ended, as text for a URL: sort values and id, valid for that list only."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from xrm.errors import InvalidInput, Problem, msg

SEAL = 16


def fingerprint(*parts: object) -> str:
    """A short text that differs for lists that differ."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def encode(mark: str, key: str, values: Sequence[Any]) -> str:
    """The cursor behind a row with these sort values, sealed with the instance's secret key."""
    text = json.dumps([_pack(value) for value in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(_seal(mark, key, text) + text.encode()).decode().rstrip("=")


def _seal(mark: str, key: str, text: str) -> bytes:
    return hmac.digest(key.encode(), f"{mark} {text}".encode(), "sha256")[:SEAL]


def decode(mark: str, key: str, cursor: str) -> list[Any]:
    """The sort values of a cursor, which are those that were sealed.

    Raises:
        InvalidInput: when it was made for another list, or is no cursor.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        data = base64.b64decode(padded.encode(), altchars=b"-_", validate=True)
        text = data[SEAL:].decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidInput([Problem("after", msg("This is no place in the list. Begin at its start."))]) from error
    if not hmac.compare_digest(data[:SEAL], _seal(mark, key, text)):
        raise InvalidInput([Problem("after", msg("This place belongs to another list. Begin at its start."))])
    return [_unpack(value) for value in json.loads(text)]


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, timedelta):
        return {"s": f"{value // timedelta(microseconds=1)}"}
    if isinstance(value, Decimal):
        return {"n": str(value)}
    if isinstance(value, uuid.UUID):
        return {"u": value.hex}
    return value


_READ: dict[str, Callable[[str], Any]] = {
    "t": datetime.fromisoformat, "d": date.fromisoformat, "n": Decimal, "u": uuid.UUID,
    "s": lambda text: timedelta(microseconds=int(text)),
}


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _READ[kind](text)
    return value
