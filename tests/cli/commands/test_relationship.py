# SPDX-License-Identifier: Apache-2.0
"""``xrm relationship``, ``interaction``, ``contact-point``, ``search``: what hangs on entities, and finding them."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Xrm


@pytest.fixture
def pair(xrm_on_both: Xrm) -> tuple[str, str]:
    """A person and an organization."""
    person = xrm_on_both.made("entity", "create", "person", "--set", "first_name=Maria", "--set", "last_name=Larsson")
    return person, xrm_on_both.made("entity", "create", "organization", "--set", "name=Folk och fä HB")


def test_a_relationship_is_listed_with_both_ends_period_and_fields(xrm_on_both: Xrm, pair: tuple[str, str]) -> None:
    one = xrm_on_both.made("relationship", "create", "works_for", *pair, "--from", "2020-01-01", "--set", "job_title=Owner")

    for option in (("--type", "works_for"), ("--entity", pair[0]), ("--entity", pair[1])):
        [item] = xrm_on_both.given("relationship", "list", *option)["items"]
        assert (item["id"], item["source"], item["target"], item["job_title"]) == (one, *pair, "Owner")
        assert (item["type"], item["title"]) == ("works_for", "Maria Larsson works for Folk och fä HB")
        assert (item["valid_from"], item["valid_until"]) == ("2020-01-01", None)


def test_an_ended_relationship_is_there_as_of_earlier_days(xrm_on_both: Xrm, pair: tuple[str, str]) -> None:
    one = xrm_on_both.made("relationship", "create", "works_for", *pair, "--from", "2020-01-01")

    xrm_on_both.given("relationship", "end", one, "--until", "2021-01-01")

    count = ("relationship", "list", "--count")
    assert xrm_on_both.given(*count) == {"count": 0}
    assert xrm_on_both.given(*count, "--as-of", "2020-06-01") == {"count": 1}
    assert xrm_on_both.given(*count, "--all-periods") == {"count": 1}


def test_search_finds_without_accents_and_through_a_related_name(xrm_on_both: Xrm, pair: tuple[str, str]) -> None:
    xrm_on_both.made("relationship", "create", "works_for", *pair)

    items = xrm_on_both.given("search", "folk och fa")["items"]

    assert (items[0]["id"], items[0]["type"], items[0]["title"]) == (pair[1], "organization", "Folk och fä HB")
    assert all(item["why"] for item in items)


def test_an_interaction_stands_on_the_timeline_of_each_participant(xrm_on_both: Xrm, pair: tuple[str, str]) -> None:
    one = xrm_on_both.made("interaction", "add", "call", *pair, "--subject", "Renewal", "--duration", "12", "--direction", "out")

    for entity in pair:
        [item] = xrm_on_both.given("interaction", "list", "--entity", entity)["items"]
        assert (item["id"], item["type"], item["title"], item["duration"]) == (one, "call", "Renewal", 12)
        assert {each["id"] for each in item["participants"]} == set(pair)


def test_a_contact_point_is_normalized_and_ends(xrm_on_both: Xrm, pair: tuple[str, str]) -> None:
    one = xrm_on_both.made("contact-point", "add", pair[0], "phone", "06 12 34 56 78", "--label", "work")
    [item] = xrm_on_both.given("contact-point", "list", pair[0])["items"]

    xrm_on_both.given("contact-point", "end", one)

    assert (item["id"], item["type"], item["normalized"], item["label"]) == (one, "phone", "+33612345678", "work")
    assert xrm_on_both.given("contact-point", "list", pair[0])["items"] == []


def test_a_page_of_relationships_continues_where_it_ended(xrm: Xrm) -> None:
    person = xrm.made("entity", "create", "person", "--set", "last_name=Larsson")
    for name in ("Ada", "Bob", "Cyd"):
        organization = xrm.made("entity", "create", "organization", "--set", f"name={name}")
        xrm.made("relationship", "create", "works_for", person, organization)

    first = xrm.given("relationship", "list", "--limit", "2")
    second = xrm.given("relationship", "list", "--limit", "2", "--after", first["next"])

    assert [one["target_title"] for one in first["items"] + second["items"]] == ["Ada", "Bob", "Cyd"]
    assert second["next"] is None


def test_ends_in_the_wrong_order_are_told_to_be_swapped(xrm_on_both: Xrm, pair: tuple[str, str]) -> None:
    outcome = xrm_on_both("relationship", "create", "works_for", *reversed(pair))

    assert outcome.code == 1
    assert "swap both ends" in outcome.err
