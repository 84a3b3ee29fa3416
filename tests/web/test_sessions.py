# SPDX-License-Identifier: Apache-2.0
"""Signing in and out, and what a session is worth."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import argon2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.factories.access import add_user
from tests.web.conftest import SignIn
from xrm.access.models import session, sign_in_attempt, user
from xrm.access.service import create_user, deactivate_user
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor

EMAIL, PASSWORD = "nadia@example.org", "correct horse battery"
SYSTEM = system_actor()


@pytest.fixture
def nadia(runtime: Runtime) -> None:
    """A user with a password."""
    runtime.write(lambda uow: create_user(uow, EMAIL, name="Nadia Lefèvre", password=PASSWORD), SYSTEM)


def enter(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, target: str = "/help") -> int:
    """The status of trying to sign in."""
    return client.post("/in", data={"email": email, "password": password, "next": target}).status_code


@pytest.mark.usefixtures("nadia")
def test_the_right_password_opens_a_session(app: Flask) -> None:
    client = app.test_client()

    answer = client.post("/in", data={"email": EMAIL.upper(), "password": PASSWORD, "next": "/help"})

    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("xrm_session="))
    assert (answer.status_code, answer.location) == (303, "/help")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Nadia Lefèvre" in client.get("/me").text


@pytest.mark.usefixtures("nadia")
def test_a25_unknown_address_and_wrong_password_answer_alike(app: Flask) -> None:
    wrong = app.test_client().post("/in", data={"email": EMAIL, "password": "wrong"})
    unknown = app.test_client().post("/in", data={"email": "nobody@example.org", "password": "wrong"})

    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace(EMAIL, "").count("f-email") == unknown.text.count("f-email")
    assert "The e-mail address or the password is wrong." in unknown.text


@pytest.mark.usefixtures("nadia")
def test_too_many_tries_wait_even_with_the_right_password(app: Flask, runtime: Runtime) -> None:
    client = app.test_client()
    tries = [enter(client, password="wrong") for _ in range(6)]
    runtime.write(lambda uow: uow.execute(update(sign_in_attempt).values(failures=12)), SYSTEM)

    assert tries[:5] == [422] * 5
    assert enter(client) == 429
    assert enter(client, email="other@example.org") == 422


@pytest.mark.usefixtures("nadia")
def test_signing_in_forgets_earlier_tries_of_this_door(app: Flask, runtime: Runtime) -> None:
    client = app.test_client()
    enter(client, password="wrong")

    enter(client)

    left = runtime.read(lambda uow: uow.execute(select(sign_in_attempt.c.failures)).scalars().all(), SYSTEM)
    assert sorted(left) == [1, 1], "the login and the network keep the one failure, the login at this network does not"


@pytest.mark.usefixtures("nadia")
def test_a23_signing_in_changes_the_session(app: Flask) -> None:
    client = app.test_client()
    enter(client)
    before = client.get_cookie("xrm_session")
    assert before is not None
    client.post("/in", data={"email": EMAIL, "password": PASSWORD})

    after = client.get_cookie("xrm_session")
    old = app.test_client()
    old.set_cookie("xrm_session", before.value)
    assert after is not None
    assert after.value != before.value
    assert old.get("/me").status_code == 302


@pytest.mark.usefixtures("nadia")
def test_a23_a_token_from_elsewhere_is_worth_nothing(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("xrm_session", "fixed-by-an-attacker")

    enter(client)

    cookie = client.get_cookie("xrm_session")
    assert cookie is not None
    assert cookie.value != "fixed-by-an-attacker"


def test_a18_a_session_ends_with_its_owner(sign_in: SignIn, admin: Actor, runtime: Runtime) -> None:
    client = sign_in(admin)
    user_id = admin.user_id
    assert user_id is not None
    runtime.write(lambda uow: add_user(uow, "second@example.org", {None: ["*:*"]}, depth="all"), SYSTEM)
    runtime.write(lambda uow: deactivate_user(uow, user_id), SYSTEM)

    assert client.get("/me").status_code == 302


def test_a18_signing_out_ends_the_session_on_the_server(app: Flask, sign_in: SignIn, admin: Actor, runtime: Runtime) -> None:
    client = sign_in(admin)
    cookie = client.get_cookie("xrm_session")
    assert cookie is not None

    client.post("/out")

    again = app.test_client()
    again.set_cookie("xrm_session", cookie.value)
    assert again.get("/me").status_code == 302
    assert runtime.read(lambda uow: uow.execute(select(session)).all(), SYSTEM) == []


def test_an_idle_session_ends(sign_in: SignIn, admin: Actor, runtime: Runtime) -> None:
    client = sign_in(admin)
    long_ago = datetime.now(UTC) - timedelta(hours=13)
    runtime.write(lambda uow: uow.execute(update(session).values(seen_at=long_ago)), SYSTEM)

    assert client.get("/me").status_code == 302


def test_use_is_noted_once_in_a_while(sign_in: SignIn, admin: Actor, runtime: Runtime) -> None:
    client = sign_in(admin)
    earlier = datetime.now(UTC) - timedelta(hours=1)

    def set_seen() -> None:
        runtime.write(lambda uow: uow.execute(update(session).values(seen_at=earlier)), SYSTEM)

    def seen() -> datetime:
        found: datetime = runtime.read(lambda uow: uow.execute(select(session.c.seen_at)).scalar_one(), SYSTEM)
        return found

    set_seen()
    client.get("/me")
    first = seen()
    set_seen()
    client.get("/me")

    assert first > earlier
    assert abs(seen() - earlier) < timedelta(seconds=1)


def test_settings_are_kept_and_used(client: FlaskClient, admin: Actor, runtime: Runtime) -> None:
    sent = {"language": "fr", "theme": "dark", "density": "compact", "time_zone": "Europe/Paris"}

    assert client.post("/me", data=sent).status_code == 303

    page = client.get("/me").text
    assert 'lang="fr" data-theme="dark" data-density="compact"' in page
    assert "Réglages enregistrés" in page
    row = runtime.read(lambda uow: uow.execute(select(user).where(user.c.id == admin.user_id)).one(), SYSTEM)
    assert row.time_zone == "Europe/Paris"


def test_a_setting_outside_its_list_is_refused(client: FlaskClient) -> None:
    sent = {"language": "fr", "theme": "pink", "density": "compact", "time_zone": "Mars/Base"}

    answer = client.post("/me", data=sent)

    assert answer.status_code == 422
    assert 'href="#f-theme"' in answer.text
    assert 'href="#f-time_zone"' in answer.text


def test_only_a_department_with_rights_can_be_chosen(client: FlaskClient) -> None:
    client.post("/department", data={"department": "00000000-0000-0000-0000-000000000000", "next": "/me"})

    cookie = client.get_cookie("xrm_department")
    assert cookie is None or cookie.value == ""


@pytest.mark.deep
@pytest.mark.usefixtures("nadia")
def test_a25_two_hundred_known_and_unknown_logins_answer_alike(app: Flask, runtime: Runtime) -> None:
    known = [f"user{number}@example.org" for number in range(200)]
    for email in known:
        runtime.write(lambda uow: create_user(uow, email), SYSTEM)

    def answers(emails: list[str]) -> set[tuple[int, str]]:
        found = set()
        for number, email in enumerate(emails):
            peer = {"REMOTE_ADDR": f"198.51.{number % 250}.{number // 250}"}
            answer = app.test_client().post("/in", data={"email": email, "password": "wrong"}, environ_base=peer)
            found.add((answer.status_code, re.sub(r'content="[^"]+"|value="[^"]+"', "", answer.text.replace(email, ""))))
        return found

    assert answers(known) == answers([f"nobody{number}@example.org" for number in range(200)])
    assert len(answers([known[0]])) == 1


@pytest.mark.usefixtures("nadia")
def test_a25_known_and_unknown_logins_answer_alike(app: Flask, runtime: Runtime) -> None:
    runtime.write(lambda uow: create_user(uow, "off@example.org"), SYSTEM)

    def answer(email: str) -> tuple[int, str, list[str]]:
        got = app.test_client().post("/in", data={"email": email, "password": "wrong"})
        text = re.sub(r'content="[^"]+"|name="csrf_token" value="[^"]+"', "", got.text.replace(email, ""))
        return got.status_code, text, sorted(got.headers.keys())

    assert answer(EMAIL) == answer("off@example.org") == answer("nobody@example.org")


@pytest.mark.usefixtures("nadia")
def test_a_hash_of_former_parameters_is_replaced_at_sign_in(app: Flask, runtime: Runtime) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    runtime.write(lambda uow: uow.execute(update(user).where(user.c.email == EMAIL).values(password_hash=weak)), SYSTEM)

    assert enter(app.test_client()) == 303

    kept = runtime.read(lambda uow: uow.execute(select(user.c.password_hash).where(user.c.email == EMAIL)).scalar_one(), SYSTEM)
    assert kept != weak
    assert enter(app.test_client()) == 303
