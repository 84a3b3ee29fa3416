# SPDX-License-Identifier: Apache-2.0
"""Who looks at the page: finds the server-side session of the request's cookie, starts and ends sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from flask import Flask, Response, current_app, g, request, session
from xrm.access import sign_in as access
from xrm.access.users import User
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm_web.i18n import language

Result = TypeVar("Result")
LIFETIME = 14 * 24 * 3600


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
    """Run ``function`` in a writing unit of work, as who asks; it may run twice."""
    return runtime().write(function, actor())


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
    """A new session's token, or None when the e-mail address or the password is wrong; any older session is ended."""
    old = request.cookies.get(cookie_name())
    address, agent = request.remote_addr or "", request.user_agent.string[:300]

    def begin(uow: UnitOfWork) -> str | None:
        found = access.sign_in(uow, email, password)
        if found is None:
            return None
        if old:
            access.end_session(uow, old)
        return access.start_session(uow, found.id, address, agent)

    token = runtime().write(begin, system_actor("web"))
    if token is not None:
        session.clear()
    return token


def end() -> None:
    """End the session of this request on the server."""
    token = request.cookies.get(cookie_name())
    if token:
        runtime().write(lambda uow: access.end_session(uow, token), system_actor("web"))
    session.clear()


def set_cookie(response: Response, name: str, value: str, *, lifetime: int = LIFETIME) -> None:
    """A cookie that scripts cannot read, for this site only."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(name, value, max_age=lifetime, path="/", httponly=True, secure=secure, samesite="Lax")


def init_sessions(app: Flask) -> None:
    """Find the visitor before anything else of a request."""
    app.before_request(load_visitor)
