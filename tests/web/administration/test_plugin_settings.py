# SPDX-License-Identifier: Apache-2.0
"""The form of a plugin's settings: per department, secrets stay hidden, a trial says whether it works, nothing typed is lost."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.plugin_settings.queries import settings_for
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor

SYSTEM = system_actor("test")
PATH = "/admin/plugins/email/settings"


@pytest.fixture
def plugins() -> Mapping[str, str]:
    return {"base": "xrm_base", "email": "xrm_email"}


def effective(runtime: Runtime, department: uuid.UUID | None = None) -> dict[str, str]:
    return runtime.read(lambda uow: settings_for(uow, "email", department), SYSTEM)


def test_a_department_has_values_of_its_own(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    client.post(PATH, data={"s-host": "mail.example.org", "s-port": "587"})
    answer = client.post(PATH, data={"department": str(departments.press), "s-from_address": "press@example.org"})
    page = client.get(f"{PATH}?department={departments.press}").text

    assert answer.status_code == 303
    everywhere = {"host": "mail.example.org", "port": "587"}
    assert effective(runtime, departments.press) == everywhere | {"from_address": "press@example.org"}
    assert "from_address" not in effective(runtime, departments.sales)
    assert 'value="press@example.org"' in page
    assert 'placeholder="mail.example.org"' in page


def test_a_secret_is_written_and_never_shown(client: FlaskClient, runtime: Runtime) -> None:
    client.post(PATH, data={"s-password": "s3cret-word"})
    client.post(PATH, data={"s-host": "mail.example.org", "s-password": ""})
    page = client.get(PATH).text

    assert "s3cret-word" not in page
    assert effective(runtime)["password"] == "s3cret-word"

    client.post(PATH, data={"remove": "password"})

    assert "password" not in effective(runtime)


def test_a_wrong_value_is_named_and_what_was_typed_stays(client: FlaskClient, runtime: Runtime) -> None:
    answer = client.post(PATH, data={"s-host": "typed.example.org", "s-port": "many"})

    assert answer.status_code == 422
    assert "typed.example.org" in answer.text
    assert 'href="#f-s-port"' in answer.text
    assert effective(runtime) == {}


def test_a_trial_says_why_it_does_not_work(client: FlaskClient) -> None:
    settings = {"s-host": "127.0.0.1", "s-port": "9", "s-security": "none", "s-from_address": "a@example.org", "s-timeout": "1"}

    answer = client.post(PATH, data={**settings, "try": "1"}, follow_redirects=True)

    assert answer.status_code == 200
    assert "It does not work:" in answer.text


def test_others_see_only_their_departments(runtime: Runtime, sign_in: SignIn, departments: Departments) -> None:
    local = sign_in(runtime.write(lambda uow: add_user(uow, "l@example.org", {departments.sales: ["*:administer"]}), SYSTEM))
    reader = sign_in(runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: ["*:read"]}), SYSTEM))

    assert local.get(f"{PATH}?department={departments.sales}").status_code == 200
    assert local.get(f"{PATH}?department={departments.press}").status_code == 404
    assert local.post(PATH, data={"department": str(departments.press), "s-host": "x"}).status_code in (403, 404)
    assert local.post(PATH, data={"s-host": "x"}).status_code == 403
    assert reader.get(PATH).status_code == 403
    assert effective(runtime, departments.press) == {}
