# SPDX-License-Identifier: Apache-2.0
"""Which plugins there are: found by entry point or folder, read as files; nothing of them is imported here."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from xrm.errors import Message, Problem, XrmError, msg
from xrm.plugin_host.contract import PLUGIN_API_VERSION, accepts
from xrm.plugin_host.manifest import Manifest, load_manifest
from xrm.schema.suggest import closest

ENTRY_POINT_GROUP = "xrm.plugins"
MANIFEST_FILE = "plugin.yaml"
HOOKS_FILE = "hooks.py"


@dataclass(frozen=True)
class Plugin:
    """One plugin. ``package`` is empty for a folder of the instance; ``problems`` say why it is not on.

    ``broken``: it fails by itself (manifest, import, hooks). ``refused``: it does not fit (contract version, requirement, name).
    ``removed``: an operator took it out, whether it is still installed or not. ``missing``: it is not there, but its data is.
    """

    name: str
    version: str = ""
    package: str = ""
    folder: Path | None = None
    manifest: Manifest | None = None
    has_hooks: bool = False
    status: Literal["on", "broken", "refused", "removed", "missing"] = "on"
    problems: tuple[Problem, ...] = ()

    @property
    def problem(self) -> Problem | None:
        """The first problem, if there is one."""
        return self.problems[0] if self.problems else None

    @property
    def is_on(self) -> bool:
        """Whether it takes part."""
        return self.status == "on"

    def broken(self, message: Message, where: str = "") -> Plugin:
        """The same plugin, off because it fails by itself."""
        return replace(self, status="broken", problems=(Problem("", message, where),))

    def refused(self, message: Message, where: str = "") -> Plugin:
        """The same plugin, off because it does not fit."""
        return replace(self, status="refused", problems=(Problem("", message, where),))

    def missing(self, message: Message) -> Plugin:
        """The same plugin, off because it is not installed any more."""
        return replace(self, status="missing", problems=(Problem("", message),))

    def removed(self, message: Message) -> Plugin:
        """The same plugin, off because an operator removed it."""
        return replace(self, status="removed", problems=(Problem("", message),))


def discover_plugins(home: Path | None = None, *, packages: Mapping[str, str] | None = None) -> tuple[Plugin, ...]:
    """All plugins, each after those it requires, else by name; those that cannot take part say why and come last.

    ``home`` is the folder of the instance, ``packages`` (name → package) replaces the installed entry points.
    """
    named = _entry_points() if packages is None else dict.fromkeys(packages.items())
    installed = [_from_package(name, package, source) for (name, package), source in sorted(named.items())]
    folders = sorted((home / "plugins").glob("*/")) if home is not None else []
    local = [_from_folder(place) for place in folders if not place.name.startswith((".", "_"))]
    return in_order(_one_of_each_name(installed, local))


def _entry_points() -> dict[tuple[str, str], Path | None]:
    """Name and package of each entry point, with the source folder if the distribution is installed as editable."""
    points = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    return {(point.name, point.value): _source_of(point.dist) for point in points}


def _source_of(distribution: importlib.metadata.Distribution | None) -> Path | None:
    origin = json.loads((distribution and distribution.read_text("direct_url.json")) or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(url2pathname(urlsplit(origin["url"]).path))


def _from_package(name: str, package: str, source: Path | None) -> Plugin:
    plugin = Plugin(name, package=package)
    if not package.isidentifier():
        return plugin.refused(
            msg("The entry point {name} names {package}. Name a top-level package, as in {name} = \"xrm_{name}\".",
                name=name, package=package)
        )
    folder = _locate(package, source)
    if folder is None:
        return plugin.broken(
            msg("The package {package} with its {file} is not there. Install the plugin again, or uninstall it.",
                package=package, file=MANIFEST_FILE)
        )
    return _with_manifest(replace(plugin, folder=folder, has_hooks=(folder / HOOKS_FILE).is_file()))


def _locate(package: str, source: Path | None) -> Path | None:
    """The folder of a package that holds a manifest; a namespace package (no ``__init__.py``) may lie in several.

    Build tools expose only folders with Python files in an editable installation, so data is looked for in its source as well.
    """
    folders = [source / package, source / "src" / package] if source is not None else []
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.submodule_search_locations is not None:
        folders = [*(Path(place) for place in spec.submodule_search_locations), *folders]
    return next((folder for folder in folders if (folder / MANIFEST_FILE).is_file()), None)


def _from_folder(folder: Path) -> Plugin:
    plugin = Plugin(folder.name, folder=folder)
    if not (folder / MANIFEST_FILE).is_file():
        return plugin.broken(msg("There is no {file} here. Add one, or remove the folder.", file=MANIFEST_FILE), str(folder))
    code = sorted(str(path.relative_to(folder)) for pattern in ("*.py", "steps/*.py") for path in folder.glob(pattern))
    if code:
        return plugin.refused(
            msg("{file}: a plugin with Python code must be installed with pip. In this folder only YAML files, templates and "
                "translations are read.", file=code[0]),
            str(folder / code[0]),
        )
    return _with_manifest(plugin)


def _with_manifest(plugin: Plugin) -> Plugin:
    path = (plugin.folder or Path()) / MANIFEST_FILE
    try:
        manifest = load_manifest(path)
    except XrmError as error:
        return replace(plugin, status="broken", problems=problems_of(error, str(path)))
    except OSError as error:
        return plugin.broken(msg("The manifest cannot be read: {why}.", why=error.strerror or str(error)), str(path))
    plugin = replace(plugin, manifest=manifest, version=manifest.version)
    if manifest.plugin != plugin.name:
        return plugin.broken(
            msg("The manifest says plugin: {inside}, but it is found as {outside}. Give both the same name.",
                inside=manifest.plugin, outside=plugin.name), str(path)
        )
    if not accepts(manifest.api):
        return plugin.refused(
            msg("It works with the plugin contract {wanted}; here is {have}. Install a version of the plugin made for it.",
                wanted=manifest.api, have=PLUGIN_API_VERSION), str(path)
        )
    return plugin


def problems_of(error: XrmError, where: str) -> tuple[Problem, ...]:
    """What an error lists, or what it says; ``where`` is the place if it names none itself."""
    listed: list[Problem] = getattr(error, "problems", []) or [Problem("", error.message)]
    return tuple(problem if problem.where else replace(problem, where=where) for problem in listed)


def _one_of_each_name(installed: list[Plugin], local: list[Plugin]) -> list[Plugin]:
    """Which of two is meant cannot be known, and must not depend on the order of installation: both are refused.

    A folder of the instance does not displace an installed package, so that nobody takes its place by writing a file.
    """
    times = Counter(plugin.name for plugin in installed)
    kept: list[Plugin] = []
    for name in sorted(times):
        twins = [plugin for plugin in installed if plugin.name == name]
        if len(twins) == 1:
            kept += twins
            continue
        packages = ", ".join(plugin.package for plugin in twins)
        kept.append(
            Plugin(name).refused(msg("Several installed packages are called {name}: {packages}. Uninstall all but one.",
                                     name=name, packages=packages))
        )
    for plugin in local:
        if plugin.name not in times:
            kept.append(plugin)
            continue
        position = next(index for index, other in enumerate(kept) if other.name == plugin.name)
        kept[position] = _with_shadow(kept[position], plugin)
    return kept


def _with_shadow(plugin: Plugin, shadow: Plugin) -> Plugin:
    message = msg("The folder {folder} has the name of an installed plugin and is not read. Rename or remove it.",
                  folder=str(shadow.folder))
    return replace(plugin, problems=(*plugin.problems, Problem("", message, str(shadow.folder))))


def in_order(plugins: Iterable[Plugin]) -> tuple[Plugin, ...]:
    """Each plugin after those it requires, else by name; those whose requirements are not on are refused, and come last."""
    waiting = {plugin.name: plugin for plugin in sorted(plugins, key=lambda item: item.name) if plugin.is_on}
    off = [plugin for plugin in plugins if not plugin.is_on]
    known = set(waiting) | {plugin.name for plugin in off}
    placed: dict[str, Plugin] = {}
    while ready := next((item for item in waiting.values() if _requires(item) <= set(placed)), None):
        placed[ready.name] = waiting.pop(ready.name)
    for plugin in waiting.values():
        where = str(plugin.folder / MANIFEST_FILE) if plugin.folder else ""
        off.append(plugin.refused(_unmet(_requires(plugin) - set(placed), known, set(waiting)), where))
    return (*placed.values(), *sorted(off, key=lambda item: item.name))


def _requires(plugin: Plugin) -> set[str]:
    return set(plugin.manifest.requires) if plugin.manifest else set()


def _unmet(blocked: set[str], known: set[str], waiting: set[str]) -> Message:
    if missing := sorted(blocked - known):
        meant = closest(missing[0], known)
        if meant:
            return msg("It requires {names}, not installed here; did you mean {meant}? Correct the name, or install it.",
                       names=", ".join(missing), meant=meant)
        return msg("It requires {names}, not installed here. Install it, or uninstall this plugin.", names=", ".join(missing))
    if stuck := sorted(blocked & waiting):
        return msg("It requires {names}, which cannot start because of what it requires itself, perhaps this plugin in a circle.",
                   names=", ".join(stuck))
    return msg("It requires {names}, which is off. Mend that one first.", names=", ".join(sorted(blocked)))
