# SPDX-License-Identifier: Apache-2.0
"""Who looks at the page: finds the server-side session of the request's cookie, begins, renews and ends sessions.

Every way in ends in ``begin``: it knows who was proven to be whom, by which method, and whether that is enough.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from xrm.access import sessions as access
from xrm.access.sign_in import check_sign_in, keep_new_hash, note_failure, note_sign_in
from xrm.access.throttle import doors_of_login, forgive, take_try
from xrm.access.tickets import GOOD_FOR, issue_ticket
from xrm.access.users import User, Viewer, get_user
from xrm.access.viewing_as import end_view as end_view_of
from xrm.errors import ConfigurationError, Conflict, InvalidInput, PermissionDenied, Problem, msg
from xrm.factors.queries import needs
from xrm.factors.service import start_app
from xrm.plugin_host.guard import PluginFailed
from xrm.runtime import Runtime
from xrm.tokens.queries import find_bearer
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm_web.api_requests import is_api, token_of
from xrm_web.i18n import language
from xrm_web.peers import ONE_YEAR, client_address, device_cookie, device_of, with_device
from xrm_web.token_uses import TokenUses

Result = TypeVar("Result")
TOUCH_EVERY = 10 * 60
NEXT_STEP = {"second": "second_factor.show", "enrolment": "second_factor.enrol"}


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
    confirmed_at: datetime | None = None
    wants_renewal: bool = False
    seen_by: Viewer | None = None


@dataclass(frozen=True)
class Begun:
    """What ``begin`` came to: the token of a session, or with a ``need`` (``second``, ``enrolment``) that of a ticket for it."""

    token: str
    login: str
    need: str = ""


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
    """Set ``g.visitor`` from the session cookie, or for the API from the token it asks for; a GET writes nothing."""
    g.visitor = Visitor()
    if is_api(current_app, request.endpoint):
        g.visitor = _bearer()
        return
    token = request.cookies.get(cookie_name())
    if not token or request.endpoint == "static":
        return

    def find(uow: UnitOfWork) -> Visitor:
        found = access.find_session(uow, token)
        return Visitor() if found is None else _visitor(found)

    g.visitor = runtime().read(find, system_actor("web"))


def _bearer() -> Visitor:
    """Who presents an API token; cookies count for nothing here, so that no other site can use them."""
    text = token_of(request.headers.get("Authorization", ""))
    found = runtime().read(lambda uow: find_bearer(uow, text), system_actor("api")) if text else None
    g.bearer = found
    return Visitor() if found is None else replace(_visitor(access.OpenSession(found.user, None, False)), actor=found.actor)


def _visitor(found: access.OpenSession) -> Visitor:
    user = found.user
    return Visitor(
        user.as_actor("web"), user.name, user.email, user.language, user.time_zone, user.theme, user.density, found.confirmed_at,
        found.wants_renewal, user.seen_by,
    )


def cookie_name() -> str:
    """The name of the cookie that holds the session's token; https binds it to this host."""
    return "__Host-xrm_session" if current_app.config["SESSION_COOKIE_SECURE"] else "xrm_session"


def ticket_cookie() -> str:
    """The name of the cookie that holds a ticket between two steps of signing in."""
    return "__Host-xrm_ticket" if current_app.config["SESSION_COOKIE_SECURE"] else "xrm_ticket"


def start(email: str, password: str) -> Begun | None:
    """What a right e-mail address and password come to; None when one of them is wrong.

    Raises:
        Conflict: with code ``throttled``, after too many tries.
    """
    address, system = client_address(), system_actor("web")
    doors = doors_of_login(email, address, device_of(email))
    # Counted before the password is looked at, so that tries in parallel do not slip through together; and looked at outside
    # of a writing transaction, because it takes long on purpose.
    runtime().write(lambda uow: take_try(uow, doors), system)
    check = runtime().read(lambda uow: check_sign_in(uow, email, password), system)
    if check.user is None:
        runtime().write(lambda uow: note_failure(uow, check.meant, "password", address), system)
        return None

    def settle(uow: UnitOfWork) -> None:
        forgive(uow, doors)
        keep_new_hash(uow, check)

    runtime().write(settle, system)
    return begin(check.user.id, "password")


def begin(user_id: UUID, method: str) -> Begun:
    """Begin a session for somebody who was just proven to be this user, unless another proof has to come first.

    ``method``: ``password``, ``passkey``, ``single_sign_on``, ``link`` …; which of them need a second factor, core knows.

    Raises:
        PermissionDenied: when there is no such active user.
    """
    system = system_actor("web")
    user = runtime().read(lambda uow: get_user(uow, user_id), system)
    if user is None or not user.is_active:
        raise PermissionDenied(msg("This login is switched off. Ask an administrator."))
    need = runtime().read(lambda uow: needs(uow, method), user.as_actor("web"))
    if not need:
        return open_session(user, method)

    def hand_on(uow: UnitOfWork) -> str:
        if need == "enrolment":
            start_app(uow, user_id)
        return issue_ticket(uow, need, user_id=user_id, method=method)

    return Begun(runtime().write(hand_on, system), user.email, need)


def open_session(user: User, method: str) -> Begun:
    """A new session for a user of whom nothing more is asked; any older session of this browser is ended."""
    old, address, agent = request.cookies.get(cookie_name()), client_address(), request.user_agent.string

    def open_it(uow: UnitOfWork) -> str:
        if old:
            access.end_session(uow, old)
        note_sign_in(uow, user.id, method, address)
        return access.start_session(uow, user.id, address, agent, method=method, is_confirmed=method != "single_sign_on")

    token = runtime().write(open_it, system_actor("web"))
    session.clear()
    return Begun(token, user.email)


def go_on(begun: Begun, target: str) -> BaseResponse:
    """The answer to a step of signing in: on to ``target``, or to the next step with ``target`` kept in mind."""
    if begun.need:
        response = redirect(url_for(NEXT_STEP[begun.need], next=target), 303)
        set_cookie(response, ticket_cookie(), begun.token, lifetime=int(GOOD_FOR.total_seconds()))
        return response
    return let_in(redirect(target, 303), begun)


def let_in(response: BaseResponse, begun: Begun) -> BaseResponse:
    """The same answer with the cookies of somebody who is signed in now."""
    set_cookie(response, cookie_name(), begun.token)
    set_cookie(response, device_cookie(), with_device(begun.login), lifetime=ONE_YEAR)
    response.delete_cookie(ticket_cookie(), path="/")
    return response


def end() -> None:
    """End the session of this request on the server."""
    token = request.cookies.get(cookie_name())
    if token:
        runtime().write(lambda uow: access.end_session(uow, token), system_actor("web"))
    session.clear()


def end_view() -> None:
    """Let this session show its own user's pages again."""
    viewer = g.visitor.seen_by
    token = request.cookies.get(cookie_name())
    if token and viewer is not None:
        runtime().write(lambda uow: end_view_of(uow, token), Actor("user", viewer.id, viewer.name, via="web"))


def set_cookie(response: BaseResponse, name: str, value: str, *, lifetime: int | None = None) -> None:
    """A cookie that scripts cannot read, for this site only; without a lifetime it lives as long as a session may."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    age = runtime().settings.session_days * 24 * 3600 if lifetime is None else lifetime
    response.set_cookie(name, value, max_age=age, path="/", httponly=True, secure=secure, samesite="Lax")


def touch(response: Response) -> Response:
    """Note now and then that the session is in use, after the answer is made; other requests take no write lock for it."""
    token = request.cookies.get(cookie_name())
    if token and g.get("visitor") and g.visitor.actor is not None:
        if g.visitor.wants_renewal:
            return _renew(response, token)
        touched: dict[str, float] = current_app.extensions["xrm_touched"]
        now, every = time.monotonic(), min(TOUCH_EVERY, runtime().settings.session_idle_minutes * 15)
        if now - touched.get(token, -every) >= every:
            touched[token] = now
            for old in [one for one, at in touched.items() if now - at > every]:
                del touched[old]
            with suppress(Conflict, ConfigurationError):
                runtime().write(lambda uow: access.touch_session(uow, token), system_actor("web"))
    return response


def _renew(response: Response, token: str) -> Response:
    with suppress(Conflict, ConfigurationError):
        fresh = runtime().write(lambda uow: access.renew_session(uow, token), system_actor("web"))
        if fresh is not None:
            set_cookie(response, cookie_name(), fresh)
    return response


def init_sessions(app: Flask) -> None:
    """Find the visitor before anything else of a request."""
    app.extensions["xrm_touched"] = {}
    app.extensions["xrm_token_uses"] = TokenUses(app.extensions["xrm"])
    app.before_request(load_visitor)
    app.after_request(touch)
