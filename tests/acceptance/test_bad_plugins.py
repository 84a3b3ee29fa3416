# SPDX-License-Identifier: Apache-2.0
"""A plugin that cannot be used is off, alone; everything else runs, and the command, the doctor and the page say so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.conftest import Program, visiting

MANIFEST = """\
plugin: {name}
version: 0.1.0
label: {{en: {name}, fr: {name}}}
summary: {{en: A trial., fr: Un essai.}}
works_with: {{api: ">=1,<2"}}
requires: [base]
"""
HIVE = """\
entity: hive
kind: record
label: {en: {one: hive, many: hives}, fr: {one: ruche, many: ruches, gender: f}}
title: "{name}"
fields:
  name: {type: text, required: true, label: {en: Name, fr: Nom}}
"""
# What is wrong with the file, its text, and the words that the message has to hold.
BROKEN = {
    "broken YAML": (HIVE.replace("fields:\n", "fields: [\n"), ("hive.yaml:",)),
    "a tab": (HIVE.replace("  name: {", "\tname: {"), ("hive.yaml:6", "tab")),
    "an unknown key": (HIVE.replace("title:", "titel:"), ("hive.yaml:4", "titel", "title")),
    "an unknown key of a field": (HIVE.replace("required:", "requird:"), ("hive.yaml:6", "requird", "required")),
    "an unknown type of field": (HIVE.replace("type: text", "type: txt"), ("hive.yaml:6", "txt", "text")),
    "an unknown kind": (HIVE.replace("kind: record", "kind: recrod"), ("hive.yaml:2", "recrod", "record")),
    "a link to nothing": (
        HIVE + "  keeper: {type: link, to: [persn], if_gone: clear, label: {en: Keeper, fr: Apiculteur}}\n",
        ("hive.yaml:7", "persn", "person"),
    ),
    "a role of itself": (
        HIVE.replace("kind: record", "kind: role\nof: [hive]").replace('title: "{name}"\n', ""), ("hive.yaml", "of"),
    ),
    "an entity of another plugin": (HIVE.replace("entity: hive", "entity: person"), ("person",)),
    "an expression that cannot be read": (HIVE.replace("required: true", 'required: "name =="'), ("hive.yaml:6",)),
}


def add_plugin(xrm: Program, name: str, entity: str, text: str) -> Path:
    """A data-only plugin in the folder of the instance."""
    folder = xrm.home / "plugins" / name
    (folder / "entities").mkdir(parents=True)
    (folder / "plugin.yaml").write_text(MANIFEST.format(name=name), encoding="utf-8")
    (folder / "entities" / f"{entity}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_broken_file_is_named_with_its_line_and_remedy_and_the_rest_runs(xrm: Program, wrong: str) -> None:
    text, words = BROKEN[wrong]
    add_plugin(xrm, "trial", "person" if "entity: person" in text else "hive", text)

    listed = xrm("plugin", "list", "--json")

    states = {one["name"]: one for one in listed.json["items"]}
    assert {name for name, one in states.items() if one["status"] != "on"} == {"trial"}
    told = " ".join(states["trial"]["problems"])
    assert [word for word in words if word not in told] == [], told
    assert "trial" in listed.err


def test_the_doctor_says_what_is_off_and_the_rest_works(xrm: Program) -> None:
    add_plugin(xrm, "trial", "hive", BROKEN["an unknown type of field"][0])

    examined = xrm("doctor", "--json")
    made = xrm.asked("entity", "create", "organization", "--set", "name=Acme")

    assert examined.code != 0
    assert "hive.yaml:6" in examined.out
    assert made["type"] == "organization"


def test_of_two_plugins_with_the_same_entity_the_later_one_is_off(xrm: Program) -> None:
    for name in ("apiary", "beehouse"):
        add_plugin(xrm, name, "hive", HIVE)

    states = {one["name"]: one for one in xrm.asked("plugin", "list")["items"]}

    assert {name for name, one in states.items() if one["status"] != "on"} == {"beehouse"}
    told = " ".join(states["beehouse"]["problems"])
    assert "hive" in told
    assert "apiary" in told


@pytest.fixture
def failing_import(xrm: Program, tmp_path: Path) -> Program:
    """An instance beside whose plugins one is installed that fails as soon as it is imported."""
    package = tmp_path / "packages" / "xrm_faulty"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "plugin.yaml").write_text(MANIFEST.format(name="faulty"), encoding="utf-8")
    (package / "hooks.py").write_text("import a_module_that_nobody_has\n", encoding="utf-8")
    info = package.parent / "xrm_faulty-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: xrm-faulty\nVersion: 0.1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[xrm.plugins]\nfaulty = xrm_faulty\n", encoding="utf-8")
    xrm.variables["PYTHONPATH"] = str(package.parent)
    return xrm


def test_a_plugin_that_fails_on_import_is_off_alone(failing_import: Program) -> None:
    states = {one["name"]: one for one in failing_import.asked("plugin", "list")["items"]}
    examined = failing_import("doctor", "--json")

    assert {name for name, one in states.items() if one["status"] != "on"} == {"faulty"}
    assert "a_module_that_nobody_has" in " ".join(states["faulty"]["problems"])
    assert "plugin faulty" in examined.out
    assert examined.code != 0
    assert failing_import("entity", "list", "customer", "--count", "--json").json == {"count": 0}


def test_the_page_of_an_administrator_says_which_plugin_is_off(failing_import: Program) -> None:
    with visiting(failing_import) as visitor:
        status, page = visitor.get("/")

    assert status == 200
    assert "faulty" in page


def test_a_plugin_that_was_removed_leaves_its_data_and_the_rest_runs(xrm: Program) -> None:
    folder = add_plugin(xrm, "trial", "hive", HIVE)
    assert xrm("schema", "apply").code == 0
    made = xrm.asked("entity", "create", "hive", "--set", "name=Under the lime")
    shutil.move(folder, xrm.home / "away")

    states = {one["name"]: one["status"] for one in xrm.asked("plugin", "list")["items"]}
    read = xrm.asked("entity", "list", "hive")["items"]
    refused = xrm.refused("entity", "create", "hive", "--set", "name=New", code=5)
    party = xrm.asked("entity", "create", "organization", "--set", "name=Acme")
    examined = xrm("doctor", "--json")
    planned = xrm.asked("schema", "plan")
    shutil.move(xrm.home / "away", folder)

    assert states["trial"] == "missing"
    assert [one["title"] for one in read] == ["Under the lime"]
    assert "trial" in refused
    assert party["id"]
    assert "plugin trial" in examined.out
    assert planned["steps"] == []
    assert [one["id"] for one in xrm.asked("entity", "list", "hive")["items"]] == [made["id"]]
