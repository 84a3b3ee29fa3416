# SPDX-License-Identifier: Apache-2.0
"""A plugin that was found becomes what the host can ask: its declarations from files, its hooks from an import."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType

from xrm.errors import Message, msg
from xrm.plugin_host.discovery import HOOKS_FILE, Plugin
from xrm.plugin_host.hookspecs import HOOKS, hookimpl
from xrm.plugin_host.manifest import AsksFor
from xrm.schema.fields.base import FieldType
from xrm.schema.load import Declarations, builtin_rules, load_folder
from xrm.schema.model import EntityDeclaration, InteractionKind, RelationshipDeclaration
from xrm.schema.suggest import did_you_mean


class _Known:
    """Field types, equal to others of the same names and classes."""

    def __init__(self, field_types: Mapping[str, FieldType]) -> None:
        self.field_types = field_types
        self._key = frozenset((name, type(one)) for name, one in field_types.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


# A host that starts again (without a plugin that failed, with one that was removed) reads the files of all others as before.
@lru_cache(maxsize=64)
def _load(folder: Path, plugin: str, _stamps: frozenset[tuple[str, int, int]], known: _Known) -> Declarations:
    return load_folder(folder, plugin, rules=replace(builtin_rules(), field_types=known.field_types))


def _stamps(folder: Path) -> frozenset[tuple[str, int, int]]:
    """What changes when a file does: names, sizes and times of all that is read."""
    found = ((str(path), path.stat()) for pattern in ("*.y*ml", "entities/*.y*ml") for path in folder.glob(pattern))
    return frozenset((name, one.st_size, one.st_mtime_ns) for name, one in found)


class DeclaredFolder:
    """The YAML files of a plugin, answering the same hooks as code would."""

    def __init__(self, plugin: Plugin, folder: Path, field_types: Callable[[], Mapping[str, FieldType]]) -> None:
        self._plugin = plugin
        self._folder = folder
        self._field_types = field_types

    @cached_property
    def _declared(self) -> Declarations:
        return _load(self._folder, self._plugin.name, _stamps(self._folder), _Known(self._field_types()))

    @hookimpl
    def register_entity_types(self) -> list[EntityDeclaration]:
        """Those of ``entities/*.yaml``."""
        return list(self._declared.entities)

    @hookimpl
    def register_relationship_types(self) -> list[RelationshipDeclaration]:
        """Those of ``relationships.yaml``."""
        return list(self._declared.relationships)

    @hookimpl
    def register_interaction_kinds(self) -> list[InteractionKind]:
        """Those of ``interactions.yaml``."""
        return list(self._declared.interaction_kinds)


def import_hooks(plugin: Plugin) -> ModuleType:
    """The module with the plugin's hook functions; whatever its import raises is raised here."""
    return importlib.import_module(f"{plugin.package}.hooks")


def step_files_of(plugins: Iterable[Plugin]) -> dict[str, tuple[Path, ...]]:
    """Plugin that is on → its data steps written by hand (``steps/NNNN_name.py``), in their order; those that have any."""
    found = {
        plugin.name: tuple(sorted(plugin.folder.glob("steps/[!_]*.py")))
        for plugin in plugins if plugin.is_on and plugin.folder is not None and plugin.package
    }
    return {name: files for name, files in found.items() if files}


def unfit_hooks(module: ModuleType, asks_for: AsksFor) -> list[Message]:
    """Why hook functions of this module could not be called as core calls them: found at start, not at the first call."""
    problems: list[Message] = []
    for name, function in sorted(vars(module).items()):
        options = getattr(function, "xrm_impl", None)
        if options is None or not callable(function):
            continue
        hook = options.get("specname") or name
        if hook not in HOOKS:
            problems.append(msg("There is no hook {hook}.{hint}", hook=hook, hint=did_you_mean(hook, HOOKS)))
        elif options.get("wrapper") or options.get("hookwrapper"):
            problems.append(msg("{hook} is a wrapper. Return a list instead: a plugin cannot wrap another one.", hook=hook))
        elif hook == "narrow_visibility" and not asks_for.narrows:
            problems.append(msg("{hook} needs asks_for.narrows in plugin.yaml: the types whose rows it may hide.", hook=hook))
        else:
            problems += _unfit_signature(hook, function)
    return problems


def _unfit_signature(hook: str, function: object) -> list[Message]:
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        return [msg("{hook} must be a plain function that returns a list: no async, no yield.", hook=hook)]
    if not inspect.isfunction(function):
        return [msg("{hook} must be a plain function.", hook=hook)]
    problems = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            problems.append(msg("{hook}: {name} cannot be keyword-only, positional-only or *. Write a plain argument.",
                                hook=hook, name=parameter.name))
        elif parameter.default is not parameter.empty:
            problems.append(msg("{hook}: {name} has a default. Remove it: core always gives the value.", hook=hook,
                                name=parameter.name))
    return problems


def place_of_hooks(plugin: Plugin) -> str:
    """The file with the plugin's hook functions."""
    return str((plugin.folder or Path()) / HOOKS_FILE)


def place_of(error: BaseException, folder: Path | None) -> str:
    """File and line where the plugin's own code failed; for a syntax error the line that cannot be read."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if folder is not None and frame.filename.startswith(str(folder))]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else str(folder or "")
