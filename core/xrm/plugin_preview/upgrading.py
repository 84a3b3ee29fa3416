# SPDX-License-Identifier: Apache-2.0
"""What applying the installed version of a plugin would do: told from files and the database, nothing of the plugin is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from xrm.access.policy import require_everywhere
from xrm.assembling import assemble
from xrm.departments.switching import RIGHT
from xrm.errors import Message, NotFound, msg
from xrm.migrate.apply import plan_changes
from xrm.migrate.asking import Choices
from xrm.migrate.done_steps import read_done_steps
from xrm.migrate.progress import interrupted
from xrm.migrate.steps import Plan
from xrm.migrate.turning import Tools
from xrm.migrate.upgrade import wanted_by
from xrm.overlay.queries import load_overlay
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_host.host import PluginHost
from xrm.plugin_preview.applied import Applied, list_applied
from xrm.plugin_preview.contents import Contents, read_contents
from xrm.plugin_preview.differences import Difference, differences
from xrm.plugin_preview.effects import Touched, touched_by
from xrm.plugin_preview.outline import Outline, outline_of
from xrm.runtime import Runtime
from xrm.schema.registry import Registry
from xrm.unit_of_work import Actor, UnitOfWork


@dataclass(frozen=True)
class Upgrade:
    """What is installed against what was applied and what runs here.

    ``plan`` is the schema change, as far as it can be known without the plugin's code; ``data_steps`` are those that wait.
    ``running`` is the version this program read when it started. ``is_known`` is false where only the tables of before are known.
    """

    contents: Contents
    applied: str
    applied_at: datetime | None
    running: str
    is_known: bool
    differences: tuple[Difference, ...]
    touches: tuple[Touched, ...] = ()
    blocked: tuple[Message, ...] = ()
    plan: Plan | None = None
    data_steps: tuple[str, ...] = ()
    needs_restart: bool = False

    @property
    def is_held(self) -> bool:
        """Whether rows or declarations have to be mended first."""
        return bool(self.plan and self.plan.problems and not self.data_steps)

    @property
    def is_needed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.differences or self.data_steps or (self.plan and (self.plan.steps or self.plan.problems))
                    or self.applied != self.contents.plugin.version)


def preview_upgrade(runtime: Runtime, name: str, actor: Actor) -> Upgrade:
    """What applying the installed version of this plugin would do.

    Raises:
        PermissionDenied: without the right to administer plugins in all departments.
        NotFound: when no plugin of this name is installed.
    """
    trial = runtime.host.as_installed()
    plugin = trial.get(name)
    if plugin.folder is None and plugin.status == "missing":
        absent = msg("The plugin {name} is not installed. Install its package again, then look at what changes.", name=name)
        raise NotFound(absent)

    def look(uow: UnitOfWork) -> Upgrade:
        require_everywhere(uow, RIGHT)
        known = list_applied(uow, name, 1)
        steps = tuple(one for one in _step_names(plugin) if one not in read_done_steps(uow.connection).get(name, ()))
        return _compared(uow, read_contents(plugin), known[0] if known else None, steps if known else ())

    found = runtime.read(look, actor)
    registry, _ = assemble(trial, load_overlay(runtime.engine))
    after = trial.get(name)
    found = replace(found, touches=(*found.touches, *_losing(runtime.host, trial, name)),
                    blocked=tuple(_blocked(runtime, plugin, after, found.contents)))
    return replace(found, plan=plan_without_steps(runtime, registry, name)) if after.is_on else found


def _compared(uow: UnitOfWork, contents: Contents, known: Applied | None, steps: tuple[str, ...]) -> Upgrade:
    now = outline_of(contents)
    before = known.outline if known else Outline(is_whole=True)
    name = contents.plugin.name
    here = next((one for one in uow.host.plugins if one.name == name), None)
    running = here.version if here else ""
    found = differences(before, now)
    return Upgrade(
        contents, before.version, known.at if known else None, running, before.is_whole, found,
        tuple(touched_by(uow, _only_new(contents, found))), data_steps=steps,
        needs_restart=here is None or (here.is_on and here.manifest != contents.plugin.manifest)
        or (before.is_whole and not before.is_same(now)),
    )


def _only_new(contents: Contents, found: tuple[Difference, ...]) -> Contents:
    """The same, declaring only what was not there before."""
    new = {one.name for one in found if one.way == "comes"}
    declared = contents.declared
    return replace(contents, declared=replace(
        declared, entities=tuple(one for one in declared.entities if one.name in new),
        relationships=tuple(one for one in declared.relationships if one.name in new),
    ))


def _step_names(plugin: Plugin) -> Iterator[str]:
    if plugin.folder is not None and plugin.package:
        yield from sorted(path.stem for path in plugin.folder.glob("steps/[!_]*.py"))


def _blocked(runtime: Runtime, plugin: Plugin, after: Plugin, contents: Contents) -> Iterator[Message]:
    if interrupted(runtime.engine) is not None:
        yield msg("A schema change was interrupted. Finish it with xrm schema apply first.")
    yield from (one.message for one in contents.problems)
    # What its code would register is unknown: what is refused for want of it may be well.
    if not after.is_on and not contents.problems and (not plugin.is_on or not plugin.has_hooks):
        yield from (one.message for one in after.problems)


def _losing(before: PluginHost, trial: PluginHost, name: str) -> Iterator[Touched]:
    """Plugins that run now and could not go on beside the new version; nothing is said of those with field types of their own."""
    unsure = {one.plugin for one in before.contributed("register_field_types")}
    unsure |= {other for one in unsure for other in before.dependents_of(one)}
    on = {one.name for one in before.plugins if one.is_on} - unsure - {name}
    for one in trial.plugins:
        if one.name in on and not one.is_on:
            why: Message | str = one.problem.message if one.problem else one.status
            yield Touched(one.name, msg("{other} could not go on beside it: {why}", other=one.name, why=why))


def plan_without_steps(runtime: Runtime, registry: Registry, name: str) -> Plan:
    """What waits for the tables of a plugin, but for its data steps, which would have to be run to be known."""
    wanted = replace(wanted_by(registry), tools=Tools(registry.field_types))
    return plan_changes(runtime.engine, wanted, Choices(only=name))
