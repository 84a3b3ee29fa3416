# SPDX-License-Identifier: Apache-2.0
"""What a database consists of, as texts that can be stored and compared: tables with their columns, constraints and indexes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["table", "column", "constraint", "index"]


@dataclass(frozen=True)
class TableState:
    """A table, or a view: the definition of each of its parts by name; the order of the parts means nothing.

    Triggers, options of the table and the text of a view are among the constraints. A part that has no name goes by its kind
    and columns: "primary key", "foreign key (a, b)", "unique (a)", "check 1".
    """

    columns: Mapping[str, str]
    constraints: Mapping[str, str]
    indexes: Mapping[str, str]


Catalog: TypeAlias = dict[str, TableState]


@dataclass(frozen=True)
class Difference:
    """One part that is not the same on both sides; ``before`` or ``after`` is None where the part is missing."""

    table: str
    kind: Kind
    name: str
    before: str | None
    after: str | None


def differences(before: Mapping[str, TableState], after: Mapping[str, TableState]) -> list[Difference]:
    """What changed, by table and name; a table that is new or gone is one difference."""
    found: list[Difference] = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table), after.get(table)
        if old is None or new is None:
            found.append(Difference(table, "table", table, as_line(old) if old else None, as_line(new) if new else None))
            continue
        found += _changed(table, "column", old.columns, new.columns)
        found += _changed(table, "constraint", old.constraints, new.constraints)
        found += _changed(table, "index", old.indexes, new.indexes)
    return found


def as_line(state: TableState) -> str:
    """A table in one line for a person to read: its columns, constraints and indexes."""
    columns = [f"{name} {definition}".rstrip() for name, definition in sorted(state.columns.items())]
    return ", ".join([*columns, *_definitions(state.constraints), *_definitions(state.indexes)])


def as_json(state: TableState) -> str:
    """The text to store; the same for states that are equal."""
    parts = {"columns": dict(state.columns), "constraints": dict(state.constraints), "indexes": dict(state.indexes)}
    return json.dumps(parts, ensure_ascii=False, sort_keys=True)


def from_json(text: str) -> TableState:
    """The state that ``as_json`` wrote."""
    parts = json.loads(text)
    return TableState(parts["columns"], parts["constraints"], parts["indexes"])


def _changed(table: str, kind: Kind, before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    return [
        Difference(table, kind, name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _definitions(parts: Mapping[str, str]) -> list[str]:
    return [definition for _, definition in sorted(parts.items())]


def with_moved(before: TableState, kept: Mapping[str, Mapping[str, str]]) -> TableState:
    """With the columns that get another name in this plan."""
    moved = {column: why["definition"] for column, why in kept.items() if "definition" in why}
    return TableState({**before.columns, **moved}, before.constraints, before.indexes)
