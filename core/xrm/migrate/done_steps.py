# SPDX-License-Identifier: Apache-2.0
"""Which data steps of which plugin this database has behind it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, inspect, select

from xrm.migrate.models import schema_data_step

DoneSteps = Mapping[str, tuple[str, ...]]  # owner → names of its steps, by number


def read_done_steps(connection: Connection) -> DoneSteps:
    """Owner → its steps that were run, or came with its installation."""
    if not inspect(connection).has_table(schema_data_step.name):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(select(schema_data_step).order_by(schema_data_step.c.owner, schema_data_step.c.name)):
        found[row.owner] = (*found.get(row.owner, ()), row.name)
    return found


def write_done_steps(connection: Connection, done: DoneSteps, now: datetime) -> None:
    """Make these the steps that were run; those that stay keep their time."""
    wanted = {(owner, name) for owner, names in done.items() for name in names}
    known = {(owner, name) for owner, names in read_done_steps(connection).items() for name in names}
    for owner, name in known - wanted:
        connection.execute(
            delete(schema_data_step).where(schema_data_step.c.owner == owner, schema_data_step.c.name == name)
        )
    rows = [{"owner": owner, "name": name, "applied_at": now} for owner, name in sorted(wanted - known)]
    if rows:
        connection.execute(insert(schema_data_step), rows)
