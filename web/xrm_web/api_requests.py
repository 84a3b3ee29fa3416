# SPDX-License-Identifier: Apache-2.0
"""Requests of programs: how they present their token, and how they are told what went wrong (problem details, RFC 9457)."""

from __future__ import annotations

import json
import re

from flask import Flask, Response

from xrm_web.i18n import gettext

GUARD, API = "xrm_guard", "api"
_BEARER = re.compile(r"^Bearer +([\w.~+/-]{1,200}=*)$", re.IGNORECASE | re.ASCII)


def is_api(app: Flask, endpoint: str | None) -> bool:
    """Whether a view is for programs."""
    return endpoint is not None and getattr(app.view_functions.get(endpoint), GUARD, "") == API


def token_of(header: str) -> str:
    """The token of an ``Authorization`` header; empty text when it has none."""
    match = _BEARER.match(header.strip())
    return match.group(1) if match else ""


def problem(status: int, code: str, title: str, detail: str = "", reference: str = "") -> Response:
    """An answer that says what is wrong; ``code`` stays the same in all languages."""
    told = {"type": "about:blank", "status": status, "code": code, "title": title, "detail": detail, "reference": reference}
    body = json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False)
    return Response(body, status, content_type="application/problem+json")


def not_authorized() -> Response:
    """What a program is told that presents no token, or one that is worth nothing (any more)."""
    response = problem(
        401, "not_authorized", gettext("A valid API token is needed"),
        gettext("Send the header Authorization: Bearer xrm_… with a token that was neither revoked nor has expired."),
    )
    response.headers["WWW-Authenticate"] = 'Bearer realm="xrm"'
    return response
