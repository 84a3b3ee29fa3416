# SPDX-License-Identifier: Apache-2.0
"""Sharing one entry in the browser: the form, the card of its page, and what the other side sees."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor()


@pytest.fixture
def firm(runtime: Runtime, departments: Departments) -> UUID:
    """An organization of press."""
    def write(uow: UnitOfWork) -> UUID:
        return create_entity(uow, "organization", {"name": "Zanzibar"}, department=departments.press)

    return runtime.write(write, SYSTEM)


@pytest.fixture
def anna(runtime: Runtime, departments: Departments) -> Actor:
    """Somebody who reads sales alone."""
    return runtime.write(lambda uow: add_user(uow, "anna@example.org", {departments.sales: ["*:read"]}), SYSTEM)


@pytest.fixture
def guest(sign_in: SignIn, anna: Actor) -> FlaskClient:
    """Her browser."""
    return sign_in(anna)


def share(client: FlaskClient, firm: UUID, anna: Actor, **more: str) -> int:
    """The status of the form that shares the firm."""
    data = {"with": str(anna.user_id), "action": "read", "note": "for the fair", **more}
    return client.post(f"/base/organization/{firm}/share", data=data).status_code


def test_an_entry_is_shared_seen_and_taken_back(client: FlaskClient, guest: FlaskClient, anna: Actor, firm: UUID) -> None:
    page = f"/base/organization/{firm}"
    assert guest.get(page).status_code == 404
    assert "Shared with me" not in guest.get("/").text
    assert 'id="shares-title"' not in client.get(page).text
    assert f"{page}/share" in client.get(page).text
    assert share(client, firm, anna) == 303

    mine, theirs = client.get(page).text, guest.get(page).text
    assert 'id="shares-title"' in mine
    assert "for the fair" in mine
    assert "Zanzibar" in theirs
    assert f"{page}/edit" not in theirs
    assert f'"{page}/share"' not in theirs
    home = guest.get("/").text
    assert "Shared with me" in home
    assert "for the fair" in home
    assert "Zanzibar" in guest.get("/base/organization").text

    (end,) = set(re.findall(rf"{page}/shares/[0-9a-f-]+/end", mine))
    assert client.post(end).status_code == 303
    assert guest.get(page).status_code == 404


def test_who_got_it_may_give_it_back_and_is_led_home(client: FlaskClient, guest: FlaskClient, anna: Actor, firm: UUID) -> None:
    share(client, firm, anna)
    (end,) = set(re.findall(r"/base/organization/[0-9a-f-]+/shares/[0-9a-f-]+/end", guest.get(f"/base/organization/{firm}").text))

    answer = guest.post(end)

    assert (answer.status_code, answer.location) == (303, "/")


def test_a_share_for_changing_opens_the_form(client: FlaskClient, guest: FlaskClient, anna: Actor, firm: UUID) -> None:
    edit = f"/base/organization/{firm}/edit"
    share(client, firm, anna)
    assert guest.get(edit).status_code == 403
    share(client, firm, anna, action="update")
    assert guest.get(edit).status_code == 200

    assert guest.post(edit, data={"name": "Changed", "_version": "1"}).status_code == 303
    assert "Changed" in client.get(f"/base/organization/{firm}").text


def test_what_is_wrong_comes_back_with_what_was_typed(client: FlaskClient, firm: UUID) -> None:
    address = f"/base/organization/{firm}/share"
    assert client.get(address).status_code == 200

    answer = client.post(address, data={"action": "read", "note": "typed", "until": "2020-01-01"})

    assert answer.status_code == 422
    assert 'value="typed"' in answer.text
    assert "Say with whom" in answer.text
    assert "after today" in answer.text


def test_a07_a_foreign_entry_cannot_be_shared_nor_a_foreign_share_ended(
    client: FlaskClient, guest: FlaskClient, anna: Actor, firm: UUID
) -> None:
    assert guest.get(f"/base/organization/{firm}/share").status_code == 404
    assert share(guest, firm, anna) == 404
    share(client, firm, anna)
    end = re.findall(r"/shares/([0-9a-f-]+)/end", client.get(f"/base/organization/{firm}").text)[0]
    stranger = client.application.test_client()
    assert stranger.post(f"/base/organization/{firm}/shares/{end}/end").status_code in (302, 303, 401)
    assert guest.get(f"/base/organization/{firm}").status_code == 200
