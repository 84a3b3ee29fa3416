# SPDX-License-Identifier: Apache-2.0
"""Which plugins are in quarantine, as all processes of an instance know it: read from the database, again and again."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import is_missing, quick_row
from xrm.plugin_host.models import plugin_quarantine
from xrm.unit_of_work import system_actor

if TYPE_CHECKING:
    from xrm.plugin_host.host import PluginHost
    from xrm.plugin_host.watch import Failure

_STAMP = "SELECT count(*), max(since) FROM plugin_quarantine"
MOST_INCIDENTS = 10


@dataclass(frozen=True)
class Incident:
    """A failure as it is kept: what the plugin was doing, the reference in the log, when, and the first line of what it said."""

    what: str
    reference: str
    at: str
    line: str


@dataclass(frozen=True)
class Quarantined:
    """A plugin in quarantine: since when, why, in which process it happened, and its last failures, the latest first."""

    plugin: str
    since: datetime
    reason: str
    reference: str
    process: str
    incidents: tuple[Incident, ...]


def process_name() -> str:
    """How this process is called in what is kept of it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def incidents_of(failures: Sequence[Failure]) -> tuple[Incident, ...]:
    """Failures of this process in the form in which they are kept."""
    return tuple(
        Incident(one.what, one.reference, one.at.isoformat(timespec="seconds") if one.at else "", one.line)
        for one in failures[:MOST_INCIDENTS]
    )


def list_quarantined(connection: Connection) -> dict[str, Quarantined]:
    """The plugins in quarantine by name."""
    rows = connection.execute(select(plugin_quarantine).order_by(plugin_quarantine.c.plugin))
    return {
        row.plugin: Quarantined(
            row.plugin, row.since, row.reason, row.reference, row.process,
            tuple(Incident(**one) for one in json.loads(row.failures)),
        )
        for row in rows
    }


def known_quarantine(engine: Engine) -> dict[str, Quarantined]:
    """The plugins in quarantine by name; none before the first ``xrm schema apply``."""
    try:
        with engine.connect() as connection:
            return list_quarantined(connection)
    except DBAPIError as error:
        if is_missing(error):
            return {}
        raise


class QuarantineKeeper:
    """Keeps what the watch of this process and the table of all say of quarantine the same."""

    def __init__(self, engine: Engine, host: PluginHost) -> None:
        self._engine = engine
        self._stamp: tuple[Any, ...] | None = None
        self._unwritten: set[str] = set()

        def keep(plugin: str, reason: str) -> None:
            from xrm.plugin_host.service import note_quarantine  # noqa: PLC0415  # which writes; most processes never need it

            def written() -> None:
                self._unwritten.discard(plugin)
                self._stamp = None  # whatever comes of it from now on is news

            incidents = incidents_of(host.watch.failures(plugin))
            self._unwritten.add(plugin)
            host.afterwards.do(
                lambda uow: note_quarantine(uow, plugin, reason, incidents), system_actor("plugins"), written
            )

        host.watch.on_quarantine = keep

    def follow(self, host: PluginHost) -> None:
        """Take over what any process wrote down; what cannot be asked now stays as it is."""
        unwritten = frozenset(self._unwritten)
        try:
            stamp = quick_row(self._engine, _STAMP)
        except self._engine.dialect.loaded_dbapi.Error:
            return  # no such table before the first xrm schema apply, or no database; what comes next says so
        if stamp == self._stamp and not unwritten:
            return
        with self._engine.connect() as connection:
            names = set(list_quarantined(connection))
        host.watch.follow(names | unwritten | self._unwritten)
        self._stamp = stamp
