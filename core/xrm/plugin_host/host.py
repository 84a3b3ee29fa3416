# SPDX-License-Identifier: Apache-2.0
"""The one door between core and plugins: asks those that are on, in a fixed order, one at a time, and outlives their failures."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from xrm.access.policy import allowed
from xrm.access.rights import departments_with_rights
from xrm.departments.activation import is_on_in
from xrm.errors import Message, NotFound, PermissionDenied, Problem, XrmError, msg
from xrm.migrate.remembered import Remembered
from xrm.plugin_host.afterwards import Afterwards
from xrm.plugin_host.answers import Answer, Answers, checked, checked_blocks
from xrm.plugin_host.blocks import Block
from xrm.plugin_host.contributions import Card, Panel
from xrm.plugin_host.discovery import Plugin, discover_plugins
from xrm.plugin_host.dormant import Dormant
from xrm.plugin_host.guard import Guard, PluginFailed
from xrm.plugin_host.hookspecs import HOOKS
from xrm.plugin_host.load_marks import LoadMarks
from xrm.plugin_host.narrowing import HOOK as NARROWING
from xrm.plugin_host.narrowing import Narrowed, narrowing_plugins, narrowings
from xrm.plugin_host.pluggy_hooks import PluggyHooks
from xrm.plugin_host.recovering import paused, recover
from xrm.plugin_host.removed import without
from xrm.plugin_host.starting import Start
from xrm.plugin_host.watch import Failure, Timing, Watch
from xrm.schema.fields.base import FieldType
from xrm.schema.fields.builtin import BUILTIN
from xrm.schema.load import Declarations
from xrm.unit_of_work import UnitOfWork

Result = TypeVar("Result")
Departments = uuid.UUID | Collection[uuid.UUID] | None


@dataclass(frozen=True)
class Kept:
    """What outlives a host that starts anew: what was measured, the marks of loading, what is still to be written.

    ``where`` is the folder of the instance and the packages that plugins are looked for in.
    """

    watch: Watch
    marks: LoadMarks | None = None
    afterwards: Afterwards = field(default_factory=Afterwards)
    where: tuple[Path | None, Mapping[str, str] | None] | None = None


class PluginHost:
    """All plugins of an instance. ``plugins`` holds those found: those that are on first, each after what it requires."""

    def __init__(
        self, found: Iterable[Plugin], *, clock: Callable[[], float] = time.monotonic, with_code: bool = True,
        removed: Mapping[str, Message] | None = None, remembered: Remembered | None = None, kept: Kept | None = None,
    ) -> None:
        self._found = tuple(found)
        self._clock = clock
        self._with_code = with_code
        self._kept = kept or Kept(Watch(clock))
        self.removed = dict(removed or {})
        self.watch, self.afterwards = self._kept.watch, self._kept.afterwards
        self._guard = Guard(self.watch)
        self._hooks = PluggyHooks()
        self._start = Start(tuple(without(self._found, self.removed)), self._hooks, self._guard, with_code=with_code,
                            established=remembered.owners if remembered is not None else (), marks=self._kept.marks)
        self._dormant = Dormant(remembered, self.removed)

    @classmethod
    def open(
        cls, home: Path | None = None, *, packages: Mapping[str, str] | None = None, safe: bool = False,
        removed: Mapping[str, Message] | None = None, remembered: Remembered | None = None,
    ) -> PluginHost:
        """The host of all installed plugins and of the data-only ones in ``<home>/plugins``; ``safe`` runs none of their code.

        Those in ``removed`` (name → why) are off, installed or not. What is ``remembered`` of others that are off can be read.
        """
        found = discover_plugins(home, packages=packages)
        kept = Kept(Watch(time.monotonic), LoadMarks(home), where=(home, packages))
        return cls(found, with_code=not safe, removed=removed, remembered=remembered, kept=kept)

    def with_removed(self, removed: Mapping[str, Message]) -> PluginHost:
        """A host of the same plugins, started anew, with others of them removed."""
        again = self._dormant.again()
        return PluginHost(self._found, clock=self._clock, with_code=self._with_code, removed=removed, remembered=again,
                          kept=self._kept)

    def as_installed(self) -> PluginHost:
        """A host of what is installed at this moment, which this program may have read before it changed; it runs no code."""
        home, packages = self._kept.where or (None, None)
        found = discover_plugins(home, packages=packages) if self._kept.where else self._found
        return PluginHost(found, with_code=False, removed=self.removed, remembered=self._dormant.again())

    def dependents_of(self, name: str) -> tuple[str, ...]:
        """The plugins that are on and would not be without this one; found from what they declared, nothing of them is run."""
        return self._start.dependents_of(name)

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins found, on or not, and those that are missing though their data is here."""
        return (*self._start.plugins, *self._dormant.missing(self._start.plugins))

    def remembered(self) -> dict[str, list[Any]]:
        """Plugin that is off → what it declared when it was last applied, in canonical form."""
        return self._dormant.declared(self._start.plugins)

    def get(self, name: str) -> Plugin:
        """The plugin of this name.

        Raises:
            NotFound: when none is installed under it.
        """
        for plugin in self.plugins:
            if plugin.name == name:
                return plugin
        raise NotFound(msg("There is no plugin {name}. xrm plugin list shows those that are there.", name=name))

    def on_for(self, department: Departments = None, uow: UnitOfWork | None = None) -> tuple[Plugin, ...]:
        """The plugins that are on in (one of) the department(s), in order; without one, those that are on anywhere."""
        departments = (department,) if isinstance(department, uuid.UUID) else department
        return tuple(
            plugin for plugin in self._start.plugins
            if plugin.is_on and (is_on_in(uow, plugin.name, departments) if uow is not None else departments != ())
        )

    @property
    def is_safe(self) -> bool:
        """Whether no code of plugins is run."""
        return not self._with_code

    @property
    def is_narrowing(self) -> bool:
        """Whether any plugin may hide rows further than rights do."""
        return bool(self._narrowing())

    def narrowings(self, uow: UnitOfWork) -> tuple[Narrowed, ...]:
        """What plugins hide on top of all rights; neither quarantine nor safe mode lifts it."""
        def ask(plugin: Plugin, arguments: dict[str, Any]) -> list[Any]:
            return self._ask_one(plugin, NARROWING, arguments, passing=())

        return narrowings(self._narrowing(), ask, uow)

    def _narrowing(self) -> tuple[Plugin, ...]:
        return narrowing_plugins(self._start.plugins, with_code=self._with_code)

    def contributed(self, hook: str) -> tuple[Answer, ...]:
        """What all plugins registered at start by a ``register_*`` hook."""
        return tuple(Answer(plugin, value) for plugin, value in self._start.registered(hook))

    def declarations(self) -> Declarations:
        """What all plugins declare, checked together; of those that are off, what they declared when they were last applied."""
        kinds = ("register_entity_types", "register_relationship_types", "register_interaction_kinds")
        entities, relationships, interaction_kinds = ([each.value for each in self.contributed(kind)] for kind in kinds)
        on = Declarations("", tuple(entities), tuple(relationships), tuple(interaction_kinds))
        return self._dormant.joined(on, self._start.plugins, self.field_types())

    def field_types(self) -> Mapping[str, FieldType]:
        """All types of field by name: core's own and those of plugins."""
        added = [each.value for each in self.contributed("register_field_types")]
        return {field_type.name: field_type for field_type in (*BUILTIN, *added)}

    def switch_off(self, name: str, message: Message, where: str = "") -> tuple[str, ...]:
        """Take a plugin that does not fit out of this program, with all that require it; the names of those that went."""
        gone = self._start.switch_off(name, (Problem("", message, where),))
        # What was applied last may not fit either: then it is not shown.
        return gone or self._dormant.give_up(name, self._start.plugins)

    def ask(self, hook: str, *, department: Departments = None, **arguments: Any) -> Answers:
        """What the plugins that are on in the department(s), or in any where the actor has rights, return from a hook.

        A plugin that fails in a hook for display is left out and named in ``failures``. What needs a permission that the actor of
        ``uow`` lacks is left out.

        Raises:
            PluginError: when a plugin fails in a hook that decides (``validate_entities``); nothing may be written then.
        """
        uow = arguments.get("uow")
        if HOOKS[hook].on_failure == "stops_work":
            return self._ask_strictly(hook, department or None, arguments)
        if department is None and uow is not None:
            department = departments_with_rights(uow)
        items: list[Answer] = []
        failures: list[Failure] = []
        for plugin in self._implementing(hook, department, uow):
            if self.watch.is_quarantined(plugin.name):
                failures.append(paused(plugin.name, hook))
                continue
            since = self.watch.now()
            try:
                values = self._ask_one(plugin, hook, arguments, passing=(NotFound, PermissionDenied))
            except PluginFailed as error:
                failures.append(error.failure)
                recover(uow, error)
            except (NotFound, PermissionDenied):
                continue
            else:
                self._guard.hurry(plugin.name, hook, since, page_waits=True)
                items += [Answer(plugin.name, value) for value in values if _is_allowed(uow, value)]
        items.sort(key=lambda item: getattr(item.value, "order", 0))
        return Answers(tuple(items), tuple(failures))

    def _ask_strictly(self, hook: str, department: Departments, arguments: dict[str, Any]) -> Answers:
        # Neither quarantine nor an empty set of departments counts here: nothing passes because nobody was asked.
        items: list[Answer] = []
        for plugin in self._implementing(hook, department, arguments.get("uow")):
            values = self._ask_one(plugin, hook, arguments, passing=(XrmError,))
            items += [Answer(plugin.name, value) for value in values]
        return Answers(tuple(items))

    def _implementing(self, hook: str, department: Departments, uow: UnitOfWork | None) -> list[Plugin]:
        names = self._hooks.implementing(hook)
        return [plugin for plugin in self.on_for(department, uow) if plugin.name in names] if names else []

    def _ask_one(
        self, plugin: Plugin, hook: str, arguments: dict[str, Any], passing: tuple[type[BaseException], ...]
    ) -> list[Any]:
        return self._guard.run(plugin.name, hook, lambda: self._hooks.ask(plugin.name, hook, arguments), passing)

    def build(self, plugin: str, content: Panel | Card, uow: UnitOfWork) -> tuple[Block, ...]:
        """The blocks of a panel or card, made now if they are made late.

        Raises:
            PluginError: when the plugin fails; the rest of the page is not concerned.
        """
        if content.build is None:
            return content.blocks
        build = content.build
        since = self.watch.now()
        try:
            blocks = self._guard.run(plugin, content.key, lambda: checked_blocks(build(uow)))
        except PluginFailed as error:
            recover(uow, error)
            raise
        self._guard.hurry(plugin, content.key, since, page_waits=False)
        return blocks

    def call(self, plugin: str, what: str, returns: type[Result], function: Callable[..., Result], *arguments: Any) -> Result:
        """What other code of a plugin returns: an action's ``run``, a channel's ``send``. Refusals on purpose go through.

        Raises:
            PluginError: when it fails, or returns something else than ``returns``.
        """
        return self._guard.run(plugin, what, lambda: checked(function(*arguments), returns), (XrmError,))

    def note(self, plugin: str, what: str, error: Exception) -> Failure:
        """The failure that an error is, found where core uses what a plugin gave; it counts like any other."""
        return self._guard.failed(plugin, what, error).failure

    def stream(self, plugin: str, what: str, items: Callable[[], Iterable[Result]]) -> Iterator[Result]:
        """What a plugin yields one after the other, such as the rows of a score model.

        Raises:
            PluginError: as soon as it fails.
        """
        yield from self._guard.stream(plugin, what, self._guard.run(plugin, what, items))

    def release(self, plugin: str) -> None:
        """Let a plugin out of quarantine in this process; ``release_plugin`` does it for all."""
        self.watch.release(plugin)

    def timings(self) -> tuple[Timing, ...]:
        """What each plugin has cost in each hook since the start, the most expensive first."""
        return self.watch.timings()


def _is_allowed(uow: UnitOfWork | None, value: Any) -> bool:
    permission = getattr(value, "permission", "")
    return not permission or uow is None or allowed(uow, permission)
