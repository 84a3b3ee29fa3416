# SPDX-License-Identifier: Apache-2.0
"""What people do from end to end in a browser: with JavaScript, without it, and with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Site

pytestmark = pytest.mark.browser


def company(site: Site) -> str:
    """The address of the company."""
    return site.small.paths["company"]


def test_a_walk_from_the_list_to_a_note(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/base/organization")

    page.get_by_role("link", name="Papier & Fils").first.click()
    page.get_by_placeholder("What was said or done?").fill("Called back, wants samples.")
    page.get_by_role("button", name="Add to the timeline").click()

    expect(page.locator(".timeline").get_by_text("Called back, wants samples.")).to_be_visible()
    expect(page.get_by_placeholder("What was said or done?")).to_have_value("")


@pytest.mark.parametrize(("javascript", "role"), [(True, "Partner"), (False, "Lobbyist")])
def test_adding_a_role(open_context: Open, site: Site, javascript: bool, role: str) -> None:  # pytest gives it
    page = open_context(java_script_enabled=javascript).new_page()
    page.goto(company(site))

    page.get_by_role("link", name="Add role").first.click()
    page.get_by_role("button", name=role).click()
    page.get_by_label("Since").fill("2024-05-01")
    page.get_by_role("button", name="Add role").click()

    page.wait_for_url("**/base/organization/**#role-*")
    expect(page.get_by_role("article", name=role).first).to_contain_text("since 1 May 2024")


def test_linking_two_parties_with_the_combobox(open_context: Open, site: Site) -> None:
    page = open_context().new_page()
    page.goto(f"{company(site)}/relationships/add?kind=contact_for:reverse")

    box = page.get_by_role("combobox").first
    box.fill("Nad")
    page.get_by_role("option", name="Nadia Lefèvre").click()
    page.get_by_role("button", name="Add relationship").click()

    expect(page.locator("#relationships")).to_contain_text("Has as contact")


def test_linking_two_parties_without_javascript(open_context: Open, site: Site) -> None:
    page = open_context(java_script_enabled=False).new_page()
    page.goto(f"/base/person/{site.small.person}/relationships/add?kind=knows:forward")

    page.get_by_placeholder("Type a name…").first.fill("Papier")
    page.get_by_role("button", name="Find").first.click()

    expect(page.get_by_role("heading", name="Add relationship")).to_be_visible()


def test_creating_and_editing_a_person(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/base/person/new")
    page.get_by_label("First name").first.fill("Zoë")
    page.get_by_label("Last name").first.fill("van der Berg")
    page.locator("form.form button.button-main").first.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Zoë van der Berg")

    page.get_by_role("link", name="Edit", exact=True).first.click()
    page.get_by_label("First name").first.fill("Zoé")
    page.locator("form.form button.button-main").first.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Zoé van der Berg")


def test_a_note_without_javascript(open_context: Open, site: Site) -> None:
    page = open_context(java_script_enabled=False).new_page()
    page.goto(company(site))

    page.get_by_placeholder("What was said or done?").fill("Written without scripts.")
    page.get_by_role("button", name="Add to the timeline").click()

    expect(page.locator(".timeline").get_by_text("Written without scripts.")).to_be_visible()


def test_deleting_with_a_way_back(open_context: Open, site: Site) -> None:
    page = open_context().new_page()
    page.goto(f"/sales/opportunity/{site.small.opportunity}")

    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Move to the recycle bin").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    page.goto(f"/sales/opportunity/{site.small.opportunity}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Spring catalogue")


def test_a_note_with_the_keyboard_alone(open_context: Open, site: Site) -> None:
    page = open_context().new_page()
    page.goto(company(site))

    tab_to(page, "#f-body")
    page.keyboard.type("Typed without a mouse.")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".timeline").get_by_text("Typed without a mouse.")).to_be_visible()


def test_what_has_focus_is_seen(open_context: Open, site: Site) -> None:
    page = open_context().new_page()
    page.goto(company(site))

    hidden = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "() => { const e = document.activeElement; const b = e.getBoundingClientRect();"
            " const t = document.elementFromPoint(b.x + b.width / 2, b.y + Math.min(b.height / 2, 8));"
            " return b.width === 0 || !t || e.contains(t) || t.contains(e) ? '' : e.outerHTML.slice(0, 120); }"
        )
        if seen:
            hidden.append(seen)

    assert hidden == []


def test_the_page_speaks_french_to_who_chose_it(open_context: Open, site: Site) -> None:
    page = open_context(locale="fr-FR").new_page()

    page.goto(company(site))

    assert page.locator("html").get_attribute("lang") == "fr"
    expect(page.locator("#relationships")).to_contain_text("Emploie")
    expect(page.get_by_role("article").first).to_contain_text("Client")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; fail when it is never reached."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"the keyboard does not reach {selector}")
