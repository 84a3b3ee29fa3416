# SPDX-License-Identifier: Apache-2.0
"""Invitations, forgotten passwords and the first administrator in the browser."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.web.conftest import SignIn
from xrm.access.models import sign_in_attempt
from xrm.access.service import create_user
from xrm.access.sign_in import check_sign_in
from xrm.invitations.models import link_request, one_time_link
from xrm.invitations.service import invite, make_reset_link
from xrm.jobs.models import job
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor
from xrm_web.app import create_app

SYSTEM = system_actor()
PASSWORD = "a sentence only I know"


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


@pytest.fixture
def invited(runtime: Runtime) -> str:
    """The path of an invitation."""
    return path_of(runtime.write(lambda uow: invite(uow, "nadia@example.org", name="Nadia Ek"), SYSTEM).link)


@pytest.fixture
def posting(runtime: Runtime) -> Runtime:
    """The program, with a mail server that is never asked here."""
    runtime.settings = replace(runtime.settings, mail_server="smtp://127.0.0.1:1", mail_from="crm@example.org")
    return runtime


def test_an_invitation_leads_in(app: Flask, invited: str) -> None:
    client = app.test_client()

    arrived = client.get(invited)
    form = client.get("/welcome")
    done = client.post("/welcome", data={"name": "Nadia Ek", "language": "fr", "password": PASSWORD})

    assert (arrived.status_code, arrived.location) == (303, "/welcome")
    assert "nadia@example.org" in form.text
    assert (done.status_code, done.location) == (303, "/")
    assert 'lang="fr"' in client.get("/me").text
    assert "Nadia Ek" in client.get("/me").text
    assert app.test_client().get(invited).status_code == 404


def test_the_token_is_in_no_page_and_in_no_other_cookie(app: Flask, invited: str) -> None:
    client = app.test_client()
    arrived = client.get(invited)
    token = invited.rpartition("/")[2]

    (cookie,) = [line for line in arrived.headers.getlist("Set-Cookie") if token in line]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=3600"} <= set(cookie.split("; "))
    assert token not in client.get("/welcome").text
    assert client.get("/welcome").headers["Referrer-Policy"] == "same-origin"


def test_programs_that_look_at_mails_do_not_use_the_link_up(app: Flask, invited: str) -> None:
    for _ in range(3):
        app.test_client().get(invited)
        app.test_client().head(invited)
    client = app.test_client()
    client.get(invited)

    assert client.get("/welcome").status_code == 200


@pytest.mark.parametrize(("password", "name"), [("short", "Nadia"), (PASSWORD, "")])
def test_a_wrong_answer_keeps_what_was_typed(app: Flask, invited: str, password: str, name: str) -> None:
    client = app.test_client()
    client.get(invited)

    answer = client.post("/welcome", data={"name": name or " \x1b ", "language": "fr", "password": password})

    assert answer.status_code == 422
    assert '<option value="fr" selected>' in answer.text
    assert password not in answer.text
    assert client.get("/me").status_code == 302


def test_a23_coming_in_ends_the_session_of_before(app: Flask, sign_in: SignIn, admin: Actor, invited: str) -> None:
    client = sign_in(admin)
    before = client.get_cookie("xrm_session")
    assert before is not None
    client.get(invited)
    client.post("/welcome", data={"name": "Nadia", "language": "en", "password": PASSWORD})

    other = app.test_client()
    other.set_cookie("xrm_session", before.value)
    assert other.get("/me").status_code == 302
    assert "nadia@example.org" in client.get("/me").text


def test_a29_coming_in_needs_the_token_of_the_form(app: Flask, invited: str, runtime: Runtime) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    client.get(invited)

    assert client.post("/welcome", data={"name": "Nadia", "language": "en", "password": PASSWORD}).status_code == 400
    used = runtime.read(lambda uow: uow.execute(select(one_time_link.c.used_at)).scalar_one(), SYSTEM)
    assert used is None


def ask(client: FlaskClient, email: str) -> tuple[int, str | None, str]:
    answer = client.post("/forgot", data={"email": email})
    return answer.status_code, answer.location, re.sub(r'csrf_token" value="[^"]+|content="[^"]+', "", answer.text)


@pytest.mark.usefixtures("posting")
def test_a25_known_and_unknown_addresses_get_the_same_answer(app: Flask) -> None:
    known, unknown = ask(app.test_client(), "admin@example.org"), ask(app.test_client(), "nobody@example.org")

    assert known == unknown
    assert known[:2] == (303, "/forgot/sent")


@pytest.mark.usefixtures("posting")
def test_links_are_not_asked_for_without_end(app: Flask, runtime: Runtime) -> None:
    client = app.test_client()
    answers = [ask(client, f"user{number}@example.org")[0] for number in range(22)]

    assert answers == [303] * 20 + [429] * 2
    counts = runtime.read(lambda uow: uow.execute(select(link_request.c.count)).scalars().all(), SYSTEM)
    assert max(counts) == 20
    assert runtime.read(lambda uow: uow.execute(select(sign_in_attempt)).all(), SYSTEM) == []


@pytest.mark.usefixtures("posting")
@pytest.mark.parametrize("email", ["", "nobody", "a@b\nBcc: c@d", "x" * 300 + "@example.org"])
def test_what_is_no_address_is_said(app: Flask, email: str) -> None:
    assert ask(app.test_client(), email)[0] == 422


def test_without_mail_people_are_sent_to_an_administrator(app: Flask, runtime: Runtime) -> None:
    client = app.test_client()

    assert "Ask an administrator" in client.get("/forgot").text
    assert "Ask an administrator" in client.post("/forgot", data={"email": "admin@example.org"}).text
    assert runtime.read(lambda uow: uow.execute(select(job)).all(), SYSTEM) == []


def test_a_new_password_by_a_link(app: Flask, runtime: Runtime, sign_in: SignIn) -> None:
    one = runtime.write(lambda uow: create_user(uow, "nadia@example.org", password="an older one"), SYSTEM)
    open_elsewhere = sign_in(Actor("user", one))
    path = path_of(runtime.write(lambda uow: make_reset_link(uow, one), SYSTEM))
    client = app.test_client()

    client.get(path)
    short = client.post("/reset", data={"password": "short"})
    done = client.post("/reset", data={"password": PASSWORD})

    assert (short.status_code, done.status_code, done.location) == (422, 303, "/reset/done")
    assert open_elsewhere.get("/me").status_code == 302
    assert client.get("/me").status_code == 302
    assert runtime.read(lambda uow: check_sign_in(uow, "nadia@example.org", PASSWORD).user, SYSTEM) is not None
    assert client.post("/reset", data={"password": "yet another"}).status_code == 404


HOSTS = [
    {"Host": "evil.example"}, {"Host": "127.0.0.1:5000@evil.example"}, {"X-Forwarded-Host": "evil.example"},
    {"Host": "localhost", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    {"Host": "localhost:1234"},
]  # fmt: skip


@pytest.mark.parametrize("headers", HOSTS)
def test_a24_links_come_from_the_configured_address_alone(
    runtime: Runtime, sign_in: SignIn, admin: Actor, headers: dict[str, str]
) -> None:
    client = sign_in(admin)

    answer = client.post("/admin/people/invite", data={"email": "nadia@example.org"}, headers=headers)

    if "evil" in headers.get("Host", ""):
        assert answer.status_code == 400
        assert runtime.read(lambda uow: uow.execute(select(one_time_link)).all(), SYSTEM) == []
    else:
        assert 'value="http://127.0.0.1:5000/welcome/' in answer.text
        assert "evil" not in answer.text
        assert "1234" not in answer.text


def test_a24_an_absolute_address_and_two_hosts_change_nothing(client: FlaskClient) -> None:
    absolute = client.open(
        "/admin/people/invite", method="POST", data={"email": "one@example.org"},
        environ_overrides={"REQUEST_URI": "http://evil.example/admin/people/invite", "RAW_URI": "http://evil.example/"},
    )
    two = client.post("/admin/people/invite", data={"email": "two@example.org"}, headers={"Host": "127.0.0.1, evil.example"})

    assert 'value="http://127.0.0.1:5000/welcome/' in absolute.text
    assert two.status_code == 400




def test_https_binds_the_cookie_of_a_link_to_the_host(runtime: Runtime, invited: str) -> None:
    settings = replace(runtime.settings, base_url="https://crm.example.org")
    client = create_app(replace(runtime, settings=settings), testing=True).test_client()

    cookies = client.get(invited, base_url="https://crm.example.org").headers.getlist("Set-Cookie")

    assert any(line.startswith("__Host-xrm_link=") and "Secure" in line for line in cookies)
