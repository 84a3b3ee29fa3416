# SPDX-License-Identifier: Apache-2.0
"""What only a browser shows: nothing lies over or outside of what people must reach."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Site

pytestmark = pytest.mark.browser


def test_the_actions_of_an_ended_role_can_be_reached(open_context: Open, site: Site) -> None:
    page = open_context().new_page()
    page.goto(site.small.paths["company"])
    page.get_by_text("Show 1 ended role").click()

    card = page.locator(".facet-ended")
    card.get_by_role("button").first.click()
    page.get_by_role("link", name="Start again…").click()

    expect(page.get_by_role("heading", name="Start again: distributor")).to_be_visible()


def test_a_rating_of_none_has_no_gold_stars(open_context: Open, site: Site) -> None:
    page = open_context().new_page()
    page.goto(f"{site.small.paths['company']}/roles/add?role=customer")
    colour = "one => getComputedStyle(one).color"

    stars = page.locator(".stars").first
    stars.locator("input[value='3']").check(force=True)
    chosen = stars.locator("label:has(:checked)").evaluate(colour)
    stars.locator(".stars-none input").check(force=True)
    page.mouse.move(0, 0)
    colours = [star.evaluate(colour) for star in stars.locator("label:not(.stars-none)").all()]

    assert len(set(colours)) == 1
    assert chosen not in colours


def test_a_contact_point_shows_only_what_its_kind_has(open_context: Open, site: Site) -> None:
    page = open_context().new_page()
    page.goto(site.small.paths["contact point form"])

    expect(page.locator("[data-field=address]")).to_be_hidden()
    page.locator("select[name=kind]").select_option("postal")

    expect(page.locator("[data-field=address]")).to_be_visible()
    expect(page.locator("[data-field=value]")).to_be_hidden()


def test_a_contact_point_without_javascript_shows_both(open_context: Open, site: Site) -> None:
    page = open_context(java_script_enabled=False).new_page()
    page.goto(site.small.paths["contact point form"])

    expect(page.locator("[data-field=address]")).to_be_visible()
    expect(page.locator("[data-field=value]")).to_be_visible()


def test_adding_on_the_phone_asks_what(open_context: Open) -> None:
    page = open_context(viewport={"width": 390, "height": 800}).new_page()
    page.goto("/")

    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.locator("#phone-create").get_by_role("link", name="Person", exact=True)).to_be_visible()


def test_one_letter_says_that_it_is_too_little(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/sales/quote_line/new")

    page.get_by_label("Product").press_sequentially("z")

    expect(page.get_by_text("Type at least two letters")).to_be_visible()
