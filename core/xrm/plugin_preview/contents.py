# SPDX-License-Identifier: Apache-2.0
"""What a plugin brings, read from its files alone: nothing of it is imported, and no address is called."""

from __future__ import annotations

from dataclasses import dataclass, field

from xrm.errors import InvalidInput, Problem
from xrm.plugin_host.discovery import Plugin
from xrm.schema.grammar.checks import Rules
from xrm.schema.load import Declarations, load_folder

# Types of field that a plugin's code adds are unknown here: what is written is taken as it stands.
_AS_WRITTEN = Rules()


@dataclass(frozen=True)
class Contents:
    """A plugin's declarations and the files with its code; ``problems`` say which files cannot be read."""

    plugin: Plugin
    declared: Declarations = field(default_factory=Declarations)
    code: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_contents(plugin: Plugin) -> Contents:
    """What lies in a plugin's folder."""
    if plugin.folder is None:
        return Contents(plugin, problems=plugin.problems)
    code = tuple(sorted(str(path.relative_to(plugin.folder)) for path in plugin.folder.rglob("*.py") if path.stat().st_size))
    try:
        return Contents(plugin, load_folder(plugin.folder, plugin.name, rules=_AS_WRITTEN), code)
    except InvalidInput as error:
        return Contents(plugin, Declarations(plugin.name), code, tuple(error.problems))
