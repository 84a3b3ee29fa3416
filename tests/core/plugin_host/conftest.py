# SPDX-License-Identifier: Apache-2.0
"""Plugins of strangers, written to disk and found as if they were installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from xrm.plugin_host.blocks import Block
from xrm.plugin_host.host import PluginHost

MANIFEST = """\
plugin: {name}
version: 1.2.3
label: {{en: {name}, fr: {name}}}
summary: {{en: A plugin of a stranger., fr: Un module d’un inconnu.}}
works_with: {{api: "{api}"}}
requires: [{requires}]
"""


class Strangers:
    """Writes plugins as packages that can be imported; ``packages`` is what entry points would say."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.packages: dict[str, str] = {}

    def add(
        self, name: str, hooks: str | None = None, *, api: str = ">=1,<2", requires: str = "", asks_for: str = "",
        files: dict[str, str] | None = None,
    ) -> Path:
        """The folder of a new plugin; ``hooks`` is the text of its hooks.py, ``files`` any further ones by path."""
        folder = self.root / f"stranger_{name}"
        texts = {"plugin.yaml": MANIFEST.format(name=name, api=api, requires=requires), **(files or {})}
        if hooks is not None:
            texts |= {"hooks.py": HEADER + dedent(hooks), "__init__.py": ""}
        if asks_for:
            texts["plugin.yaml"] += f"asks_for: {{{asks_for}}}\n"
        for path, text in texts.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        self.packages[name] = folder.name
        return folder

    def host(self, **options: object) -> PluginHost:
        """A host of all plugins added so far."""
        return PluginHost.open(packages=self.packages, **options)  # type: ignore[arg-type]


HEADER = """\
from xrm.errors import InvalidInput, PermissionDenied, msg
from xrm.plugin_host.blocks import *
from xrm.plugin_host.contributions import *
from xrm.plugin_host.hookspecs import hookimpl
"""


@contextmanager
def place_for_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Strangers]:
    """An empty place for plugins; what they import is forgotten afterwards, as the next test writes others of the same names."""
    root = tmp_path / "site-packages"
    root.mkdir()
    monkeypatch.syspath_prepend(str(root))
    yield Strangers(root)
    for name in [name for name in sys.modules if name.startswith("stranger_")]:
        del sys.modules[name]


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Strangers]:
    """An empty place for plugins."""
    with place_for_strangers(tmp_path, monkeypatch) as place:
        yield place


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is moved."""
    return Clock()


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """The seconds passed so far."""
        return self.seconds

    def pass_by(self, seconds: float) -> list[Block]:
        """Let so many seconds pass; no blocks, as from a panel that is slow."""
        self.seconds += seconds
        return []
