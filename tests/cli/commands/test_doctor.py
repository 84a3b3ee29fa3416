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
