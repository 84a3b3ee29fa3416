# SPDX-License-Identifier: Apache-2.0
"""Where requests come from, and which browsers signed in before: nothing is believed that anybody can write."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from xrm.access.models import session
from xrm.access.service import create_user
from xrm.audit.models import audit_value
from xrm.errors import ConfigurationError
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor
from xrm_web.app import create_app

EMAIL, PASSWORD = "nadia@example.org", "correct horse battery"
SYSTEM = system_actor()


def app_behind(runtime: Runtime, *proxies: str) -> Flask:
    """The app that believes these proxies, with a user to sign in."""
    runtime.settings = replace(runtime.settings, trusted_proxies=proxies)
    made = create_app(runtime, testing=True)
    made.config["WTF_CSRF_ENABLED"] = False
    runtime.write(lambda uow: create_user(uow, EMAIL, password=PASSWORD), SYSTEM)
    return made


def enter(client: FlaskClient, password: str, told: str = "", peer: str = "127.0.0.1", email: str = EMAIL) -> int:
    """The status of a try from this peer, with what it tells of others."""
    headers = {"X-Forwarded-For": told, "X-Real-IP": told} if told else {}
    data = {"email": email, "password": password}
    return client.post("/in", data=data, headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code


def addresses(runtime: Runtime) -> set[str]:
    """The addresses that the audit log names."""
    kept = runtime.read(lambda uow: uow.execute(select(audit_value.c.changes)).scalars().all(), SYSTEM)
    changes = [one for text in kept for one in json.loads(text)]
    return {one["fields"]["address"][1] for one in changes if "address" in one["fields"]}


def test_a32_a_forwarded_address_of_anybody_is_ignored(runtime: Runtime) -> None:
    app = app_behind(runtime)

    tries = [enter(app.test_client(), "wrong", f"198.51.100.{number}", "192.0.2.1") for number in range(9)]

    assert tries[:5] == [422] * 5
    assert 429 in tries
    assert addresses(runtime) == {"192.0.2.1"}


def test_a32_behind_a_trusted_proxy_the_last_stranger_counts(runtime: Runtime) -> None:
    app = app_behind(runtime, "10.0.0.0/8")

    enter(app.test_client(), "wrong", "203.0.113.66, 198.51.100.7, 10.0.0.2", "10.0.0.1")
    enter(app.test_client(), "wrong", "not an address", "10.0.0.1")
    enter(app.test_client(), "wrong", "", "10.0.0.1")
    enter(app.test_client(), PASSWORD, "198.51.100.8", "10.0.0.1")

    assert addresses(runtime) == {"198.51.100.7", "not an address", "10.0.0.1", "198.51.100.8"}
    assert runtime.read(lambda uow: uow.execute(select(session.c.address)).scalar_one(), SYSTEM) == "198.51.100.8"


def test_a_proxy_that_is_no_network_stops_the_start(runtime: Runtime) -> None:
    with pytest.raises(ConfigurationError, match="trusted_proxies"):
        app_behind(runtime, "my-proxy")


def test_who_signed_in_before_comes_in_while_others_guess(runtime: Runtime) -> None:
    app = app_behind(runtime)
    mine, new = app.test_client(), app.test_client()
    assert enter(mine, PASSWORD) == 303
    mine.post("/out")

    guesses = [enter(app.test_client(), "wrong") for _ in range(8)]

    assert guesses[-1] == 429
    assert enter(new, PASSWORD) == 429
    assert enter(mine, PASSWORD) == 303


def test_the_mark_of_a_browser_is_for_one_login_and_cannot_be_made(runtime: Runtime) -> None:
    app = app_behind(runtime)
    runtime.write(lambda uow: create_user(uow, "other@example.org", password=PASSWORD), SYSTEM)
    other, forged = app.test_client(), app.test_client()
    assert enter(other, PASSWORD, email="other@example.org") == 303
    cookie = other.get_cookie("xrm_device")
    assert cookie is not None
    forged.set_cookie("xrm_device", cookie.value[:-3] + "AAA")
    for _ in range(6):
        enter(app.test_client(), "wrong")
    other.post("/out")

    assert enter(other, PASSWORD) == 429
    assert enter(forged, PASSWORD, email=EMAIL) == 429
    assert EMAIL.partition("@")[0] not in cookie.value


def test_a_browser_of_many_keeps_the_marks_of_the_last_ones(runtime: Runtime) -> None:
    app = app_behind(runtime)
    shared = app.test_client()
    emails = [f"user{number}@example.org" for number in range(10)]
    for email in emails:
        runtime.write(lambda uow: create_user(uow, email, password=PASSWORD), SYSTEM)
        assert enter(shared, PASSWORD, email=email) == 303
        shared.post("/out")
    cookie = shared.get_cookie("xrm_device")

    assert cookie is not None
    assert len(cookie.value) < 1500
    for email in emails:
        for _ in range(6):
            enter(app.test_client(), "wrong", email=email, peer="192.0.2.9")
    assert enter(shared, PASSWORD, email=emails[-1], peer="192.0.2.9") == 303
