# SPDX-License-Identifier: Apache-2.0
"""``xrm audit``: whole is 0, broken is 1, and a noted head shows what was written anew."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import text

from tests.cli.conftest import Xrm
from xrm.db.engine import open_engine
from xrm.settings import load_settings


def change(statement: str) -> None:
    engine = open_engine(load_settings().database_url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_log_as_it_was_written_is_whole(xrm_on_both: Xrm) -> None:
    xrm_on_both.made("entity", "create", "organization", "--set", "name=Acme")

    found = xrm_on_both.given("audit", "verify")

    assert (found["state"], found["waiting"], found["breaks"]) == ("whole", 0, [])
    assert found["verified"] == int(found["head"].partition(":")[0]) > 0


def test_a_log_that_was_changed_is_broken_and_says_where(xrm_on_both: Xrm) -> None:
    one = xrm_on_both.made("entity", "create", "organization", "--set", "name=Acme")
    number = xrm_on_both.given("audit", "verify")["verified"]
    change(f"UPDATE audit_entry SET via = 'web' WHERE number = {number}")  # noqa: S608

    outcome = xrm_on_both("audit", "verify", "--json")

    assert outcome.code == 1
    assert outcome.json["state"] == "broken"
    entry = xrm_on_both.given("audit", "list", "--entity", one)["items"][0]
    assert [(each["number"], each["id"]) for each in outcome.json["breaks"]] == [(number, entry["id"])]
    human = xrm_on_both("audit", "verify")
    assert (human.code, "BROKEN" in human.out, entry["id"] in human.out) == (1, True, True)


def test_a_noted_head_is_compared(xrm: Xrm) -> None:
    noted = xrm("audit", "head").out.strip()

    assert xrm("audit", "verify", "--from-head", noted).code == 0
    assert xrm("audit", "verify", "--from-head", f"{noted.partition(':')[0]}:{'0' * 64}").code == 1
    assert xrm("audit", "verify", "--from-head", "soon").code == 1


def test_the_log_is_listed_by_user_action_and_time(xrm: Xrm) -> None:
    one = xrm.made("entity", "create", "organization", "--set", "name=Acme", "--as", "admin@example.org")

    mine = xrm.given("audit", "list", "--user", "admin@example.org", "--action", "entity.created")
    assert [each["entity"] for each in mine["items"]] == [one]
    assert xrm.given("audit", "list", "--since", "2999-01-01")["items"] == []
    assert xrm("audit", "list", "--since", "soon").code == 1


def test_the_export_has_one_line_for_each_entry_with_its_values(xrm: Xrm, tmp_path: Path) -> None:
    xrm.made("entity", "create", "organization", "--set", "name=Acme")
    file = tmp_path / "audit.jsonl"

    count = xrm.given("audit", "export", str(file))["entries"]

    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["number"] for line in lines] == list(range(1, count + 1))
    assert lines[-1]["changes"][0]["fields"]["name"] == [None, "Acme"]
    assert file.stat().st_mode & 0o077 == 0
    assert xrm("audit", "export", str(file)).code == 3


def test_who_saw_a_party_is_listed(xrm: Xrm) -> None:
    one = xrm.made("entity", "create", "person", "--set", "last_name=Dupont")

    assert xrm.given("audit", "seen", "--entity", one)["items"] == []
