# SPDX-License-Identifier: Apache-2.0
"""What belongs to a plugin: its types, kinds, models and channels, and its tables with what is kept of former fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, inspect

from xrm.migrate.former import declared_types
from xrm.migrate.own_tables import has_own_tables
from xrm.migrate.state import State, read_state
from xrm.migrate.writing import KEPT
from xrm.plugin_host.host import PluginHost
from xrm.schema.registry import Registry

ROLE = "role"
LONGEST, UNCUT = 63, 54  # letters of a table's name, and of one that had to be cut


@dataclass(frozen=True)
class Belongings:
    """What a plugin declared last, as JSON values, and the names of what its code registered.

    ``tables`` are those of its types, ``kept`` those that hold what was dropped of them.
    """

    plugin: str
    version: str = ""
    declared: tuple[Mapping[str, Any], ...] = ()
    kinds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def entity_types(self) -> tuple[str, ...]:
        """All its entity types."""
        return tuple(one["entity"] for one in self.declared if "entity" in one)

    @property
    def roles(self) -> tuple[str, ...]:
        """Its roles."""
        return tuple(one["entity"] for one in self.declared if "entity" in one and one.get("kind") == ROLE)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Its types that are entities of their own: records and kinds of party."""
        return tuple(name for name in self.entity_types if name not in self.roles)

    @property
    def relationships(self) -> tuple[str, ...]:
        """Its relationship types."""
        return tuple(one["name"] for one in self.declared if "entity" not in one)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is known."""
        return not (self.declared or self.kinds or self.models or self.channels or self.tables or self.kept)

    def to_json(self) -> dict[str, Any]:
        """What has to be remembered of it; the tables are read from the database."""
        return {
            "plugin": self.plugin, "version": self.version, "declared": list(self.declared), "kinds": list(self.kinds),
            "models": list(self.models), "channels": list(self.channels),
        }


def belongings_from_json(given: Mapping[str, Any]) -> Belongings:
    """What ``to_json`` gave, without tables."""
    names = {part: tuple(given[part]) for part in ("declared", "kinds", "models", "channels")}
    return Belongings(given["plugin"], given["version"], **names)


def find_belongings(connection: Connection, plugin: str, host: PluginHost, registry: Registry) -> Belongings:
    """What belongs to a plugin that is there, or was: what it declares is taken from what was applied last."""
    state = read_state(connection) if has_own_tables(connection) else State()
    version = next((one.version for one in host.plugins if one.name == plugin), "")
    made = Belongings(
        plugin, version or (state.made_by[plugin].version if plugin in state.made_by else ""),
        declared=tuple(state.declarations.get(plugin, ())),
        kinds=tuple(sorted(kind.name for kind in registry.interaction_kinds.values() if kind.plugin == plugin)),
        models=_registered(host, plugin, "register_score_models"), channels=_registered(host, plugin, "register_channels"),
    )
    return with_tables(connection, made, state)


def remembered(connection: Connection, text: str) -> Belongings:
    """What was noted of a plugin when it was removed, with the tables that are there now.

    A schema change that was taken back meanwhile brought its own declarations back.
    """
    noted, state = belongings_from_json(json.loads(text)), read_state(connection)
    return with_tables(connection, replace(noted, declared=tuple(state.declarations.get(noted.plugin, noted.declared))), state)


def with_tables(connection: Connection, belongings: Belongings, state: State) -> Belongings:
    """The same, with its tables in this database."""
    live = inspect(connection).get_table_names()
    declared = declared_types({belongings.plugin: belongings.declared})
    owned = {name for name, one in state.objects.items() if one.owner == belongings.plugin}
    owned |= {name for name in state.objects if any(name == one or name.startswith(f"{one}__") for one in declared)}
    kept = {name for name in live if name.startswith(KEPT) and _is_of(name, {*owned, *declared})}
    return replace(belongings, tables=tuple(sorted(owned.intersection(live))), kept=tuple(sorted(kept)))


def _is_of(kept: str, tables: Iterable[str]) -> bool:
    # Names that no database would keep whole are cut, and marked by a digest.
    return any(kept == f"{KEPT}{one}"[:LONGEST] or kept.startswith(f"{KEPT}{one}__"[:UNCUT]) for one in tables)


def _registered(host: PluginHost, plugin: str, hook: str) -> tuple[str, ...]:
    return tuple(sorted(answer.value.key for answer in host.contributed(hook) if answer.plugin == plugin))


def link_fields(state: State, plugin: str) -> list[tuple[str, str, bool]]:
    """(table, field, whether it has several values) of all links that others than the plugin declare."""
    return [
        (table, key, field["type"] == "links" or bool(field.get("many")))
        for table, one in declared_types(state.declarations).items() if one.owner != plugin
        for key, field in one.fields.items() if field.get("type") in {"link", "links"}
    ]


def file_fields(belongings: Belongings) -> list[tuple[str, str, bool]]:
    """(table, field, whether it has several values) of the files and pictures of a plugin's types."""
    return [
        (table, key, bool(field.get("many")))
        for table, one in declared_types({belongings.plugin: belongings.declared}).items()
        for key, field in one.fields.items() if field.get("type") in {"file", "image"}
    ]


