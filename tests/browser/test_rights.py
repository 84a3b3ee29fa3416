# SPDX-License-Identifier: Apache-2.0
"""Departments, people and permission sets in a real browser: usable by all, and walked through by keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Site

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = (
    "/admin", "/admin/departments", "/admin/departments/new", "/admin/people", "/admin/people/new", "/admin/people/invite",
    "/admin/people/{person}", "/admin/people/{person}/help/off", "/admin/permission-sets",
    "/admin/permission-sets/reader", "/admin/permission-sets/reader/edit", "/admin/why?what={company}&action=delete",
)
SAMPLE = {("/admin/permission-sets/reader/edit", "fr", 390), ("/admin/people/{person}", "fr", 390),
          ("/admin/departments", "en", 1280), ("/admin/why?what={company}&action=delete", "fr", 390)}


def every_page() -> list[object]:
    """All pages × languages × widths; those outside the sample belong to the deep run."""
    return [
        pytest.param(path, language, width, marks=() if (path, language, width) in SAMPLE else (pytest.mark.deep,))
        for path in PAGES for language in ("en", "fr") for width in (1280, 390)
    ]


@pytest.mark.parametrize(("path", "language", "width"), every_page())
def test_page_is_accessible(open_context: Open, site: Site, path: str, language: str, width: int) -> None:
    theme = "dark" if width == 390 else "light"
    locale = {"en": "en-GB", "fr": "fr-FR"}[language]
    context = open_context(locale=locale, color_scheme=theme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()

    page.goto(path.format(company=site.small.company, person=site.small.user))
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)

    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this element has the focus, as somebody without a mouse does."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached by keyboard")


def test_a_department_a_person_and_their_rights_by_keyboard(open_context: Open) -> None:
    page = open_context(locale="fr-FR").new_page()
    page.goto("/admin/departments")
    tab_to(page, "main a[href$='/departments/new']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/departments/new")
    page.keyboard.type("Accueil")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Accueil")

    page.goto("/admin/people/new")
    page.keyboard.type("Zoé Martin")
    tab_to(page, "#f-email")
    page.keyboard.type("zoe@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Zoé Martin")
    tab_to(page, "#give #f-set")
    page.keyboard.type("Lecture")
    tab_to(page, "#give #f-department")
    page.keyboard.type("Accueil")
    tab_to(page, "#give button")
    page.keyboard.press("Enter")
    expect(page.locator(".page-lead")).to_contain_text("Zoé Martin reçoit Lecture")
    tab_to(page, "main form .button-main")
    page.keyboard.press("Enter")
    expect(page.locator("#rights")).to_contain_text("Accueil")


def test_a_permission_set_is_changed_and_a_view_taken_by_keyboard(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/admin/permission-sets/new?of=reader")
    tab_to(page, "#f-label_en")
    page.keyboard.type("Front desk")
    tab_to(page, "#f-key")
    page.keyboard.type("front_desk")
    page.keyboard.press("Enter")
    page.wait_for_url("**/front_desk/edit")
    tab_to(page, "input[value='person:create']")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#comes")).to_contain_text("person:create")
    tab_to(page, "main form .button-main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/permission-sets/front_desk")
    expect(page.locator("h1")).to_have_text("Front desk")

    page.goto("/admin/people/new")
    page.keyboard.type("Viewed Person")
    tab_to(page, "#f-email")
    page.keyboard.type("viewed@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Viewed Person")
    tab_to(page, "main form[action$='/view'] button")
    page.keyboard.press("Enter")
    expect(page.locator(".view-bar")).to_contain_text("Viewed Person")
    tab_to(page, ".view-bar button")
    page.keyboard.press("Enter")
    expect(page.locator(".view-bar")).to_have_count(0)
