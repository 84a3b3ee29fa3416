# SPDX-License-Identifier: Apache-2.0
"""``xrm field`` and the overlay as files."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cli.conftest import ADMINISTRATOR, Xrm
from xrm.db.engine import open_engine
from xrm.settings import load_settings

CHOICES = "gold:Gold:Or,silver:Silver:Argent"


def test_a_field_is_added_filled_listed_and_filtered_by(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    added = xrm.given("field", "add", "organization", "tier", "--type", "choice", "--choices", CHOICES)
    one = xrm.made("entity", "create", "organization", "--set", "name=Acme", "--set", "x_tier=gold")
    xrm.made("entity", "create", "organization", "--set", "name=Other", "--set", "x_tier=silver")

    found = xrm.given("entity", "list", "organization", "--where", 'x_tier == "gold"')["items"]

    assert added == {"type": "organization", "key": "x_tier"}
    assert [item["id"] for item in found] == [one]
    assert xrm.given("entity", "show", one)["x_tier"] == "gold"


def test_texts_are_given_in_both_languages(xrm: Xrm) -> None:
    xrm.given("field", "add", "customer", "tier", "--type", "choice", "--choices", CHOICES, "--label-en", "Tier",
              "--label-fr", "Niveau", "--help-en", "How dear they are.")

    (listed,) = xrm.given("field", "list")["items"]

    assert listed["overlay"]["label"] == {"en": "Tier", "fr": "Niveau"}
    assert listed["overlay"]["choices"]["gold"] == {"en": "Gold", "fr": "Or"}
    assert listed["overlay"]["help"]["fr"] == "How dear they are."


def test_a_field_is_read_from_a_file_and_options_win(xrm: Xrm, tmp_path: Path) -> None:
    file = tmp_path / "tier.yaml"
    file.write_text("type: integer\nmin: 1\nlabel: {en: Tier, fr: Niveau}\n", encoding="utf-8")

    xrm.given("field", "add", "customer", "tier", "--file", str(file), "--max", "5")

    (listed,) = xrm.given("field", "list")["items"]
    assert (listed["overlay"]["min"], listed["overlay"]["max"]) == (1, 5)


def test_a_wrong_type_is_told_with_what_was_meant(xrm: Xrm) -> None:
    outcome = xrm("field", "add", "customer", "tier", "--type", "chioce")

    assert outcome.code == 1
    assert 'fields.x_tier.type: Unknown field type "chioce". Did you mean "choice"?' in outcome.err


def test_a_type_that_is_not_there_is_exit_code_4(xrm: Xrm) -> None:
    assert xrm("field", "add", "custmer", "tier", "--type", "text").code == 4


def test_who_may_not_administer_the_schema_is_refused(xrm: Xrm, password_file: str) -> None:
    xrm.given("user", "create", "reader@example.org", "--password-file", password_file)

    outcome = xrm("--as", "reader@example.org", "field", "add", "customer", "tier", "--type", "text")

    assert outcome.code == 5
    assert "schema:administer" in outcome.err
    assert xrm("--as", ADMINISTRATOR, "field", "add", "customer", "tier", "--type", "text").code == 0


def test_a_field_is_renamed_and_retired(xrm: Xrm) -> None:
    xrm.given("field", "add", "customer", "tier", "--type", "text")

    renamed = xrm.given("field", "rename", "customer", "tier", "level", "--label-en", "Level")
    xrm.given("field", "retire", "customer", "level")

    assert renamed["key"] == "x_level"
    assert xrm.given("field", "list")["items"] == []
    states = [(item["key"], item["state"]) for item in xrm.given("field", "list", "--all")["items"]]
    assert states == [("x_level", "retired")]


def test_a_retired_field_comes_back_as_it_was_declared(xrm: Xrm) -> None:
    xrm.given("field", "add", "customer", "tier", "--type", "text", "--label-en", "Level", "--label-fr", "Niveau", "--unique")
    xrm.given("field", "retire", "customer", "tier")

    xrm.given("field", "add", "customer", "tier", "--label-en", "Class")

    (item,) = xrm.given("field", "list")["items"]
    assert (item["key"], item["label"], item["state"]) == ("x_tier", "Class", "in use")
    assert xrm("field", "add", "customer", "other").code == 1, "a new one needs a type"


def test_the_list_of_a_type_shows_where_each_field_comes_from(xrm: Xrm) -> None:
    xrm.given("field", "add", "customer", "tier", "--type", "text")

    outcome = xrm("field", "list", "customer")

    assert outcome.code == 0
    assert "base" in outcome.out
    assert "overlay" in outcome.out


def test_what_was_exported_is_taken_in_elsewhere(xrm: Xrm, tmp_path: Path) -> None:
    xrm.given("field", "add", "customer", "tier", "--type", "choice", "--choices", CHOICES)
    exported = xrm.given("schema", "export-overlay", str(tmp_path / "out"))
    text = (tmp_path / "out" / "fields" / "customer.yaml").read_text(encoding="utf-8")
    (tmp_path / "out" / "fields" / "customer.yaml").write_text(text.replace("x_tier", "x_level"), encoding="utf-8")

    taken = xrm.given("schema", "import-overlay", str(tmp_path / "out"))

    assert exported["count"] == 1
    assert taken == {"added": ["customer.x_level"], "renamed": [], "changed": [], "unchanged": []}


def test_another_type_from_elsewhere_is_looked_at_first_and_taken_when_somebody_says_yes(xrm: Xrm, tmp_path: Path) -> None:
    folder = str(tmp_path / "out")
    xrm.given("field", "add", "customer", "tier", "--type", "integer")
    xrm.given("schema", "export-overlay", folder)
    file = tmp_path / "out" / "fields" / "customer.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("type: integer", "type: text"), encoding="utf-8")

    looked, refused = xrm("schema", "import-overlay", folder, "--plan", "--json"), xrm("schema", "import-overlay", folder)

    assert (looked.code, looked.json["risk"]) == (11, "window")
    assert (refused.code, "--yes" in refused.err) == (3, True)
    assert xrm.given("field", "list")["items"][0]["field_type"] == "integer"
    assert xrm.given("schema", "import-overlay", folder, "--yes")["changed"] == ["customer.x_tier"]
    assert xrm("schema", "import-overlay", folder, "--plan").code == 0
    assert xrm.given("field", "list")["items"][0]["field_type"] == "text"


def test_what_could_lose_values_of_an_own_field_names_a_way_without_a_plugin(xrm: Xrm) -> None:
    xrm.given("field", "add", "customer", "tier", "--type", "text")

    outcome = xrm("field", "change", "customer", "x_tier", "--type", "integer")

    assert outcome.code == 1
    assert "add a field with another key" in outcome.err
    assert "steps/" not in outcome.err


def test_what_is_good_to_know_of_a_change_is_said_when_it_is_done(xrm: Xrm) -> None:
    xrm.given("field", "add", "organization", "tier", "--type", "text")
    xrm.made("entity", "create", "organization", "--set", "name=Acme")

    assert "1 row has no value" in xrm("field", "change", "organization", "x_tier", "--required").err


def test_what_does_not_fit_any_more_is_named_by_the_doctor(xrm: Xrm, monkeypatch: pytest.MonkeyPatch) -> None:
    xrm.given("field", "add", "customer", "tier", "--type", "text")
    engine = open_engine(load_settings().database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE overlay SET declaration = '{\"type\": \"gone\"}'"))
        connection.execute(text("UPDATE schema_version SET number = number + 1"))
    engine.dispose()
    monkeypatch.setattr("xrm.runtime.LOOK_EVERY", 0.0)
    time.sleep(0.5)
    xrm("entity", "list", "customer")

    outcome = xrm("doctor")

    assert outcome.code in {20, 21}
    assert "customer.x_tier is left out" in outcome.out
    assert xrm("field", "add", "customer", "tier", "--type", "text").code == 0
    assert "x_tier" not in xrm("doctor").out


def test_nothing_waits_after_a_field_was_added(xrm_on_both: Xrm) -> None:
    xrm_on_both.given("field", "add", "customer", "tier", "--type", "text", "--index", "--search", "normal")

    assert xrm_on_both("schema", "status").code == 0


def test_a_field_is_guarded_and_given_free(xrm: Xrm) -> None:
    xrm.given("field", "add", "organization", "margin", "--type", "integer", "--guarded")
    assert xrm.given("field", "guard", "organization.trade_name") == {"field": "organization.trade_name", "guarded": True}
    assert "organization.sector:see" in xrm("field", "guard", "organization.sector").err

    twice, title = xrm("field", "guard", "organization.x_margin"), xrm("field", "guard", "organization.name")

    assert (twice.code, "guarded already" in twice.err) == (1, True)
    assert (title.code, "title" in title.err) == (1, True)
    for name in ("trade_name", "sector", "x_margin"):
        xrm.given("field", "unguard", f"organization.{name}")
    assert xrm("field", "unguard", "organization.sector").code == 1
