# SPDX-License-Identifier: Apache-2.0
"""Addresses and templates of plugins begin with their names, so no plugin may have the name of ours, and none takes another's."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from jinja2 import Environment

from tests.core.plugin_host.conftest import MANIFEST
from xrm.plugin_host.host import PluginHost
from xrm.schema.grammar.manifest import RESERVED_PLUGINS
from xrm_web.plugin_templates import PluginTemplates


def test_no_plugin_has_the_name_of_a_page_or_of_a_folder_of_templates(app: Flask) -> None:
    beginnings = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    pages = {name for name in beginnings if name.isidentifier() and not name.startswith("_")}
    folders = {folder.name for folder in (Path(app.root_path) / "templates").iterdir() if folder.is_dir()}

    assert (pages | folders) - RESERVED_PLUGINS == set()


def test_a_template_comes_from_the_plugin_whose_name_it_bears_whoever_else_has_such_a_file(tmp_path: Path) -> None:
    for name in ("ant", "bee", "cat"):
        folder = tmp_path / "plugins" / name
        (folder / "templates" / "bee").mkdir(parents=True)
        (folder / "templates" / "bee" / "box.html").write_text(name, encoding="utf-8")
        (folder / "plugin.yaml").write_text(MANIFEST.format(name=name, api=">=1,<2", requires=""), encoding="utf-8")

    loader = PluginTemplates(PluginHost.open(tmp_path, packages={}))

    assert Environment(loader=loader, autoescape=True).get_template("bee/box.html").render() == "bee"
