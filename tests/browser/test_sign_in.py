# SPDX-License-Identifier: Apache-2.0
"""Signing in with a second factor and with passkeys, as a person does it; passkeys by Chromium's virtual authenticator."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select, update
from werkzeug.serving import make_server

from tests.browser.conftest import PLUGINS
from tests.browser.instance import PASSWORD, fill
from tests.instances import open_with
from xrm.audit.models import audit_entry
from xrm.factors.codes import STEP
from xrm.factors.models import passkey
from xrm.migrate.apply import apply
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import system_actor
from xrm_web.app import create_app

pytestmark = pytest.mark.browser
EMAIL = "anna@example.org"
AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Named:
    """An instance that is reached by a name, which passkeys need."""

    def __init__(self, runtime: Runtime, url: str, browser: Browser) -> None:
        self.runtime, self.url, self._browser = runtime, url, browser
        self.opened: list[BrowserContext] = []

    def page(self, locale: str = "fr-FR", width: int = 390) -> Page:
        """A page of a browser that was never here before."""
        size: Any = {"width": width, "height": 900}
        context = self._browser.new_context(base_url=self.url, locale=locale, viewport=size, bypass_csp=False)
        context.set_default_timeout(15_000)
        self.opened.append(context)
        return context.new_page()


@pytest.fixture
def named(tmp_path: Path, browser: Browser) -> Iterator[Named]:
    """A small instance under the name localhost."""
    url = f"sqlite:///{tmp_path / 'xrm.db'}"
    settings = Settings(home=tmp_path, database_url=url, secret_key="a key for tests, long enough to be taken")
    runtime = open_with(settings, PLUGINS)
    apply(runtime.engine, runtime.registry.table_set, {})
    fill(runtime)
    server = make_server("127.0.0.1", 0, lambda _, __: [], threaded=True)
    runtime.settings = replace(settings, base_url=f"http://localhost:{server.server_port}")
    server.app = create_app(runtime)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made = Named(runtime, runtime.settings.base_url, browser)
    yield made
    for context in made.opened:
        context.close()
    server.shutdown()
    thread.join(timeout=10)
    runtime.close()


def by_password(page: Page) -> None:
    """Type address and password."""
    page.goto("/in")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: not address.endswith("/in"))


def is_clean(page: Page) -> bool:
    """Whether axe finds nothing and nothing is wider than the window; run in the page's own world, past its policy."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setBypassCSP", {"enabled": True})
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]] == []
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def code_at(secret: str, off: int = 0) -> str:
    """The code that an app shows now, or shows next."""
    return pyotp.HOTP(secret).at(int(time.time()) // STEP + off)


def set_up_an_app(page: Page) -> tuple[str, list[str]]:
    """The secret and the recovery codes of an app that is set up on the page of one's own sign-in."""
    page.goto("/me/sign-in")
    assert is_clean(page)
    page.locator("#factors button", has_text="Configurer").click()
    page.wait_for_url("**/me/app")
    assert is_clean(page)
    page.locator("summary").click()
    secret = page.inner_text(".secret").replace(" ", "")
    page.fill("#f-code", code_at(secret, -1))
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes")
    assert is_clean(page)
    return secret, page.locator(".codes code").all_inner_texts()


def test_an_app_is_set_up_and_signs_in_in_french_on_a_phone(named: Named) -> None:
    page = named.page()
    by_password(page)
    secret, codes = set_up_an_app(page)

    second = named.page()
    by_password(second)
    second.wait_for_url("**/in/code**")
    assert is_clean(second)
    second.fill("#f-code", "000000")
    second.keyboard.press("Enter")
    second.wait_for_selector(".notice.tone-bad")
    assert is_clean(second)
    second.fill("#f-code", code_at(secret))
    second.keyboard.press("Enter")
    second.wait_for_url(f"{named.url}/")

    third = named.page()
    by_password(third)
    third.fill("#f-code", codes[0])
    third.keyboard.press("Enter")
    third.wait_for_url(f"{named.url}/")
    assert len(codes) == 10


def test_who_needs_a_second_factor_is_led_there(named: Named) -> None:
    named.runtime.settings = replace(named.runtime.settings, second_factor="administrators")
    page = named.page()
    by_password(page)
    page.wait_for_url("**/in/enrol**")
    assert is_clean(page)
    page.locator("summary").click()
    page.fill("#f-code", code_at(page.inner_text(".secret").replace(" ", "")))
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes")
    assert is_clean(page)
    page.click("main a.button")
    page.wait_for_url(f"{named.url}/")


def with_authenticator(page: Page) -> tuple[Any, str]:
    """A virtual authenticator that knows its owner, and its id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_a_passkey_is_made_signs_in_alone_and_is_a_second_factor(named: Named) -> None:
    page = named.page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    with_authenticator(page)
    by_password(page)
    page.goto("/me/sign-in")
    page.fill("#passkeys [name=name]", "Mon téléphone")
    page.locator("#passkeys form[data-passkey] button").click()
    page.wait_for_selector("#passkeys li")
    page.reload()
    assert "Mon téléphone" in page.inner_text("#passkeys")
    assert is_clean(page)

    page.context.clear_cookies()
    page.goto("/in")
    assert is_clean(page)
    page.locator("form[data-passkey] button").click()
    page.wait_for_url(f"{named.url}/")

    page.context.clear_cookies()
    by_password(page)
    page.wait_for_url("**/in/code**")
    page.locator("form[data-passkey] button").click()
    page.wait_for_url(f"{named.url}/")

    assert [text for text in said if "422" not in text] == []


def test_a_copied_passkey_and_one_without_its_owner_are_refused(named: Named) -> None:
    page = named.page()
    session, authenticator = with_authenticator(page)
    by_password(page)
    page.goto("/me/sign-in")
    page.locator("#passkeys form[data-passkey] button").click()
    page.wait_for_selector("#passkeys li")
    # A copy of the passkey counts on its own: the original has gone further.
    ahead = update(passkey).values(sign_count=1000)
    named.runtime.write(lambda uow: uow.execute(ahead), system_actor())
    page.context.clear_cookies()
    page.goto("/in")
    page.locator("form[data-passkey] button").click()
    page.wait_for_selector(".notice.tone-bad")
    actions = named.runtime.read(lambda uow: uow.execute(select(audit_entry.c.action)).scalars().all(), system_actor())
    assert "factor.passkey_refused" in actions

    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.locator("form[data-passkey] button").click()
    page.wait_for_selector("[data-problem]:visible")


def test_a_passkey_confirms_who_is_signed_in(named: Named) -> None:
    page = named.page("en-GB", 1280)
    with_authenticator(page)
    by_password(page)
    page.goto("/me/sign-in")
    page.locator("#passkeys form[data-passkey] button").click()
    page.wait_for_selector("#passkeys li")
    page.goto("/confirm?next=/help")
    assert is_clean(page)
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/help")


def test_without_passkeys_in_the_browser_nothing_is_offered(named: Named) -> None:
    page = named.page("en-GB", 1280)
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/in")

    assert page.locator("form[data-passkey]").is_hidden()
    assert page.locator(".or").is_hidden()
