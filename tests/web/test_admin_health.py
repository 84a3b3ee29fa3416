# SPDX-License-Identifier: Apache-2.0
"""The page about health and repairs: what is wrong, why and what to do; plugins let in again, findings mended or put off."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.core.plugin_host.conftest import place_for_strangers
from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.audit.models import audit_entry
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor

SYSTEM = system_actor()
HOOKS = """
@hookimpl
def menu_items(uow):
    raise ValueError("the moon is missing")

@hookimpl
def health_checks(uow):
    return [HealthCheck("moon", "Moon", "warn", "It is waning.", "Wait.")]
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary and a plugin that fails whenever the menu is made."""
    with place_for_strangers(tmp_path, monkeypatch) as strangers:
        strangers.add("ant", HOOKS)
        yield {"base": "xrm_base", **strangers.packages}


def quarantine(runtime: Runtime) -> None:
    for _ in range(3):
        runtime.read(lambda uow: uow.host.ask("menu_items", uow=uow), SYSTEM)
    runtime.host.afterwards.finish()


def actions(runtime: Runtime) -> set[str]:
    return set(runtime.read(lambda uow: [row.action for row in uow.execute(audit_entry.select())], SYSTEM))


def test_a_plugin_in_quarantine_is_named_with_its_failures_and_let_in_again(client: FlaskClient, runtime: Runtime) -> None:
    quarantine(runtime)
    page = html.unescape(client.get("/admin/health").text)

    answer = client.post("/admin/health/release", data={"plugin": "ant"}, follow_redirects=True)

    assert "menu_items: ValueError: the moon is missing" in page
    assert "Let it take part again" in page
    assert runtime.host.watch.failures("ant")[-1].reference in page
    assert answer.status_code == 200
    assert "Plugins in quarantine" not in answer.text
    assert not runtime.host.watch.is_quarantined("ant")
    assert "plugin.released" in actions(runtime)


def test_what_plugins_cost_and_find_is_shown(client: FlaskClient) -> None:
    client.get("/")

    page = client.get("/admin/health").text

    assert "It is waning." in page
    assert "menu_items" in page
    assert " ms" in page


def test_a_secret_that_others_can_read_is_mended_by_a_button(client: FlaskClient, runtime: Runtime) -> None:
    secret = runtime.settings.home / "secret.key"
    secret.write_text("x" * 40, encoding="utf-8")
    secret.chmod(0o644)
    before = client.get("/admin/health").text

    after = client.post("/admin/health/fix", data={"fix": "secret_mode"}, follow_redirects=True).text

    assert "Others on this machine can read" in before
    assert "Others on this machine can read" not in after
    assert "now its owner alone can (mode 600)" in after
    assert "health.repaired" in actions(runtime)
    assert secret.stat().st_mode & 0o077 == 0
    assert client.post("/admin/health/fix", data={"fix": "nonsense"}).status_code == 404


def test_a_finding_is_put_off_with_a_reason_and_comes_back(client: FlaskClient, runtime: Runtime) -> None:
    without = client.post("/admin/health/snooze", data={"check": "ant.moon", "days": "7", "reason": " "})
    wrong = client.post("/admin/health/snooze", data={"check": "ant.moon", "days": "1000", "reason": "Later"})
    client.post("/admin/health/snooze", data={"check": "ant.moon", "days": "7", "reason": "Until the new one"})
    asleep = client.get("/admin/health").text
    client.post("/admin/health/wake", data={"check": "ant.moon"})

    assert (without.status_code, wrong.status_code) == (422, 422)
    assert "Say why this can wait." in without.text
    assert "from 1 to 365" in wrong.text
    assert "Until the new one" in asleep
    assert "Not now" not in asleep.partition("It is waning.")[2].partition("Until the new one")[0]
    assert "Until the new one" not in client.get("/admin/health").text
    assert "health.snoozed" in actions(runtime)


def test_it_is_for_those_who_administer_the_whole_instance(
    runtime: Runtime, departments: Departments, sign_in: SignIn
) -> None:
    def add(name: str, right: str) -> FlaskClient:
        return sign_in(runtime.write(lambda uow: add_user(uow, name, {departments.sales: [right]}), SYSTEM))

    for right in ("*:read", "instance:administer", "plugin:administer"):
        somebody = add(f"{right[:4].strip('*:')}x@example.org", right)
        assert somebody.get("/admin/health").status_code in {403, 404}
        for path, data in (("release", {"plugin": "ant"}), ("fix", {"fix": "secret_mode"}), ("wake", {"check": "x"}),
                           ("snooze", {"check": "x", "days": "3", "reason": "y"})):
            assert somebody.post(f"/admin/health/{path}", data=data).status_code in {403, 404}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_speaks_the_language_of_the_reader(client: FlaskClient, runtime: Runtime, language: str) -> None:
    quarantine(runtime)

    page = client.get("/admin/health", headers={"Accept-Language": language}).text

    assert ("Plugins in quarantine" if language == "en" else "Modules en quarantaine") in page
