# SPDX-License-Identifier: Apache-2.0
"""What tests of single sign-on share: a provider that runs, settings that name it, and the way there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.identity_provider import Provider, identity_provider
from xrm.access.service import create_user
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor

SYSTEM = system_actor()
Settle = Callable[..., None]


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with identity_provider() as found:
        yield found


@pytest.fixture
def provider(running: Provider) -> Iterator[Provider]:
    """The provider, honest again after each test."""
    yield running
    honest = Provider()
    for name in ("claims", "algorithm", "change", "sign", "metadata", "userinfo"):
        setattr(running, name, getattr(honest, name))


@pytest.fixture
def settle(runtime: Runtime, provider: Provider) -> Settle:
    """Configure the provider, with more settings."""

    def change(**more: str) -> None:
        runtime.settings = replace(runtime.settings, oidc={"example": {**provider.settings, **more}})

    change()
    return change


@pytest.fixture
def nadia(runtime: Runtime) -> Actor:
    """A login with a password, with the address that the provider has for her."""
    one = runtime.write(lambda uow: create_user(uow, "nadia@example.org", name="Nadia", password="long enough"), SYSTEM)
    return Actor("user", one, "Nadia")


def there(client: FlaskClient, target: str = "/help", more: str = "") -> str:
    """The address at the provider that the browser is sent to."""
    answer = client.get(f"/in/with/example?next={target}{more}")
    assert answer.status_code == 302, answer.text
    assert answer.location is not None
    return str(answer.location)


def back(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def round_trip(client: FlaskClient, provider: Provider, more: str = "") -> TestResponse:
    """Sign in at the provider, and what came of it."""
    return back(client, provider.authorize(there(client, more=more)))


def link(client: FlaskClient, provider: Provider) -> TestResponse:
    """Link the provider to the login of this browser."""
    page = client.post("/me/providers/example").text
    href = page.partition(f'href="{provider.issuer}')[2].partition('"')[0].replace("&amp;", "&")
    return back(client, provider.authorize(provider.issuer + href))


def is_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200
