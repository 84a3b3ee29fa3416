# SPDX-License-Identifier: Apache-2.0
"""From plugins found to plugins that answer: import, check, register, ask once; what fails is off, with all that require it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from xrm.errors import ConfigurationError, InvalidInput, Problem, XrmError, msg
from xrm.plugin_host.discovery import Plugin, in_order, problems_of
from xrm.plugin_host.guard import Guard, PluginFailed
from xrm.plugin_host.load_marks import LoadMarks
from xrm.plugin_host.loading import DeclaredFolder, import_hooks, place_of, place_of_hooks, unfit_hooks
from xrm.plugin_host.manifest import AsksFor
from xrm.schema.fields.base import FieldType
from xrm.schema.fields.builtin import BUILTIN
from xrm.schema.load import Declarations, check_together
from xrm.schema.model import EntityDeclaration, InteractionKind, RelationshipDeclaration

files_logger = logging.getLogger("xrm.plugins.files")  # what is wrong with files: a line for each problem

REGISTERED = {  # hook → the attribute that names what is registered
    "register_field_types": "name",
    "register_entity_types": "name",
    "register_relationship_types": "name",
    "register_interaction_kinds": "name",
    "register_score_models": "key",
    "register_channels": "key",
}
# Names of these must differ between plugins. An entity type and a relationship type count as one kind: rights name both.
TOLD_APART = (
    *(((hook,), attribute) for hook, attribute in REGISTERED.items()),
    (("register_entity_types", "register_relationship_types"), "name"),
)


class Hooks(Protocol):
    """The part of the host that knows pluggy."""

    def register(self, plugin: str, objects: Iterable[object]) -> None:
        """Let these objects answer for a plugin from now on."""

    def forget(self, plugin: str) -> None:
        """Let the plugin answer no more."""

    def ask(self, plugin: str, hook: str, arguments: dict[str, Any]) -> list[Any]:
        """What one plugin returns from a hook."""


class Start:
    """The plugins of a program and what they registered when it started."""

    def __init__(
        self, found: tuple[Plugin, ...], hooks: Hooks, guard: Guard, *, with_code: bool, established: Collection[str] = (),
        marks: LoadMarks | None = None,
    ) -> None:
        self._hooks = hooks
        self._marks = marks or LoadMarks(None)
        self._established = established  # those that have made tables here
        self._guard = guard
        self._with_code = with_code
        self._plugins = {plugin.name: plugin for plugin in found}
        self._registered: dict[str, dict[str, list[Any]]] = {}
        for plugin in found:
            if plugin.is_on and all(self._plugins[name].is_on for name in _requires(plugin)):
                self._start(plugin)
        self.plugins = in_order(self._plugins.values())
        while misfit := next(self._misfits(), None):
            self.switch_off(*misfit)

    def _start(self, plugin: Plugin) -> None:
        registered = self._registered[plugin.name] = {}
        try:
            objects = self._guard.run(plugin.name, "start", lambda: self._load(plugin))
            self._hooks.register(plugin.name, objects)
            for hook in REGISTERED:
                ask = partial(self._hooks.ask, plugin.name, hook, {})
                registered[hook] = self._guard.run(plugin.name, hook, ask, passing=(InvalidInput,))
        except (PluginFailed, ConfigurationError, InvalidInput) as error:
            self._hooks.forget(plugin.name)
            problems = _problems(plugin, error)
            self._plugins[plugin.name] = replace(plugin, status="broken", problems=problems)
            if isinstance(error, InvalidInput):
                _log_problems(plugin.name, problems)

    def _load(self, plugin: Plugin) -> list[object]:
        objects: list[object] = []
        if plugin.has_hooks and self._with_code:
            if why := self._marks.held_off(plugin):
                raise InvalidInput(why)
            with self._marks.loading(plugin.name):
                module = import_hooks(plugin)
            if problems := unfit_hooks(module, plugin.manifest.asks_for if plugin.manifest else AsksFor()):
                raise InvalidInput([Problem("", problem, place_of_hooks(plugin)) for problem in problems])
            objects.append(module)
        if plugin.folder is not None:
            objects.append(DeclaredFolder(plugin, plugin.folder, lambda: self._field_types_for(plugin)))
        return objects

    def _field_types_for(self, plugin: Plugin) -> Mapping[str, FieldType]:
        near = [name for name in (plugin.name, *_requires(plugin)) if name in self._registered]
        extra = [item for name in near for item in self._registered[name]["register_field_types"]]
        return {item.name: item for item in (*BUILTIN, *extra)}

    def registered(self, hook: str) -> Iterator[tuple[str, Any]]:
        """What the plugins that are on registered by a hook, with the plugin's name before it."""
        for plugin in self.plugins:
            if plugin.is_on:
                yield from ((plugin.name, value) for value in self._registered[plugin.name][hook])

    def _misfits(self) -> Iterator[tuple[str, tuple[Problem, ...]]]:
        """Plugins that cannot be on together with the others, with the reason; the first one only can be relied on."""
        for hooks, attribute in TOLD_APART:
            yield from self._taken_twice(hooks, attribute)
        yield from self._called_like_a_party()
        declared = {plugin.name: self.declared_by(plugin.name) for plugin in self.plugins if plugin.is_on}
        problems = check_together(declared.values())
        for name, declarations in declared.items():
            if own := tuple(problem for problem in problems if _concerns(problem, declarations)):
                yield name, own

    def _taken_twice(self, hooks: tuple[str, ...], attribute: str) -> Iterator[tuple[str, tuple[Problem, ...]]]:
        """Of two plugins with the same name for something, the one that is given up."""
        owners = {item.name: "" for item in BUILTIN} if "register_field_types" in hooks else {}
        for plugin, value in (found for hook in hooks for found in self.registered(hook)):
            key = getattr(value, attribute)
            other = owners.setdefault(key, plugin)
            if other == plugin:
                continue
            loser = self._given_up(plugin, other) if other else plugin
            message = msg("{key} is declared by two plugins, {first} and {second}. Uninstall one, or rename it in one.",
                          key=key, first=other or "xrm", second=plugin)
            yield loser, (Problem("", message, str(getattr(value, "location", ""))),)

    def _called_like_a_party(self) -> Iterator[tuple[str, tuple[Problem, ...]]]:
        """A plugin and a kind of party of another one share their name, with which the names of both's tables begin."""
        names = {plugin.name for plugin in self.plugins if plugin.is_on}
        for plugin, value in self.registered("register_entity_types"):
            if value.kind == "party" and value.name in names and value.name != plugin:
                message = msg("{key} is a plugin, and a kind of party that the plugin {plugin} declares: their tables would have "
                              "the same names. Uninstall one, or rename it.", key=value.name, plugin=plugin)
                yield self._given_up(plugin, value.name), (Problem("", message, str(value.location)),)

    def _given_up(self, *names: str) -> str:
        """Of plugins that do not go together, the one without data here, else with fewer that require it, else the later."""
        places = [plugin.name for plugin in self.plugins]
        return min(names, key=lambda name: (name in self._established, len(self._dependents(name)), -places.index(name)))

    def declared_by(self, name: str) -> Declarations:
        """The declarations of one plugin."""
        registered = self._registered[name]
        return Declarations(
            name,
            tuple(registered["register_entity_types"]),
            tuple(registered["register_relationship_types"]),
            tuple(registered["register_interaction_kinds"]),
        )

    def _dependents(self, name: str) -> set[str]:
        found = {name}
        for plugin in self.plugins:  # each comes after those it requires
            if found.intersection(_requires(plugin)):
                found.add(plugin.name)
        return found - {name}

    def dependents_of(self, name: str) -> tuple[str, ...]:
        """Those that are on and would not be without this one: they require it, or name what it declares."""
        gone = {name}
        while True:
            left = [plugin for plugin in self.plugins if plugin.is_on and plugin.name not in gone]
            lost = {plugin.name for plugin in left if gone.intersection(_requires(plugin))}
            if not lost:
                declared = {plugin.name: self.declared_by(plugin.name) for plugin in left}
                problems = check_together(declared.values())
                lost = {other for other, one in declared.items() if any(_concerns(problem, one) for problem in problems)}
            if not lost:
                return tuple(sorted(gone - {name}))
            gone |= lost

    def switch_off(self, name: str, problems: tuple[Problem, ...]) -> tuple[str, ...]:
        """Take a plugin out, with all that require it; the names of those that went."""
        before = {plugin.name for plugin in self.plugins if plugin.is_on}
        self._plugins[name] = replace(self._plugins[name], status="broken", problems=problems)
        self.plugins = in_order(self._plugins.values())
        self._plugins = {plugin.name: plugin for plugin in self.plugins}
        gone = before - {plugin.name for plugin in self.plugins if plugin.is_on}
        for each in gone:
            self._hooks.forget(each)
        return tuple(sorted(gone))


def _log_problems(plugin: str, problems: Iterable[Problem]) -> None:
    for problem in problems:
        files_logger.error("plugin %s is off: %s", plugin, problem)


def _requires(plugin: Plugin) -> tuple[str, ...]:
    return plugin.manifest.requires if plugin.manifest else ()


def _concerns(problem: Problem, declarations: Declarations) -> bool:
    named = problem.path.partition(".")[0]
    everything: tuple[EntityDeclaration | RelationshipDeclaration | InteractionKind, ...]
    everything = (*declarations.entities, *declarations.relationships, *declarations.interaction_kinds)
    return any(one.name == named and problem.where.startswith(one.location.file) for one in everything)


def _problems(plugin: Plugin, error: XrmError) -> tuple[Problem, ...]:
    """The reasons for people: what core's own checks say is said as it is, anything else with its kind and place."""
    cause = error.__cause__ if isinstance(error, PluginFailed) else error
    if isinstance(cause, XrmError):
        return problems_of(cause, str(plugin.folder or ""))
    cause = cause or error
    kind = type(cause).__name__
    message = msg("It cannot be started: {kind}: {why}. Mend it, or uninstall it.", kind=kind, why=str(cause))
    return (Problem("", message, place_of(cause, plugin.folder)),)
