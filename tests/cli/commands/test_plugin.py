# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin remove`` and ``restore``: shown, refused, exported, dropped, taken back, with their exit codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

import xrm.plugin_removal.removing
from tests.cli.conftest import Xrm
from tests.factories.removable import BERTH, CARGO, KINDS, MOORS, PILOT, write_plugin
from xrm.db.engine import for_writing, open_engine
from xrm.plugin_removal.models import plugin_removal
from xrm.settings import load_settings


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other process writes in these tests."""
    monkeypatch.setattr(xrm.plugin_removal.removing, "LOOK_EVERY", 0)


@pytest.fixture
def harbour(xrm_on_both: Xrm) -> Xrm:
    """Commands on an instance with the plugin harbour, a berth and a pilot, and cargo that points at the berth."""
    xrm = xrm_on_both
    home = load_settings().home
    files = {"entities/berth.yaml": BERTH, "entities/pilot.yaml": PILOT, "relationships.yaml": {"relationships": MOORS},
             "interactions.yaml": KINDS}
    write_plugin(home, "harbour", files)
    write_plugin(home, "freight", {"entities/cargo.yaml": CARGO})
    xrm.read_declarations_again()
    xrm.given("schema", "apply")
    person = xrm.made("entity", "create", "person", "--set", "first_name=Zoé", "--set", "last_name=Le Goff")
    berth = xrm.made("entity", "create", "berth", "--set", "name=Quai", "--set", "depth=12.125", "--set", f"master={person}")
    xrm.made("role", "start", person, "pilot", "--set", "licence=P-1")
    xrm.made("entity", "create", "cargo", "--set", "name=Salt", "--set", f"at={berth}")
    return xrm


def listed(xrm: Xrm, *types: str) -> list[Any]:
    """What the lists of these types give."""
    return [xrm.given("entity", "list", name)["items"] for name in types]


def let_pass(days: int) -> None:
    """Let all removals be due so many days earlier."""
    engine = open_engine(load_settings().database_url)
    with for_writing(engine.connect()) as connection, connection.begin():
        connection.execute(update(plugin_removal).values(due_at=datetime.now(UTC) + timedelta(days=30 - days)))
    engine.dispose()


def test_without_yes_all_that_goes_is_shown_and_nothing_done(harbour: Xrm) -> None:
    refused, table = harbour("plugin", "remove", "harbour", "--json"), harbour("plugin", "remove", "harbour")

    found = refused.json["inventory"]
    assert (refused.code, table.code, "--yes" in refused.err) == (3, 3, True)
    assert (found["entity_types"], found["roles"], found["others"]) == ({"berth": 1}, {"pilot": 1}, {"freight__cargo.at": 1})
    assert "harbour__berth" in table.out
    assert len(listed(harbour, "berth")[0]) == 1


def test_a_removed_plugin_is_listed_with_its_day_and_comes_back(harbour: Xrm) -> None:
    before = listed(harbour, "berth", "pilot", "cargo")

    removed = harbour.given("plugin", "remove", "harbour", "--yes")

    shown = next(one for one in harbour.given("plugin", "list")["items"] if one["name"] == "harbour")
    assert (shown["status"], shown["goes_on"]) == ("removed", removed["due"])
    assert Path(removed["archive"]).stat().st_mode & 0o777 == 0o600
    assert harbour("entity", "list", "berth").code == 4
    assert harbour("schema", "check").code == 0
    assert harbour.given("plugin", "restore", "harbour")["waiting"] == 0
    assert listed(harbour, "berth", "pilot", "cargo") == before
    assert harbour("schema", "check").code == 0


def test_dropped_and_taken_back_every_list_is_the_same(harbour: Xrm) -> None:
    before = listed(harbour, "berth", "pilot", "cargo", "person")

    removed = harbour.given("plugin", "remove", "harbour", "--yes", "--now")

    receipt = json.loads(Path(removed["receipt"]).read_text())
    assert (receipt["archive"], receipt["sha256"], receipt["rows"]["entity"]) == (removed["archive"], removed["sha256"], 1)
    assert harbour.given("schema", "history")["items"][-1]["owners"] == "harbour"
    assert [one["fields"] if "fields" in one else one["at"] for one in listed(harbour, "cargo")[0]] == [None]
    assert harbour("schema", "check").code == 0
    assert harbour("doctor", "--json").code == 20
    assert "restore harbour" in harbour("schema", "apply").err
    harbour.given("plugin", "restore", "harbour")
    assert listed(harbour, "berth", "pilot", "cargo", "person") == before
    assert harbour("schema", "check").code == 0


def test_after_thirty_days_the_next_apply_drops_it(harbour: Xrm) -> None:
    harbour.given("plugin", "remove", "harbour", "--yes")
    let_pass(29)
    harbour.given("schema", "apply")
    assert next(one for one in harbour.given("plugin", "list")["items"] if one["name"] == "harbour")["goes_on"]

    let_pass(31)
    plan = harbour("schema", "plan", "--json")
    assert (plan.code, plan.json["removals"]) == (12, ["harbour"])
    applied = harbour("schema", "apply")

    assert (applied.code, "Dropped. Receipt:" in applied.err) == (0, True)
    assert next(one for one in harbour.given("plugin", "list")["items"] if one["name"] == "harbour")["goes_on"] is None
    assert (harbour("schema", "check").code, harbour("schema", "plan").code) == (0, 0)


def test_what_others_need_and_what_is_no_plugin_is_refused(harbour: Xrm) -> None:
    write_plugin(load_settings().home, "lights", {}, requires=("harbour",))
    harbour.read_declarations_again()

    needed, base, unknown = (harbour("plugin", "remove", name, "--yes") for name in ("harbour", "base", "harbor"))

    assert (needed.code, "lights" in needed.err) == (1, True)
    assert (base.code, unknown.code) == (1, 4)
    assert harbour("plugin", "restore", "harbour").code == 4
    assert len(listed(harbour, "berth")[0]) == 1


def test_a_rollback_past_a_removal_says_what_to_do(harbour: Xrm) -> None:
    harbour.given("plugin", "remove", "harbour", "--yes", "--now")

    refused = harbour("schema", "rollback", "--yes")

    assert refused.code == 1
    assert harbour("schema", "check").code == 0
