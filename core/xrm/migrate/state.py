# SPDX-License-Identifier: Apache-2.0
"""What was applied last: the declarations per owner and the objects per table, read and written as one whole."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from xrm.migrate.catalog import Difference, TableState, as_json, from_json
from xrm.migrate.done_steps import DoneSteps, read_done_steps, write_done_steps
from xrm.migrate.made_by import MadeByOwner, made_by_as_json, made_by_from_json, read_made_by, write_made_by
from xrm.migrate.meanings import write_meanings
from xrm.migrate.models import schema_applied, schema_object

Kept = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Applied:
    """One table: its owner, its definitions as declared and as the database gave them back, what is kept of former fields.

    ``kept``: column (or "" for the whole table) → field, why (retired, renamed), and of a renamed one ``to`` and the day ``due``.
    """

    owner: str
    declared: TableState
    live: TableState
    kept: Kept = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """All tables by name, what each owner declared, as JSON values, which version of it made them, and its data steps done."""

    objects: Mapping[str, Applied] = field(default_factory=dict)
    declarations: Mapping[str, Any] = field(default_factory=dict)
    made_by: MadeByOwner = field(default_factory=dict)
    done_steps: DoneSteps = field(default_factory=dict)
    drift: tuple[Difference, ...] = ()  # known while a plan runs: what somebody had changed by hand before it

    @property
    def checksum(self) -> str:
        """What tells two states apart."""
        return hashlib.sha256(json.dumps(state_as_json(self), sort_keys=True).encode()).hexdigest()


def read_state(connection: Connection) -> State:
    """The state that the last change left."""
    objects = {
        row.table_name: Applied(row.owner, from_json(row.declared), from_json(row.live), json.loads(row.kept))
        for row in connection.execute(select(schema_object))
    }
    declarations = {row.owner: json.loads(row.declaration) for row in connection.execute(select(schema_applied))}
    return State(objects, declarations, read_made_by(connection), read_done_steps(connection))


def write_state(connection: Connection, state: State, now: datetime) -> None:
    """Make this the state; rows that stay equal keep their time."""
    known = {row.table_name: row for row in connection.execute(select(schema_object))}
    rows = [
        {"table_name": name, "owner": one.owner, "declared": as_json(one.declared), "live": as_json(one.live),
         "kept": json.dumps(one.kept, sort_keys=True), "applied_at": now}
        for name, one in state.objects.items()
    ]
    parts = ("owner", "declared", "live", "kept")
    changed = [
        row for row in rows
        if row["table_name"] not in known or any(row[part] != getattr(known[str(row["table_name"])], part) for part in parts)
    ]
    gone = [name for name in known if name not in state.objects]
    for name in [*gone, *(row["table_name"] for row in changed)]:
        connection.execute(delete(schema_object).where(schema_object.c.table_name == name))
    if changed:
        connection.execute(insert(schema_object), changed)
    _write_declarations(connection, state.declarations, now)
    write_made_by(connection, state.made_by, now)
    write_done_steps(connection, state.done_steps, now)
    write_meanings(connection, state.declarations)


def _write_declarations(connection: Connection, declarations: Mapping[str, Any], now: datetime) -> None:
    known = {row.owner: row.checksum for row in connection.execute(select(schema_applied.c.owner, schema_applied.c.checksum))}
    for owner in known.keys() - declarations.keys():
        connection.execute(delete(schema_applied).where(schema_applied.c.owner == owner))
    for owner, declaration in declarations.items():
        canonical = json.dumps(declaration, ensure_ascii=False, sort_keys=True, default=str)
        checksum = hashlib.sha256(canonical.encode()).hexdigest()
        if known.get(owner) == checksum:
            continue
        connection.execute(delete(schema_applied).where(schema_applied.c.owner == owner))
        connection.execute(insert(schema_applied).values(owner=owner, declaration=canonical, checksum=checksum, applied_at=now))


def state_as_json(state: State) -> dict[str, Any]:
    """The state as JSON values."""
    objects = {
        name: {"owner": one.owner, "declared": as_json(one.declared), "live": as_json(one.live), "kept": one.kept}
        for name, one in state.objects.items()
    }
    return {
        "objects": objects, "declarations": state.declarations, "made_by": made_by_as_json(state.made_by),
        "done_steps": {owner: list(names) for owner, names in state.done_steps.items()},
        **({"drift": [dataclasses.asdict(one) for one in state.drift]} if state.drift else {}),
    }


def state_from_json(given: Mapping[str, Any]) -> State:
    """The state that ``state_as_json`` gave."""
    objects = {
        name: Applied(one["owner"], from_json(one["declared"]), from_json(one["live"]), one["kept"])
        for name, one in given["objects"].items()
    }
    return State(objects, given["declarations"], made_by_from_json(given.get("made_by", {})), {
        owner: tuple(names) for owner, names in given.get("done_steps", {}).items()
    }, tuple(Difference(**one) for one in given.get("drift", ())))
