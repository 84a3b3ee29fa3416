# SPDX-License-Identifier: Apache-2.0
"""The records of removed plugins, and the number that tells every process that something changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import for_writing, is_missing
from xrm.errors import NotFound, msg
from xrm.jobs.models import job
from xrm.jobs.service import enqueue
from xrm.overlay.models import schema_version
from xrm.plugin_removal.models import plugin_removal
from xrm.unit_of_work import UnitOfWork

DROP_JOB = "drop_removed_plugins"
REMOVING, REMOVED, DROPPED, RESTORING = "removing", "removed", "dropped", "restoring"


@dataclass(frozen=True)
class Removal:
    """A plugin that was removed: since when and by whom, where it was exported to, how much it was, when its data goes."""

    plugin: str
    state: str
    version: str
    belongings: str
    counts: Mapping[str, int]
    archive: Path | None
    sha256: str
    removed_at: datetime
    removed_by: str
    due_at: datetime
    receipt: str = ""

    @property
    def is_due(self) -> bool:
        """Whether its days are over."""
        return self.state == REMOVED and self.due_at <= datetime.now(UTC)


def list_removals(engine: Engine) -> list[Removal]:
    """All plugins that were removed and not taken back, by name."""
    try:
        with engine.connect() as connection:
            return [_removal(row) for row in connection.execute(select(plugin_removal).order_by(plugin_removal.c.plugin))]
    except DBAPIError as error:
        if is_missing(error):
            return []
        raise


def find_removal(engine: Engine, plugin: str) -> Removal | None:
    """The record of this plugin, if it was removed."""
    return next((one for one in list_removals(engine) if one.plugin == plugin), None)


def found_removal(engine: Engine, plugin: str) -> Removal:
    """The record of a plugin that was removed.

    Raises:
        NotFound: when it was not.
    """
    found = find_removal(engine, plugin)
    if found is None:
        raise NotFound(msg("The plugin {name} was not removed. xrm plugin list shows what is there.", name=plugin))
    return found


def write_removal(connection: Connection, plugin: str, **values: Any) -> None:
    """Make or change the record of a plugin, and let every process look."""
    known = connection.execute(select(plugin_removal.c.plugin).where(plugin_removal.c.plugin == plugin)).first()
    if known is None:
        empty = {"archive": "", "sha256": "", "receipt": "", "counts": "{}"}
        connection.execute(insert(plugin_removal).values({**empty, "plugin": plugin, **values}))
    else:
        connection.execute(update(plugin_removal).where(plugin_removal.c.plugin == plugin).values(values))
    tell_processes(connection)


def forget_removal(engine: Engine, plugin: str) -> None:
    """Let the plugin be as if it had never been removed."""
    with for_writing(engine.connect()) as connection, connection.begin():
        connection.execute(delete(plugin_removal).where(plugin_removal.c.plugin == plugin))
        forget_day(connection, plugin)
        tell_processes(connection)


def note_day(uow: UnitOfWork, plugin: str, due_at: datetime) -> None:
    """Put the job into the queue that drops the plugin's data on its day."""
    enqueue(uow, DROP_JOB, {"plugin": plugin}, department=None, due_at=due_at)


def forget_day(connection: Connection, plugin: str) -> None:
    """Take that job out again."""
    mine = (job.c.kind == DROP_JOB) & (job.c.payload == json.dumps({"plugin": plugin}))
    connection.execute(delete(job).where(mine, job.c.state == "waiting"))


def tell_processes(connection: Connection) -> None:
    """Count up the number by which every process knows that it has to look again."""
    counted = update(schema_version).where(schema_version.c.id == 1).values(number=schema_version.c.number + 1)
    if not connection.execute(counted).rowcount:
        connection.execute(insert(schema_version).values(id=1, number=1))


def _removal(row: Row[Any]) -> Removal:
    return Removal(
        row.plugin, row.state, row.version, row.belongings, json.loads(row.counts), Path(row.archive) if row.archive else None,
        row.sha256, row.removed_at, row.removed_by, row.due_at, row.receipt,
    )
