# SPDX-License-Identifier: Apache-2.0
"""The part of the host that touches pluggy: who implements which hook, and the call of one hook of one plugin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from xrm.errors import ConfigurationError, msg
from xrm.plugin_host import hookspecs
from xrm.plugin_host.answers import checked_list
from xrm.plugin_host.guard import WrongAnswer
from xrm.plugin_host.hookspecs import HOOKS


class PluggyHooks:
    """Who implements which hook, and the call of one hook of one plugin."""

    def __init__(self) -> None:
        self._manager = _new_manager()
        self._objects: dict[str, tuple[object, ...]] = {}

    def register(self, plugin: str, objects: Iterable[object]) -> None:
        """Let these objects answer for a plugin from now on.

        Raises:
            ConfigurationError: when one has a hook that does not exist, or that takes what core does not give.
        """
        objects = tuple(objects)
        trial = _new_manager()
        try:
            for each in objects:
                trial.register(each)
            trial.check_pending()
        except pluggy.PluginValidationError as error:
            raise ConfigurationError(msg("{why}. docs/hooks.md lists all hooks with their arguments.", why=str(error))) from error
        for number, each in enumerate(objects):
            self._manager.register(each, f"{plugin}:{number}")
        self._objects[plugin] = objects

    def forget(self, plugin: str) -> None:
        """Let the plugin answer no more."""
        for each in self._objects.pop(plugin, ()):
            self._manager.unregister(each)

    def implementing(self, hook: str) -> set[str]:
        """The names of the plugins that implement a hook."""
        return {impl.plugin_name.partition(":")[0] for impl in getattr(self._manager.hook, hook).get_hookimpls()}

    def ask(self, plugin: str, hook: str, arguments: dict[str, Any]) -> list[Any]:
        """What one plugin returns from a hook.

        Raises:
            WrongAnswer: when that is no list of what the hook asks for. For display, None is an empty list.
        """
        others = [each for name, objects in self._objects.items() if name != plugin for each in objects]
        caller = self._manager.subset_hook_caller(hook, others)
        implementations = caller.get_hookimpls()
        if not implementations:
            return []
        returned = caller(**arguments)
        rule = HOOKS[hook]
        if len(returned) < len(implementations) and rule.on_failure in {"stops_work", "hides"}:
            raise WrongAnswer(f"{hook} returned None instead of a list of {rule.returns.__name__}")
        # pluggy asks the object registered last first; declared files come before code.
        return [value for values in returned for value in checked_list(hook, values, rule.returns)]


def _new_manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager("xrm")
    manager.add_hookspecs(hookspecs)
    return manager
