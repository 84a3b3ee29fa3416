# SPDX-License-Identifier: Apache-2.0
"""A real Chromium in front of a small instance; without Chromium these tests skip and say so."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright
from werkzeug.serving import make_server

from tests.browser.instance import PASSWORD, Small, fill
from tests.instances import open_with
from xrm.migrate.apply import apply
from xrm.settings import Settings
from xrm_web.app import create_app

PLUGINS = {"base": "xrm_base", "sales": "xrm_sales"}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")


class Site(NamedTuple):
    """A running instance: where it answers, and what is in it."""

    url: str
    small: Small


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The Chromium of the system."""
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium to run the browser tests")
    # Chromium's own sandbox does not work for root.
    switches = [*SWITCHES, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    opened = playwright.chromium.launch(executable_path=path, args=switches)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A small instance on a free port of this machine; what one walk adds, the next ones of the module see."""
    home = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{home / 'xrm.db'}"
    settings = Settings(home=home, database_url=url, secret_key="a key for tests, long enough to be taken")
    runtime = open_with(settings, PLUGINS)
    apply(runtime.engine, runtime.registry.table_set, {})
    small = fill(runtime)
    server = make_server("127.0.0.1", 0, create_app(runtime), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", small)
    server.shutdown()
    thread.join(timeout=10)
    runtime.close()


@pytest.fixture(scope="module")
def session_state(browser: Browser, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of somebody who signed in by the form."""
    context = browser.new_context(base_url=site.url, locale="en-GB")
    page = context.new_page()
    page.goto("/in")
    page.fill("[name=email]", site.small.email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")
    path = tmp_path_factory.mktemp("state") / "state.json"
    context.storage_state(path=path)
    context.close()
    return path


Open = Callable[..., BrowserContext]


@pytest.fixture
def open_context(browser: Browser, site: Site, session_state: Path) -> Iterator[Open]:
    """Open browser windows in which somebody is signed in; options are those of Playwright's ``new_context``."""
    opened: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        given = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options}
        context = browser.new_context(base_url=site.url, storage_state=session_state, **given)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
