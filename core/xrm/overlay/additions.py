# SPDX-License-Identifier: Apache-2.0
"""What an administrator added: one field of a type, or one type, in the grammar of entity files."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from xrm.schema.grammar.manifest import RESERVED_OWNER
from xrm.schema.load import RESERVED_PREFIX

OWNER = RESERVED_OWNER  # who owns the types of administrators, as a plugin owns its own
PREFIX = RESERVED_PREFIX  # what their field keys begin with, so that no plugin ever declares the same


@dataclass(frozen=True)
class Addition:
    """One row of the overlay; ``declaration`` as plain values, ``base`` what the plugin declared of the type then (JSON).

    ``former`` are the keys that a field had before it was renamed, the first one first.
    """

    id: uuid.UUID
    kind: Literal["field", "type"]
    type_name: str
    key: str
    declaration: Mapping[str, Any]
    position: int
    version: int = 1
    base: str = ""
    former: tuple[str, ...] = ()

    @property
    def is_retired(self) -> bool:
        """Whether it is kept and hidden."""
        return self.declaration.get("retired") is True

    @property
    def name(self) -> str:
        """``type.key``, or the type alone."""
        return f"{self.type_name}.{self.key}" if self.key else self.type_name

    @property
    def file(self) -> str:
        """The file it would stand in, for messages."""
        return f"overlay/{self.type_name}.yaml"


@dataclass(frozen=True)
class Overlay:
    """All additions in their order, the number of the schema version they belong to, and the fields guarded beside them."""

    number: int = 0
    additions: tuple[Addition, ...] = ()
    guarded: frozenset[tuple[str, str]] = frozenset()


def full_key(key: str) -> str:
    """The key with the prefix that keys of administrators have."""
    return key if key.startswith(PREFIX) else f"{PREFIX}{key}"


def to_text(declaration: Mapping[str, Any]) -> str:
    """A declaration as the JSON that is stored; decimals stay exact."""
    return json.dumps(declaration, ensure_ascii=False, default=_plain)


def from_text(text: str) -> dict[str, Any]:
    """The declaration that was stored; empty, which no grammar takes, when it cannot be read."""
    try:
        loaded = json.loads(text, parse_float=Decimal)
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _plain(value: Any) -> int | float | str:
    if not isinstance(value, Decimal):
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    short = float(value)
    return short if Decimal(repr(short)) == value else str(value)
