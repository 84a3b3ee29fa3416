# SPDX-License-Identifier: Apache-2.0
"""Who looks at the page: finds the server-side session of the request's cookie, starts and ends sessions."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from flask import Flask, Response, current_app, g, request, session
from werkzeug.wrappers import Response as BaseResponse

from xrm.access import sign_in as access
from xrm.access.users import User
from xrm.errors import ConfigurationError, Conflict, InvalidInput, Problem
from xrm.plugin_host.guard import PluginFailed
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm_web.i18n import language

Result = TypeVar("Result")
LIFETIME = 14 * 24 * 3600
TOUCH_EVERY = 10 * 60


@dataclass(frozen=True)
class Visitor:
    """Who asks, and how they like to read; ``actor`` is None without a session."""

    actor: Actor | None = None
    name: str = ""
    email: str = ""
    language: str = ""
    time_zone: str = ""
    theme: str = "auto"
    density: str = "normal"


def runtime() -> Runtime:
    """The runtime this app serves."""
    found: Runtime = current_app.extensions["xrm"]
    return found


def actor() -> Actor:
    """Who acts in this request.

    Raises:
        LookupError: in a view that is open to all, when nobody is signed in.
    """
    visitor: Visitor = g.visitor
    if visitor.actor is None:
        raise LookupError("nobody is signed in; mark the view with @signed_in")
    # What is typed is read in the language of the page, whatever made it the language: 1 234,5 is a number only in French.
    return replace(visitor.actor, language=language())


def read(function: Callable[[UnitOfWork], Result]) -> Result:
    """Run ``function`` in a reading unit of work, as who asks."""
    return runtime().read(function, actor())


def write(function: Callable[[UnitOfWork], Result]) -> Result:
    """Run ``function`` in a writing unit of work, as who asks; it may run twice.

    Raises:
        InvalidInput: also when a plugin failed, so that a form is shown again with all that was typed.
    """
    try:
        return runtime().write(function, actor())
    except PluginFailed as error:
        raise InvalidInput([Problem("", error.failure.message)]) from error


def load_visitor() -> None:
    """Set ``g.visitor`` from the session cookie; a GET writes nothing."""
    g.visitor = Visitor()
    token = request.cookies.get(cookie_name())
    if not token or request.endpoint == "static":
        return

    def find(uow: UnitOfWork) -> Visitor:
        found = access.find_session(uow, token)
        return Visitor() if found is None else _visitor(found)

    g.visitor = runtime().read(find, system_actor("web"))


def _visitor(found: User) -> Visitor:
    return Visitor(
        actor=found.as_actor("web"),
        name=found.name,
        email=found.email,
        language=found.language,
        time_zone=found.time_zone,
        theme=found.theme,
        density=found.density,
    )


def cookie_name() -> str:
    """The name of the cookie that holds the session's token; https binds it to this host."""
    return "__Host-xrm_session" if current_app.config["SESSION_COOKIE_SECURE"] else "xrm_session"


def start(email: str, password: str) -> str | None:
    """A new session's token, or None when the e-mail address or the password is wrong; any older session is ended.

    Raises:
        Conflict: with code ``throttled``, after too many tries.
    """
    old = request.cookies.get(cookie_name())
    address, agent = request.remote_addr or "", request.user_agent.string

    def count(uow: UnitOfWork) -> None:
        access.check_throttle(uow, email, address)
        access.count_failure(uow, email, address)

    def begin(uow: UnitOfWork, user_id: UUID) -> str:
        if old:
            access.end_session(uow, old)
        return access.start_session(uow, user_id, address, agent, email=email)

    # Counted before the password is looked at, so that tries in parallel do not slip through together; and looked at outside
    # of a writing transaction, because it takes long on purpose.
    system = system_actor("web")
    runtime().write(count, system)
    found = runtime().read(lambda uow: access.sign_in(uow, email, password), system)
    if found is None:
        return None
    token = runtime().write(lambda uow: begin(uow, found.id), system)
    session.clear()
    return token


def end() -> None:
    """End the session of this request on the server."""
    token = request.cookies.get(cookie_name())
    if token:
        runtime().write(lambda uow: access.end_session(uow, token), system_actor("web"))
    session.clear()


def set_cookie(response: BaseResponse, name: str, value: str, *, lifetime: int = LIFETIME) -> None:
    """A cookie that scripts cannot read, for this site only."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(name, value, max_age=lifetime, path="/", httponly=True, secure=secure, samesite="Lax")


def touch(response: Response) -> Response:
    """Note now and then that the session is in use, after the answer is made; other requests take no write lock for it."""
    token = request.cookies.get(cookie_name())
    if token and g.get("visitor") and g.visitor.actor is not None:
        touched: dict[str, float] = current_app.extensions["xrm_touched"]
        now = time.monotonic()
        if now - touched.get(token, -TOUCH_EVERY) >= TOUCH_EVERY:
            touched[token] = now
            for old in [one for one, at in touched.items() if now - at > TOUCH_EVERY]:
                del touched[old]
            with suppress(Conflict, ConfigurationError):
                runtime().write(lambda uow: access.touch_session(uow, token), system_actor("web"))
    return response


def init_sessions(app: Flask) -> None:
    """Find the visitor before anything else of a request."""
    app.extensions["xrm_touched"] = {}
    app.before_request(load_visitor)
    app.after_request(touch)
