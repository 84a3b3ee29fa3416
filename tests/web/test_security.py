# SPDX-License-Identifier: Apache-2.0
"""Headers, cookies, tokens of forms, hosts, and the guard of every route."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask

from tests.web.conftest import SignIn
from xrm.errors import ConfigurationError
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor
from xrm_web.app import create_app
from xrm_web.security import guard_of, safe_next

PUBLIC = {
    "static", "sign_in.show", "sign_in.enter", "sign_in.leave", "me.switch_language", "help.show", "guide.show",
    "second_factor.show", "second_factor.enter", "second_factor.enrol", "second_factor.confirm_enrolment",
    "passkeys.options_to_sign", "passkeys.enter", "monitoring.health", "monitoring.metrics",
    "welcome.arrive", "welcome.show", "welcome.come_in", "forgot.show", "forgot.ask", "forgot.asked", "forgot.arrive",
    "forgot.choose", "forgot.change", "forgot.changed", "single_sign_on.begin", "single_sign_on.back",
}


def with_settings(runtime: Runtime, *, base_url: str = "http://127.0.0.1:5000", secret_key: str | None = None) -> Flask:
    """The app of the same program with other settings."""
    key = runtime.settings.secret_key if secret_key is None else secret_key
    settings = replace(runtime.settings, base_url=base_url, secret_key=key)
    return create_app(replace(runtime, settings=settings), testing=True)


def test_every_route_declares_its_guard_and_only_named_ones_are_public(app: Flask) -> None:
    guards = {rule.endpoint: guard_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}

    assert [endpoint for endpoint, guard in guards.items() if not guard] == []
    assert {endpoint for endpoint, guard in guards.items() if guard == "public"} == PUBLIC


def test_a_view_without_a_guard_is_not_found(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")

    answer = app.test_client().get("/forgotten")

    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_visitor_is_sent_to_sign_in_and_comes_back(app: Flask) -> None:
    answer = app.test_client().get("/me?x=1")

    assert answer.status_code == 302
    assert answer.location == "/in?next=/me?x%3D1"


def test_a_fragment_without_a_session_answers_401(app: Flask) -> None:
    answer = app.test_client().get("/me", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#toasts"


@pytest.mark.parametrize("path", ["/in", "/help", "/nothing", "/static/app.css"])
def test_every_answer_has_the_headers(app: Flask, path: str) -> None:
    headers = app.test_client().get(path, buffered=True).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_pages_are_never_kept_and_hashed_files_for_ever(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/in")
    found = re.search(r'href="(/static/app\.css\?v=\w+)"', page.text)
    assert found

    assert page.headers["Cache-Control"] == "no-store"
    assert "immutable" in client.get(found[1], buffered=True).headers["Cache-Control"]
    assert client.get("/static/app.css?v=other", buffered=True).headers["Cache-Control"] == "no-cache"


def test_https_binds_cookies_to_the_host(runtime: Runtime) -> None:
    client = with_settings(runtime, base_url="https://crm.example.org").test_client()

    answer = client.get("/in", base_url="https://crm.example.org")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-xrm_form=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "crm.example.org.evil.example"])
def test_a24_another_host_is_refused(runtime: Runtime, host: str) -> None:
    client = with_settings(runtime, base_url="http://crm.example.org").test_client()

    assert client.get("/in", base_url=f"http://{host}").status_code == 400
    assert client.get("/in", base_url="http://crm.example.org").status_code == 200


@pytest.mark.parametrize(
    "key",
    [
        "", "dev", "x" * 31, "x" * 48, "0123456789" * 5, "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET_KEY",
        "\2\1thisismyscretkey\1\2\\e\\y\\y\\h and more", "django-insecure-9%s$k2l0q&x7vz#b1w@ej5u8c3t6r4",
        "your_secret_key_goes_here_please_now", "thisISaSECRET_1234-thisISaSECRET_1234",
    ],
)
def test_a21_a_missing_short_or_public_key_refuses_to_start(runtime: Runtime, key: str) -> None:
    with pytest.raises(ConfigurationError, match="XRM_SECRET_KEY"):
        with_settings(runtime, secret_key=key)


def test_a29_a_change_without_its_token_is_refused(app: Flask, sign_in: SignIn, admin: Actor) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = sign_in(admin)

    refused = client.post("/me", data={"language": "fr", "theme": "dark", "density": "normal", "time_zone": ""})

    assert refused.status_code == 400
    assert 'data-theme="auto"' in client.get("/me").text


def test_a29_the_token_of_somebody_else_is_refused(app: Flask, sign_in: SignIn, admin: Actor) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client, other = sign_in(admin), app.test_client()
    theirs = token_of(other.get("/in").text)
    client.get("/me")

    assert client.post("/rail", data={"csrf_token": theirs, "rail": "narrow"}).status_code == 400
    assert client.post("/rail", data={"csrf_token": token_of(client.get("/me").text), "rail": "narrow"}).status_code == 303


def token_of(page: str) -> str:
    """The token of the forms of a page."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "target",
    [None, "", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example", "evil",
     "/\t/evil.example", "/\r\nSet-Cookie: x=1", "javascript:alert(1)", "/\u2028x"],
)  # fmt: skip
def test_a30_only_paths_of_this_site_are_gone_on_to(target: str | None) -> None:
    assert safe_next(target) == "/"


def test_a30_a_path_of_this_site_is_kept() -> None:
    assert safe_next("/base/customer?view=all#x") == "/base/customer?view=all#x"


def test_f46_too_large_a_body_is_refused(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000

    answer = app.test_client().post("/in", data={"email": "x" * 5000, "password": "y"})

    assert answer.status_code == 413


def test_a60_too_many_form_keys_are_refused(app: Flask) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="k"\r\n\r\nx\r\n'

    answer = app.test_client().post("/in", data=part * 2500 + "--b--\r\n", content_type="multipart/form-data; boundary=b")

    assert answer.status_code == 413


def test_pages_have_no_inline_script_or_style(app: Flask) -> None:
    page = app.test_client().get("/_styleguide").text

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) == []
