# SPDX-License-Identifier: Apache-2.0
"""Sign in and out."""

from __future__ import annotations

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from xrm_web import sessions
from xrm_web.i18n import gettext
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
    return _form(target)


@blueprint.post("/in")
@public
def enter() -> ResponseReturnValue:
    """Start a session. A wrong address and a wrong password give the same answer."""
    email = request.form.get("email", "").strip()
    password = request.form.get("password", "")
    target = safe_next(request.form.get("next"))
    token = sessions.start(email, password) if email and 0 < len(password) <= LONGEST_PASSWORD else None
    if token is None:
        return _form(target, email, failed=True), 422
    response = redirect(target, 303)
    sessions.set_cookie(make_response(response), sessions.cookie_name(), token)
    return response


@blueprint.post("/out")
@public
def leave() -> ResponseReturnValue:
    """End the session here and on the server."""
    sessions.end()
    response = redirect(url_for("sign_in.show"), 303)
    response.delete_cookie(sessions.cookie_name(), path="/")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _form(target: str, email: str = "", *, failed: bool = False) -> str:
    wrong = gettext("The e-mail address or the password is wrong.")
    inputs = {
        "email": FieldInput(
            name="email", kind="email", label=gettext("E-mail"), value=email, required=True, autocomplete="username",
            autofocus=not email,
        ),
        "password": FieldInput(
            name="password", kind="password", label=gettext("Password"), required=True, autocomplete="current-password",
            autofocus=bool(email),
        ),
    }
    return render_template("sign_in.html", **inputs, next=target, problems=[("f-email", wrong)] if failed else [])
