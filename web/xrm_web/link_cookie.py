# SPDX-License-Identifier: Apache-2.0
"""The token of a one-time link between two requests: in a short-lived cookie, so that it is in no address and no history."""

from __future__ import annotations

from flask import current_app, redirect, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from xrm.errors import NotFound, XrmError
from xrm.invitations.links import GONE, Link, find_link
from xrm.unit_of_work import system_actor
from xrm_web import sessions
from xrm_web.errors import log_with_reference

LIFETIME = 3600


def take_along(token: str, endpoint: str, *purposes: str) -> Response:
    """Go on to ``endpoint`` with the token in the cookie; it stays unused, so that programs that look at mails do not use it up.

    Raises:
        NotFound: when it is worth nothing.
    """
    look_up(token, *purposes)
    response = redirect(url_for(endpoint), 303)
    sessions.set_cookie(response, cookie_name(), token, lifetime=LIFETIME)
    return response


def look_up(token: str, *purposes: str) -> Link:
    """The link of a token, unused as before; 404 when it is worth nothing, and whenever that cannot be found out.

    Raises:
        NotFound: then.
    """
    try:
        return sessions.runtime().read(lambda uow: find_link(uow, token, *purposes), system_actor("web"))
    except NotFound:
        raise
    except (SQLAlchemyError, XrmError) as error:
        # With the database away nobody knows who is there: the door stays shut, and looks as it does to everybody else.
        log_with_reference(error)
        raise NotFound(GONE) from error


def token() -> str:
    """The token of this browser's link; empty text without one."""
    return request.cookies.get(cookie_name(), "")


def drop(response: Response) -> Response:
    """Forget the token: it was used."""
    response.delete_cookie(cookie_name(), path="/")
    return response


def cookie_name() -> str:
    """The name of the cookie; https binds it to this host."""
    return "__Host-xrm_link" if current_app.config["SESSION_COOKIE_SECURE"] else "xrm_link"
