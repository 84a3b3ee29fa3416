# SPDX-License-Identifier: Apache-2.0
"""What protects the browser and the server from each other: headers, cookies, CSRF, hosts, and a guard on every route."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from xrm.errors import ConfigurationError, msg
from xrm.sealing import is_weak
from xrm.settings import MINIMUM_SECRET, Settings
from xrm_web.api_requests import API, not_authorized
from xrm_web.api_requests import GUARD as _GUARD
from xrm_web.kept_form import has_typed_text

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

LARGEST_BODY = 32 * 1024 * 1024
LARGEST_FORM_FIELD = 2 * 1024 * 1024
MOST_FORM_PARTS = 2000
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
csrf = CSRFProtect()


def public(view: View) -> View:
    """Mark a view that anybody may open; without a mark, a view answers 404 to everybody."""
    setattr(view, _GUARD, "public")
    return view


def signed_in(view: View) -> View:
    """Mark a view for people who are signed in; what they may do there, the services and queries decide."""
    setattr(view, _GUARD, "signed_in")
    return view


def api(view: View) -> View:
    """Mark a view for programs: an API token alone opens it, never a cookie; so it needs no token of a form."""
    setattr(view, _GUARD, API)
    csrf.exempt(view)
    return view


def guard_of(app: Flask, endpoint: str) -> str:
    """``public``, ``signed_in``, ``api``, or empty text for a view that nobody marked."""
    if endpoint == "static":
        return "public"
    guard: str = getattr(app.view_functions.get(endpoint), _GUARD, "")
    return guard


def is_https(settings: Settings) -> bool:
    """Whether people reach the instance by https; ``base_url`` says so, never a header of the request."""
    return settings.base_url.startswith("https://")


def init_security(app: Flask, settings: Settings) -> None:
    """Set keys, cookies and limits, and put the guard before and the headers behind every request.

    Raises:
        ConfigurationError: when the secret key is absent, too short or one that others know.
    """
    if is_weak(settings.secret_key):
        raise ConfigurationError(
            msg("The secret key is missing, known to others or shorter than {length}. Run xrm init, or set XRM_SECRET_KEY.",
                length=MINIMUM_SECRET)
        )
    secure = is_https(settings)
    host = urlsplit(settings.base_url).hostname
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-xrm_form" if secure else "xrm_form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=secure,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM_FIELD,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        TRUSTED_HOSTS=[*LOOPBACK, *([host] if host and host not in LOOPBACK else [])],
    )
    csrf.init_app(app)
    app.before_request(check_guard)
    app.after_request(add_headers)


def check_guard() -> ResponseReturnValue | None:
    """Send a visitor without a session to the sign-in page; refuse a view that declares no guard."""
    if request.endpoint is None:
        return None
    guard = guard_of(current_app, request.endpoint)
    if guard == "public":
        return None
    if guard not in {"signed_in", API}:
        abort(404)
    if g.visitor.actor is not None:
        return None
    if guard == API:
        return not_authorized()
    if request.headers.get("HX-Request") or request.accept_mimetypes.best == "application/json":
        abort(401)
    if has_typed_text():
        # The answer to 401 shows it again; on the way through the sign-in page it would be lost.
        abort(401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("sign_in.show", next=wanted) if wanted != "/" else url_for("sign_in.show"))


def add_headers(response: Response) -> Response:
    """The headers of every answer; a page is never kept by a cache, since the next person may share the machine."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    return response


def safe_next(target: str | None) -> str:
    """A path on this site to go on to; anything that a browser could read as another site becomes the home page."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return "/"
    if any(character in target for character in "\\\r\n\t\0") or not target.isprintable():
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/"
