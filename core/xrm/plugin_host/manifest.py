# SPDX-License-Identifier: Apache-2.0
"""What a plugin says of itself, read from its plugin.yaml without running a line of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xrm.errors import InvalidInput, Problem, msg
from xrm.plugin_host.contract import accepts
from xrm.schema.grammar.build import build_fields
from xrm.schema.grammar.checks import FieldsCheck, Rules
from xrm.schema.grammar.manifest import ManifestGrammar
from xrm.schema.grammar.problems import as_problems, in_file_order, take
from xrm.schema.load import builtin_rules
from xrm.schema.model import Field, Label, Location
from xrm.schema.strict_yaml import Document, read
from xrm.schema.suggest import unknown

_GRAMMAR = ManifestGrammar()


@dataclass(frozen=True)
class AsksFor:
    """What a plugin wants to read, write and send, which hosts it calls, and which of its settings are secret.

    ``narrows`` names the types whose rows it may hide further, ``system`` the reasons for which it acts as the system.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    narrows: tuple[str, ...] = ()
    system: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A plugin's manifest; ``api`` is the range of contract versions it works with, ``slots`` where it shows something."""

    plugin: str
    version: str
    label: Label
    summary: Label
    api: str
    requires: tuple[str, ...] = ()
    asks_for: AsksFor = AsksFor()
    settings: Mapping[str, Field] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    location: Location = field(default_factory=Location)


def load_manifest(path: Path, *, rules: Rules | None = None) -> Manifest:
    """The manifest in a file.

    Raises:
        InvalidInput: with every problem of the file, located.
    """
    return read_manifest(read(path), rules or builtin_rules())


def read_manifest(document: Document, rules: Rules) -> Manifest:
    """The manifest a document holds; raises InvalidInput as ``load_manifest`` does."""
    loaded, tree = take(_GRAMMAR, document)
    problems = list(as_problems(document, tree))
    settings = tree.get("settings", {})
    broken = settings if isinstance(settings, Mapping) else {}
    problems += FieldsCheck(document, loaded.get("settings", {}), ("settings",), broken, rules).problems()
    wanted = loaded.get("works_with", {}).get("api")
    if wanted is not None and not _is_range(wanted):
        said = msg('"{wanted}" is no range of versions. Write for example ">=1,<2".', wanted=wanted)
        problems.append(document.problem(("works_with", "api"), said))
    for name in loaded.get("asks_for", {}).get("secrets", ()):
        if name not in loaded.get("settings", {}):
            problems.append(document.problem(("asks_for", "secrets"), unknown("setting", name, loaded.get("settings", {}))))
    if problems:
        raise InvalidInput(in_file_order(problems))
    return Manifest(
        plugin=loaded["plugin"],
        version=loaded["version"],
        label=loaded["label"],
        summary=loaded["summary"],
        api=loaded["works_with"]["api"],
        requires=loaded.get("requires", ()),
        asks_for=AsksFor(**loaded.get("asks_for", {})),
        settings=build_fields(loaded.get("settings", {}), document, ("settings",)),
        slots=loaded.get("contributes", {}).get("slots", ()),
        jobs=loaded.get("contributes", {}).get("jobs", ()),
        location=document.at(("plugin",), key=True),
    )


def check_requires(manifests: Iterable[Manifest]) -> list[Problem]:
    """A problem for each plugin that requires one which is not there, or itself."""
    known = {manifest.plugin: manifest for manifest in manifests}
    problems = []
    for manifest in known.values():
        for name in manifest.requires:
            if name == manifest.plugin:
                said = msg("{name} requires itself. Remove it.", name=name)
                problems.append(Problem(f"{manifest.plugin}.requires", said, str(manifest.location)))
            elif name not in known:
                problems.append(
                    Problem(f"{manifest.plugin}.requires", unknown("plugin", name, sorted(known)), str(manifest.location))
                )
    return problems


def _is_range(wanted: str) -> bool:
    try:
        accepts(wanted)
    except ValueError:
        return False
    return True
