# SPDX-License-Identifier: Apache-2.0
"""The manifest of a backup: what is in it, of which program, and the sum of every member and of itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from xrm.errors import XrmError, msg

FORMAT = 1


@dataclass(frozen=True)
class Member:
    """Size in bytes and SHA-256 (hexadecimal) of one member."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. ``plugins``: name → version; ``tables``: name → rows; ``members``: all but the manifest."""

    program: str
    database: str
    made_at: datetime
    ledger_position: int
    declarations: Mapping[str, str]
    plugins: Mapping[str, str]
    tables: Mapping[str, int]
    missing_files: tuple[str, ...]
    members: Mapping[str, Member]

    @property
    def has_secret(self) -> bool:
        """Whether the secret key's file is in it."""
        return "configuration/secret.key" in self.members

    @property
    def size(self) -> int:
        """Bytes of all members together."""
        return sum(member.size for member in self.members.values())

    @property
    def files(self) -> int:
        """How many uploaded files are in it."""
        return sum(name.startswith("files/") for name in self.members)

    def to_json(self) -> bytes:
        """The text of the manifest, with its own sum."""
        value = {**asdict(self), "made_at": self.made_at.isoformat(), "format": FORMAT}
        return sealed(value)


def sealed(value: Mapping[str, Any]) -> bytes:
    """JSON values as the text of a manifest, with their own sum."""
    return json.dumps({**value, "sha256": _sum(value)}, ensure_ascii=False, sort_keys=True, indent=1).encode()


def unsealed(text: bytes) -> dict[str, Any]:
    """The values of such a text.

    Raises:
        XrmError: when they were changed.
        ValueError, KeyError, TypeError, AttributeError: when it is no such text.
    """
    value: dict[str, Any] = json.loads(text)
    if value.pop("sha256") != _sum(value):
        raise XrmError(msg("The manifest was changed: its own sum does not fit."))
    return value


def read_manifest(text: bytes) -> Manifest:
    """The manifest of this text.

    Raises:
        XrmError: when it is none, was changed, or has a form that a later program made.
    """
    try:
        value = unsealed(text)
        if value.pop("format") != FORMAT:
            raise XrmError(msg("The backup has a form that this program does not know. Use the program that made it."))
        return _manifest_of(value)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise XrmError(msg("The manifest cannot be read.")) from error


def _manifest_of(value: dict[str, Any]) -> Manifest:
    members = {str(name): Member(int(one["size"]), str(one["sha256"])) for name, one in value["members"].items()}
    return Manifest(
        program=str(value["program"]), database=str(value["database"]), made_at=datetime.fromisoformat(value["made_at"]),
        ledger_position=int(value["ledger_position"]), declarations=dict(value["declarations"]),
        plugins={str(name): str(version) for name, version in value["plugins"].items()},
        tables={str(name): int(rows) for name, rows in value["tables"].items()},
        missing_files=tuple(map(str, value["missing_files"])), members=members,
    )


def _sum(value: Mapping[str, Any]) -> str:
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
