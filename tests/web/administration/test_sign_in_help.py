# SPDX-License-Identifier: Apache-2.0
"""Help for somebody who cannot sign in: said before it is done, felt at once, and for one's own people only."""

from __future__ import annotations

import time
from dataclasses import replace
from uuid import UUID

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.access.directory import list_grants
from xrm.access.service import create_shipped_sets, create_user, give
from xrm.audit.models import audit_entry
from xrm.factors.codes import STEP
from xrm.factors.queries import factors_of
from xrm.factors.service import confirm_app, start_app
from xrm.jobs.models import job
from xrm.runtime import Runtime
from xrm.tokens.service import create_token
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor()
PASSWORD = "correct horse battery"


@pytest.fixture
def nadia(runtime: Runtime, departments: Departments) -> UUID:
    """An editor of sales who signs in with a password and an app."""

    def fill(uow: UnitOfWork) -> UUID:
        create_shipped_sets(uow)
        one = create_user(uow, "nadia@example.org", name="Nadia Ek", password=PASSWORD)
        give(uow, one, "editor", department=departments.sales)
        secret = start_app(uow, one)
        assert confirm_app(uow, one, pyotp.HOTP(secret).at(int(time.time()) // STEP))
        return one

    return runtime.write(fill, SYSTEM)


@pytest.fixture
def chief(runtime: Runtime, departments: Departments, sign_in: SignIn, nadia: UUID) -> FlaskClient:
    """The browser of the department administrator of sales."""

    def fill(uow: UnitOfWork) -> UUID:
        assert nadia
        one = create_user(uow, "chief@example.org", name="Chief")
        give(uow, one, "department_administrator", department=departments.sales)
        return one

    return sign_in(Actor("user", runtime.write(fill, SYSTEM), "Chief"))


def done(runtime: Runtime) -> list[str]:
    return list(runtime.read(lambda uow: uow.execute(select(audit_entry.c.action)).scalars(), SYSTEM))


def mails(runtime: Runtime) -> str:
    return "".join(runtime.read(lambda uow: uow.execute(select(job.c.payload)).scalars().all(), SYSTEM))


def test_a_department_administrator_helps_who_lost_their_phone(
    runtime: Runtime, chief: FlaskClient, sign_in: SignIn, nadia: UUID
) -> None:
    runtime.settings = replace(runtime.settings, mail_server="smtp://127.0.0.1:1", mail_from="crm@example.org")
    browser, path = sign_in(Actor("user", nadia, "Nadia")), f"/admin/people/{nadia}"

    page, told = chief.get(path).text, chief.get(f"{path}/help/factors").text
    before = browser.get("/me").status_code
    reset = chief.post(f"{path}/help/factors")
    sent = chief.post(f"{path}/help/link")

    assert "App for codes, since" in page
    assert "on 1 device" in page
    assert "10 recovery codes left" in page
    assert "Their session ends at once." in told
    assert (before, reset.status_code, sent.status_code) == (200, 303, 303)
    assert browser.get("/me").status_code == 302
    assert not runtime.read(lambda uow: factors_of(uow, nadia), SYSTEM).has_second
    assert {"factor.reset", "user.reset_link_sent"} <= set(done(runtime))
    assert "factors_reset" in mails(runtime)
    assert "password_reset" in mails(runtime)
    assert "Reset second factor" not in chief.get(path).text


def test_nothing_happens_before_it_is_confirmed(runtime: Runtime, chief: FlaskClient, nadia: UUID) -> None:
    before = done(runtime)

    for what in ("factors", "link", "sessions", "off"):
        assert chief.get(f"/admin/people/{nadia}/help/{what}").status_code == 200
    assert chief.get(f"/admin/people/{nadia}/help/anything").status_code == 404
    assert chief.post(f"/admin/people/{nadia}/help/anything").status_code == 404
    assert done(runtime) == before


def test_a09_who_belongs_elsewhere_too_is_helped_by_administrators_of_all(
    runtime: Runtime, chief: FlaskClient, client: FlaskClient, nadia: UUID, departments: Departments
) -> None:
    runtime.write(lambda uow: give(uow, nadia, "reader", department=departments.press), SYSTEM)
    path = f"/admin/people/{nadia}"

    page = chief.get(path).text

    assert "belongs to departments that you do not administer" in page
    assert "App for codes" not in page
    for what in ("factors", "link", "sessions", "off", "on"):
        assert chief.post(f"{path}/help/{what}").status_code == 403
    assert client.post(f"{path}/help/sessions").status_code == 303


def test_a_link_by_hand_is_for_administrators_of_everything(chief: FlaskClient, client: FlaskClient, nadia: UUID) -> None:
    path = f"/admin/people/{nadia}/help/link"

    assert "sends no mail" in chief.get(path).text
    assert chief.post(path, data={"by_hand": "true"}).status_code == 403
    assert chief.post(path).status_code == 409
    assert "/reset/" in client.post(path, data={"by_hand": "true"}).text


def test_the_last_administrator_is_not_locked_out(client: FlaskClient, runtime: Runtime, admin: Actor) -> None:
    path = f"/admin/people/{admin.user_id}"
    (given,) = runtime.read(lambda uow: list_grants(uow, users=[admin.user_id or UUID(int=0)]), SYSTEM)
    ended = client.post(f"{path}/rights/{given.id}/end")

    assert ended.status_code == 409
    assert "last administrator" in ended.text
    for what in ("off", "factors"):
        client.post(f"{path}/help/{what}")
        assert "This is the last administrator" in client.get(path).text
    assert f"{path}/help/off" not in client.get(path).text
    assert client.get("/admin/people").status_code == 200


def test_a_permission_set_asks_for_a_second_factor_at_sign_in_and_tokens_go_on(
    app: Flask, client: FlaskClient, runtime: Runtime, nadia: UUID
) -> None:
    client.post(f"/admin/people/{nadia}/help/factors")
    user = Actor("user", nadia, "Nadia")
    token = runtime.write(lambda uow: create_token(uow, nadia, "mine", expires_at=None), user)
    form = {"permission": ["*:read", "*:update"], "label_en": "Editor", "label_fr": "Rédaction"}
    shown = {**form, "second_factor__shown": "1", "second_factor": "true"}

    def sign_in_leads_to() -> str:
        answer = app.test_client().post("/in", data={"email": "nadia@example.org", "password": PASSWORD, "next": "/help"})
        return str(answer.location)

    before = sign_in_leads_to()
    looked = client.post("/admin/permission-sets/editor/preview", data=shown).text
    client.post("/admin/permission-sets/editor", data=shown)
    asked = sign_in_leads_to()
    client.post("/admin/permission-sets/editor", data=form)

    assert (before, asked, sign_in_leads_to()) == ("/help", "/in/enrol?next=/help", "/in/enrol?next=/help")
    assert "1 person who has it has none yet" in looked
    assert "Needs a second factor" in client.get("/admin/permission-sets/editor").text
    assert "A second factor is recommended here" in client.get("/admin/permission-sets/administrator").text
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token.text}"})
    assert answer.status_code == 200
    client.post("/admin/permission-sets/editor", data={**form, "second_factor__shown": "1"})
    assert sign_in_leads_to() == "/help"


def test_the_rule_for_passwords_is_told_as_it_is_held_to(app: Flask, client: FlaskClient, runtime: Runtime) -> None:
    runtime.settings = replace(runtime.settings, password_length=14)
    runtime.write(lambda uow: add_user(uow, "other@example.org", {}), SYSTEM)
    made = client.post("/admin/people/invite", data={"email": "new@example.org"}).text
    link = made.partition('value="http://127.0.0.1:5000')[2].partition('"')[0]
    newcomer = app.test_client()
    newcomer.get(link)

    form = newcomer.get("/welcome").text
    short = newcomer.post("/welcome", data={"name": "New", "language": "en", "password": "thirteen-char"})

    assert "At least 14 characters" in form
    assert "14 to 1024 characters" in short.text
    assert short.status_code == 422
