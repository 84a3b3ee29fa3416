# SPDX-License-Identifier: Apache-2.0
"""Removing a plugin: off everywhere, then exported; its data stays for thirty days, unless it is to go at once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from xrm.db.engine import for_writing
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, XrmError, msg
from xrm.migrate.progress import interrupted
from xrm.migrate.purging import DAYS_KEPT
from xrm.migrate.steps import Step
from xrm.plugin_removal.belongings import Belongings, find_belongings, remembered
from xrm.plugin_removal.dropping import drop_plugin
from xrm.plugin_removal.export import export_plugin, sum_of
from xrm.plugin_removal.inventory import Inventory, take_inventory
from xrm.plugin_removal.records import (
    DROPPED,
    REMOVED,
    REMOVING,
    RESTORING,
    Removal,
    find_removal,
    forget_removal,
    found_removal,
    note_day,
    write_removal,
)
from xrm.runtime import LOOK_EVERY, Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

BASE = ("base", "core", "overlay")
Told = Callable[[Step], None]


@dataclass(frozen=True)
class Subject:
    """The plugin that is to be removed: what belongs to it, all that goes, and the record of a removal that was begun."""

    belongings: Belongings
    inventory: Inventory
    begun: Removal | None


def look_at(runtime: Runtime, plugin: str) -> Subject:
    """What would be removed; nothing is changed.

    Raises:
        NotFound: when nothing of that name is installed or has data.
        InvalidInput: for what cannot be removed.
        Conflict: when its data is gone already, others need it, or a schema change was interrupted.
    """
    if plugin in BASE:
        raise InvalidInput([Problem("plugin", msg("{name} is part of every instance and cannot be removed.", name=plugin))])
    begun = find_removal(runtime.engine, plugin)
    if begun is not None and begun.state == DROPPED:
        raise Conflict(msg("{name} was removed on {day} already and its data dropped. It lies in {file}.", name=plugin,
                           day=begun.removed_at.date().isoformat(), file=begun.archive), code="removed")
    if interrupted(runtime.engine) is not None:
        waits = msg("A schema change was interrupted. Finish it with xrm schema apply, then remove the plugin.")
        raise Conflict(waits, code="busy")
    with runtime.engine.connect() as connection, connection.begin():
        mine = (remembered(connection, begun.belongings) if begun is not None
                else find_belongings(connection, plugin, runtime.host, runtime.registry))
        is_found = any(one.name == plugin for one in runtime.host.plugins)
        if mine.is_empty and not is_found:
            raise NotFound(msg("There is no plugin {name}. xrm plugin list shows those that are there.", name=plugin))
        found = take_inventory(connection, runtime.host, mine)
    return Subject(mine, found, begun)


def remove_plugin(
    runtime: Runtime, plugin: str | Subject, *, actor: str, target: Path | None = None, now: bool = False,
    told: Told | None = None,
) -> Removal:
    """Switch a plugin off everywhere, export it, and with ``now`` drop its data; the record of the removal.

    The plugin is given by its name, or as what ``look_at`` showed just now. A removal that was interrupted goes on; an export
    that fails leaves the plugin as it was.

    Raises:
        Conflict: when other plugins need it, naming them.
        The rest as ``look_at`` and ``export_plugin``.
    """
    subject = plugin if isinstance(plugin, Subject) else look_at(runtime, plugin)
    name = subject.belongings.plugin
    others = subject.inventory.needed_by
    if others:
        raise Conflict(msg("{others} cannot be without {name}. Remove first: {others}.", others=", ".join(others), name=name),
                       code="needed")
    if subject.begun is None or subject.begun.state in {REMOVING, RESTORING}:
        _switch_off(runtime, subject, actor)
        try:
            _export(runtime, subject, target)
        except (XrmError, OSError):
            if subject.begun is None:
                forget_removal(runtime.engine, name)
                runtime.follow(at_once=True)
            raise
    if now:
        drop_plugin(runtime, name, actor=actor, told=told, is_fresh=subject.begun is None)
    return found_removal(runtime.engine, name)


def _switch_off(runtime: Runtime, subject: Subject, actor: str) -> None:
    at = datetime.now(UTC)
    with for_writing(runtime.engine.connect()) as connection, connection.begin():
        write_removal(
            connection, subject.belongings.plugin, state=REMOVING, version=subject.belongings.version,
            belongings=json.dumps(subject.belongings.to_json(), ensure_ascii=False), removed_at=at, removed_by=actor,
            due_at=at + timedelta(days=DAYS_KEPT),
        )
    runtime.follow(at_once=True)
    # Until they have looked, other processes still write for it.
    time.sleep(LOOK_EVERY * 2)


def _export(runtime: Runtime, subject: Subject, target: Path | None) -> None:
    path, manifest = export_plugin(runtime, subject.belongings, target)
    name, sha256, counts = subject.belongings.plugin, sum_of(path), json.dumps(manifest.counts)
    due_at = found_removal(runtime.engine, name).due_at

    def note(uow: UnitOfWork) -> None:
        write_removal(uow.connection, name, state=REMOVED, archive=str(path), sha256=sha256, counts=counts)
        note_day(uow, name, due_at)

    runtime.write(note, system_actor())
    runtime.follow(at_once=True)
