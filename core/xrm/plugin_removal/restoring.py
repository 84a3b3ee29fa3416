# SPDX-License-Identifier: Apache-2.0
"""Taking a removed plugin back: its data is still there, or comes out of its export; then it is on again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from xrm.assembling import assemble
from xrm.db.engine import for_writing
from xrm.entities.refreshing import refresh_stale
from xrm.errors import ConfigurationError, Conflict, NotFound, msg
from xrm.migrate.apply import finish_interrupted
from xrm.migrate.stale import note_stale
from xrm.migrate.steps import Step
from xrm.migrate.upgrade import apply_changes, plan_for, wanted_by
from xrm.overlay.queries import load_overlay
from xrm.plugin_removal.belongings import Belongings, remembered
from xrm.plugin_removal.freshening import freshen
from xrm.plugin_removal.loading import Loaded
from xrm.plugin_removal.records import (
    DROPPED,
    REMOVED,
    Removal,
    find_removal,
    forget_removal,
    found_removal,
    list_removals,
)
from xrm.plugin_removal.reloading import reload_plugin, remember_declarations
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor
from xrm.versions import is_newer

Told = Callable[[Step], None]


@dataclass(frozen=True)
class Restored:
    """A plugin that is on again: what came out of its export, if it had to, and how many schema steps wait now."""

    plugin: str
    archive: Path | None = None
    loaded: Loaded = field(default_factory=Loaded)
    waiting: int = 0


def restore_plugin(
    runtime: Runtime, plugin: str, file: Path | None = None, *, actor: str, is_empty: bool = False, told: Told | None = None
) -> Restored:
    """Switch a removed plugin on again with its data: that which is still there, else that of its export (or ``file``).

    With ``is_empty`` it begins anew, and its export is left alone. Interrupted, it goes on with the next call.

    Raises:
        NotFound: when it was not removed, is not installed, or its export is not there.
        Conflict: when it cannot come back beside what is there; nothing was changed then.
        XrmError: (``damaged``) when the export is not whole.
    """
    runtime.require_whole()
    finish_interrupted(runtime.engine, wanted_by(runtime.registry), told)
    removal = find_removal(runtime.engine, plugin)
    if removal is None and file is None:
        found_removal(runtime.engine, plugin)
    if removal is not None and removal.state == REMOVED and file is None and not _is_installed(runtime, plugin):
        return _show_again(runtime, plugin)
    _require_installed(runtime, plugin)
    if is_empty:
        return _begin_anew(runtime, plugin, removal)
    loaded = Loaded()
    if removal is None or removal.state == DROPPED:
        file = file or (removal.archive if removal is not None else None)
        if file is None:
            raise NotFound(msg("No export of {name} is known. Name its file.", name=plugin))
        loaded = reload_plugin(runtime, plugin, file, actor=actor, told=told)
    elif file is not None:
        here = msg("The data of {name} is still here. Leave the file out to take it back.", name=plugin)
        raise Conflict(here, code="still_here")
    waiting = _switch_on(runtime, plugin, actor, told)
    return Restored(plugin, file, loaded, waiting)


def _is_installed(runtime: Runtime, plugin: str) -> bool:
    return any(one.name == plugin and one.folder is not None for one in runtime.host.plugins)


def _show_again(runtime: Runtime, plugin: str) -> Restored:
    """Of a plugin that is gone: its data is still here, and can be read again."""
    forget_removal(runtime.engine, plugin)
    runtime.follow(at_once=True)
    names = [name for name, owner in runtime.registry.dormant.items() if owner == plugin]
    with for_writing(runtime.engine.connect()) as connection, connection.begin():
        note_stale(connection, names)
    refresh_stale(runtime, system_actor())
    return Restored(plugin)


def _require_installed(runtime: Runtime, plugin: str) -> None:
    if not _is_installed(runtime, plugin):
        absent = msg("The plugin {name} is not installed. Install its package again, then take its data back.", name=plugin)
        raise NotFound(absent)


def _begin_anew(runtime: Runtime, plugin: str, removal: Removal | None) -> Restored:
    if removal is None or removal.state != DROPPED:
        raise Conflict(msg("The data of {name} is still here. Drop it with xrm plugin remove {name} --now, then begin anew.",
                           name=plugin), code="still_here")
    forget_removal(runtime.engine, plugin)
    runtime.follow(at_once=True)
    return Restored(plugin, waiting=len(plan_for(runtime.engine, runtime.registry).steps))


def _switch_on(runtime: Runtime, plugin: str, actor: str, told: Told | None) -> int:
    """Bring its tables to the installed version, make what is derived of its data anew, and tell every process."""
    trial = _with_plugin(runtime, plugin)
    mine = _belongings(trial, plugin)
    remember_declarations(trial, mine)
    plan = plan_for(trial.engine, trial.registry)
    if plan.risk != "destroys" and not plan.problems:
        apply_changes(trial.engine, trial.registry, actor=actor, told=told)
    freshen(trial, mine)
    forget_removal(runtime.engine, plugin)
    runtime.follow(at_once=True)
    return len(plan_for(runtime.engine, runtime.registry).steps)


def _belongings(runtime: Runtime, plugin: str) -> Belongings:
    with runtime.engine.connect() as connection, connection.begin():
        return remembered(connection, found_removal(runtime.engine, plugin).belongings)


def _with_plugin(runtime: Runtime, plugin: str) -> Runtime:
    """The program as it will be when the plugin is on.

    Raises:
        ConfigurationError: when the plugin cannot be on, saying why.
        Conflict: when an older version is installed than the one that was removed.
    """
    host = runtime.host.with_removed({name: why for name, why in runtime.host.removed.items() if name != plugin})
    found = host.get(plugin)
    removed = next(one for one in list_removals(runtime.engine) if one.plugin == plugin)
    if is_newer(removed.version, found.version):
        raise Conflict(msg("{name} {version} was removed, and {found} is installed. Install {version} or a later one.",
                           name=plugin, version=removed.version, found=found.version), code="older")
    overlay = load_overlay(runtime.engine)
    registry, misfits = assemble(host, overlay)
    if not host.get(plugin).is_on:
        raise ConfigurationError(
            msg("{name} cannot be on: {why}", name=plugin, why="; ".join(map(str, host.get(plugin).problems)))
        )
    return Runtime(runtime.settings, runtime.engine, host, registry, overlay.number, misfits)
