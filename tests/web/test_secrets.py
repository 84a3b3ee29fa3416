# SPDX-License-Identifier: Apache-2.0
"""No page, file or header ever holds a secret of the settings, whoever asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from tests.web.test_matrix import ADMIN, CHANGE, OPEN, OTHERS, OWN, READ, Calls, places, plugins
from xrm.access.sessions import start_session
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, system_actor
from xrm_web.app import create_app

__all__ = ["places", "plugins"]

SYSTEM = system_actor("test")
CANARY = "canary-4c1f"
LONG = f"{CANARY}-that-is-long-enough-to-be-taken-as-a-key"


def with_secrets(settings: Settings) -> Settings:
    oidc = {"example": {"issuer": "https://id.example.org", "client_id": "xrm", "client_secret": f"{CANARY}-oidc"}}
    return replace(
        settings, secret_key=LONG, former_secret_keys=(f"{LONG}-former",), metrics_token=f"{CANARY}-metrics", oidc=oidc,
        mail_server=f"smtp://user:{CANARY}-mail@mail.example.org", mail_from="a@example.org",
        plugins={"email": {"password": f"{CANARY}-plugin"}},
    )


def test_a14_no_answer_holds_a_secret(
    runtime: Runtime, admin: Actor, departments: Departments, places: dict[str, Any]
) -> None:
    runtime.settings = with_secrets(runtime.settings)
    app = create_app(runtime, testing=True)
    calls = Calls(app, places)
    reader = runtime.write(lambda uow: add_user(uow, "reader@example.org", {departments.sales: ["*:read"]}), SYSTEM)
    for who in (admin.user_id, reader.user_id):
        assert who is not None
        client = app.test_client()
        token = runtime.write(lambda uow, who=who: start_session(uow, who, "127.0.0.1", "test"), SYSTEM)  # type: ignore[misc]
        client.set_cookie("xrm_session", token)
        told = [name for name, method, path in calls.of([*OPEN, *OWN, *OTHERS, *READ, *CHANGE, *ADMIN])
                if method == "GET" and tells(client, path)]
        assert told == []


def tells(client: FlaskClient, path: str) -> bool:
    with client.get(path) as answer:
        return CANARY in answer.get_data(as_text=True) or CANARY in str(answer.headers)
