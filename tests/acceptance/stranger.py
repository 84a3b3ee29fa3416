# SPDX-License-Identifier: Apache-2.0
"""A plugin with code, installed beside ours where only one instance of a test finds it."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.conftest import Program

MANIFEST = """\
plugin: {name}
version: 0.1.0
label: {{en: {name}, fr: {name}}}
summary: {{en: A trial., fr: Un essai.}}
works_with: {{api: "{api}"}}
requires: [{requires}]
{more}
"""


def install(
    xrm: Program, name: str, hooks: str, *, more: str = "", api: str = ">=1,<2", requires: str = "base"
) -> Path:
    """The folder of the package ``xrm_<name>``; ``hooks`` is the text of its hooks.py, ``more`` ends its manifest."""
    place = xrm.home.parent / "packages"
    package = place / f"xrm_{name}"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "plugin.yaml").write_text(MANIFEST.format(name=name, api=api, requires=requires, more=more), encoding="utf-8")
    (package / "hooks.py").write_text(hooks, encoding="utf-8")
    info = place / f"xrm_{name}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: xrm-{name}\nVersion: 0.1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[xrm.plugins]\n{name} = xrm_{name}\n", encoding="utf-8")
    xrm.variables["PYTHONPATH"] = str(place)
    return package
