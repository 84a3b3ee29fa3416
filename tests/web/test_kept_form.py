# SPDX-License-Identifier: Apache-2.0
"""What was typed is not lost when the session is over or the form's token is old; and nothing happens without a good token."""

from __future__ import annotations

import re
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from tests.factories.access import Departments
from tests.web.conftest import SignIn
from xrm.access.sessions import end_session
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor

HERE = {"Origin": "http://localhost"}
NEW = "/base/person/new"
TYPED = {"first_name": "Zoé", "last_name": "O'<Brien>", "csrf_token": "old", "new_password": "not to be seen"}


def people(runtime: Runtime, actor: Actor) -> int:
    """How many people there are."""
    return runtime.read(lambda uow: count_entities(uow, ListQuery("person")), actor)


def end_it(client: FlaskClient, runtime: Runtime) -> None:
    """The session of this browser is over on the server."""
    cookie = client.get_cookie("xrm_session")
    assert cookie is not None
    runtime.write(lambda uow: end_session(uow, cookie.value), system_actor())


def test_an_old_token_saves_nothing_and_gives_back_what_was_typed(
    app: Flask, sign_in: SignIn, runtime: Runtime, admin: Actor
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = sign_in(admin)
    before = people(runtime, admin)

    answer = client.post(NEW + "?back=/me", data=TYPED, headers=HERE)

    assert answer.status_code == 400
    assert f'action="{NEW}?back=/me"' in answer.text
    assert "O'<Brien>" not in answer.text
    assert "O'<Brien>" in unescape(answer.text)
    assert "not to be seen" not in answer.text
    assert people(runtime, admin) == before


def test_what_is_given_back_can_be_sent_again(
    app: Flask, sign_in: SignIn, runtime: Runtime, admin: Actor, departments: Departments
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = sign_in(admin)
    before = people(runtime, admin)
    page = client.post(NEW, data={**TYPED, "_department": str(departments.sales)}, headers=HERE).text
    form = page[page.index('<form class="form stack kept-form"') :]
    sent = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}

    answer = client.post(NEW, data=sent, headers=HERE)

    assert answer.status_code == 303
    assert people(runtime, admin) == before + 1


def test_when_the_session_is_over_the_page_says_to_sign_in_elsewhere(client: FlaskClient, runtime: Runtime) -> None:
    end_it(client, runtime)

    answer = client.post(NEW, data=TYPED, headers=HERE)

    assert answer.status_code == 401
    assert 'target="_blank"' in answer.text
    assert "Zoé" in answer.text
    assert "not to be seen" not in answer.text


def test_another_site_gets_nothing_into_a_form_of_ours(app: Flask, sign_in: SignIn, admin: Actor) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    answer = sign_in(admin).post(NEW, data=TYPED, headers={"Origin": "https://elsewhere.example"})

    assert answer.status_code == 400
    assert "Zoé" not in answer.text
