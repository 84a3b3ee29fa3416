# SPDX-License-Identifier: Apache-2.0
"""``xrm doctor``, ``config``, ``schema``, ``plugin``: how an instance is."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Xrm


def test_a_whole_instance_is_well(xrm_on_both: Xrm) -> None:
    outcome = xrm_on_both("doctor", "--json")

    assert (outcome.code, outcome.json["state"]) == (0, "good"), outcome.out
    assert {"python", "folder", "secret", "database", "tables", "integrity"} <= {one["check"] for one in outcome.json["checks"]}


def test_a_secret_that_others_can_read_is_a_warning_with_its_remedy(xrm: Xrm, tmp_path: Path) -> None:
    (tmp_path / "instance" / "secret.key").chmod(0o644)

    outcome = xrm("doctor")

    assert outcome.code == 20
    assert "chmod 600" in outcome.out


def test_a_folder_that_others_can_look_into_is_a_warning_and_the_database_is_its_owners(xrm: Xrm, tmp_path: Path) -> None:
    home = tmp_path / "instance"
    home.chmod(0o755)

    outcome = xrm("doctor", "--json")

    assert {one["check"]: one["state"] for one in outcome.json["checks"]}["folder"] == "warn"
    assert (home / "xrm.db").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("xrm")
def test_a_broken_plugin_is_an_error_and_the_rest_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bare = Xrm(capsys)
    folder = tmp_path / "instance" / "plugins" / "broken"
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text("plugin: broken\nnonsense: [\n")

    outcome = bare("doctor", "--json")

    broken = [one for one in outcome.json["checks"] if one["check"] == "plugin broken"]
    assert outcome.code == 21
    assert [one["state"] for one in broken] == ["bad"]
    assert broken[0]["remedy"]
    assert bare("entity", "list", "person", "--count", "--json").json == {"count": 0}


def test_a_search_index_that_does_not_fit_is_found_and_mended(xrm: Xrm) -> None:
    xrm.made("entity", "create", "organization", "--set", "name=Acme")
    database = sqlite3.connect(Path(os.environ["XRM_HOME"]) / "xrm.db")
    database.execute("INSERT INTO search_index(search_index) VALUES('delete-all')")
    database.commit()
    database.close()

    damaged = xrm("doctor")
    mended = xrm("doctor", "--rebuild-search")

    assert damaged.code == 21
    assert "--rebuild-search" in damaged.out
    assert mended.code == 0
    assert len(xrm.given("search", "acme")["items"]) == 1


def test_fix_does_all_repairs_and_says_what_was_before_and_is_now(xrm: Xrm, tmp_path: Path) -> None:
    home = tmp_path / "instance"
    xrm.made("entity", "create", "organization", "--set", "name=Acme")
    database = sqlite3.connect(home / "xrm.db")
    database.execute("DELETE FROM search_document")
    database.execute("DROP INDEX ix_relationship_past_relationship_id")
    database.commit()
    database.close()
    home.chmod(0o755)

    broken = {one["repair"]: one["by"] for one in xrm("doctor", "--json").json["checks"] if one["state"] != "good"}
    mended = xrm("doctor", "--fix", "--json")
    again = xrm("doctor", "--fix", "--all")

    wanted = {"folder_mode": "folder", "missing_indexes": "integrity", "search_documents": "search index"}
    assert {name: broken.get(name) for name in wanted} == wanted
    assert (mended.code, mended.json["state"]) == (0, "good"), mended.out
    assert wanted.keys() <= {one["repair"] for one in mended.json["repairs"] if one["done"]}
    assert any("was missing; now it is there again" in one["message"] for one in mended.json["repairs"])
    assert "health.repaired" in xrm("audit", "list").out
    assert (again.code, "There was nothing to repair." in again.err) == (0, True)
    assert "ok     search index: " in again.out


def test_a_change_by_hand_is_a_warning(xrm: Xrm) -> None:
    database = sqlite3.connect(Path(os.environ["XRM_HOME"]) / "xrm.db")
    database.execute("ALTER TABLE organization ADD COLUMN by_hand TEXT")
    database.close()

    outcome = xrm("doctor", "--json")

    tables = next(one for one in outcome.json["checks"] if one["check"] == "tables")
    assert (outcome.code, tables["state"]) == (20, "warn")
    assert "by hand: 1." in tables["message"]


def test_config_says_where_each_value_came_from_and_shows_no_secret(xrm: Xrm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XRM_COUNTRY", "CH")
    monkeypatch.setenv("XRM_DATABASE_URL", "postgresql://ada:hush@db.example.org/xrm")

    shown = xrm("config", "show", "--json")

    settings = shown.json["settings"]
    assert settings["country"] == {"value": "CH", "source": "XRM_COUNTRY"}
    assert settings["currency"]["source"] == "default"
    assert "hush" not in shown.out
    assert settings["secret_key"]["value"] == "********"


def test_applying_an_applied_schema_does_nothing(xrm: Xrm) -> None:
    assert xrm.given("schema", "apply") == {"steps": [], "count": 0}
    assert xrm("migrate").code == 0
    assert xrm.given("schema", "status")["count"] == 0


def test_plugins_are_listed_and_shown(xrm: Xrm) -> None:
    assert [(one["name"], one["status"]) for one in xrm.given("plugin", "list")["items"]] == [("base", "on")]
    assert "customer" in xrm.given("plugin", "show", "base")["entity_types"]


MANIFEST = """\
plugin: {name}
version: 0.1.0
label: {{en: {name}, fr: {name}}}
summary: {{en: A trial., fr: Un essai.}}
works_with: {{api: ">=1,<2"}}
requires: [{requires}]
asks_for: {{secrets: [key]}}
settings:
  loft: {{type: text, required: true, label: {{en: Folder, fr: Dossier}}}}
  key: {{type: text, label: {{en: Key, fr: Clé}}}}
"""
HIVE = """\
entity: hive
kind: record
label: {en: {one: hive, many: hives}, fr: {one: ruche, many: ruches, gender: f}}
icon: hexagn-box
title: "{name}"
fields:
  name: {type: text, label: {en: Name, fr: Nom}}
"""


def add_plugin(tmp_path: Path, name: str, requires: str = "base") -> Path:
    """A data-only plugin in the folder of the instance."""
    folder = tmp_path / "instance" / "plugins" / name
    (folder / "entities").mkdir(parents=True)
    (folder / "plugin.yaml").write_text(MANIFEST.format(name=name, requires=requires), encoding="utf-8")
    return folder


@pytest.mark.usefixtures("xrm")
def test_a_required_setting_that_is_missing_is_a_warning_that_says_where_to_put_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_plugin(tmp_path, "pigeons")
    bare = Xrm(capsys)

    before = [one for one in bare("doctor", "--json").json["checks"] if one["check"] == "plugin pigeons"]
    monkeypatch.setenv("XRM_PLUGIN_PIGEONS__LOFT", "/srv/loft")
    given = [one for one in bare("doctor", "--json").json["checks"] if one["check"] == "plugin pigeons"]

    without = [one for one in before if one["state"] != "good"]
    assert [(one["state"], "loft" in one["message"]) for one in without] == [("warn", True)]
    assert "[plugins.pigeons]" in without[0]["remedy"]
    assert "XRM_PLUGIN_PIGEONS__LOFT" in without[0]["remedy"]
    assert [one["state"] for one in given] == ["good"]


@pytest.mark.usefixtures("xrm")
def test_an_icon_that_is_not_there_is_a_warning_with_the_nearest_names(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = add_plugin(tmp_path, "bees")
    (folder / "entities" / "hive.yaml").write_text(HIVE.replace("hexagn-box", "trash"), encoding="utf-8")

    found = [one for one in Xrm(capsys)("doctor", "--json").json["checks"] if "no icon" in one["message"]]

    assert [(one["check"], one["state"]) for one in found] == [("plugin bees", "warn")]
    assert "hive.yaml:" in found[0]["message"]
    assert "trash-2" in found[0]["remedy"]


@pytest.mark.usefixtures("xrm")
def test_a_requirement_that_is_not_there_is_named_with_its_file_and_the_nearest_plugin(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    add_plugin(tmp_path, "bees", requires="bsae")

    found = [one for one in Xrm(capsys)("doctor", "--json").json["checks"] if one["check"] == "plugin bees"]

    assert len(found) == 1
    assert "bees/plugin.yaml" in found[0]["message"]
    assert "bsae" in found[0]["message"]
    assert "did you mean base?" in found[0]["message"]


@pytest.mark.usefixtures("xrm")
def test_problems_of_one_plugin_are_told_apart(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = add_plugin(tmp_path, "bees")
    (folder / "entities" / "hive.yaml").write_text(HIVE.replace("record", "recrod").replace("text", "txet"), encoding="utf-8")

    found = [one for one in Xrm(capsys)("doctor", "--json").json["checks"] if one["check"] == "plugin bees"]

    assert found[0]["message"].count("hive.yaml:") == 2
    assert "(1) " in found[0]["message"]
    assert "(2) " in found[0]["message"]


@pytest.mark.usefixtures("xrm")
def test_config_masks_secrets_of_plugins_only_and_names_the_exact_source(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_plugin(tmp_path, "pigeons")
    toml = tmp_path / "instance" / "xrm.toml"
    toml.write_text('[plugins.pigeons]\nloft = "/srv/loft"\n[plugins.unknown]\nword = "hush"\n', encoding="utf-8")
    monkeypatch.setenv("XRM_PLUGIN_PIGEONS__KEY", "sesame")

    shown = Xrm(capsys)("config", "show", "--json")

    settings = shown.json["settings"]
    assert settings["plugins.pigeons.loft"] == {"value": "/srv/loft", "source": str(toml)}
    assert settings["plugins.pigeons.key"] == {"value": "********", "source": "XRM_PLUGIN_PIGEONS__KEY"}
    assert settings["plugins.unknown.word"] == {"value": "********", "source": str(toml)}
    assert "hush" not in shown.out
    assert "sesame" not in shown.out
