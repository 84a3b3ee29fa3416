# SPDX-License-Identifier: Apache-2.0
"""Which version of the program and of each plugin made the tables as they are, kept with what was applied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, select

from xrm.migrate.models import schema_owner
from xrm.migrate.steps import Step
from xrm.versions import program_version

CORE = "core"


@dataclass(frozen=True)
class MadeBy:
    """The version of an owner that last changed its tables, and the revisions of its types by name."""

    version: str
    revisions: Mapping[str, int] = field(default_factory=dict)


MadeByOwner = Mapping[str, MadeBy]


def read_made_by(connection: Connection) -> dict[str, MadeBy]:
    """Owner → what made its tables; nothing about those that were last changed before this was noted."""
    return read_made_by_now(connection) if inspect(connection).has_table(schema_owner.name) else {}


def read_made_by_now(connection: Connection) -> dict[str, MadeBy]:
    """The same, without asking first whether the database has a place for it."""
    rows = connection.execute(select(schema_owner.c.owner, schema_owner.c.version, schema_owner.c.revisions))
    return {row.owner: MadeBy(row.version, json.loads(row.revisions)) for row in rows}


def write_made_by(connection: Connection, made_by: MadeByOwner, now: datetime) -> None:
    """Make this what is noted; rows that stay equal keep their time."""
    known = read_made_by(connection)
    for owner in known.keys() | made_by.keys():
        wanted = made_by.get(owner)
        if known.get(owner) == wanted:
            continue
        connection.execute(delete(schema_owner).where(schema_owner.c.owner == owner))
        if wanted is not None:
            row = {"owner": owner, "version": wanted.version, "revisions": json.dumps(wanted.revisions, sort_keys=True)}
            connection.execute(insert(schema_owner).values(**row, applied_at=now))


def after_steps(
    known: MadeByOwner, steps: Iterable[Step], versions: Mapping[str, str], declarations: Mapping[str, Iterable[Any]]
) -> dict[str, MadeBy]:
    """What is to be noted after these steps: the present version of each owner whose tables they change."""
    found = dict(known)
    for owner in {step.owner for step in steps}:
        version = program_version() if owner == CORE else versions.get(owner)
        if version is not None:
            found[owner] = MadeBy(version, revisions_of(declarations.get(owner, ())))
    return found


def revisions_of(declared: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Type → revision, from declarations in canonical form."""
    return {one["entity"]: int(one.get("revision", 1)) for one in declared if "entity" in one}


def made_by_as_json(made_by: MadeByOwner) -> dict[str, Any]:
    """What is noted as JSON values."""
    return {owner: {"version": one.version, "revisions": dict(one.revisions)} for owner, one in made_by.items()}


def made_by_from_json(given: Mapping[str, Any]) -> dict[str, MadeBy]:
    """What ``made_by_as_json`` gave."""
    return {owner: MadeBy(one["version"], one["revisions"]) for owner, one in given.items()}
