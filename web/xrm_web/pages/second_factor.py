# SPDX-License-Identifier: Apache-2.0
"""The second step of signing in: a code of an app, a recovery code, or the first set-up where the instance asks for one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.sign_in import note_failure
from xrm.access.throttle import THROTTLED, doors_of_code, forgive, take_try
from xrm.access.tickets import Ticket, look_at_ticket, take_ticket
from xrm.access.users import User, get_user
from xrm.errors import Conflict
from xrm.factors.passkeys import why_not
from xrm.factors.queries import factors_of, waiting_secret
from xrm.factors.service import confirm_app, use_code
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_web import sessions
from xrm_web.app_pictures import AppPicture, picture_for_app
from xrm_web.i18n import gettext, translate
from xrm_web.inputs import FieldInput
from xrm_web.peers import client_address, device_of
from xrm_web.security import public, safe_next

blueprint = Blueprint("second_factor", __name__)


@blueprint.get("/in/code")
@public
def show() -> ResponseReturnValue:
    """The form for a code; without a first step behind it, the first step."""
    found = _step("second")
    return _code_page(found[1]) if found else _from_the_start()


@blueprint.post("/in/code")
@public
def enter() -> ResponseReturnValue:
    """Take a code of the app or a recovery code; each opens once."""
    found = _step("second")
    if found is None:
        return _from_the_start()
    ticket, user = found
    code = request.form.get("code", "")[:100]
    doors = doors_of_code(str(user.id), client_address(), device_of(user.email))
    system = system_actor("web")
    try:
        sessions.runtime().write(lambda uow: take_try(uow, doors), system)
    except Conflict as error:
        if error.code != THROTTLED:
            raise
        return _code_page(user, translate(error.message)), 429

    def use(uow: UnitOfWork) -> str:
        how = use_code(uow, user.id, code)
        if not how:
            note_failure(uow, user.id, "code", client_address())
        elif take_ticket(uow, _token(), "second") is None:
            return ""
        else:
            forgive(uow, doors)
        return how

    how = sessions.runtime().write(use, system)
    if not how:
        return _code_page(user, gettext("This code is wrong, too old, or was used already. Take the one the app shows now.")), 422
    return sessions.go_on(sessions.open_session(user, f"{ticket.method}+{how}"), _target())


@blueprint.get("/in/enrol")
@public
def enrol() -> ResponseReturnValue:
    """What to do with an app, for somebody who has to have one before anything else."""
    found = _step("enrolment")
    return _enrolment_page(found[1]) if found else _from_the_start()


@blueprint.post("/in/enrol")
@public
def confirm_enrolment() -> ResponseReturnValue:
    """Take the first code of the app, and show the recovery codes in the session that begins."""
    found = _step("enrolment")
    if found is None:
        return _from_the_start()
    ticket, user = found
    code = request.form.get("code", "")[:100]

    def confirm(uow: UnitOfWork) -> list[str] | None:
        codes = confirm_app(uow, user.id, code)
        if codes is not None:
            take_ticket(uow, _token(), "enrolment")
        return codes

    codes = sessions.runtime().write(confirm, system_actor("web"))
    if codes is None:
        problem = gettext("This is not the code that the app shows now. Wait for the next one and try again.")
        return _enrolment_page(user, problem), 422
    begun = sessions.open_session(user, f"{ticket.method}+app")
    page = render_template("sign_in/recovery_codes.html", codes=codes, next=_target())
    return sessions.let_in(make_response(page), begun)


def waiting_user() -> UUID | None:
    """Whose second step this browser waits for; None when it waits for nobody's."""
    found = _step("second")
    return found[1].id if found else None


def _step(purpose: str) -> tuple[Ticket, User] | None:
    def look(uow: UnitOfWork) -> tuple[Ticket, User] | None:
        ticket = look_at_ticket(uow, _token(), purpose)
        user = get_user(uow, ticket.user_id) if ticket and ticket.user_id else None
        return (ticket, user) if ticket and user and user.is_active else None

    return sessions.runtime().read(look, system_actor("web"))


def _token() -> str:
    return request.cookies.get(sessions.ticket_cookie(), "")


def _target() -> str:
    return safe_next(request.values.get("next"))


def _from_the_start() -> ResponseReturnValue:
    flash(gettext("This took too long. Sign in again."), "warn")
    return redirect(url_for("sign_in.show", next=_target()), 303)


def _code_page(user: User, problem: str = "") -> str:
    factors = sessions.runtime().read(lambda uow: factors_of(uow, user.id), user.as_actor("web"))
    offered = bool(factors.passkeys) and why_not(sessions.runtime().settings) is None
    return render_template(
        "sign_in/second_factor.html", code=code_input(gettext("Code of the app, or a recovery code"), problem), next=_target(),
        factors=factors, has_passkeys=offered, problems=[("f-code", problem)] if problem else [], login=user.email,
    )


def _enrolment_page(user: User, problem: str = "") -> str:
    secret = sessions.runtime().read(lambda uow: waiting_secret(uow, user.id), user.as_actor("web")) or ""
    picture: AppPicture = picture_for_app(secret, user.email)
    return render_template(
        "sign_in/enrolment.html", picture=picture, code=code_input(gettext("Code that the app shows"), problem), next=_target(),
        problems=[("f-code", problem)] if problem else [],
    )


def code_input(label: str, problem: str = "") -> FieldInput:
    """The field for a code: what a phone offers by itself fits in, and so does a recovery code."""
    return FieldInput(
        name="code", kind="text", label=label, required=True, autofocus=not problem, autocomplete="one-time-code", length=40,
        errors=(problem,) if problem else (),
    )
