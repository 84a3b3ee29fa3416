# SPDX-License-Identifier: Apache-2.0
"""What administrators added, as an operator sees it: in plans, by owner, changed, taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.commands.test_schema import PORT, declare
from tests.cli.conftest import Xrm

STATE = {
    "type": "choice", "label": {"en": "State", "fr": "État"},
    "choices": {"new": {"en": "New", "fr": "Neuf"}, "lost": {"en": "Lost", "fr": "Perdu"}},
}
DEPTH = {"type": "integer", "label": {"en": "Draught", "fr": "Tirant"}}


@pytest.fixture
def xrm(xrm_on_both: Xrm) -> Xrm:
    """An instance with vessels, to which an administrator added two fields."""
    declare(xrm_on_both, {"port": PORT, "state": STATE})
    xrm_on_both.given("schema", "apply", "--yes")
    xrm_on_both.given("field", "add", "vessel", "draught", "--type", "integer", "--label-en", "Draught", "--label-fr", "Tirant")
    return xrm_on_both


def _overlay(xrm: Xrm, *options: str) -> list[dict[str, Any]]:
    return list(xrm("schema", "plan", "--json", *options).json["overlay"])


def test_a_plan_tells_what_an_upgrade_means_for_fields_of_administrators(xrm: Xrm) -> None:
    before = _overlay(xrm)
    declare(xrm, {"port": PORT, "state": STATE, "depth": DEPTH})

    outcome = xrm("schema", "plan")

    assert before == []
    assert outcome.code == 10
    assert 'depth (integer, "Draught")' in outcome.out
    assert "xrm field retire vessel x_draught" in outcome.err
    assert [one["place"] for one in _overlay(xrm)] == ["fields.depth"]
    assert _overlay(xrm, "--plugin", "base") == []


def test_a_field_that_will_not_fit_is_a_warning_of_the_plan(xrm: Xrm) -> None:
    xrm.given("field", "add", "vessel", "reason", "--type", "text")
    xrm.given("field", "change", "vessel", "reason", "--file", _file(xrm, 'type: text\nwhen: state == "lost"\n'))
    declare(xrm, {"port": PORT})

    outcome = xrm("schema", "plan")
    xrm.given("schema", "apply", "--yes")

    assert "Warning: vessel.x_reason does not fit any more" in outcome.err
    assert [one["state"] for one in xrm.given("field", "list", "vessel")["items"] if one["key"] == "x_reason"] == ["left out"]


def _file(xrm: Xrm, text: str) -> str:
    assert xrm._runtime is not None
    file = xrm._runtime.settings.home / "field.yaml"
    file.write_text(f"{text}label: {{en: Reason, fr: Raison}}\n", encoding="utf-8")
    return str(file)


def test_what_was_accepted_is_not_shown_again(xrm: Xrm) -> None:
    declare(xrm, {"port": PORT, "state": STATE, "depth": DEPTH})

    accepted = xrm.given("field", "accept", "vessel")

    assert accepted == {"type": "vessel", "accepted": ["x_draught"]}
    assert _overlay(xrm) == []
    assert xrm.given("field", "accept", "vessel", "draught")["accepted"] == []
    assert all(one["changes"] == [] for one in xrm.given("field", "list")["items"])


def test_the_plan_of_a_plugin_leaves_fields_of_administrators_be_and_theirs_the_plugin(xrm: Xrm) -> None:
    xrm.given("field", "rename", "vessel", "draught", "depth")
    declare(xrm, {"port": PORT, "state": STATE, "depth": DEPTH})

    of_plugin = xrm("schema", "plan", "--plugin", "fleet", "--now", "--json").json["steps"]
    of_overlay = xrm("schema", "plan", "--plugin", "overlay", "--now", "--json").json["steps"]
    done = xrm.given("schema", "apply", "--plugin", "overlay", "--now", "--yes")["steps"]

    assert {step["owner"] for step in of_plugin} == {"fleet"}
    assert [(step["owner"], step["target"]) for step in of_overlay] == [("overlay", "fleet__vessel.x_draught")]
    assert [step["owner"] for step in done] == ["overlay"]
    assert {step["owner"] for step in xrm("schema", "status", "--json").json["steps"]} == {"fleet"}


def test_a_field_is_added_while_the_upgrade_of_a_plugin_waits(xrm: Xrm) -> None:
    harbour = {"harbour": {**PORT, "index": True}, "state": STATE}
    declare(xrm, harbour, renamed={"port": "harbour"}, revision=2)

    xrm.given("field", "add", "vessel", "flag", "--type", "tags")

    waiting = xrm("schema", "status", "--json").json["steps"]
    assert {step["owner"] for step in waiting} == {"fleet"}
    xrm.given("schema", "apply", "--yes")
    assert xrm("schema", "check").code == 0


def test_the_owner_of_every_table_column_and_index_is_listed(xrm: Xrm) -> None:
    xrm.given("field", "change", "vessel", "draught", "--index")

    everything = xrm.given("schema", "owners")["items"]
    own = xrm.given("schema", "owners", "fleet__vessel")["items"]

    assert {"core", "base", "fleet", "overlay"} <= {one["owner"] for one in everything}
    owners = {(one["kind"], one["name"]): one["owner"] for one in own}
    assert owners["table", "fleet__vessel"] == "fleet"
    assert owners["column", "port"] == "fleet"
    assert owners["column", "x_draught"] == "overlay"
    indexes = {name: owner for (kind, name), owner in owners.items() if kind == "index"}
    assert {owner for name, owner in indexes.items() if "x_draught" in name} == {"overlay"}
    assert {owner for name, owner in indexes.items() if "x_draught" not in name} == {"fleet"}
    assert "x_draught" in xrm("schema", "owners").out
    assert xrm("schema", "owners", "fleet__vesel").code == 4


def test_a_change_is_shown_before_it_is_made(xrm: Xrm) -> None:
    shown = xrm("field", "change", "vessel", "draught", "--index", "--plan", "--json")
    before = xrm.given("field", "list")["items"]
    xrm.given("field", "change", "vessel", "draught", "--index", "--label-en", "Depth")
    (after,) = xrm.given("field", "list")["items"]

    assert shown.code == 10
    assert "create index" in {step["action"] for step in shown.json["steps"]}
    assert "index" not in before[0]["overlay"]
    assert (after["overlay"]["index"], after["overlay"]["label"]) == (True, {"en": "Depth", "fr": "Tirant"})
    assert xrm("field", "change", "vessel", "draught", "--label-en", "Depth").code == 0
    assert xrm("field", "change", "vessel", "draught").code == 2


def test_another_type_is_refused_or_asked_for_before_anything_is_done(xrm: Xrm) -> None:
    refused = xrm("field", "change", "vessel", "draught", "--type", "yes_no")
    asked = xrm("field", "change", "vessel", "draught", "--type", "decimal", "--scale", "2")
    before = xrm.given("field", "list")["items"][0]["field_type"]
    xrm.given("field", "change", "vessel", "draught", "--type", "decimal", "--scale", "2", "--yes")

    assert refused.code == 1
    assert "fleet__vessel.x_draught was" in refused.err
    assert asked.code == 3
    assert "--yes" in asked.err
    assert before == "integer"
    assert xrm.given("field", "list")["items"][0]["field_type"] == "decimal"
    assert xrm("schema", "check").code == 0


def test_a_rename_is_taken_back(xrm: Xrm) -> None:
    one = xrm.made("entity", "create", "vessel", "--set", "name=Aurora", "--set", "x_draught=4")
    xrm.given("field", "rename", "vessel", "draught", "depth")

    outcome = xrm("schema", "rollback", "--yes")

    assert outcome.code == 0
    assert "Programs that run follow" in outcome.err
    assert xrm._runtime is not None
    xrm._runtime.follow(at_once=True)
    assert xrm("schema", "check").code == 0
    assert xrm.given("entity", "show", one)["x_draught"] == 4
