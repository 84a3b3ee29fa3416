# SPDX-License-Identifier: Apache-2.0
"""A forgotten password: ask for a link, and choose a new one by it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.errors import Conflict, InvalidInput
from xrm.invitations.asking import ask_for_reset
from xrm.invitations.links import RESET
from xrm.invitations.mails import sends_mail
from xrm.invitations.redeeming import reset_password
from xrm.unit_of_work import system_actor
from xrm_web import link_cookie, sessions
from xrm_web.i18n import gettext, translate
from xrm_web.inputs import FieldInput
from xrm_web.password_inputs import new_password_input
from xrm_web.peers import client_address
from xrm_web.security import public

blueprint = Blueprint("forgot", __name__)
LONGEST = 254


@blueprint.get("/forgot")
@public
def show() -> ResponseReturnValue:
    """The form, or whom to ask where no mail is sent."""
    return _form("")


@blueprint.post("/forgot")
@public
def ask() -> ResponseReturnValue:
    """Send a link if there is such a user; who asks is not told whether there is."""
    email = request.form.get("email", "").strip()
    if not 3 <= len(email) <= LONGEST or "@" not in email or not email.isprintable():
        return _form(email, gettext("Give the e-mail address with which you sign in.")), 422
    if not sends_mail(sessions.runtime().settings):
        return _form(email)
    address = client_address()
    try:
        sessions.runtime().write(lambda uow: ask_for_reset(uow, email, address), system_actor("web"))
    except Conflict as error:
        if error.code != "throttled":
            raise
        return _form(email, translate(error.message)), 429
    return redirect(url_for("forgot.asked"), 303)


@blueprint.get("/forgot/sent")
@public
def asked() -> ResponseReturnValue:
    """What happens next, the same for everybody."""
    text = gettext("If there is a login with this address, a link to choose a new password is on its way. It works for an hour.")
    return render_template(
        "said.html", title=gettext("Look into your mailbox"), icon_name="mail", text=text,
        label=gettext("Back to sign in"), href=url_for("sign_in.show"),
    )


@blueprint.get("/reset/<token>")
@public
def arrive(token: str) -> ResponseReturnValue:
    """Take the link out of the address."""
    return link_cookie.take_along(token, "forgot.choose", RESET)


@blueprint.get("/reset")
@public
def choose() -> ResponseReturnValue:
    """The form of somebody who holds a link; nothing is here for anybody else."""
    return _choice(link_cookie.look_up(link_cookie.token(), RESET).email)


@blueprint.post("/reset")
@public
def change() -> ResponseReturnValue:
    """Use the link: the new password counts, and all sessions have ended."""
    link = link_cookie.look_up(link_cookie.token(), RESET)
    password = request.form.get("password", "")
    try:
        sessions.runtime().write(lambda uow: reset_password(uow, link_cookie.token(), password), system_actor("web"))
    except InvalidInput as error:
        return _choice(link.email, " ".join(translate(one.message) for one in error.problems)), 422
    return link_cookie.drop(redirect(url_for("forgot.changed"), 303))


@blueprint.get("/reset/done")
@public
def changed() -> ResponseReturnValue:
    """That it is done, and the way on."""
    return render_template(
        "said.html", title=gettext("Your password is changed"), icon_name="circle-check",
        text=gettext("All sessions were ended. Sign in with the new password."), label=gettext("Sign in"),
        href=url_for("sign_in.show"),
    )


def _form(email: str, problem: str = "") -> str:
    field = FieldInput(
        name="email", kind="email", label=gettext("E-mail"), value=email, required=True, autocomplete="username",
        autofocus=not problem, errors=(problem,) if problem else (),
    )
    problems = [("f-email", problem)] if problem else []
    return render_template("forgot.html", email=field, can_send=sends_mail(sessions.runtime().settings), problems=problems)


def _choice(email: str, problem: str = "") -> str:
    field = new_password_input("password", gettext("New password"), problem=problem, autofocus=not problem)
    return render_template("reset.html", email=email, password=field, problems=[("f-password", problem)] if problem else [])
