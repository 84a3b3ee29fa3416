# SPDX-License-Identifier: Apache-2.0
"""The first administrator comes in by the link of the console, and nobody by any other way."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from xrm.access.models import user
from xrm.invitations.service import make_first_link
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor

SYSTEM = system_actor()
PASSWORD = "a sentence only I know"


def forget_everybody(runtime: Runtime) -> None:
    runtime.write(lambda uow: uow.execute(delete(user)), SYSTEM)


ODD: list[dict[str, str]] = [
    {}, {"HX-Request": "true"}, {"X-Requested-With": "XMLHttpRequest"}, {"Accept": "application/json"},
    {"X-Original-URL": "/welcome", "X-Rewrite-URL": "/welcome"}, {"X-HTTP-Method-Override": "POST"},
    {"X-Forwarded-For": "127.0.0.1"},
]  # fmt: skip


@pytest.mark.by_turns
@pytest.mark.parametrize("state", ["set up", "no users", "no database"])
@pytest.mark.parametrize("headers", ODD)
def test_a26_there_is_no_setup_without_the_link_of_the_console(
    app: Flask, runtime: Runtime, state: str, headers: dict[str, str]
) -> None:
    if state == "no users":
        forget_everybody(runtime)
    if state == "no database":
        runtime.write(lambda uow: uow.execute(text("ALTER TABLE one_time_link RENAME TO away")), SYSTEM)
    sent = {"email": "eve@example.org", "name": "Eve", "language": "en", "password": PASSWORD}
    client = app.test_client()
    client.set_cookie("xrm_link", "guessed")

    answers = [
        client.get("/welcome", headers=headers), client.get("/welcome/guessed", headers=headers),
        client.post("/welcome", data=sent, headers=headers), app.test_client().post("/welcome", data=sent, headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert runtime.read(lambda uow: uow.execute(select(user).where(user.c.email_key == "eve@example.org")).all(), SYSTEM) == []


def test_a26_the_first_administrator_comes_in_once(app: Flask, runtime: Runtime) -> None:
    forget_everybody(runtime)
    path = "/" + runtime.write(make_first_link, SYSTEM).split("/", 3)[3]
    client, late = app.test_client(), app.test_client()
    for one in (client, late):
        assert one.get(path).location == "/welcome"
    sent = {"email": "ada@example.org", "name": "Ada", "language": "en", "password": PASSWORD}

    done = client.post("/welcome", data=sent)

    assert (done.status_code, done.location) == (303, "/")
    assert "/admin/people/invite" in client.get("/admin/people").text
    assert late.post("/welcome", data={**sent, "email": "eve@example.org"}).status_code == 404
    forget_everybody(runtime)
    assert late.post("/welcome", data={**sent, "email": "eve@example.org"}).status_code == 404
