# SPDX-License-Identifier: Apache-2.0
"""What a plugin is at one moment, small enough to be kept: its types, what it shows and asks for, its files with code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xrm.plugin_host.asking import names_of
from xrm.plugin_host.manifest import Manifest
from xrm.plugin_preview.contents import Contents
from xrm.schema.canonical import canonical

Declared = Mapping[str, Any]


@dataclass(frozen=True)
class Outline:
    """A plugin as JSON values, by name: types and relationships in canonical form, kinds of interaction, settings.

    ``asks`` has a list of names for each part of the manifest, ``code`` the size of each file. With ``is_whole`` false only
    types, relationships and version are known. ``models`` and ``channels`` are what its code registered, where it ran.
    """

    version: str = ""
    types: Mapping[str, Declared] = field(default_factory=dict)
    relationships: Mapping[str, Declared] = field(default_factory=dict)
    kinds: Mapping[str, Declared] = field(default_factory=dict)
    settings: Mapping[str, Declared] = field(default_factory=dict)
    asks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    code: Mapping[str, int] = field(default_factory=dict)
    models: Sequence[str] = ()
    channels: Sequence[str] = ()
    is_whole: bool = True

    def text(self) -> str:
        """As it is kept."""
        return json.dumps(vars(self), ensure_ascii=False, default=str)

    def is_same(self, other: Outline) -> bool:
        """Whether the other one says the same in all that is read from files; order means nothing in it."""
        return all(
            json.dumps(getattr(self, part), sort_keys=True, default=str)
            == json.dumps(getattr(other, part), sort_keys=True, default=str)
            for part in ("version", "types", "relationships", "kinds", "settings", "asks", "code")
        )


def outline_of(contents: Contents, models: Sequence[str] = (), channels: Sequence[str] = ()) -> Outline:
    """What lies in a plugin's folder; files with code are not opened."""
    declared, plugin = contents.declared, contents.plugin
    found = Outline(
        plugin.version, {one.name: canonical(one) for one in declared.entities},
        {one.name: canonical(one) for one in declared.relationships},
        {one.name: canonical(one) for one in declared.interaction_kinds},
        _settings(plugin.manifest), _asks(plugin.manifest), _sizes(plugin.folder, contents.code), tuple(models), tuple(channels),
    )
    return outline_from(json.loads(found.text()))


def outline_from(given: Mapping[str, Any]) -> Outline:
    """The outline that ``text`` gave."""
    return Outline(**given)


def outline_of_tables(version: str, declared: Sequence[Declared]) -> Outline:
    """What is known of a plugin that was applied before outlines were kept: its version and its types."""
    return Outline(
        version, {one["entity"]: one for one in declared if "entity" in one},
        {one["name"]: one for one in declared if "entity" not in one}, is_whole=False,
    )


def _asks(manifest: Manifest | None) -> dict[str, list[str]]:
    if manifest is None:
        return {}
    return {"requires": list(manifest.requires), "slots": list(manifest.slots), "jobs": list(manifest.jobs),
            **names_of(manifest.asks_for)}


def _settings(manifest: Manifest | None) -> dict[str, Any]:
    settings = manifest.settings if manifest else {}
    return {key: {"label": dict(one.label.texts), "type": one.type, "required": one.required} for key, one in settings.items()}


def _sizes(folder: Path | None, code: Sequence[str]) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in code} if folder is not None else {}
