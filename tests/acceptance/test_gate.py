# SPDX-License-Identifier: Apache-2.0
"""A word planted in each kind of row of one department never reaches a user of another, by whatever way he asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.conftest import PASSWORD, Program, visiting

WORD = "zanzibar"
STRANGER, INSIDER = "stranger@example.org", "insider@example.org"


@dataclass(frozen=True)
class Planted:
    """The ids of what both departments share, and of the rows of one that hold the word."""

    shared: str
    other: str
    facet: str
    record: str
    hidden_party: str


@pytest.fixture
def planted(xrm_on_both: Program, password_file: Path) -> Planted:
    """An organization that two departments know; a facet, note, contact point, score, relationship and record of one of them."""
    xrm = xrm_on_both
    xrm.given("department", "create", "Secrets")
    for email, department in ((STRANGER, "Sales"), (INSIDER, "Secrets")):
        rights = ("--set", "department_administrator", "--department", department)
        xrm.given("user", "create", email, *rights, "--password-file", str(password_file))
    inside = ("--department", "Secrets")
    shared = xrm.made("entity", "create", "organization", "--set", "name=Acme", "--department", "Sales")
    other = xrm.made("entity", "create", "person", "--set", "first_name=Ada", "--set", "last_name=Open", "--department", "Sales")
    xrm.made("role", "start", other, "customer", "--set", "number=C-1", *inside)
    facet = xrm.made("role", "start", shared, "customer", "--set", f"number={WORD}", *inside)
    xrm.made("interaction", "add", "note", shared, "--subject", WORD, "--body", f"A {WORD} note", *inside)
    xrm.made("contact-point", "add", shared, "email", f"{WORD}@example.org", *inside)
    xrm.made("relationship", "create", "works_for", other, shared, "--set", f"job_title={WORD}", *inside)
    record = xrm.made("entity", "create", "opportunity", "--set", f"name={WORD} deal", "--set", f"customer={shared}", *inside)
    party = xrm.made("entity", "create", "person", "--set", "first_name=Eve", "--set", f"last_name={WORD}", *inside)
    return Planted(shared, other, facet, record, party)


def commands(planted: Planted) -> list[tuple[str, ...]]:
    """Every way of the command line to read."""
    return [
        ("entity", "list", "customer", "--all-periods"), ("entity", "list", "party"), ("entity", "list", "person"),
        ("entity", "list", "opportunity"), ("entity", "show", planted.shared), ("role", "list", planted.shared, "--all-periods"),
        ("relationship", "list", "--all-periods"), ("relationship", "list", "--entity", planted.shared),
        ("interaction", "list", "--entity", planted.shared), ("contact-point", "list", planted.shared, "--all-periods"),
        ("search", WORD), ("search", WORD[:4]), ("search", "Acme"), ("score", "show", planted.shared),
    ]


def test_by_command_a_stranger_never_meets_the_word(xrm_on_both: Program, planted: Planted) -> None:
    xrm_on_both.given("score", "run")

    told = {line: str(xrm_on_both.given(*line, as_=STRANGER)) for line in commands(planted)}
    known = {line: str(xrm_on_both.given(*line, as_=INSIDER)) for line in commands(planted)}

    assert [line for line, text in told.items() if WORD in text.lower()] == []
    assert len([line for line, text in known.items() if WORD in text.lower()]) >= 9


def test_counts_are_of_what_one_may_see(xrm_on_both: Program, planted: Planted) -> None:
    def counts(email: str) -> list[int]:
        types = ("customer", "person", "opportunity")
        lines = (*(("entity", "list", name) for name in types), ("relationship", "list"))
        return [xrm_on_both.given(*line, "--count", as_=email)["count"] for line in lines]

    assert planted.facet
    assert counts(STRANGER) == [0, 1, 0, 0]
    assert counts(INSIDER) == [2, 2, 1, 1]


def test_a_condition_does_not_tell_what_is_hidden(xrm_on_both: Program, planted: Planted) -> None:
    guesses = {
        "customer": f'number == "{WORD}"', "person": f'last_name == "{WORD}"', "opportunity": f'contains(name, "{WORD}")',
    }

    asked = [("entity", "list", name, "--where", where, "--count") for name, where in guesses.items()]
    found = [xrm_on_both.given(*line, as_=STRANGER) for line in asked]

    assert planted.record
    assert found == [{"count": 0}] * 3


def test_scores_of_what_another_department_knows_are_not_told(xrm_on_both: Program, planted: Planted) -> None:
    xrm_on_both.given("score", "run")

    shown = {email: xrm_on_both.given("score", "show", planted.shared, as_=email)["items"] for email in (STRANGER, INSIDER)}

    assert [one["department"] for one in shown[STRANGER] if one["department"] == "Secrets"] == []
    assert shown[INSIDER] != []
    assert planted.facet not in [one["role"] for one in shown[STRANGER]]


def test_foreign_ids_are_not_found(xrm_on_both: Program, planted: Planted) -> None:
    for one in (planted.facet, planted.record, planted.hidden_party):
        missing = xrm_on_both.refused("entity", "show", one, "--json", code=4, as_=STRANGER)
        assert WORD not in missing


def test_in_the_browser_a_stranger_never_meets_the_word(xrm_on_both: Program, planted: Planted) -> None:
    lists = ["/party", "/base/customer", "/base/person", "/base/organization", "/sales/opportunity", "/", f"/party?q={WORD}"]
    paths = [*lists, f"/base/organization/{planted.shared}", f"/base/person/{planted.other}", "/party.json", "/base/customer.csv"]

    with visiting(xrm_on_both, STRANGER) as visitor:
        pages = {path: visitor.get(path) for path in paths}
        foreign = [visitor.get(f"/base/person/{planted.hidden_party}"), visitor.get(f"/sales/opportunity/{planted.record}")]

    assert {path: status for path, (status, _) in pages.items() if status != 200} == {}
    asked = f"/party?q={WORD}"
    met = [path for path, (_, text) in pages.items() if WORD in text.lower().replace(f'value="{WORD}"', "") and path != asked]
    assert met == []
    assert "Eve" not in pages[asked][1]
    assert [status for status, _ in foreign] == [404, 404]
    assert PASSWORD not in str(pages)
