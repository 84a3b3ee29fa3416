# SPDX-License-Identifier: Apache-2.0
"""``xrm schema``: what waits is shown, applied, found out when somebody changed it by hand, and taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Xrm
from tests.factories.evolving import LABEL, MANIFEST
from xrm.db.engine import WRITE, for_writing, open_engine
from xrm.db.presence import present
from xrm.migrate.stale import note_stale
from xrm.settings import load_settings

PORT = {"type": "text", "label": {"en": "Port", "fr": "Port"}}
HARBOUR = {"type": "text", "label": {"en": "Harbour", "fr": "Port"}}
RENAMED = {"renamed": {"port": "harbour"}, "revision": 2}


def declare(xrm: Xrm, fields: dict[str, Any], **more: Any) -> None:
    """Put this version of the plugin into the instance."""
    folder = load_settings().home / "plugins" / "fleet"
    (folder / "entities").mkdir(parents=True, exist_ok=True)
    (folder / "plugin.yaml").write_text(yaml.safe_dump(MANIFEST))
    name = {"type": "text", "required": True, "label": {"en": "Name", "fr": "Nom"}}
    declared = {"entity": "vessel", "kind": "record", "label": LABEL, "title": "{name}", "fields": {"name": name, **fields}}
    (folder / "entities" / "vessel.yaml").write_text(yaml.safe_dump({**declared, **more}, sort_keys=False))
    xrm.read_declarations_again()


def by_hand(statement: str) -> None:
    """What an operator does to the database with another program."""
    engine = open_engine(load_settings().database_url)
    with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_plan_notes_what_is_good_to_know_and_names_what_must_be_mended(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    declare(xrm, {"port": PORT})
    xrm("schema", "apply")
    for name in ("Aurora", "Borea"):
        xrm("entity", "create", "vessel", "--set", f"name={name}", "--set", "port=Brest")
    declare(xrm, {"port": {**PORT, "unique": True}, "harbour": {**HARBOUR, "required": True}})

    plan, shown = xrm("schema", "plan", "--json"), xrm("schema", "plan")

    assert (plan.code, plan.json["notes"]) == (1, [
        "fleet__vessel.harbour is required from now on, and 2 rows have no value; a form asks for them when they are next saved."
    ])
    assert "Note: fleet__vessel.harbour is required" in shown.err
    assert "Problem: fleet__vessel.port is to be unique, and 1 value is held by several rows" in shown.err


def test_what_needs_a_window_is_not_done_unasked_while_people_are_served(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    declare(xrm, {"port": {**PORT, "type": "integer"}})
    xrm("schema", "apply")
    declare(xrm, {"port": PORT}, revision=2)
    engine = open_engine(load_settings().database_url)

    with present(engine):
        refused, waiting = xrm("schema", "apply"), xrm("schema", "plan")
        done = xrm("schema", "apply", "--yes")
    engine.dispose()

    assert (refused.code, waiting.code, done.code) == (3, 11, 0)
    assert "xrm serve or xrm worker runs on this database. Stop it first" in refused.err
    assert xrm("schema", "plan").code == 0


def test_nothing_is_served_while_a_field_is_another_type_than_in_the_database(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    declare(xrm, {"port": {**PORT, "type": "integer"}})
    xrm("schema", "apply")
    declare(xrm, {"port": PORT}, revision=2)

    outcomes = [xrm("serve", "--port", "0"), xrm("worker")]

    assert [one.code for one in outcomes] == [1, 1]
    assert all("fleet__vessel.port is integer in the database, and text for what is installed" in one.err for one in outcomes)


def test_what_needs_a_window_is_done_when_nobody_is_served(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    declare(xrm, {"port": {**PORT, "type": "integer"}})
    xrm("schema", "apply")
    declare(xrm, {"port": PORT}, revision=2)

    assert (xrm("schema", "plan").code, xrm("schema", "apply").code, xrm("schema", "plan").code) == (11, 0, 0)


def test_what_was_not_made_anew_yet_is_said(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    engine = open_engine(load_settings().database_url)
    with for_writing(engine.connect()) as connection, connection.begin():
        note_stale(connection, ["organization"])
    engine.dispose()

    said = [xrm("schema", "status").err, xrm("schema", "check").err]
    xrm("schema", "apply")

    assert all("wait to be made anew: organization. Run: xrm schema apply" in one for one in said)
    assert "made anew" not in xrm("schema", "status").err


def test_an_instance_as_it_was_made_needs_nothing(xrm_on_both: Xrm) -> None:
    plan, check = xrm_on_both("schema", "plan", "--json"), xrm_on_both("schema", "check", "--json")

    assert (plan.code, plan.json["steps"], check.code, check.json["drift"]) == (0, [], 0, [])


def test_a_new_plugin_is_planned_applied_and_in_the_history(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    declare(xrm, {"port": PORT})

    plan = xrm("schema", "plan", "--json")
    applied = xrm("schema", "apply", "--json")

    assert plan.code == 10
    assert {step["owner"] for step in plan.json["steps"]} == {"fleet"}
    assert (applied.code, applied.json["count"]) == (0, plan.json["count"])
    assert [one["owners"] for one in xrm.given("schema", "history")["items"]][-1] == "fleet"
    assert xrm("schema", "plan").code == 0


def test_a_rename_is_taken_along_and_taken_back(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    declare(xrm, {"port": PORT})
    xrm.given("schema", "apply")
    one = xrm.made("entity", "create", "vessel", "--set", "name=Aurora", "--set", "port=Brest")
    declare(xrm, {"harbour": HARBOUR}, **RENAMED)

    xrm.given("schema", "apply")
    assert xrm.given("entity", "show", one)["harbour"] == "Brest"

    assert xrm("schema", "rollback", "--json").code == 3
    assert xrm("schema", "rollback", "--yes", "--json").code == 0
    declare(xrm, {"port": PORT})
    assert xrm.given("entity", "show", one)["port"] == "Brest"


def test_of_a_plugin_that_is_wrong_no_plan_is_made(xrm: Xrm) -> None:
    declare(xrm, {"port": {**PORT, "type": "txt"}})

    asked = [xrm("schema", what, "--plugin", "fleet") for what in ("plan", "sql", "apply")]

    assert [one.code for one in asked] == [1] * 3
    assert all("fields.port.type" in one.err for one in asked), asked[0].err
    assert xrm("schema", "plan").code == 0


def test_what_cannot_be_taken_back_is_said_before_anybody_is_asked(xrm: Xrm) -> None:
    outcome = xrm("schema", "rollback")

    assert (outcome.code, "The installation itself cannot be taken back" in outcome.err) == (1, True)


def test_a_rollback_says_that_people_are_served_unless_it_is_of_own_fields(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    declare(xrm, {"port": PORT})
    xrm.given("schema", "apply")
    engine = open_engine(load_settings().database_url)
    with present(engine):
        said = xrm("schema", "rollback").err
        xrm.given("field", "add", "customer", "tier", "--type", "text")
        own = xrm("schema", "rollback").err
    engine.dispose()

    assert ["stop it first" in one for one in (said, own)] == [True, False]


def test_an_older_plugin_stops_plan_apply_and_serve(xrm_on_both: Xrm, monkeypatch: pytest.MonkeyPatch) -> None:
    xrm = xrm_on_both
    monkeypatch.setitem(MANIFEST, "version", "1.1")
    declare(xrm, {"port": PORT})
    xrm.given("schema", "apply")
    monkeypatch.setitem(MANIFEST, "version", "1.0")
    declare(xrm, {"port": PORT})

    outcomes = [xrm("schema", "plan"), xrm("schema", "apply"), xrm("serve"), xrm("worker"), xrm("entity", "create", "vessel")]

    assert [one.code for one in outcomes] == [1] * 5
    assert all("fleet 1.0 is installed here, and fleet 1.1 made" in one.err for one in outcomes), outcomes


def test_what_destroys_data_is_not_done_without_yes(xrm: Xrm) -> None:
    declare(xrm, {"port": PORT})
    xrm.given("schema", "apply")
    declare(xrm, {})

    assert xrm("schema", "plan").code == 0
    refused = xrm("schema", "prune", "fleet__vessel.port")
    assert (refused.code, "--yes" in refused.err) == (3, True)
    assert xrm("schema", "prune", "fleet__vessel.nothing", "--yes").code == 4
    assert xrm("schema", "prune", "fleet__vessel.port", "--yes").code == 0


def test_a_plan_in_a_file_is_applied_only_to_the_database_it_was_made_for(xrm: Xrm, tmp_path: Path) -> None:
    declare(xrm, {"port": PORT})
    file = tmp_path / "plan.json"
    xrm("schema", "plan", "--out", str(file))
    assert json.loads(file.read_text())["count"] > 0
    xrm.given("schema", "apply", str(file))
    declare(xrm, {"port": PORT, "harbour": HARBOUR})

    outdated = xrm("schema", "apply", str(file))
    broken = xrm("schema", "apply", str(Path(__file__)))

    assert (outdated.code, "Make a new one" in outdated.err) == (1, True)
    assert (broken.code, "holds no plan" in broken.err) == (2, True)


@pytest.mark.parametrize("statement", [
    "ALTER TABLE person ADD COLUMN spare TEXT", "DROP INDEX ix_person_department_title_key", "CREATE TABLE scratch (id INTEGER)",
])
def test_a_change_by_hand_is_drift(xrm_on_both: Xrm, statement: str) -> None:
    by_hand(statement)

    found = xrm_on_both("schema", "check", "--json")

    assert (found.code, found.json["count"]) == (13, 1)


def test_a_change_that_would_lose_values_says_what_to_do(xrm: Xrm) -> None:
    declare(xrm, {"port": PORT})
    xrm.given("schema", "apply")
    declare(xrm, {"port": {**PORT, "type": "integer"}})

    plan, applied = xrm("schema", "plan", "--json"), xrm("schema", "apply")

    assert (plan.code, applied.code) == (1, 1)
    assert "fleet__vessel.port" in plan.json["problems"][0]
    assert "fleet__vessel.port" in applied.err


def test_statements_are_printed_to_be_read(xrm: Xrm) -> None:
    declare(xrm, {"port": PORT})

    printed = xrm("schema", "sql")

    assert "CREATE TABLE fleet__vessel" in printed.out
    assert xrm("schema", "status").code == 10


def test_what_is_not_there_is_named_with_what_is(xrm: Xrm) -> None:
    declare(xrm, {"port": PORT})
    xrm.given("schema", "apply")
    declare(xrm, {})

    owner, pruned = xrm("schema", "plan", "--plugin", "fleets"), xrm("schema", "prune", "fleet__vessel.prot", "--yes")
    absent = xrm("schema", "apply", "nowhere.json")

    assert (owner.code, "fleets" in owner.err) == (4, True)
    assert xrm("schema", "apply", "--plugin", "fleets").code == 4
    assert (pruned.code, "fleet__vessel.port" in pruned.err) == (4, True)
    assert (absent.code, "There is no file nowhere.json" in absent.err) == (2, True)
