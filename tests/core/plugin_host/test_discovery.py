# SPDX-License-Identifier: Apache-2.0
"""Plugins are found without being imported; one that does not fit is off alone, and says why."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.core.plugin_host.conftest import MANIFEST, Strangers
from xrm.plugin_host.discovery import Plugin, discover_plugins

HIVE = """\
entity: hive
kind: record
label: {en: {one: hive, many: hives}, fr: {one: ruche, many: ruches, gender: f}}
title: "{name}"
fields:
  name: {type: text, required: true, label: {en: Name, fr: Nom}}
"""


def found(strangers: Strangers, home: Path | None = None) -> dict[str, Plugin]:
    return {plugin.name: plugin for plugin in discover_plugins(home, packages=strangers.packages)}


def local(tmp_path: Path, name: str, **files: str) -> Path:
    folder = tmp_path / "plugins" / name
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text(MANIFEST.format(name=name, api=">=1,<2", requires=""), encoding="utf-8")
    for file, text in files.items():
        (folder / f"{file}.py").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_package_is_found_without_being_imported(strangers: Strangers) -> None:
    strangers.add("clock", "raise SystemExit(3)")

    plugin = found(strangers)["clock"]

    assert (plugin.status, plugin.version, plugin.has_hooks) == ("on", "1.2.3", True)
    assert "stranger_clock" not in sys.modules


def test_a_data_only_package_needs_no_init_file(strangers: Strangers) -> None:
    folder = strangers.add("bees", files={"entities/hive.yaml": HIVE})
    assert not (folder / "__init__.py").exists()

    host = strangers.host()

    assert [entity.name for entity in host.declarations().entities] == ["hive"]
    assert not host.get("bees").has_hooks


def test_a_namespace_package_in_two_places_is_found_where_its_manifest_lies(
    strangers: Strangers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = strangers.add("bees", files={"entities/hive.yaml": HIVE})
    (tmp_path / "elsewhere" / "stranger_bees").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))

    assert found(strangers)["bees"].folder == folder


def test_entry_points_of_installed_distributions_are_read(strangers: Strangers) -> None:
    strangers.add("bees", files={"entities/hive.yaml": HIVE})
    metadata = strangers.root / "bees-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bees\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[xrm.plugins]\nbees = stranger_bees\n", encoding="utf-8")

    plugins = {plugin.name: plugin for plugin in discover_plugins()}

    assert plugins["bees"].is_on


def test_an_editable_installation_without_python_files_is_found_in_its_source(strangers: Strangers, tmp_path: Path) -> None:
    source = tmp_path / "a source"
    (source / "src").mkdir(parents=True)
    folder = strangers.add("bees", files={"entities/hive.yaml": HIVE}).rename(source / "src" / "stranger_bees")
    metadata = strangers.root / "bees-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bees\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[xrm.plugins]\nbees = stranger_bees\n", encoding="utf-8")
    origin = {"url": source.as_uri(), "dir_info": {"editable": True}}
    (metadata / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")

    plugins = {plugin.name: plugin for plugin in discover_plugins()}

    assert (plugins["bees"].status, plugins["bees"].folder) == ("on", folder)


def test_a_folder_of_the_instance_is_a_plugin(strangers: Strangers, tmp_path: Path) -> None:
    home = local(tmp_path, "bees")

    plugin = found(strangers, home)["bees"]

    assert (plugin.status, plugin.package, plugin.folder) == ("on", "", home / "plugins" / "bees")


def test_code_in_a_folder_of_the_instance_is_refused(strangers: Strangers, tmp_path: Path) -> None:
    home = local(tmp_path, "bees", hooks="import os")

    plugin = found(strangers, home)["bees"]

    assert plugin.status == "refused"
    assert "installed with pip" in str(plugin.problem)


def test_a_package_that_is_gone_is_broken_and_named(strangers: Strangers) -> None:
    strangers.packages["ghost"] = "stranger_ghost"

    plugin = found(strangers)["ghost"]

    assert plugin.status == "broken"
    assert "stranger_ghost" in str(plugin.problem)


@pytest.mark.parametrize("value", ["acme.bees", "stranger_bees:plugin", "../bees", ""])
def test_an_entry_point_names_a_top_level_package(strangers: Strangers, value: str) -> None:
    strangers.packages["bees"] = value

    assert found(strangers)["bees"].status == "refused"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plugin: bees\nversion: [", "plugin.yaml:"),
        ("plugin: bees\ncolour: red\n", "colour"),
        (MANIFEST.format(name="wasps", api=">=1", requires=""), "wasps"),
        ("", "plugin.yaml"),
    ],
)
def test_a_broken_manifest_switches_off_that_plugin_alone(strangers: Strangers, text: str, said: str) -> None:
    strangers.add("ants")
    (strangers.add("bees") / "plugin.yaml").write_text(text, encoding="utf-8")

    plugins = found(strangers)

    assert (plugins["ants"].status, plugins["bees"].status) == ("on", "broken")
    assert said in "\n".join(map(str, plugins["bees"].problems))


@pytest.mark.parametrize("wanted", [">=2", "<1", ">=1.1", "==0.9"])
def test_a_plugin_made_for_another_contract_is_refused(strangers: Strangers, wanted: str) -> None:
    strangers.add("bees", api=wanted)

    plugin = found(strangers)["bees"]

    assert plugin.status == "refused"
    assert wanted in str(plugin.problem)
    assert "1.0" in str(plugin.problem)


def test_two_packages_of_one_name_are_both_refused(strangers: Strangers) -> None:
    for number in (1, 2):
        metadata = strangers.root / f"bees{number}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bees{number}\nVersion: 1.0\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text(f"[xrm.plugins]\nbees = stranger_bees{number}\n", encoding="utf-8")

    bees = [plugin for plugin in discover_plugins() if plugin.name == "bees"]

    assert [plugin.status for plugin in bees] == ["refused"]
    assert "stranger_bees1, stranger_bees2" in str(bees[0].problem)


def test_a_folder_does_not_take_the_place_of_an_installed_plugin(strangers: Strangers, tmp_path: Path) -> None:
    folder = strangers.add("bees")

    plugin = found(strangers, local(tmp_path, "bees"))["bees"]

    assert (plugin.status, plugin.folder) == ("on", folder)
    assert "has the name of an installed plugin" in str(plugin.problem)


def test_the_order_is_requirements_first_then_names(strangers: Strangers) -> None:
    strangers.add("zebra")
    strangers.add("ant", requires="zebra")
    strangers.add("cat")
    strangers.add("bee", requires="ant, cat")

    assert list(found(strangers)) == ["cat", "zebra", "ant", "bee"]


def test_a_missing_requirement_refuses_that_plugin_and_those_that_require_it(strangers: Strangers) -> None:
    strangers.add("ant", requires="unicorn")
    strangers.add("bee", requires="ant")
    strangers.add("cat")

    plugins = found(strangers)

    assert {name: plugin.status for name, plugin in plugins.items()} == {"cat": "on", "ant": "refused", "bee": "refused"}
    assert "unicorn" in str(plugins["ant"].problem)
    assert "ant" in str(plugins["bee"].problem)


def test_a_circle_of_requirements_is_refused(strangers: Strangers) -> None:
    strangers.add("ant", requires="bee")
    strangers.add("bee", requires="ant")

    assert {plugin.status for plugin in found(strangers).values()} == {"refused"}
