# SPDX-License-Identifier: Apache-2.0
"""The second step of signing in: nothing opens before it, each code opens once, and guessing is slowed down."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import replace

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from xrm.access.models import session
from xrm.access.service import create_user, deactivate_user
from xrm.audit.models import audit_entry
from xrm.factors.codes import STEP
from xrm.factors.service import confirm_app, start_app
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor

EMAIL, PASSWORD = "nadia@example.org", "correct horse battery"
SYSTEM = system_actor()


def code_at(secret: str, off: int = 0) -> str:
    """The code of now, or of steps before and after."""
    return pyotp.HOTP(secret).at(int(time.time()) // STEP + off)


@pytest.fixture
def nadia(runtime: Runtime) -> uuid.UUID:
    """A user with a password."""
    return runtime.write(lambda uow: create_user(uow, EMAIL, name="Nadia Lefèvre", password=PASSWORD), SYSTEM)


@pytest.fixture
def app_of_nadia(runtime: Runtime, nadia: uuid.UUID) -> tuple[str, list[str]]:
    """The secret of an app that counts, and recovery codes."""
    secret = runtime.write(lambda uow: start_app(uow, nadia), SYSTEM)
    codes = runtime.write(lambda uow: confirm_app(uow, nadia, code_at(secret, -1)), SYSTEM)
    assert codes is not None
    return secret, codes


def enter(client: FlaskClient) -> str:
    """Where the password leads."""
    answer = client.post("/in", data={"email": EMAIL, "password": PASSWORD, "next": "/help"})
    assert answer.status_code == 303
    return answer.location


@pytest.mark.usefixtures("app_of_nadia")
def test_a_password_alone_opens_nothing(app: Flask, runtime: Runtime) -> None:
    client = app.test_client()

    assert enter(client) == "/in/code?next=/help"

    assert client.get_cookie("xrm_session") is None
    assert client.get("/me").status_code == 302
    assert runtime.read(lambda uow: uow.execute(select(session)).all(), SYSTEM) == []
    ticket = client.get_cookie("xrm_ticket")
    assert ticket is not None
    client.set_cookie("xrm_session", ticket.value)
    assert client.get("/me").status_code == 302


def test_a_code_signs_in_once(app: Flask, runtime: Runtime, app_of_nadia: tuple[str, list[str]]) -> None:
    secret, _ = app_of_nadia
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        enter(client)
    sent = {"code": code_at(secret), "next": "/help"}

    assert first.post("/in/code", data={"code": "000000"}).status_code == 422
    answer = first.post("/in/code", data=sent)

    assert (answer.status_code, answer.location) == (303, "/help")
    assert "Nadia Lefèvre" in first.get("/me").text
    assert second.post("/in/code", data=sent).status_code == 422
    assert first.post("/in/code", data={"code": code_at(secret, 1)}).location.startswith("/in?"), "the ticket is used up"
    actions = runtime.read(lambda uow: uow.execute(select(audit_entry.c.action)).scalars().all(), SYSTEM)
    assert (actions.count("user.signed_in"), actions.count("user.sign_in_failed")) == (1, 2)


def test_a_recovery_code_signs_in_once(app: Flask, app_of_nadia: tuple[str, list[str]]) -> None:
    _, codes = app_of_nadia
    statuses = []
    for _ in range(2):
        client = app.test_client()
        enter(client)
        statuses.append(client.post("/in/code", data={"code": f" {codes[3].upper()} "}).status_code)

    assert statuses == [303, 422]


@pytest.mark.usefixtures("app_of_nadia")
def test_guessing_codes_is_slowed_down_for_all_tickets(app: Flask) -> None:
    statuses = []
    for _ in range(9):
        client = app.test_client()
        enter(client)
        statuses.append(client.post("/in/code", data={"code": "000000"}).status_code)

    assert statuses[:5] == [422] * 5
    assert 429 in statuses


def test_without_the_first_step_there_is_no_second(app: Flask) -> None:
    client = app.test_client()

    for path in ("/in/code", "/in/enrol"):
        assert client.get(path).location.startswith("/in?")
        assert client.post(path, data={"code": "123456"}).location.startswith("/in?")
    assert "This took too long." in client.get("/in").text


def test_a18_who_is_switched_off_between_the_steps_does_not_come_in(
    app: Flask, runtime: Runtime, nadia: uuid.UUID, app_of_nadia: tuple[str, list[str]]
) -> None:
    client = app.test_client()
    enter(client)
    runtime.write(lambda uow: deactivate_user(uow, nadia), SYSTEM)

    assert client.post("/in/code", data={"code": code_at(app_of_nadia[0])}).location.startswith("/in?")
    assert client.get("/me").status_code == 302


@pytest.mark.usefixtures("nadia")
def test_who_needs_a_second_factor_sets_it_up_before_anything_else(app: Flask, runtime: Runtime) -> None:
    runtime.settings = replace(runtime.settings, second_factor="everybody")
    client = app.test_client()

    assert enter(client) == "/in/enrol?next=/help"
    page = client.get("/in/enrol").text
    assert client.get("/me").status_code == 302
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found
    assert "<svg" in page
    secret = found[1].replace(" ", "")
    assert client.post("/in/enrol", data={"code": "000000"}).status_code == 422
    codes = client.post("/in/enrol", data={"code": code_at(secret), "next": "/help"})

    assert codes.text.count("<li><code>") == 10
    assert 'href="/help"' in codes.text
    assert "Nadia Lefèvre" in client.get("/me").text
    assert enter(app.test_client()) == "/in/code?next=/help"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a30_the_second_step_goes_on_to_this_site_only(app: Flask, app_of_nadia: tuple[str, list[str]], target: str) -> None:
    client = app.test_client()
    client.post("/in", data={"email": EMAIL, "password": PASSWORD, "next": target})

    assert client.post("/in/code", data={"code": code_at(app_of_nadia[0]), "next": target}).location == "/"


def test_a29_the_second_step_wants_its_token(app: Flask, app_of_nadia: tuple[str, list[str]]) -> None:
    client = app.test_client()
    enter(client)
    app.config["WTF_CSRF_ENABLED"] = True

    for path in ("/in/code", "/in/enrol", "/in/passkey", "/in/passkey/options"):
        assert client.post(path, data={"code": code_at(app_of_nadia[0])}).status_code == 400
    assert client.get("/me").status_code == 302
