# SPDX-License-Identifier: Apache-2.0
"""Every page is usable by all: no violation found by axe-core, no console error, nothing wider than the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Open, Site

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = (
    "home", "settings", "help", "list", "roles", "search", "company", "person", "opportunity", "quote", "new", "edit", "add role",
    "role form", "add relationship", "relationship form", "contact point form", "not found", "tokens", "invitations",
)  # fmt: skip
SAMPLE = {
    ("company", "en", "light", 1280), ("company", "fr", "dark", 390), ("person", "fr", "light", 1280),
    ("quote", "en", "dark", 1280), ("tokens", "fr", "light", 390), ("invitations", "en", "light", 390),
    ("list", "fr", "dark", 1280), ("role form", "en", "light", 390), ("relationship form", "fr", "light", 390),
    ("home", "en", "light", 390), ("new", "fr", "dark", 1280),
}  # fmt: skip


def every_page() -> list[Any]:
    """All pages × languages × themes × widths; those outside the sample belong to the deep run."""
    found = []
    for name in PAGES:
        for language in ("en", "fr"):
            for theme in ("light", "dark"):
                for width in (1280, 390):
                    marks = () if (name, language, theme, width) in SAMPLE else (pytest.mark.deep,)
                    found.append(pytest.param(name, language, theme, width, marks=marks, id=f"{name}-{language}-{theme}-{width}"))
    return found


@pytest.mark.parametrize(("name", "language", "theme", "width"), every_page())
def test_page_is_accessible(open_context: Open, site: Site, name: str, language: str, theme: str, width: int) -> None:
    locale = {"en": "en-GB", "fr": "fr-FR"}[language]
    # axe is put into the page by the test, which the page's own policy would refuse.
    context = open_context(locale=locale, color_scheme=theme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))

    answer = page.goto(site.small.paths[name])
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert answer is not None
    assert answer.status == (404 if name == "not found" else 200)
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]] == []
    assert [text for text in said if "404" not in text] == []
    assert wider <= 0
