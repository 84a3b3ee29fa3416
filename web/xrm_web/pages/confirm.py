# SPDX-License-Identifier: Apache-2.0
"""Prove again who you are, before something that a borrowed browser must not do; see ``in_person.require_fresh``."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from xrm.access.sessions import renew_session
from xrm.access.sign_in import has_password, is_own_password, note_failure
from xrm.access.throttle import THROTTLED, doors_of_code, forgive, take_try
from xrm.access.viewing_as import refuse_view
from xrm.errors import Conflict, InvalidInput
from xrm.factors.passkeys import why_not
from xrm.factors.queries import factors_of
from xrm.factors.service import use_code
from xrm.unit_of_work import UnitOfWork
from xrm_web import in_person, sessions
from xrm_web.i18n import gettext, translate
from xrm_web.inputs import FieldInput
from xrm_web.pages.passkeys import prove
from xrm_web.pages.second_factor import code_input
from xrm_web.peers import client_address, device_of
from xrm_web.security import safe_next, signed_in

blueprint = Blueprint("confirm", __name__)
LONGEST = 1024


@blueprint.get("/confirm")
@signed_in
def show() -> ResponseReturnValue:
    """The ways to prove it."""
    return _page()


@blueprint.post("/confirm")
@signed_in
def enter() -> ResponseReturnValue:
    """Take the password or a code."""
    doors = doors_of_code(f"confirm {sessions.actor().user_id}", client_address(), device_of(g.visitor.email))
    try:
        in_person.write_aside(lambda uow: take_try(uow, doors))
    except Conflict as error:
        if error.code != THROTTLED:
            raise
        return _page(translate(error.message)), 429
    if not _is_proven():
        return _page(gettext("This is not right. Try again.")), 422
    in_person.write_aside(lambda uow: forgive(uow, doors))
    return _go_on()


@blueprint.post("/confirm/passkey")
@signed_in
def enter_by_passkey() -> ResponseReturnValue:
    """Take a passkey of the one who is signed in."""
    refuse_view(sessions.actor())
    try:
        is_me = prove() == sessions.actor().user_id
    except (InvalidInput, Conflict):
        is_me = False
    return _go_on() if is_me else (_page(gettext("This passkey did not work here. Try again, or take another way in.")), 422)


def _is_proven() -> bool:
    password, code = request.form.get("password", ""), request.form.get("code", "")[:100]
    me = sessions.actor().user_id
    if me is None:
        return False
    if password and len(password) <= LONGEST:
        right = sessions.read(lambda uow: is_own_password(uow, password))
    else:
        right = bool(code) and bool(sessions.write(lambda uow: use_code(uow, me, code)))
    if not right:
        address = client_address()
        sessions.write(lambda uow: note_failure(uow, me, "confirmation", address))
    return right


def _go_on() -> ResponseReturnValue:
    # Who proved it has more rights from now on, so the token changes.
    token = request.cookies.get(sessions.cookie_name(), "")
    fresh = sessions.write(lambda uow: renew_session(uow, token, is_confirmed=True))
    response = redirect(safe_next(request.form.get("next")), 303)
    if fresh is not None:
        sessions.set_cookie(response, sessions.cookie_name(), fresh)
    return response


def _page(problem: str = "") -> str:
    me = sessions.actor().user_id

    def look(uow: UnitOfWork) -> tuple[bool, bool, bool]:
        if me is None:
            return False, False, False
        factors = factors_of(uow, me)
        return has_password(uow, me), factors.has_app, bool(factors.passkeys) and why_not(uow.settings) is None

    with_password, with_app, with_passkey = sessions.read(look)
    password = FieldInput(
        name="password", kind="password", label=gettext("Password"), required=True, autocomplete="current-password",
        autofocus=not problem, errors=(problem,) if problem and with_password else (),
    )
    code = code_input(gettext("Code of the app, or a recovery code"), "" if with_password else problem)
    return render_template(
        "sign_in/confirm.html", password=password if with_password else None, has_passkeys=with_passkey, problem=problem,
        code=code if with_app and not with_password else None, next=safe_next(request.values.get("next")),
    )
