# SPDX-License-Identifier: Apache-2.0
"""``xrm entity``: the shapes scripts rely on, roles as facets, several values, who may what."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Xrm


def make_customer(xrm: Xrm, name: str, *more: str) -> tuple[str, str]:
    party = xrm.made("entity", "create", "organization", "--set", f"name={name}", "--department", "Sales")
    return party, xrm.made("entity", "create", "customer", "--party", party, "--department", "Sales", *more)


def test_a_list_gives_items_with_id_type_title_and_fields(xrm_on_both: Xrm) -> None:
    party = xrm_on_both.made("entity", "create", "organization", "--set", "name=Folk och fä HB", "--set", "country=SE")

    found = xrm_on_both.given("entity", "list", "organization")

    assert found["next"] is None
    assert [(one["id"], one["type"], one["title"], one["country"]) for one in found["items"]] == [
        (party, "organization", "Folk och fä HB", "SE")
    ]


def test_a_list_of_a_role_gives_facets_with_party_department_and_period(xrm_on_both: Xrm) -> None:
    party, facet = make_customer(xrm_on_both, "Acme", "--set", "number=C-1", "--since", "2020-01-01")

    [item] = xrm_on_both.given("entity", "list", "customer")["items"]

    department = xrm_on_both.given("department", "list")["items"][0]["id"]
    assert (item["id"], item["party"], item["title"]) == (facet, party, "Acme")
    assert (item["department"], item["department_name"]) == (department, "Sales")
    assert (item["since"], item["until"], item["number"]) == ("2020-01-01", None, "C-1")


def test_roles_that_are_over_are_listed_with_all_periods_only(xrm: Xrm) -> None:
    party, facet = make_customer(xrm, "Acme", "--since", "2020-01-01")
    assert xrm("role", "end", facet, "--until", "2021-01-01").code == 0
    again = xrm.made("role", "start", party, "customer", "--since", "2022-01-01")

    now = xrm.given("entity", "list", "customer")["items"]
    ever = xrm.given("entity", "list", "customer", "--all-periods")["items"]

    assert [one["id"] for one in now] == [again]
    assert {(one["id"], one["until"]) for one in ever} == {(facet, "2021-01-01"), (again, None)}


def test_distinct_party_gives_one_facet_a_party(xrm: Xrm) -> None:
    party, _ = make_customer(xrm, "Acme", "--set", "number=1")
    xrm.made("role", "start", party, "customer", "--set", "number=2")

    found = xrm.given("entity", "list", "customer", "--distinct", "party")["items"]

    assert [one["party"] for one in found] == [party]
    assert xrm.given("entity", "list", "customer", "--count", "--distinct", "party") == {"count": 1}
    assert xrm.given("entity", "list", "customer", "--count") == {"count": 2}


def test_where_and_sort_narrow_and_order_a_list(xrm: Xrm) -> None:
    for number, name in enumerate(["Ada", "Bob", "Cyd"]):
        make_customer(xrm, name, "--set", f"credit_limit={number}000")

    found = xrm.given("entity", "list", "customer", "--where", "credit_limit >= 1000", "--sort", "-credit_limit")["items"]

    assert [one["title"] for one in found] == ["Cyd", "Bob"]


def test_a_cursor_continues_a_list_where_the_page_ended(xrm: Xrm) -> None:
    for name in ("Ada", "Bob", "Cyd"):
        xrm.made("entity", "create", "organization", "--set", f"name={name}")

    first = xrm.given("entity", "list", "organization", "--limit", "2")
    second = xrm.given("entity", "list", "organization", "--limit", "2", "--after", first["next"])

    assert [one["title"] for one in first["items"] + second["items"]] == ["Ada", "Bob", "Cyd"]
    assert second["next"] is None


def test_a_field_given_several_times_has_several_values(xrm: Xrm) -> None:
    interests = ("--set", "interests=golf", "--set", "interests=jazz")
    person = xrm.made("entity", "create", "person", "--set", "last_name=Dupont", *interests)

    assert xrm.given("entity", "show", person)["interests"] == ["golf", "jazz"]


def test_a_field_with_one_value_refuses_a_second_one(xrm: Xrm) -> None:
    outcome = xrm("entity", "create", "organization", "--set", "name=A", "--set", "name=B")

    assert outcome.code == 1
    assert "name: It takes one value and was given 2" in outcome.err
    assert xrm.given("entity", "list", "organization", "--count") == {"count": 0}


def test_update_changes_the_named_fields_only(xrm: Xrm) -> None:
    party = xrm.made("entity", "create", "organization", "--set", "name=Acme", "--set", "city=Lyon", "--set", "country=FR")

    changed = xrm.given("entity", "update", party, "--set", "name=Acme SA", "--set", "city=")

    shown = xrm.given("entity", "show", party)
    assert changed["version"] == shown["version"] == 2
    assert (shown["title"], shown["city"], shown["country"]) == ("Acme SA", None, "FR")


def test_update_takes_the_id_of_a_role_too(xrm: Xrm) -> None:
    _, facet = make_customer(xrm, "Acme", "--set", "number=1")

    xrm.given("entity", "update", facet, "--set", "number=2")

    assert xrm.given("entity", "show", facet)["number"] == "2"


def test_an_update_of_an_old_version_is_refused(xrm: Xrm) -> None:
    party = xrm.made("entity", "create", "organization", "--set", "name=Acme")
    xrm.given("entity", "update", party, "--set", "city=Lyon")

    outcome = xrm("entity", "update", party, "--set", "city=Metz", "--version", "1")

    assert outcome.code == 1
    assert xrm.given("entity", "show", party)["city"] == "Lyon"


@pytest.mark.parametrize("is_role", [False, True])
def test_what_was_deleted_is_restored(xrm: Xrm, *, is_role: bool) -> None:
    one = make_customer(xrm, "Acme")[is_role]

    xrm.given("entity", "delete", one)
    gone = xrm("entity", "show", one).code
    xrm.given("entity", "restore", one)

    assert gone == 4
    assert xrm.given("entity", "show", one)["title"] == "Acme"


def test_a_role_without_a_party_is_a_usage_error_that_says_what_to_give(xrm: Xrm) -> None:
    outcome = xrm("entity", "create", "customer", "--set", "number=1")

    assert outcome.code == 2
    assert "--party ID" in outcome.err


def test_with_several_departments_one_has_to_be_named(xrm: Xrm) -> None:
    xrm.made("department", "create", "Press")

    outcome = xrm("entity", "create", "organization", "--set", "name=Acme")

    assert outcome.code == 1
    assert "Press, Sales" in outcome.err


def test_a_user_creates_in_the_department_they_belong_to(xrm: Xrm, password_file: str) -> None:
    press = xrm.made("department", "create", "Press")
    xrm.made("user", "create", "anna@example.org", "--password-file", password_file, "--department", "Press", "--set", "editor")

    party = xrm.made("--as", "anna@example.org", "entity", "create", "organization", "--set", "name=Le Monde")

    assert xrm.given("entity", "show", party)["department"] == press


def test_a_user_never_meets_another_departments_entities(xrm_on_both: Xrm) -> None:
    xrm_on_both.made("department", "create", "Press")
    xrm_on_both.made("user", "create", "anna@example.org", "--department", "Press", "--set", "editor")
    party, _ = make_customer(xrm_on_both, "Zanzibar")
    as_anna = ("--as", "anna@example.org")

    assert xrm_on_both.given(*as_anna, "entity", "list", "organization")["items"] == []
    assert xrm_on_both.given(*as_anna, "entity", "list", "customer", "--count") == {"count": 0}
    assert xrm_on_both.given(*as_anna, "search", "zanzibar")["items"] == []
    assert xrm_on_both(*as_anna, "entity", "show", party).code == 4
    assert xrm_on_both(*as_anna, "role", "list", party).code == 4


def test_a_table_shows_words_and_nothing_that_steers_a_terminal(xrm: Xrm) -> None:
    make_customer(xrm, "Acme")

    outcome = xrm("entity", "list", "customer")

    header, row = outcome.out.splitlines()
    assert header.split()[:2] == ["ID", "TITLE"]
    assert "Acme" in row
    assert "Sales" in row
    assert "Active" in row
    assert "\x1b" not in outcome.out


def test_types_are_listed_with_their_fields(xrm: Xrm) -> None:
    found = {one["name"]: one for one in xrm.given("entity", "types")["items"]}

    assert found["customer"]["kind"] == "role"
    assert found["customer"]["fields"]["number"] == "text"


def test_a_link_may_be_given_by_a_title_that_only_one_has(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    person = xrm.made("entity", "create", "person", "--set", "first_name=Ada", "--set", "last_name=Byron")
    _, facet = make_customer(xrm, "Acme", "--set", "account_manager=Ada Byron")

    assert xrm.given("entity", "show", facet)["account_manager"] == person


@pytest.mark.parametrize("twins", [0, 2])
def test_a_title_that_none_or_several_have_is_refused_with_what_to_do(xrm: Xrm, twins: int) -> None:
    for _ in range(twins):
        xrm.made("entity", "create", "person", "--set", "first_name=Ada", "--set", "last_name=Byron")
    party, facet = make_customer(xrm, "Acme")

    refused = xrm("entity", "update", facet, "--set", "account_manager=Ada Byron")

    assert refused.code == 1
    assert "xrm search" in refused.err
    assert xrm.given("entity", "show", facet)["account_manager"] is None
    assert party


def test_a_timeline_takes_the_id_bare_as_other_lists_do(xrm: Xrm) -> None:
    party, _ = make_customer(xrm, "Acme")
    xrm.made("interaction", "add", "note", party, "--body", "Called back")

    bare = xrm.given("interaction", "list", party)["items"]

    assert len(bare) == 1
    assert xrm.given("interaction", "list", "--entity", party)["items"] == bare
    assert xrm("interaction", "list").code == 2


def test_a_postal_address_is_given_in_parts(xrm: Xrm) -> None:
    party, _ = make_customer(xrm, "Acme")

    xrm.made("contact-point", "add", party, "postal", "--part", "city=Hamburg", "--part", "postal_code=20457", "--part",
             "country=DE")

    [point] = xrm.given("contact-point", "list", party)["items"]
    assert {key: point["parts"][key] for key in ("city", "postal_code", "country")} == {
        "city": "Hamburg", "postal_code": "20457", "country": "DE"
    }
    assert xrm("contact-point", "add", party, "email", "--part", "city=Hamburg").code == 2
    assert "Parts: street" in xrm("contact-point", "add", "--help").out
