# SPDX-License-Identifier: Apache-2.0
"""API tokens: made and revoked in the browser, presented by programs."""

from __future__ import annotations

import re
import sqlite3

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.access.models import user
from xrm.runtime import Runtime
from xrm.tokens.models import token as token_table
from xrm.tokens.queries import list_own_tokens
from xrm.unit_of_work import Actor, system_actor
from xrm_web.token_uses import TokenUses

SYSTEM = system_actor()
SENT = {"name": "export", "reach": "read", "expires": "90"}


def made_by(client: FlaskClient, **more: str) -> str:
    """The text of a token made on the page."""
    page = client.post("/me/tokens", data=SENT | more).text
    found = re.search(r'value="(xrm_[\w-]+)"', page)
    assert found, page
    return found[1]


def me(app: Flask, token: str, **headers: str) -> TestResponse:
    return app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}", **headers})


def test_a_token_is_shown_once_and_opens_the_api(app: Flask, client: FlaskClient, departments: Departments) -> None:
    token = made_by(client, departments=str(departments.sales))

    told = me(app, token).get_json()

    assert told["user"]["email"] == "admin@example.org"
    assert told["token"]["name"] == "export"
    assert told["scopes"] == ["*:read"]
    assert [one["name"] for one in told["departments"]] == ["Sales", "Sales North"]
    assert told["rights"] == {
        "*:read": {"everywhere": False, "departments": [str(departments.sales), str(departments.sales_north)], "own_in": []}
    }
    page = client.get("/me/tokens").text
    assert token not in page
    assert token[:10] in page


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer xrm_unknown", "Basic eHJtOnhybQ==", "Bearer " + "x" * 5000, "xrm_unknown"]
)
def test_without_a_good_token_the_api_says_so(app: Flask, header: str) -> None:
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.get_json(force=True)["code"] == "not_authorized"
    assert "Set-Cookie" not in answer.headers


def test_a_cookie_opens_no_api_and_a_token_no_page(app: Flask, client: FlaskClient) -> None:
    token = made_by(client, reach="all")

    assert client.get("/api/v1/me").status_code == 401
    for method, path, status in (("GET", "/api/v1/nothing", 404), ("POST", "/api/v1/me", 405)):
        answer = client.open(path, method=method, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        assert answer.get_json(force=True)["status"] == status
    assert app.test_client().get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 302


def test_a18_a_revoked_token_is_refused_at_the_next_request(
    app: Flask, client: FlaskClient, admin: Actor, runtime: Runtime
) -> None:
    token = made_by(client)
    before = me(app, token).status_code
    (one,) = runtime.read(list_own_tokens, admin)

    client.post(f"/me/tokens/{one.id}/revoke")

    assert (before, me(app, token).status_code) == (200, 401)
    assert "Revoked" in client.get("/me/tokens").text


def test_a18_a_token_of_a_user_switched_off_is_refused(app: Flask, client: FlaskClient, admin: Actor, runtime: Runtime) -> None:
    token = made_by(client)
    off = update(user).where(user.c.id == admin.user_id).values(is_active=False)
    runtime.write(lambda uow: uow.execute(off), SYSTEM)

    assert me(app, token).status_code == 401


def test_use_is_noted_later_and_no_answer_waits_for_it(
    app: Flask, client: FlaskClient, runtime: Runtime, database_kind: str
) -> None:
    token = made_by(client)
    uses: TokenUses = app.extensions["xrm_token_uses"]

    def last_used() -> object:
        return runtime.read(lambda uow: uow.execute(select(token_table.c.last_used_at)).scalar_one(), SYSTEM)

    if database_kind == "sqlite":
        blocker = sqlite3.connect(runtime.settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")  # a writer that takes its time
        assert me(app, token).status_code == 200
        blocker.rollback()
        blocker.close()
    else:
        assert me(app, token).status_code == 200
    before = last_used()
    uses.write()

    assert before is None
    assert last_used() is not None
    assert "never used" not in client.get("/me/tokens").text


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reach": "chosen", "scopes": "custommer:read"}, "f-scopes"),
        ({"reach": "chosen", "scopes": "customer:reed"}, "f-scopes"),
        ({"name": ""}, "f-name"), ({"reach": "chosen", "scopes": "everything"}, "f-scopes"), ({"expires": "soon"}, "f-expires"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(client: FlaskClient, more: dict[str, str], field: str) -> None:
    answer = client.post("/me/tokens", data={"name": "kept name", "reach": "read", "expires": "90", **more})

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert ("kept name" in answer.text) == (field != "f-name")


def test_a07_somebody_elses_token_is_not_found(
    runtime: Runtime, sign_in: SignIn, client: FlaskClient, admin: Actor, departments: Departments
) -> None:
    made_by(client)
    (one,) = runtime.read(list_own_tokens, admin)
    other = sign_in(runtime.write(lambda uow: add_user(uow, "o@example.org", {departments.sales: ["*:administer"]}), SYSTEM))

    assert other.post(f"/me/tokens/{one.id}/revoke").status_code == 404
    assert other.post(f"/admin/tokens/{one.id}/revoke").status_code == 404
    assert "export" not in other.get("/admin/tokens").text
    assert [token.state for token in runtime.read(list_own_tokens, admin)] == ["active"]


def test_administrators_see_and_revoke_all(
    runtime: Runtime, sign_in: SignIn, client: FlaskClient, departments: Departments
) -> None:
    reader = runtime.write(lambda uow: add_user(uow, "reader@example.org", {departments.sales: ["*:read"]}), SYSTEM)
    theirs = sign_in(reader)
    made_by(theirs)
    (one,) = runtime.read(list_own_tokens, reader)

    assert theirs.get("/admin/tokens").status_code == 404
    assert "reader" in client.get("/admin/tokens").text
    client.post(f"/admin/tokens/{one.id}/revoke")
    assert [token.state for token in runtime.read(list_own_tokens, reader)] == ["revoked"]


def test_a29_making_a_token_needs_the_token_of_the_form(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    assert client.post("/me/tokens", data=SENT).status_code == 400
