# SPDX-License-Identifier: Apache-2.0
"""The contract for scripts: the exact shapes on stdout, everything else on stderr, and the exit codes."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from tests.acceptance.conftest import ADMINISTRATOR, PASSWORD, Program, visiting

MAPPING = """\
things:
  company:
    type: organization
    identifiers: {crm: id}
    fields: {name: name, city: city}
    roles: [{role: customer, fields: {number: id}}]
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """A mapping of companies that become customers."""
    file = tmp_path / "companies.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    return file


def make_customer(xrm: Program, name: str, *more: str) -> tuple[str, str]:
    party = xrm.made("entity", "create", "organization", "--set", f"name={name}")
    return party, xrm.made("entity", "create", "customer", "--party", party, *more)


def test_creating_gives_the_id(xrm: Program) -> None:
    made = xrm.asked("entity", "create", "organization", "--set", "name=Acme")

    assert uuid.UUID(made["id"]).version == 7
    assert made == {"id": made["id"], "type": "organization"}


def test_creating_a_department_gives_its_id(xrm: Program) -> None:
    made = xrm.asked("department", "create", "Press")

    assert (uuid.UUID(made["id"]).version, made["name"]) == (7, "Press")
    assert [one["name"] for one in xrm.given("department", "list")["items"]] == ["Press", "Sales"]


def test_a_list_is_items_with_a_cursor(xrm: Program) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        xrm.given("entity", "create", "organization", "--set", f"name={name}", "--set", "city=Lyon")

    asked = ("entity", "list", "organization", "--limit", "2", "--sort", "-title", "--where", 'city == "Lyon"')
    first = xrm.asked(*asked)
    second = xrm.asked(*asked, "--after", first["next"])

    assert set(first) == set(second) == {"items", "next"}
    assert [one["title"] for one in first["items"] + second["items"]] == ["Gamma", "Beta", "Alpha"]
    assert {"id", "type", "title", "city"} <= set(first["items"][0])
    assert second["next"] is None


def test_a_role_lists_facets(xrm: Program) -> None:
    party, facet = make_customer(xrm, "Acme", "--set", "number=C-1", "--since", "2020-01-01", "--until", "2021-01-01")

    (item,) = xrm.asked("entity", "list", "customer", "--all-periods")["items"]

    assert {key: item[key] for key in ("id", "type", "title", "party", "since", "until", "number")} == {
        "id": facet, "type": "customer", "title": "Acme", "party": party, "since": "2020-01-01", "until": "2021-01-01",
        "number": "C-1",
    }
    assert uuid.UUID(item["department"])
    assert xrm.given("entity", "list", "customer") == {"items": [], "next": None}
    assert xrm.given("entity", "list", "customer", "--count") == {"count": 0}
    assert xrm.asked("entity", "list", "customer", "--count", "--all-periods") == {"count": 1}


def test_relationships_are_listed_and_counted(xrm: Program) -> None:
    company = xrm.made("entity", "create", "organization", "--set", "name=Acme")
    person = xrm.made("entity", "create", "person", "--set", "first_name=Ada", "--set", "last_name=Lovelace")
    linked = xrm.made("relationship", "create", "works_for", person, company, "--set", "job_title=Buyer")

    found = xrm.asked("relationship", "list", "--type", "works_for")

    assert set(found) == {"items", "next"}
    (item,) = found["items"]
    assert (item["id"], item["type"], item["source"], item["target"], item["job_title"]) == (
        linked, "works_for", person, company, "Buyer"
    )
    assert xrm.given("relationship", "list", "--entity", company)["items"] == [item]
    assert xrm.asked("relationship", "list", "--count") == {"count": 1}
    assert xrm.given("relationship", "list", "--type", "supplies", "--count") == {"count": 0}


def test_search_gives_hits_with_a_reason(xrm: Program) -> None:
    company = xrm.made("entity", "create", "organization", "--set", "name=Folk och fä HB")

    found = xrm.asked("search", "folk och fa")

    (hit,) = found["items"]
    assert {"id", "type", "title", "why"} <= set(hit)
    assert (hit["id"], hit["type"], hit["title"]) == (company, "organization", "Folk och fä HB")
    assert xrm.given("search", "nobody")["items"] == []


def test_an_import_counts_rows_and_a_second_one_changes_nothing(xrm: Program, mapping: Path, tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text("id,name,city\n1,Acme,Lyon\n2,Bolt,Paris\n3,,Nice\n", encoding="utf-8")
    arguments = ("import", str(file), "--mapping", str(mapping), "--json")

    dry = xrm(*arguments, "--dry-run")
    counted = xrm.given("entity", "list", "organization", "--count")
    first, second = xrm(*arguments), xrm(*arguments)

    counts = [{key: one.json[key] for key in ("created", "updated", "unchanged", "failed")} for one in (dry, first, second)]
    assert counts[0] == counts[1] == {"created": 2, "updated": 0, "unchanged": 0, "failed": 1}
    assert counts[2] == {"created": 0, "updated": 0, "unchanged": 2, "failed": 1}
    assert [one.code for one in (dry, first, second)] == [1, 1, 1]
    assert counted == {"count": 0}
    file.write_text("id,name,city\n1,Acme,Marseille\n2,Bolt,Paris\n", encoding="utf-8")
    third = xrm(*arguments)
    assert (third.code, third.json["updated"], third.json["unchanged"], third.json["failed"]) == (0, 1, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("entity", "list", "custommer"), 4, "customer"),
        (("entity", "show", str(uuid.UUID(int=7))), 4, ""),
        (("entity", "list", "customer", "--where", "status =="), 1, "column 10"),
        (("entity", "create", "organization", "--set", "nmae=Acme"), 1, "name"),
        (("entity", "create", "organization"), 1, "name"),
        (("entity", "lst"), 2, "list"),
        (("entity", "list"), 2, "TYPE"),
        (("search", "x", "--limit", "many"), 2, "many"),
    ],
)
def test_what_cannot_be_done_is_told_on_stderr_with_its_exit_code(
    xrm: Program, arguments: tuple[str, ...], code: int, told: str
) -> None:
    assert told in xrm.refused(*arguments, "--json", code=code)


def test_without_the_right_the_exit_code_says_so(xrm: Program) -> None:
    xrm.given("user", "create", "reader@example.org", "--set", "reader", "--department", "Sales")

    told = xrm.refused("entity", "create", "organization", "--set", "name=Acme", "--json", code=5, as_="reader@example.org")

    assert "organization:create" in told


def test_init_twice_changes_nothing(xrm: Program, password_file: Path) -> None:
    secret = (xrm.home / "secret.key").read_text()

    again = xrm.asked("init", "--no-input", "--email", "other@example.org", "--password-file", str(password_file))

    assert again["created"] is False
    assert (xrm.home / "secret.key").read_text() == secret
    assert [one["email"] for one in xrm.given("user", "list")["items"]] == [ADMINISTRATOR]


def test_config_says_where_each_value_comes_from(xrm: Program) -> None:
    (xrm.home / "xrm.toml").write_text('country = "SE"\n', encoding="utf-8")
    xrm.variables["XRM_LANGUAGE"] = "fr"

    shown = json.dumps(xrm.asked("config", "show"))

    assert "xrm.toml" in shown
    assert "XRM_LANGUAGE" in shown
    assert (xrm.home / "secret.key").read_text().strip() not in shown


def test_serve_prints_one_line_with_the_address_when_it_answers(xrm: Program) -> None:
    with visiting(xrm) as visitor:
        assert visitor.get("/")[0] == 200
        assert visitor.get("/base/customer")[0] == 200
        assert visitor.post("/in", {"email": ADMINISTRATOR, "password": PASSWORD + "!"}, form="/me")[0] in {403, 422}
