# SPDX-License-Identifier: Apache-2.0
"""My password, factors and sessions: what may harm asks first who it is, and what changes ends what was before."""

from __future__ import annotations

import re
import time
import uuid
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from xrm.access.models import session
from xrm.access.service import create_shipped_sets, create_user, give
from xrm.audit.models import audit_entry
from xrm.factors.codes import STEP
from xrm.factors.passkeys import NewPasskey
from xrm.factors.queries import factors_of
from xrm.factors.service import add_passkey
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor

EMAIL, PASSWORD = "nadia@example.org", "correct horse battery"
SYSTEM = system_actor()
FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def nadia(runtime: Runtime) -> Actor:
    """A user with a password."""
    one = runtime.write(lambda uow: create_user(uow, EMAIL, name="Nadia Lefèvre", password=PASSWORD), SYSTEM)
    return Actor("user", one, "Nadia Lefèvre")


@pytest.fixture
def browser(app: Flask, nadia: Actor) -> FlaskClient:
    """A browser in which she just signed in."""
    assert nadia.user_id is not None
    return signed_in(app)


def signed_in(app: Flask) -> FlaskClient:
    """Another one."""
    client = app.test_client()
    assert client.post("/in", data={"email": EMAIL, "password": PASSWORD}, headers=FIREFOX).status_code == 303
    return client


def forget(runtime: Runtime) -> None:
    """Let the last proof be an hour old."""
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    runtime.write(lambda uow: uow.execute(update(session).values(confirmed_at=long_ago)), SYSTEM)


def token_of(client: FlaskClient) -> str:
    """The token of the session of a browser."""
    cookie = client.get_cookie("xrm_session")
    assert cookie is not None
    return cookie.value


def id_of(who: Actor) -> uuid.UUID:
    """The id of a user who acts."""
    assert who.user_id is not None
    return who.user_id


def test_sessions_are_listed_and_ended_one_by_one_and_all_at_once(app: Flask, browser: FlaskClient) -> None:
    other, third, fourth = signed_in(app), signed_in(app), signed_in(app)
    page = browser.get("/me/sign-in").text
    assert page.count("Firefox on Windows") == 4
    assert page.count("This browser") >= 1
    handles = re.findall(r"/me/sessions/([0-9a-f]{16})/end", page)

    browser.post(f"/me/sessions/{handles[0]}/end")
    open_ones = [client.get("/me").status_code for client in (other, third, fourth)]
    browser.post("/me/sessions/end")

    assert sorted(open_ones) == [200, 200, 302]
    assert [client.get("/me").status_code for client in (browser, other, third, fourth)] == [200, 302, 302, 302]


def test_a_session_of_somebody_else_cannot_be_ended(
    app: Flask, browser: FlaskClient, client: FlaskClient
) -> None:
    handle = re.findall(r"/me/sessions/([0-9a-f]{16})/end", signed_in(app).get("/me/sign-in").text)[0]

    assert client.post(f"/me/sessions/{handle}/end").status_code == 404
    assert browser.get("/me").status_code == 200


def test_a18_a23_a_new_password_ends_all_sessions_but_renews_this_one(app: Flask, browser: FlaskClient) -> None:
    other, before = signed_in(app), token_of(browser)

    answer = browser.post("/me/password", data={"old": PASSWORD, "new": "battery horse correct"})

    assert answer.status_code == 303
    assert token_of(browser) != before
    assert [browser.get("/me").status_code, other.get("/me").status_code] == [200, 302]
    stale = app.test_client()
    stale.set_cookie("xrm_session", before)
    assert stale.get("/me").status_code == 302
    assert app.test_client().post("/in", data={"email": EMAIL, "password": PASSWORD}).status_code == 422
    assert app.test_client().post("/in", data={"email": EMAIL, "password": "battery horse correct"}).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("wrong", "battery horse correct", "not your password"), (PASSWORD, "Password1!", "tried first"),
     (PASSWORD, "short", "8 to 1024"), (PASSWORD, "Lefevre2024", "name or address")],
)  # fmt: skip
def test_a_password_that_is_not_right_changes_nothing(browser: FlaskClient, old: str, new: str, said: str) -> None:
    before = token_of(browser)

    answer = browser.post("/me/password", data={"old": old, "new": new})

    assert answer.status_code == 422
    assert said in answer.text
    assert token_of(browser) == before
    assert browser.get("/me").status_code == 200


def test_guessing_the_password_in_a_borrowed_browser_is_slowed_down(browser: FlaskClient) -> None:
    tries = [browser.post("/confirm", data={"password": "wrong"}).status_code for _ in range(4)]
    tries += [browser.post("/me/password", data={"old": "wrong", "new": "x"}).status_code for _ in range(5)]

    assert tries[:5] == [422] * 5
    assert 429 in tries


CHANGES = ("/me/app/start", "/me/app", "/me/app/remove", "/me/recovery-codes", "/me/passkeys/options", "/me/passkeys",
           "/me/passkeys/00000000-0000-7000-8000-000000000000/remove")  # fmt: skip


@pytest.mark.parametrize("path", CHANGES)
def test_factors_are_changed_only_by_who_proved_it_just_now(runtime: Runtime, browser: FlaskClient, path: str) -> None:
    forget(runtime)

    answer = browser.post(path)

    assert answer.status_code == 303
    assert answer.location.startswith("/confirm?next=/me/")
    fragment = browser.post(path, headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"].startswith("/confirm?next=/me/")


def test_a23_to_confirm_renews_the_token_and_lasts_ten_minutes(app: Flask, runtime: Runtime, browser: FlaskClient) -> None:
    forget(runtime)
    before = token_of(browser)

    assert browser.post("/confirm", data={"password": "wrong", "next": "/me/app"}).status_code == 422
    answer = browser.post("/confirm", data={"password": PASSWORD, "next": "/me/app"})

    assert (answer.status_code, answer.location) == (303, "/me/app")
    assert token_of(browser) != before
    stale = app.test_client()
    stale.set_cookie("xrm_session", before)
    assert stale.get("/me").status_code == 302
    assert browser.post("/me/app/start").location == "/me/app"


def test_an_app_is_set_up_used_and_removed(runtime: Runtime, nadia: Actor, browser: FlaskClient) -> None:
    assert browser.post("/me/app/start").location == "/me/app"
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', browser.get("/me/app").text)
    assert found
    generator, step = pyotp.HOTP(found[1].replace(" ", "")), int(time.time()) // STEP

    assert browser.post("/me/app", data={"code": "000000"}).status_code == 422
    codes = re.findall(r"<li><code>([^<]+)</code>", browser.post("/me/app", data={"code": generator.at(step)}).text)
    assert len(codes) == 10
    assert "10 codes are left." in browser.get("/me/sign-in").text
    renewed = re.findall(r"<li><code>([^<]+)</code>", browser.post("/me/recovery-codes").text)
    assert set(codes).isdisjoint(renewed)
    browser.post("/me/app/remove")

    assert not runtime.read(lambda uow: factors_of(uow, id_of(nadia)), nadia).has_second


def test_a23_a_grant_changes_the_token_at_the_next_request(
    app: Flask, runtime: Runtime, nadia: Actor, browser: FlaskClient
) -> None:
    before = token_of(browser)
    runtime.write(create_shipped_sets, SYSTEM)
    runtime.write(lambda uow: give(uow, id_of(nadia), "reader", depth="all"), SYSTEM)

    assert browser.get("/me").status_code == 200

    assert token_of(browser) != before
    stale = app.test_client()
    stale.set_cookie("xrm_session", before)
    assert stale.get("/me").status_code == 302
    renewed = token_of(browser)
    assert browser.get("/me").status_code == 200
    assert token_of(browser) == renewed


def test_a_passkey_is_listed_and_removed(runtime: Runtime, nadia: Actor, browser: FlaskClient) -> None:
    made = NewPasskey(b"id", b"key", 0, is_synced=False)
    one = runtime.write(lambda uow: add_passkey(uow, id_of(nadia), "Old phone", made), nadia)
    assert "Old phone" in browser.get("/me/sign-in").text

    browser.post(f"/me/passkeys/{one}/remove")

    assert "Old phone" not in browser.get("/me/sign-in").text
    assert browser.post(f"/me/passkeys/{one}/remove").status_code == 404


def test_why_there_are_no_passkeys_is_told_to_administrators_only(browser: FlaskClient, client: FlaskClient) -> None:
    assert "set base_url" in client.get("/me/sign-in").text
    assert "set base_url" not in browser.get("/me/sign-in").text
    assert "passkey" not in browser.get("/me/sign-in").text.lower().replace("/me/passkeys", "")


def test_a_made_up_passkey_proves_nothing(app: Flask) -> None:
    client = app.test_client()

    refused = [client.post("/in/passkey", data={"ticket": "x", "answer": text}) for text in ("", "{}", '{"id":"x"}', "[]")]

    assert [answer.status_code for answer in refused] == [422] * 4
    assert client.get("/me").status_code == 302


def test_failed_sign_ins_are_in_the_audit_log_without_what_was_typed(app: Flask, runtime: Runtime, nadia: Actor) -> None:
    for email in (EMAIL, "my.secret.typed.here@example.org"):
        app.test_client().post("/in", data={"email": email, "password": "a wrong one"})

    columns = select(audit_entry.c.entity_id, audit_entry.c.action)
    rows = runtime.read(lambda uow: uow.execute(columns).all(), SYSTEM)
    failed = {row.entity_id for row in rows if row.action == "user.sign_in_failed"}
    assert failed == {nadia.user_id, uuid.UUID(int=0)}
