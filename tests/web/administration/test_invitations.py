# SPDX-License-Identifier: Apache-2.0
"""Inviting from the list of people: looked at first, into one's own departments, again and taken back."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.access.models import user
from xrm.access.service import create_shipped_sets, create_user, give
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor()


@pytest.fixture
def posting(runtime: Runtime) -> Runtime:
    """The program, with a mail server that is never asked here."""
    runtime.settings = replace(runtime.settings, mail_server="smtp://127.0.0.1:1", mail_from="crm@example.org")
    return runtime


def test_an_invitation_is_looked_at_before_it_is_sent(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    runtime.write(create_shipped_sets, SYSTEM)
    runtime.write(lambda uow: create_entity(uow, "organization", {"name": "Acme"}, department=departments.sales), SYSTEM)
    sent = {"email": "nadia@example.org", "name": "Nadia Ek", "department": str(departments.sales), "set": "reader"}

    looked = client.post("/admin/people/invite/preview", data=sent)
    before = logins(runtime)
    back = client.post("/admin/people/invite/form", data=sent).text
    wrong = client.post("/admin/people/invite/preview", data={**sent, "email": "nadia"})
    nowhere = client.post("/admin/people/invite/preview", data={**sent, "department": ""})

    assert "Invite Nadia Ek" in looked.text
    assert "Organizations +1" in looked.text
    assert "*:read" in looked.text
    assert before == ["admin@example.org"]
    assert 'value="Nadia Ek"' in back
    assert (wrong.status_code, nowhere.status_code) == (422, 422)
    assert "Name the department" in nowhere.text
    assert 'value="Nadia Ek"' in nowhere.text


def test_a09_a_department_administrator_invites_with_what_they_have_into_their_departments(
    runtime: Runtime, sign_in: SignIn, departments: Departments
) -> None:
    def fill(uow: UnitOfWork) -> Actor:
        create_shipped_sets(uow)
        chief = create_user(uow, "chief@example.org", name="Chief")
        give(uow, chief, "department_administrator", department=departments.sales)
        return Actor("user", chief, "Chief")

    client = sign_in(runtime.write(fill, SYSTEM))
    sales, press = str(departments.sales), str(departments.press)
    form = client.get("/admin/people/invite").text
    refused = [
        {"department": press, "set": "reader"}, {"department": sales, "set": "administrator"},
        {"department": sales, "set": "reader", "depth": "below"}, {"department": sales, "set": "reader", "depth": "all"},
        {"set": "reader", "depth": "all"}, {"department": press}, {},
    ]
    answers = [
        client.post(f"/admin/people/invite{step}", data={"email": "eve@example.org", **more}).status_code
        for more in refused for step in ("", "/preview")
    ]
    taken = client.post("/admin/people/invite", data={"email": "ADMIN@example.org", "department": sales})
    unchanged = logins(runtime)
    made = client.post("/admin/people/invite", data={"email": "nadia@example.org", "department": sales, "set": "editor"})
    listed = client.get("/admin/people?state=invited").text

    assert f'value="{sales}" selected' in form
    assert press not in form
    assert set(answers) == {403, 422}
    assert taken.status_code == 409
    assert unchanged == ["admin@example.org", "chief@example.org"]
    assert "/welcome/" in made.text
    assert "nadia@example.org" in listed
    assert "1 person" in listed


def test_a01_who_may_not_invite_finds_nothing(runtime: Runtime, sign_in: SignIn, departments: Departments) -> None:
    reader = runtime.write(lambda uow: add_user(uow, "reader@example.org", {departments.sales: ["*:read"]}), SYSTEM)
    client = sign_in(reader)
    sent = {"email": "nadia@example.org", "department": str(departments.sales)}

    assert client.get("/admin/people/invite").status_code == 403
    assert client.post("/admin/people/invite", data=sent).status_code == 403
    assert client.post("/admin/people/invite/preview", data=sent).status_code == 403
    assert logins(runtime) == ["admin@example.org", "reader@example.org"]


def logins(runtime: Runtime) -> list[str]:
    return sorted(runtime.read(lambda uow: uow.execute(select(user.c.email_key)).scalars().all(), SYSTEM))


def test_who_is_invited_is_listed_and_can_be_invited_again(client: FlaskClient, posting: Runtime) -> None:
    sent = client.post("/admin/people/invite", data={"email": "nadia@example.org", "name": "Nadia Ek"}, follow_redirects=True)
    one: UUID = posting.read(
        lambda uow: uow.execute(select(user.c.id).where(user.c.email_key == "nadia@example.org")).scalar_one(), SYSTEM
    )
    listed = client.get("/admin/people").text
    again = client.post(f"/admin/people/{one}/invitation/again", data={"by_hand": "true"})
    gone = client.post(f"/admin/people/{one}/invitation/take-back", follow_redirects=True)

    assert "Nadia Ek" in sent.text
    assert "on its way to nadia@example.org" in sent.text
    assert 'value="http://127.0.0.1:5000/welcome/' in again.text
    assert "Send a new link" in listed
    assert "Switched off" in gone.text
    assert client.get("/admin/people?state=invited").text.count("Nadia Ek") == 0


def test_an_address_that_is_there_is_said_and_nothing_typed_is_lost(client: FlaskClient) -> None:
    answer = client.post("/admin/people/invite", data={"email": "ADMIN@example.org", "name": "Somebody"})

    assert answer.status_code == 409
    assert "There is a user" in answer.text
    assert 'value="Somebody"' in answer.text
