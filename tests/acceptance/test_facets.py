# SPDX-License-Identifier: Apache-2.0
"""One party, many facets: customer of two departments under two numbers, distributor of a third, with a past."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import PASSWORD, Program, visiting


@pytest.fixture
def party(xrm: Program) -> str:
    """An organization that three departments know, each under its own number, each by its own owner."""
    for name in ("North", "South"):
        xrm.given("department", "create", name)
    for name in ("Sales", "North", "South"):
        xrm.given("user", "create", f"{name.lower()}@example.org", "--set", "editor", "--department", name)
    party = xrm.made("entity", "create", "organization", "--set", "name=Folk och fä HB", "--department", "Sales")
    # Whoever takes up a party finds it first: a reader of the home department may start a role in his own.
    for name in ("North", "South"):
        xrm.given("user", "grant", f"{name.lower()}@example.org", "reader", "--department", "Sales")
    start(xrm, party, "customer", "Sales", "S-100")
    start(xrm, party, "customer", "North", "N-7")
    start(xrm, party, "distributor", "South", "D-1")
    return party


def start(xrm: Program, party: str, role: str, department: str, number: str, since: str = "2020-01-01") -> str:
    arguments = ("role", "start", party, role, "--set", f"number={number}", "--since", since, "--department", department)
    return xrm.made(*arguments, as_=f"{department.lower()}@example.org")


def test_one_party_has_three_facets_of_three_departments_and_owners(xrm: Program, party: str) -> None:
    facets = xrm.asked("role", "list", party)["items"]

    assert sorted((one["type"], one["number"], one["department_name"]) for one in facets) == [
        ("customer", "N-7", "North"), ("customer", "S-100", "Sales"), ("distributor", "D-1", "South"),
    ]
    assert {one["party"] for one in facets} == {party}
    assert len({one["owner"] for one in facets}) == 3
    assert xrm.given("entity", "list", "organization", "--count") == {"count": 1}
    assert xrm.given("entity", "list", "customer", "--count") == {"count": 2}
    assert xrm.given("entity", "list", "customer", "--count", "--distinct", "party") == {"count": 1}


def test_ending_a_facet_and_taking_it_up_again_keeps_both_periods(xrm: Program, party: str) -> None:
    first = next(one["id"] for one in xrm.given("role", "list", party)["items"] if one["number"] == "N-7")
    xrm.given("role", "end", first, "--until", "2022-01-01", as_="north@example.org")
    between = xrm.given("entity", "list", "customer", "--count")
    second = start(xrm, party, "customer", "North", "N-8", "2024-06-01")

    periods = xrm.asked("entity", "list", "customer", "--all-periods", "--where", 'starts_with(number, "N")')["items"]

    assert between == {"count": 1}
    assert {(one["id"], one["since"], one["until"], one["number"]) for one in periods} == {
        (first, "2020-01-01", "2022-01-01", "N-7"), (second, "2024-06-01", None, "N-8"),
    }
    assert xrm.given("entity", "list", "customer", "--count") == {"count": 2}


def test_the_page_of_the_party_shows_all_facets_to_whoever_may_see_them(xrm: Program, party: str) -> None:
    with visiting(xrm) as visitor:
        status, page = visitor.get(f"/base/organization/{party}")

    assert (status, page.count("<h1")) == (200, 1)
    for number in ("S-100", "N-7", "D-1"):
        assert number in page
    assert PASSWORD not in page
