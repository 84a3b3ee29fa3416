# SPDX-License-Identifier: Apache-2.0
"""What tests of the web face share: the app, and browsers in which somebody is signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from xrm.access.sessions import start_session
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor
from xrm_web.app import create_app

SignIn = Callable[[Actor], FlaskClient]


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates that some test has compiled already, in any process of this run."""
    folder = tmp_path_factory.getbasetemp().parent / "compiled-templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


@pytest.fixture
def app(runtime: Runtime, compiled_templates: FileSystemBytecodeCache) -> Flask:
    """The web app of ``runtime``; forms are taken without their token, which has tests of its own."""
    made = create_app(runtime, testing=True)
    made.config["WTF_CSRF_ENABLED"] = False
    made.jinja_env.bytecode_cache = compiled_templates
    return made


@pytest.fixture
def sign_in(app: Flask, runtime: Runtime) -> SignIn:
    """A browser in which this actor is signed in."""

    def begin(actor: Actor) -> FlaskClient:
        assert actor.user_id is not None
        user_id = actor.user_id
        token = runtime.write(lambda uow: start_session(uow, user_id, "127.0.0.1", "test"), system_actor())
        client = app.test_client()
        client.set_cookie("xrm_session", token)
        return client

    return begin


@pytest.fixture
def client(sign_in: SignIn, admin: Actor) -> FlaskClient:
    """The browser of the administrator."""
    return sign_in(admin)
