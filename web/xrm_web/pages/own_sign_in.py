# SPDX-License-Identifier: Apache-2.0
"""How I sign in: the password, and the browsers in which I am signed in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.agents import device_of
from xrm.access.policy import allowed
from xrm.access.service import set_password
from xrm.access.sessions import SessionRow, end_one, end_sessions, list_sessions, start_session
from xrm.access.sign_in import has_password, is_own_password, note_failure
from xrm.access.throttle import THROTTLED, doors_of_code, forgive, take_try
from xrm.errors import Conflict, InvalidInput
from xrm.factors.passkeys import why_not
from xrm.factors.queries import factors_of, must_have_second
from xrm.unit_of_work import UnitOfWork
from xrm_web import in_person, sessions
from xrm_web.i18n import gettext, translate
from xrm_web.inputs import FieldInput
from xrm_web.password_inputs import new_password_input
from xrm_web.peers import client_address
from xrm_web.peers import device_of as known_device
from xrm_web.security import signed_in

blueprint = Blueprint("own_sign_in", __name__)
LONGEST = 1024


@dataclass(frozen=True)
class Browser:
    """A session in words."""

    row: SessionRow
    device: str
    how: str


@blueprint.get("/me/sign-in")
@signed_in
def show() -> ResponseReturnValue:
    """Password, second factors, passkeys and sessions."""
    return page()


@blueprint.post("/me/password")
@signed_in
def change_password() -> ResponseReturnValue:
    """Set another password; every session ends, and this browser gets a new one."""
    old, new, me = request.form.get("old", ""), request.form.get("new", ""), own_id()
    doors = doors_of_code(f"confirm {me}", client_address(), known_device(g.visitor.email))
    try:
        in_person.write_aside(lambda uow: take_try(uow, doors))
        problem = None if 0 < len(old) <= LONGEST and sessions.read(lambda uow: is_own_password(uow, old)) else "old"
    except Conflict as error:
        if error.code != THROTTLED:
            raise
        return page({"old": translate(error.message)}), 429
    if problem:
        sessions.write(lambda uow: note_failure(uow, me, "password change", client_address()))
        return page({"old": gettext("This is not your password.")}), 422
    address, agent = client_address(), request.user_agent.string

    def change(uow: UnitOfWork) -> str:
        forgive(uow, doors)
        set_password(uow, me, new)
        return start_session(uow, me, address, agent, method="password")

    try:
        token = sessions.write(change)
    except InvalidInput as error:
        return page({"new": translate(error.problems[0].message)}), 422
    flash(gettext("Password changed. All other browsers are signed out."))
    response = redirect(url_for("own_sign_in.show"), 303)
    sessions.set_cookie(response, sessions.cookie_name(), token)
    return response


@blueprint.post("/me/sessions/<handle>/end")
@signed_in
def end_session(handle: str) -> ResponseReturnValue:
    """Sign one browser out."""
    sessions.write(lambda uow: end_one(uow, own_id(), handle))
    flash(gettext("The other browser is signed out."))
    return redirect(url_for("own_sign_in.show", _anchor="sessions"), 303)


@blueprint.post("/me/sessions/end")
@signed_in
def end_others() -> ResponseReturnValue:
    """Sign all browsers out, except this one."""
    this = request.cookies.get(sessions.cookie_name(), "")
    sessions.write(lambda uow: end_sessions(uow, own_id(), besides=this))
    flash(gettext("All other browsers are signed out."))
    return redirect(url_for("own_sign_in.show", _anchor="sessions"), 303)


def own_id() -> UUID:
    """The user who asks."""
    found = sessions.actor().user_id
    if found is None:
        raise LookupError("a session belongs to a user")
    return found


def page(errors: dict[str, str] | None = None) -> str:
    """The page, with what is wrong with the passwords."""
    errors, this = errors or {}, request.cookies.get(sessions.cookie_name(), "")
    me = own_id()

    def look(uow: UnitOfWork) -> dict[str, object]:
        return {
            "factors": factors_of(uow, me), "is_needed": must_have_second(uow), "with_password": has_password(uow, me),
            "administers": allowed(uow, "user:administer"),
            "browsers": [_in_words(row) for row in list_sessions(uow, me, this=this)],
        }

    old = FieldInput(
        name="old", kind="password", label=gettext("Current password"), required=True, autocomplete="current-password",
        errors=(errors["old"],) if "old" in errors else (),
    )
    new = new_password_input("new", gettext("New password"), problem=errors.get("new", ""))
    why = why_not(sessions.runtime().settings)
    found = sessions.read(look)
    return render_template(
        "me/sign_in.html", old=old, new=new, problems=[(f"f-{key}", text) for key, text in errors.items()],
        why_no_passkeys=translate(why) if why else "", **found,
    )


def _in_words(row: SessionRow) -> Browser:
    browser, system = device_of(row.agent)
    named = {
        (True, True): gettext("%(browser)s on %(system)s", browser=browser, system=system),
        (True, False): browser, (False, True): system, (False, False): gettext("Unknown browser"),
    }
    words = {
        "password": gettext("password"), "app": gettext("code of an app"), "recovery_code": gettext("recovery code"),
        "passkey": gettext("passkey"), "single_sign_on": gettext("single sign-on"), "link": gettext("link"),
    }
    how = ", ".join(words.get(part, part) for part in row.method.split("+") if part)
    return Browser(row, named[bool(browser), bool(system)], how)
