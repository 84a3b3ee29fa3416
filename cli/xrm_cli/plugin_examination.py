# SPDX-License-Identifier: Apache-2.0
"""The checks of ``xrm doctor`` about plugins: whether they are on, their settings, the icons they name."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Iterator

from xrm.db.health import missing_file
from xrm.errors import Problem
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_host.quarantine import Quarantined, known_quarantine
from xrm.plugin_removal.records import DROPPED, find_removal
from xrm.runtime import Runtime
from xrm.schema.model import EntityDeclaration, InteractionKind, RelationshipDeclaration
from xrm.settings import Settings
from xrm_cli.findings import Finding

ICONS = "xrm_web.assets"  # by name: command line and web do not know each other


def examine_plugins(runtime: Runtime) -> Iterator[Finding]:
    """Each plugin: on or why not, in quarantine, the settings it needs, and icons that are not there."""
    for one in _quarantine(runtime).values():
        last = f" Last: {one.incidents[0].what}, {one.incidents[0].at}, reference {one.reference}." if one.incidents else ""
        said = f"It is in quarantine since {one.since:%Y-%m-%d %H:%M} UTC: {one.reason}.{last}"
        yield Finding(f"plugin {one.plugin}", "bad", said, f"Mend or update it, then: xrm plugin release {one.plugin}")
    for plugin in runtime.host.plugins:
        name = f"plugin {plugin.name}"
        if plugin.is_on:
            yield Finding(name, "good", f"{plugin.version} is on.")
            yield from _settings(plugin, runtime.settings)
        elif plugin.status == "removed":
            yield _removed(plugin, runtime)
        else:
            yield Finding(name, "bad", f"It is off ({plugin.status}): {_listed(plugin.problems)}",
                          "Mend what is named, or uninstall the plugin; everything else runs.")
    yield from _icons(runtime)


def _quarantine(runtime: Runtime) -> dict[str, Quarantined]:
    if missing_file(runtime.settings.database_url) is not None:
        return {}
    return known_quarantine(runtime.engine)


def _removed(plugin: Plugin, runtime: Runtime) -> Finding:
    removal = find_removal(runtime.engine, plugin.name)
    if removal is not None and removal.state == DROPPED and plugin.folder is not None:
        return Finding(f"plugin {plugin.name}", "warn", f"It is installed, and off. {_listed(plugin.problems)}",
                       f"xrm plugin restore {plugin.name}, or with --empty to begin anew, or uninstall it.")
    return Finding(f"plugin {plugin.name}", "good", _listed(plugin.problems))


def without_praise(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, without those that call a plugin good about which another one is bad."""
    findings = list(findings)
    bad = {one.check.partition(":")[0].removeprefix("plugin ") for one in findings if one.state == "bad"}
    return [one for one in findings if not (one.state == "good" and one.check.removeprefix("plugin ") in bad)]


def _listed(problems: tuple[Problem, ...]) -> str:
    if len(problems) == 1:
        return str(problems[0])
    return " ".join(f"({number}) {problem}" for number, problem in enumerate(problems, 1))


def _settings(plugin: Plugin, settings: Settings) -> Iterator[Finding]:
    declared = plugin.manifest.settings if plugin.manifest else {}
    for key, field in declared.items():
        if field.required is True and field.default is None and not settings.plugins.get(plugin.name, {}).get(key):
            variable = f"XRM_PLUGIN_{plugin.name.upper()}__{key.upper()}"
            place = f'Write {key} = "…" below [plugins.{plugin.name}] in {settings.home / "xrm.toml"}, or set {variable}.'
            yield Finding(f"plugin {plugin.name}", "warn", f"It needs the setting {key} ({field.label.get('en')}).", place)


def _icons(runtime: Runtime) -> Iterator[Finding]:
    registry = runtime.registry
    declared: list[EntityDeclaration | RelationshipDeclaration | InteractionKind] = [
        *(one.declaration for one in registry.entity_types.values()),
        *(one.declaration for one in registry.relationship_types.values()),
        *registry.interaction_kinds.values(),
    ]
    known: frozenset[str] = importlib.import_module(ICONS).icon_names()
    for one in declared:
        if one.icon and one.icon not in known:
            near = difflib.get_close_matches(one.icon, known, n=3, cutoff=0.5)
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            yield Finding(f"plugin {one.plugin}", "warn", f"{one.location}: there is no icon {one.icon}; a neutral one is shown.",
                          f"{hint}docs/writing-a-plugin.md lists all icons.")
