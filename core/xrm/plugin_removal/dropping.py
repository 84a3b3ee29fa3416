# SPDX-License-Identifier: Apache-2.0
"""Dropping the data of a removed plugin: by a plan in the ledger that goes on after a kill, with a receipt at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xrm.db.engine import for_writing
from xrm.errors import Conflict, NotFound, XrmError, msg
from xrm.jobs.kinds import Job
from xrm.migrate.apply import finish_interrupted
from xrm.migrate.drift import drift_of
from xrm.migrate.exclusive import alone
from xrm.migrate.irreversible import DROP_TABLE
from xrm.migrate.ledger import begin_plan, open_plan, plans
from xrm.migrate.state import read_state
from xrm.migrate.steps import Step
from xrm.migrate.upgrade import wanted_by
from xrm.plugin_removal.belongings import remembered
from xrm.plugin_removal.drop_steps import drop_steps, without_plugin
from xrm.plugin_removal.export import export_plugin, remove_bytes, sum_of
from xrm.plugin_removal.inspection import require_whole_export
from xrm.plugin_removal.manifest import PluginManifest
from xrm.plugin_removal.records import DROPPED, REMOVED, Removal, forget_day, found_removal, list_removals, write_removal
from xrm.runtime import Runtime

Told = Callable[[Step], None]


def drop_due(runtime: Runtime, *, actor: str, told: Told | None = None) -> list[Removal]:
    """Drop the data of each plugin whose days are over, and finish what was interrupted; their records."""
    waiting = [one.plugin for one in list_removals(runtime.engine) if one.is_due or (one.state == DROPPED and not one.receipt)]
    return [drop_plugin(runtime, plugin, actor=actor, told=told) for plugin in waiting]


def drop_due_job(runtime: Runtime, job: Job) -> dict[str, Any]:
    """The job that a removal leaves behind for its day: what is due by then is dropped; taken back, nothing is."""
    dropped = drop_due(runtime, actor="job", told=lambda _step: job.progress(50))
    return {"dropped": [one.plugin for one in dropped]}


def drop_plugin(runtime: Runtime, plugin: str, *, actor: str, told: Told | None = None, is_fresh: bool = False) -> Removal:
    """Drop all data of a removed plugin, having made sure that it lies in a whole export; the record with its receipt.

    Interrupted, it goes on with the next call, or with ``xrm schema apply``. ``is_fresh``: it was exported just now.

    Raises:
        NotFound: when the plugin was not removed.
        Conflict: when it is being removed or taken back at this moment.
    """
    removal = found_removal(runtime.engine, plugin)
    if removal.state not in {REMOVED, DROPPED}:
        raise Conflict(msg("{name} is being removed or taken back. Run that to its end first.", name=plugin), code="busy")
    if removal.state == REMOVED:
        if not is_fresh:
            _export_again(runtime, removal)
        _begin(runtime, plugin, actor)
    finish_interrupted(runtime.engine, wanted_by(runtime.registry), told)
    return _close(runtime, found_removal(runtime.engine, plugin))


def _export_again(runtime: Runtime, removal: Removal) -> None:
    """What changed since it was removed, or an export that is gone or damaged, makes a new one."""
    with runtime.engine.connect() as connection, connection.begin():
        mine = remembered(connection, removal.belongings)
    path, manifest = export_plugin(runtime, mine)
    if _sums(_whole_or_none(removal.archive)) == _sums(manifest):
        path.unlink()
        return
    with for_writing(runtime.engine.connect()) as connection, connection.begin():
        write_removal(connection, removal.plugin, archive=str(path), sha256=sum_of(path), counts=json.dumps(manifest.counts))


def _whole_or_none(path: Path | None) -> PluginManifest | None:
    try:
        return require_whole_export(path) if path is not None else None
    except (NotFound, XrmError):
        return None


def _sums(manifest: PluginManifest | None) -> object:
    return None if manifest is None else (dict(manifest.members), manifest.tables, manifest.state)


def _begin(runtime: Runtime, plugin: str, actor: str) -> None:
    """Write down the plan and that the data is going, at the same moment."""
    finish_interrupted(runtime.engine, wanted_by(runtime.registry))
    with alone(runtime.engine), for_writing(runtime.engine.connect()) as connection, connection.begin():
        if open_plan(connection) is not None:
            raise Conflict(msg("Another schema change was begun in the meantime. Try again."), code="busy")
        state = read_state(connection)
        mine = remembered(connection, found_removal(runtime.engine, plugin).belongings)
        steps = drop_steps(connection, mine)
        write_removal(connection, plugin, state=DROPPED, receipt="")
        goal = replace(without_plugin(state, mine), drift=tuple(drift_of(connection, state)))
        begin_plan(connection, steps, state, goal, actor)


def _close(runtime: Runtime, removal: Removal) -> Removal:
    """Remove the uploaded files and write the receipt; again, when it was interrupted."""
    if removal.receipt or removal.archive is None:
        return removal
    manifest = _whole_or_none(removal.archive)
    if manifest is not None:  # else somebody has moved it since; what is not known to lie in it stays
        remove_bytes(runtime.settings.home, manifest)
    path = removal.archive.with_name(f"{removal.archive.name}.receipt.json")
    _write_new(path, json.dumps(receipt_of(runtime, removal), ensure_ascii=False, indent=1).encode())
    with for_writing(runtime.engine.connect()) as connection, connection.begin():
        write_removal(connection, removal.plugin, receipt=str(path))
        forget_day(connection, removal.plugin)
    runtime.follow(at_once=True)
    return found_removal(runtime.engine, removal.plugin)


def receipt_of(runtime: Runtime, removal: Removal) -> dict[str, Any]:
    """What was removed, by whom and when, and where it lies."""
    with runtime.engine.connect() as connection:
        made = [one for one in plans(connection) if _drops(one.steps, removal.plugin)]
    plan = made[-1] if made else None
    return {
        "plugin": removal.plugin, "version": removal.version, "removed_at": removal.removed_at.isoformat(),
        "removed_by": removal.removed_by, "dropped_at": plan.ended_at.isoformat() if plan and plan.ended_at else None,
        "dropped_by": plan.actor if plan else None, "plan": plan.number if plan else None, "rows": dict(removal.counts),
        "tables": [step.target for step in plan.steps if step.action == DROP_TABLE] if plan else [],
        "archive": str(removal.archive), "sha256": removal.sha256, "written_at": datetime.now(UTC).isoformat(),
    }


def _drops(steps: tuple[Step, ...], plugin: str) -> bool:
    return any(step.owner == plugin and step.risk == "destroys" and not step.is_reversible for step in steps)


def _write_new(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
