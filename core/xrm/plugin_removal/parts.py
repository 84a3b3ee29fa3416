# SPDX-License-Identifier: Apache-2.0
"""Which rows go with a plugin: those of its types, and all that hangs on them, found by the foreign keys of the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from sqlalchemy import Connection, inspect

from xrm.backup.definitions_postgresql import quoted
from xrm.migrate.own_tables import OWN_NAMES
from xrm.migrate.state import State, read_state
from xrm.plugin_removal.belongings import Belongings, file_fields, link_fields
from xrm.schema.tables import short_name

WHOLE = "1 = 1"
SEARCH = "search_document"
_APART = {SEARCH, "search_index", "plugin_removal", *OWN_NAMES}


@dataclass(frozen=True)
class Part:
    """Rows of one table that go: those under an SQL condition, with the columns that are kept and the key.

    ``own``: the whole table goes. ``pointing``: columns that point to rows of the same table. ``links``: the rows are values
    of a field of somebody else's type.
    """

    table: str
    condition: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    own: bool = False
    pointing: tuple[str, ...] = ()
    links: bool = False

    @property
    def name(self) -> str:
        """What it is called in an archive."""
        return self.table


@dataclass(frozen=True)
class Cleared:
    """Values of a column of somebody else's rows that point at rows which go: they become empty."""

    table: str
    column: str
    condition: str
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called in an archive."""
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Reference:
    """A foreign key: which column of which table points to which, and whether the row goes with what it points to."""

    table: str
    column: str
    parent: str
    parent_column: str
    goes_along: bool


@dataclass(frozen=True)
class Extent:
    """All that goes with a plugin: parts with parents before children, values that become empty, and its search documents."""

    parts: tuple[Part, ...]
    cleared: tuple[Cleared, ...]
    documents: str  # the condition on search_document
    roles: str  # the condition on role


def find_extent(connection: Connection, belongings: Belongings) -> Extent:
    """What goes with a plugin, reckoned from the tables as they are."""
    return _Finding(connection, belongings, read_state(connection)).run()


class _Finding:
    def __init__(self, connection: Connection, belongings: Belongings, state: State) -> None:
        inspector = inspect(connection)
        self._belongings = belongings
        self._state = state
        self._columns: dict[str, tuple[str, ...]] = {
            table: tuple(one["name"] for one in columns if "computed" not in one)
            for (_, table), columns in inspector.get_multi_columns().items()
        }
        self._keys = {
            table: tuple(one["constrained_columns"]) for (_, table), one in inspector.get_multi_pk_constraint().items()
        }
        self._references = list(read_references(inspector.get_multi_foreign_keys()))
        self._conditions: dict[str, list[str]] = defaultdict(list)
        self._loose: list[tuple[str, str, str]] = []  # (table, column, condition) of values that become empty
        self._links: set[str] = set()

    def run(self) -> Extent:
        self._begin()
        order = list(self._parents_first())
        for table in order:
            if table in self._conditions:
                self._follow(table)
        nodes = self._ids("entity")
        self._unbound(nodes)
        self._link_values(nodes)
        documents = [f"entity_id IN ({nodes})"] if nodes else []
        documents += [f"type {among(self._belongings.roles)}"] if self._belongings.roles else []
        return Extent(
            tuple(self._part(table) for table in order if table in self._conditions),
            tuple(Cleared(table, column, self._not_going(table, column, found), self._keys[table])
                  for table, column, found in self._loose if self._keys.get(table)),
            " OR ".join(documents), " OR ".join(self._conditions.get("role", ())),
        )

    def _begin(self) -> None:
        """What is the plugin's by what it declares."""
        mine = self._belongings
        for table, column, names in (
            ("entity", "type", mine.nodes), ("role", "type", mine.roles), ("relationship", "type", mine.relationships),
            ("interaction", "kind", mine.kinds), ("score", "model", mine.models), ("overlay", "type_name", mine.entity_types),
            ("job", "lane", [f"channel:{one}" for one in mine.channels]), ("plugin_activation", "plugin", [mine.plugin]),
            ("plugin_setting", "plugin", [mine.plugin]),
        ):
            if names:
                self._conditions[table].append(f"{quoted(column)} {among(names)}")
        subjects = [f"{one}:" for one in (*mine.entity_types, *mine.relationships)]
        self._conditions["permission"] += [f"substr(permission, 1, {len(one)}) = {_text(one)}" for one in subjects]
        for table, column, several in file_fields(mine):
            holder = short_name(f"{table}__{column}") if several else table
            if column in self._columns.get(holder, ()):
                self._conditions["file"].append(f"id IN (SELECT {quoted(column)} FROM {quoted(holder)})")  # noqa: S608
        for table in mine.tables:
            self._conditions[table] = [WHOLE]
        self._conditions = defaultdict(list, {table: some for table, some in self._conditions.items() if some})

    def _parents_first(self) -> Iterable[str]:
        order: dict[str, set[str]] = {table: set() for table in self._columns if table not in _APART}
        for one in self._references:
            if one.table in order and one.parent in order and one.table != one.parent:
                order[one.table].add(one.parent)
        return TopologicalSorter(order).static_order()

    def _follow(self, table: str) -> None:
        """What happens to rows that point at those of this table: they go along, or the value becomes empty."""
        condition = self._condition(table)
        for one in self._references:
            if one.parent != table or one.table in _APART or one.table in self._belongings.tables:
                continue
            rows = f"SELECT {quoted(one.parent_column)} FROM {quoted(table)} WHERE {condition}"  # noqa: S608
            found = f"{quoted(one.column)} IN ({rows})"
            if one.goes_along and one.table != table:
                self._conditions[one.table].append(found)
            else:
                self._loose.append((one.table, one.column, found))

    def _unbound(self, nodes: str) -> None:
        """Rows that tell about what goes, without a foreign key."""
        mine = self._belongings
        past = [f"type {among(mine.relationships)}"] if mine.relationships else []
        subjects = (*mine.entity_types, *mine.relationships, *mine.kinds)
        told = [f"subject_type {among(subjects)}"] if subjects else []
        if nodes:
            past += [f"source_id IN ({nodes})", f"target_id IN ({nodes})"]
            told += [f"entity_id IN ({nodes})"]
        self._conditions["relationship_past"] += past
        if told:
            entries = f"SELECT id FROM audit_entry WHERE {' OR '.join(told)}"  # noqa: S608
            self._conditions["audit_value"].append(f"audit_entry_id IN ({entries})")
        if not past:
            del self._conditions["relationship_past"]

    def _link_values(self, nodes: str) -> None:
        """Values of other types' link fields, which have no foreign key."""
        for table, key, several in link_fields(self._state, self._belongings.plugin) if nodes else ():
            holder = short_name(f"{table}__{key}") if several else table
            if key not in self._columns.get(holder, ()) or holder in self._belongings.tables:
                continue
            found = f"{quoted(key)} IN ({nodes})"
            if several:
                self._conditions[holder].append(found)
                self._links.add(holder)
            else:
                self._loose.append((table, key, found))

    def _ids(self, table: str) -> str:
        return f"SELECT id FROM {quoted(table)} WHERE {self._condition(table)}" if table in self._conditions else ""  # noqa: S608

    def _condition(self, table: str) -> str:
        return " OR ".join(self._conditions[table])

    def _not_going(self, table: str, column: str, found: str) -> str:
        """The condition without rows that go themselves; their values are kept with them."""
        if table not in self._conditions:
            return found
        return f"{found} AND NOT coalesce(({self._condition(table)}), {_FALSE})"

    def _part(self, table: str) -> Part:
        pointing = tuple(one.column for one in self._references if one.table == one.parent == table)
        return Part(
            table, self._condition(table), self._columns[table], self._keys[table], table in self._belongings.tables, pointing,
            table in self._links,
        )


def read_references(found: Mapping[Any, Sequence[Any]]) -> Iterator[Reference]:
    """The foreign keys of all tables, as SQLAlchemy's inspector gives them."""
    for (_, table), keys in found.items():
        for key in keys:
            if len(key["constrained_columns"]) == 1:
                deleted = str(key["options"].get("ondelete", "")).upper()
                parent = key["referred_columns"][0] if key["referred_columns"] else "id"
                yield Reference(table, key["constrained_columns"][0], key["referred_table"], parent, deleted == "CASCADE")


_FALSE = "1 = 0"


def among(names: Sequence[str]) -> str:
    """The end of a condition that a column has one of these texts."""
    return f"IN ({', '.join(map(_text, names))})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
