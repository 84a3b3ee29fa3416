# SPDX-License-Identifier: Apache-2.0
"""The manifest of an exported plugin: what it declared, how its tables were made, which rows went, and all sums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from xrm.backup.manifest import Member, sealed, unsealed
from xrm.errors import XrmError, msg

FORMAT = 1
KIND = "plugin"


@dataclass(frozen=True)
class PartEntry:
    """Rows of a table in the archive: the name of the member, the columns of each line, the key, and how many rows.

    ``pointing`` and ``links`` as in ``Part``. With ``column`` the lines hold the key and the value of one column of others' rows.
    """

    member: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: int
    pointing: tuple[str, ...] = ()
    links: bool = False
    column: str = ""


@dataclass(frozen=True)
class TableEntry:
    """How a table of the plugin was made: statements before its rows come, after, and when all tables are there."""

    name: str
    create: tuple[str, ...]
    finish: tuple[str, ...] = ()
    link: tuple[str, ...] = ()


@dataclass(frozen=True)
class PluginManifest:
    """What an archive says of itself; ``state`` is what was applied of the plugin, as JSON values. Parts: parents come first."""

    plugin: str
    version: str
    program: str
    database: str
    made_at: datetime
    belongings: Mapping[str, Any]
    state: Mapping[str, Any]
    tables: tuple[TableEntry, ...]
    parts: tuple[PartEntry, ...]
    missing_files: tuple[str, ...] = ()
    members: Mapping[str, Member] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Part → rows, of parts that have any."""
        return {one.member.partition("/")[2].removesuffix(".jsonl"): one.rows for one in self.parts if one.rows}

    @property
    def files(self) -> list[str]:
        """The members that are uploaded files, as they are called in the instance."""
        return [name for name in self.members if name.startswith("files/")]

    def to_json(self) -> bytes:
        """The text of the manifest, with its own sum."""
        value = {**asdict(self), "made_at": self.made_at.isoformat(), "format": FORMAT, "kind": KIND}
        return sealed(json.loads(json.dumps(value, ensure_ascii=False)))


def read_plugin_manifest(text: bytes) -> PluginManifest:
    """The manifest of this text.

    Raises:
        XrmError: when it is none, was changed, or has a form that a later program made.
    """
    try:
        value = unsealed(text)
        if value.pop("kind", "") != KIND:
            raise XrmError(msg("It is no export of a plugin. Backups are restored with xrm backup restore."))
        if value.pop("format") != FORMAT:
            raise XrmError(msg("The export has a form that this program does not know. Use the program that made it."))
        return _manifest_of(value)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise XrmError(msg("The manifest cannot be read.")) from error


def _manifest_of(value: dict[str, Any]) -> PluginManifest:
    return PluginManifest(
        **{part: str(value[part]) for part in ("plugin", "version", "program", "database")},
        made_at=datetime.fromisoformat(value["made_at"]), belongings=value["belongings"], state=value["state"],
        tables=tuple(_table(one) for one in value["tables"]),
        parts=tuple(_part(one) for one in value["parts"]), missing_files=tuple(value["missing_files"]),
        members={name: Member(int(one["size"]), str(one["sha256"])) for name, one in value["members"].items()},
    )


def _table(one: Mapping[str, Any]) -> TableEntry:
    return TableEntry(one["name"], *(tuple(one[part]) for part in ("create", "finish", "link")))


def _part(one: Mapping[str, Any]) -> PartEntry:
    lists = {name: tuple(one[name]) for name in ("columns", "key", "pointing")}
    return PartEntry(**{**one, **lists})
