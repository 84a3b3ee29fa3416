# SPDX-License-Identifier: Apache-2.0
"""All that goes with a plugin, to be shown before anything is done: counted, and named where only names tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from xrm.migrate.state import read_state
from xrm.overlay.models import overlay
from xrm.plugin_host.host import PluginHost
from xrm.plugin_removal.belongings import Belongings
from xrm.plugin_removal.parts import Extent, find_extent
from xrm.plugin_removal.values import count_rows


@dataclass(frozen=True)
class Inventory:
    """What a plugin has: rows by type and kind, everything else that hangs on them, and who needs it.

    ``others``: values in link fields of other types which point at its records, by ``table.field``. ``kept``: columns and tables
    with what is kept of fields that are declared no more.
    """

    plugin: str
    version: str
    entity_types: Mapping[str, int]
    roles: Mapping[str, int]
    relationship_types: Mapping[str, int]
    interaction_kinds: Mapping[str, int]
    score_models: Mapping[str, int]
    attached: Mapping[str, int]
    others: Mapping[str, int]
    own_fields: tuple[str, ...]
    tables: Mapping[str, int]
    indexes: int
    kept: tuple[str, ...]
    needed_by: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {name: list(one) if isinstance(one, tuple) else dict(one) if isinstance(one, Mapping) else one
                for name, one in vars(self).items()}


# What goes is shown by type where the table has one; the rest of a part by the table's name.
_TYPED = {"entity", "role", "relationship", "interaction"}


def take_inventory(connection: Connection, host: PluginHost, mine: Belongings) -> Inventory:
    """What goes with the plugin, as it is now; nothing is changed."""
    extent, state = find_extent(connection, mine), read_state(connection)
    fields = connection.execute(overlay.select().where(overlay.c.type_name.in_(mine.entity_types))).all()
    kept = [f"{table}.{column}" if column else table for table in mine.tables for column in state.objects[table].kept]
    needed_by = host.dependents_of(mine.plugin)
    return Inventory(
        mine.plugin, mine.version, _by_type(connection, "entity", "type", mine.nodes),
        _by_type(connection, "role", "type", mine.roles), _by_type(connection, "relationship", "type", mine.relationships),
        _by_type(connection, "interaction", "kind", mine.kinds), _by_type(connection, "score", "model", mine.models),
        _attached(connection, extent), _others(connection, extent),
        tuple(f"{row.type_name}.{row.key}" if row.key else row.type_name for row in fields),
        {table: count_rows(connection, table, "1 = 1") for table in mine.tables},
        sum(len(state.objects[table].live.indexes) for table in mine.tables), (*kept, *mine.kept), needed_by,
    )


def _by_type(connection: Connection, table: str, column: str, names: tuple[str, ...]) -> dict[str, int]:
    statement = text(f'SELECT "{column}", count(*) FROM "{table}" GROUP BY "{column}"')  # noqa: S608  # names of ours
    found = {str(row[0]): int(row[1]) for row in connection.execute(statement)} if names else {}
    return {name: found.get(name, 0) for name in names}


def _attached(connection: Connection, extent: Extent) -> dict[str, int]:
    parts = [part for part in extent.parts if not part.own and not part.links and part.table not in {*_TYPED, "overlay"}]
    counted = {part.name: count_rows(connection, part.table, part.condition) for part in parts}
    if extent.documents:
        counted["search_document"] = count_rows(connection, "search_document", extent.documents)
    # Relationships of other types and so on: those of the plugin's own types are counted by type.
    counted |= {part.name: count_rows(connection, part.table, part.condition) for part in extent.parts if part.table in _TYPED}
    return {name: count for name, count in sorted(counted.items()) if count}


def _others(connection: Connection, extent: Extent) -> dict[str, int]:
    counted = {one.name: count_rows(connection, one.table, one.condition) for one in extent.cleared}
    counted |= {part.name: count_rows(connection, part.table, part.condition) for part in extent.parts if part.links}
    return {name: count for name, count in sorted(counted.items()) if count}
