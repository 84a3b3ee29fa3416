# SPDX-License-Identifier: Apache-2.0
"""Who owns each table, column, constraint and index: the core, a plugin, or the overlay of the administrators."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from xrm.migrate.catalog import Catalog, TableState
from xrm.migrate.former import OVERLAY, DeclaredType, child_table, declared_types
from xrm.migrate.own_tables import has_own_tables
from xrm.migrate.state import read_state
from xrm.migrate.steps import Step
from xrm.schema.grammar.manifest import RESERVED_OWNER
from xrm.schema.load import RESERVED_PREFIX

CORE = "core"
# A column of administrators, also while its field changes its type; and where an index or a constraint names it, but no name
# of an index that ends like one.
_ADDED = re.compile(rf"(?:coming__|former\d*__)?{RESERVED_PREFIX}")
_NAMES_ADDED = re.compile(rf"\b(?:coming__|former\d*__)?{RESERVED_PREFIX}[a-z0-9]")


@dataclass(frozen=True)
class Owned:
    """One table, or one part of it, with who declared it."""

    owner: str
    table: str
    kind: str  # table, column, constraint, index
    name: str
    state: str = ""  # retired or renamed, when it is kept only


class Owners:
    """Tells owners from types by table; of a table that two of them know, the later one counts."""

    def __init__(self, *several: Mapping[str, DeclaredType]) -> None:
        self._types = {name: one for types in several for name, one in types.items()}
        self._added = {
            child_table(name, key) for name, one in self._types.items() for key in one.fields if key.startswith(RESERVED_PREFIX)
        }

    def table(self, name: str) -> str:
        """Who declared a table.

        The plugin before the double underscore; of the kinds of party, who declares the type; the overlay for the values of
        a field that administrators added; else the core.
        """
        if name in self._types:
            return self._types[name].owner
        parent, separator, field = name.rpartition("__")
        if name in self._added or (parent in self._types and field.startswith(RESERVED_PREFIX)):
            return OVERLAY
        first, separator, _ = name.partition("__")
        if first in self._types:
            return self._types[first].owner
        return CORE if not separator else OVERLAY if first == RESERVED_OWNER else first

    def column(self, table: str, column: str) -> str:
        """Who declared a column; also asked for the key of a field."""
        return OVERLAY if _ADDED.match(column) else self.table(table)

    def part(self, table: str, definition: str) -> str:
        """Who declared an index or a constraint, by the columns that its definition names."""
        return OVERLAY if _NAMES_ADDED.search(definition) else self.table(table)

    def step(self, step: Step) -> str:
        """Who wants a step."""
        if step.action in {"create index", "drop index"}:
            return self.part(step.note, f"{step.statement} {step.undoing}")
        table, _, column = step.target.partition(".")
        return self.column(table, column)


def owner_of(table: str, types: Mapping[str, DeclaredType]) -> str:
    """Who declared a table, from the types by table."""
    return Owners(types).table(table)


def narrowed(before: Catalog, after: Catalog, kept: Mapping[str, Collection[str]], owner: str, owners: Owners) -> Catalog:
    """What one owner declares now, and of all others what was applied; what is kept of former fields is no part of it.

    A table that is new comes whole with its owner.
    """
    found: Catalog = {}
    for name in {**after, **before}:
        old, new = before.get(name), after.get(name)
        is_own = owners.table(name) == owner
        if not is_own and "" in kept.get(name, ()):
            continue
        if old is not None and new is not None:
            found[name] = _narrowed_table(name, old, new, kept.get(name, ()), owner, owners)
        elif new is not None and is_own:
            found[name] = new
        elif old is not None and not is_own:
            found[name] = old
    return found


def _narrowed_table(
    name: str, old: TableState, new: TableState, kept: Collection[str], owner: str, owners: Owners
) -> TableState:
    def both(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
        theirs = {key: text for key, text in before.items() if owners.part(name, text) != owner}
        return {**theirs, **{key: text for key, text in after.items() if owners.part(name, text) == owner}}

    theirs = {column: text for column, text in old.columns.items() if owners.column(name, column) != owner}
    own = {column: text for column, text in new.columns.items() if owners.column(name, column) == owner}
    columns = {column: text for column, text in theirs.items() if column not in kept} | own
    return TableState(columns, both(old.constraints, new.constraints), both(old.indexes, new.indexes))


def owned_parts(engine: Engine, table: str = "") -> list[Owned]:
    """Every table, column, constraint and index that was applied, with its owner; of one table when it is named."""
    with engine.connect() as connection:
        if not has_own_tables(connection):
            return []
        state = read_state(connection)
    owners = Owners(declared_types(state.declarations))
    found: list[Owned] = []
    for name in sorted(state.objects) if not table else [table] if table in state.objects else []:
        one = state.objects[name]
        found.append(Owned(owners.table(name), name, "table", name, one.kept.get("", {}).get("why", "")))
        found += [
            Owned(owners.column(name, column), name, "column", column, one.kept.get(column, {}).get("why", ""))
            for column in one.live.columns
        ]
        for kind, parts in (("constraint", one.live.constraints), ("index", one.live.indexes)):
            found += [Owned(owners.part(name, text), name, kind, part) for part, text in parts.items()]
    return found
