# SPDX-License-Identifier: Apache-2.0
"""``xrm access explain``: yes or no, with what each grant gives."""

from __future__ import annotations

from tests.cli.conftest import Xrm

ANNA = "anna@example.org"


def test_a_right_is_explained_to_people_and_to_scripts(xrm_on_both: Xrm, password_file: str) -> None:
    xrm = xrm_on_both
    company = xrm.made("entity", "create", "organization", "--set", "name=Acme")
    options = ("--name", "Anna", "--password-file", password_file, "--department", "Sales", "--set", "reader")
    xrm.given("user", "create", ANNA, *options)
    asked = ("access", "explain", "--user", ANNA, "--entity", company, "--action")

    reads, changes, shown = xrm.given(*asked, "read"), xrm.given(*asked, "organization:update"), xrm(*asked, "update")

    assert (reads["allowed"], reads["action"], reads["entity"]["title"]) == (True, "organization:read", "Acme")
    assert [(one["set"], one["permission"], one["gives"]) for one in reads["grants"]] == [("reader", "*:read", True)]
    assert [one["as"] for one in reads["places"]] == ["home"]
    assert (changes["allowed"], [one["gives"] for one in changes["grants"]]) == (False, [False])
    assert (shown.code, "has not the right organization:update" in shown.out) == (0, True)
    assert "holds no permission for organization:update" in shown.err


def test_fields_and_what_is_not_found_are_explained(xrm: Xrm) -> None:
    company = xrm.made("entity", "create", "organization", "--set", "name=Acme")
    asked = ("access", "explain", "--user", "admin@example.org", "--entity", company, "--action")

    field, found, shown = xrm.given(*asked, "organization.city:edit"), xrm.given(*asked, "find"), xrm(*asked, "find")

    assert (field["allowed"], field["action"], field["lacking"]) == (True, "organization.city:edit", [])
    assert any("needs no right of its own" in one["said"] for one in field["reasons"])
    assert (found["allowed"], {one["kind"] for one in found["reasons"]} >= {"login", "grants", "search"}) == (True, True)
    assert "+ Lists, search and suggestions show" in shown.out


def test_what_is_not_there_is_named(xrm: Xrm) -> None:
    company = xrm.made("entity", "create", "organization", "--set", "name=Acme")

    nobody = xrm("access", "explain", "--user", "nobody@example.org", "--entity", company, "--action", "read")
    wrong = xrm("access", "explain", "--user", "admin@example.org", "--entity", company, "--action", "raed")

    assert (nobody.code, "There is no user nobody@example.org" in nobody.err) == (4, True)
    assert wrong.code != 0


def test_what_is_missing_for_a_right_is_told(xrm: Xrm) -> None:
    company = xrm.made("entity", "create", "organization", "--set", "name=Acme")
    xrm.given("user", "create", ANNA, "--department", "Sales", "--set", "reader")

    told = xrm.given("access", "explain", "--user", ANNA, "--entity", company, "--action", "update")

    assert told["remedy"]["sets"][0] == "editor"
    assert "Sales" in told["remedy"]["ways"][0]
    assert told["remedy"]["who"]


def test_a_changed_set_is_shown_before_it_is_changed(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    xrm.made("entity", "create", "organization", "--set", "name=Acme")
    xrm.given("user", "create", ANNA, "--department", "Sales", "--set", "reader")
    asked = ("access", "preview-set", "reader", "--add", "person:read", "--remove", "*:read")

    told, shown, wrong = xrm.given(*asked), xrm(*asked), xrm(*asked, "--add", "person:raed")

    rows = {one["type"]: one for one in told["people"][0]["rows"]}
    assert (told["added"], told["removed"]) == (["person:read"], ["*:read"])
    assert (rows["organization"]["before"], rows["organization"]["after"], rows["organization"]["lost"]) == (1, 0, 1)
    assert "person" not in rows
    assert (shown.code, "- *:read" in shown.out, ANNA in shown.out) == (0, True, True)
    assert wrong.code != 0
    assert "*:read" in str(xrm.given("user", "sets"))


def test_an_entry_is_shared_listed_and_taken_back(xrm: Xrm, password_file: str) -> None:
    company = xrm.made("entity", "create", "organization", "--set", "name=Acme")
    xrm.given("user", "create", ANNA, "--name", "Anna", "--password-file", password_file)
    asked = ("access", "explain", "--user", ANNA, "--entity", company, "--action", "read")
    assert xrm.given(*asked)["allowed"] is False

    one = xrm.made("access", "share", company, "--with", ANNA, "--until", "2099-12-31", "--note", "please look")

    (listed,) = xrm.given("access", "shares", company)["items"]
    assert (listed["id"], listed["with"], listed["until"], listed["over"]) == (one, "Anna", "2099-12-31", False)
    assert xrm.given(*asked)["allowed"] is True
    assert xrm.given("access", "shares")["items"] == []
    assert "please look" in xrm("access", "shares", company).out
    xrm.given("access", "unshare", one)
    assert xrm.given("access", "shares", company)["items"] == []
    assert xrm("access", "unshare", one).code == 4
    assert xrm("access", "share", company).code == 1
