# SPDX-License-Identifier: Apache-2.0
"""Sign in by password, and out; the other ways in and the second step have pages of their own."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.throttle import THROTTLED
from xrm.errors import Conflict
from xrm.factors.passkeys import why_not
from xrm_web import sessions
from xrm_web.i18n import gettext, translate
from xrm_web.inputs import FieldInput
from xrm_web.security import public, safe_next

blueprint = Blueprint("sign_in", __name__)
LONGEST_PASSWORD = 1024


@blueprint.get("/in")
@public
def show() -> ResponseReturnValue:
    """The form; who is signed in already goes on."""
    target = safe_next(request.args.get("next"))
    if g.visitor.actor is not None:
        return redirect(target)
    return sign_in_page(target)


@blueprint.post("/in")
@public
def enter() -> ResponseReturnValue:
    """Start a session, or go on to the second step. A wrong address and a wrong password give the same answer."""
    email = request.form.get("email", "").strip()
    password = request.form.get("password", "")
    target = safe_next(request.form.get("next"))
    try:
        begun = sessions.start(email, password) if email and 0 < len(password) <= LONGEST_PASSWORD else None
    except Conflict as error:
        if error.code != THROTTLED:
            raise
        return sign_in_page(target, email, ("", translate(error.message))), 429
    if begun is None:
        return sign_in_page(target, email, ("f-email", gettext("The e-mail address or the password is wrong."))), 422
    return sessions.go_on(begun, target)


@blueprint.post("/out")
@public
def leave() -> ResponseReturnValue:
    """End the session here and on the server."""
    sessions.end()
    response = redirect(url_for("sign_in.show"), 303)
    response.delete_cookie(sessions.cookie_name(), path="/")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def sign_in_page(target: str, email: str = "", problem: tuple[str, str] | None = None) -> str:
    """The page of all ways in, with what went wrong."""
    inputs = {
        "email": FieldInput(
            name="email", kind="email", label=gettext("E-mail"), value=email, required=True, autocomplete="username",
            autofocus=not email,
        ),
        "password": FieldInput(
            name="password", kind="password", label=gettext("Password"), required=True, autocomplete="current-password",
            autofocus=bool(email) and problem is None,
        ),
    }
    settings = sessions.runtime().settings
    return render_template(
        "sign_in/page.html", **inputs, next=target, problems=[problem] if problem else [], has_passkeys=why_not(settings) is None
    )
