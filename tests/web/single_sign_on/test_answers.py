# SPDX-License-Identifier: Apache-2.0
"""Answers of a provider that must not be believed, and what is asked of it at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.factories.identity_provider import Provider, identity_provider, unsigned
from tests.web.conftest import SignIn
from tests.web.single_sign_on.conftest import Settle, back, is_in, round_trip, there
from xrm.errors import ConfigurationError
from xrm.runtime import Runtime
from xrm.single_sign_on.claims import SKEW
from xrm.single_sign_on.fetching import LARGEST, is_safe_address
from xrm.single_sign_on.providers import get_provider, mistakes, offered
from xrm.unit_of_work import Actor


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def having(**values: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {**claims, **values}


LIES = {
    "wrong nonce": having(nonce="another"), "no nonce": without("nonce"), "wrong issuer": having(iss="https://evil.example"),
    "no issuer": without("iss"), "wrong audience": having(aud="somebody-else"), "no audience": without("aud"),
    "several audiences": having(aud=["xrm-test", "other"]), "other party": having(azp="other"),
    "expired": having(exp=int(time.time()) - int(SKEW) - 60), "no end": without("exp"), "endless": having(exp=float("inf")),
    "not yet": having(nbf=int(time.time()) + 3600), "from the future": having(iat=int(time.time()) + 3600),
    "no subject": without("sub"), "empty subject": having(sub=""), "number as subject": having(sub=7),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_lies_opens_nothing(app: Flask, settle: Settle, provider: Provider, lie: str) -> None:
    settle(create_users="domain", allowed_domains="example.org")
    provider.change = LIES[lie]
    client = app.test_client()

    answer = round_trip(client, provider)

    assert answer.status_code == 403
    assert not is_in(client)
    assert "did not work" in answer.text


def test_clocks_may_differ_a_little(app: Flask, settle: Settle, provider: Provider) -> None:
    settle(create_users="domain", allowed_domains="example.org")
    provider.change = having(exp=int(time.time()) - 20, iat=int(time.time()) + 20, aud=["xrm-test", "other"], azp="xrm-test")

    assert round_trip(app.test_client(), provider).status_code == 303


def test_a_token_with_a_wrong_signature_opens_nothing(app: Flask, settle: Settle, provider: Provider) -> None:
    settle(create_users="domain", allowed_domains="example.org")
    public = provider.rsa.as_pem(private=False)
    stranger = RSAKey.generate_key(2048)
    signs = {
        "none": unsigned,
        "another key": lambda header, claims: jwt.encode(dict(header), claims, stranger, algorithms=["RS256"]),
        "secret made of the public key": lambda header, claims: jwt.encode(
            {**header, "alg": "HS256"}, claims, OctKey.import_key(public.replace(b"-----", b"").replace(b"\n", b"")),
            algorithms=["HS256"],
        ),
        "key of its own": lambda header, claims: jwt.encode(
            {**header, "jwk": stranger.as_dict(private=False)}, claims, stranger, algorithms=["RS256"]
        ),
        "cut off": lambda _header, _claims: "a.b",
        "no text": lambda _header, _claims: "..",
    }
    outcomes = {}
    for name, sign in signs.items():
        provider.sign = sign
        outcomes[name] = round_trip(app.test_client(), provider).status_code

    assert outcomes == dict.fromkeys(signs, 403)


def test_keys_that_rotate_are_followed(app: Flask, settle: Settle, provider: Provider) -> None:
    settle(create_users="domain", allowed_domains="example.org")
    first = round_trip(app.test_client(), provider).status_code
    provider.rotate()
    provider.asked.clear()

    assert (first, round_trip(app.test_client(), provider).status_code) == (303, 303)
    assert provider.asked.count("/keys") == 1
    round_trip(app.test_client(), provider)
    assert provider.asked.count("/keys") == 1
    assert provider.asked.count("/.well-known/openid-configuration") == 0


def test_what_the_token_does_not_say_the_provider_tells(app: Flask, settle: Settle, provider: Provider) -> None:
    settle(create_users="domain", allowed_domains="example.org")
    provider.userinfo = {**provider.claims, "sub": "another"}
    wrong = round_trip(app.test_client(), provider).status_code
    provider.userinfo = dict(provider.claims)

    assert (wrong, round_trip(app.test_client(), provider).status_code) == (403, 303)


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(app: Flask, settle: Settle, provider: Provider) -> None:
    settle(create_users="domain", allowed_domains="example.org")
    client, victim = app.test_client(), app.test_client()
    address = provider.authorize(there(client))
    there(victim)

    stolen = back(victim, address)
    honest = back(client, address)
    replayed = back(client, address)
    kept = app.test_client()
    again = there(kept)
    old = kept.get_cookie("xrm_form")
    assert old is not None
    address = provider.authorize(again)
    first = back(kept, address)
    kept.set_cookie("xrm_form", old.value)  # the question of before, kept by whoever sits there
    kept.delete_cookie("xrm_session")
    code_again = back(kept, address)

    assert [one.status_code for one in (stolen, honest, replayed, first, code_again)] == [403, 303, 403, 303, 403]


def test_answers_are_not_mixed_up(app: Flask, settle: Settle, provider: Provider, runtime: Runtime) -> None:
    settle(create_users="domain", allowed_domains="example.org")
    oidc = {**runtime.settings.oidc, "other": dict(runtime.settings.oidc["example"])}
    runtime.settings = replace(runtime.settings, oidc=oidc)
    client = app.test_client()
    address = provider.authorize(there(client))

    assert back(client, address.replace("/with/example/", "/with/other/")).status_code == 403
    address = provider.authorize(there(client))
    assert back(client, f"{address}&iss=https://evil.example").status_code == 403
    address = provider.authorize(there(client))
    assert back(client, address.replace("state=", "state=x")).status_code == 403
    assert back(client, "http://x/in/with/example/back?error=access_denied&state=x").status_code == 403


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None}, {"token_endpoint": "https://user@evil.example/"},
    ],
)
def test_a_provider_that_is_not_what_it_should_be_is_not_asked(
    app: Flask, runtime: Runtime, metadata: dict[str, Any]
) -> None:
    with identity_provider() as other:
        other.metadata = metadata
        runtime.settings = replace(runtime.settings, oidc={"example": other.settings})

        answer = app.test_client().get("/in/with/example")

    assert answer.status_code == 403
    assert "evil" not in answer.text


def test_a_provider_that_is_away_or_says_too_much_keeps_nobody_waiting(app: Flask, runtime: Runtime) -> None:
    with identity_provider() as other:
        other.metadata = {"padding": "x" * (LARGEST + 1)}
        runtime.settings = replace(runtime.settings, oidc={"example": other.settings})
        too_much = app.test_client().get("/in/with/example").status_code
    away = app.test_client().get("/in/with/example").status_code

    assert (too_much, away) == (403, 403)
    assert app.test_client().get("/in").status_code == 200
    assert app.test_client().get("/in/with/nobody").status_code == 404


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "https:evil.example", "/%09/evil"]
)
def test_a30_one_goes_on_to_this_site_only(app: Flask, settle: Settle, provider: Provider, target: str) -> None:
    settle(create_users="domain", allowed_domains="example.org")
    client = app.test_client()

    assert back(client, provider.authorize(there(client, target))).location == "/"


def test_a24_the_way_back_is_the_configured_one(app: Flask, settle: Settle) -> None:
    settle()
    answer = app.test_client().get("/in/with/example", headers={"X-Forwarded-Host": "evil.example", "Host": "localhost:99"})

    assert answer.location is not None
    assert parse_qs(urlsplit(answer.location).query)["redirect_uri"] == ["http://127.0.0.1:5000/in/with/example/back"]


@pytest.mark.usefixtures("settle")
def test_a29_linking_needs_the_token_of_the_form(app: Flask, sign_in: SignIn, nadia: Actor) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    assert sign_in(nadia).post("/me/providers/example").status_code == 400


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"issuer": ""}, "issuer"), ({"issuer": "http://id.example.org"}, "https"), ({"client_id": ""}, "client_id"),
        ({"create_users": "all"}, "create_users"), ({"create_users": "domain"}, "allowed_domains"), ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_is_named_and_the_provider_not_offered(
    runtime: Runtime, settle: Settle, more: dict[str, str], named: str
) -> None:
    settle(**more)

    with pytest.raises(ConfigurationError, match=named):
        get_provider(runtime.settings, "example")
    assert offered(runtime.settings) == []
    assert any(named in one for one in mistakes(runtime.settings))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://id.example.org/x", True), ("http://127.0.0.1:8080", True), ("http://localhost", True),
        ("http://10.0.0.1", False),
        ("file:///etc/passwd", False), ("https://user@id.example.org", False), ("https://", False),
        ("https://[::1", False),
        ("https://id.example.org/\r\nX: y", False),
    ],
)  # fmt: skip
def test_a55_only_https_is_asked(url: str, expected: bool) -> None:
    assert is_safe_address(url) is expected
