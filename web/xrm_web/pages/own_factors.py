# SPDX-License-Identifier: Apache-2.0
"""My second factors: set up an app, see and renew recovery codes, take a factor away; each asks first who it is."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.throttle import doors_of_code, forgive, take_try
from xrm.errors import Conflict
from xrm.factors.queries import waiting_secret
from xrm.factors.service import confirm_app, remove_app, remove_passkey, renew_recovery_codes, start_app
from xrm.unit_of_work import UnitOfWork
from xrm_web import in_person, sessions
from xrm_web.app_pictures import picture_for_app
from xrm_web.i18n import gettext
from xrm_web.pages.own_sign_in import own_id
from xrm_web.pages.second_factor import code_input
from xrm_web.peers import client_address
from xrm_web.security import signed_in

blueprint = Blueprint("own_factors", __name__)
HOME = "own_sign_in.show"


@blueprint.post("/me/app/start")
@signed_in
def start() -> ResponseReturnValue:
    """Make a secret for an app; it counts once a code confirms it."""
    in_person.require_fresh(back=url_for(HOME))
    sessions.write(lambda uow: start_app(uow, own_id()))
    return redirect(url_for("own_factors.show_app"), 303)


@blueprint.get("/me/app")
@signed_in
def show_app() -> ResponseReturnValue:
    """The picture for the app, and the form for its first code."""
    in_person.require_fresh()
    return _app_page()


@blueprint.post("/me/app")
@signed_in
def confirm() -> ResponseReturnValue:
    """Take the first code, and show the recovery codes this once."""
    in_person.require_fresh(back=url_for("own_factors.show_app"))
    me, code = own_id(), request.form.get("code", "")[:100]
    doors = doors_of_code(f"first code {me}", client_address())
    in_person.write_aside(lambda uow: take_try(uow, doors))

    def take(uow: UnitOfWork) -> list[str] | None:
        codes = confirm_app(uow, me, code)
        if codes is not None:
            forgive(uow, doors)
        return codes

    try:
        codes = sessions.write(take)
    except Conflict:
        return redirect(url_for(HOME), 303)
    if codes is None:
        return _app_page(gettext("This is not the code that the app shows now. Wait for the next one and try again.")), 422
    return render_template("me/recovery_codes.html", codes=codes)


@blueprint.post("/me/app/remove")
@signed_in
def remove() -> ResponseReturnValue:
    """Sign in without the app from now on."""
    in_person.require_fresh(back=url_for(HOME))
    sessions.write(lambda uow: remove_app(uow, own_id()))
    flash(gettext("The app is not asked for any more."))
    return redirect(url_for(HOME), 303)


@blueprint.post("/me/recovery-codes")
@signed_in
def renew_codes() -> ResponseReturnValue:
    """Ten new recovery codes, shown this once."""
    in_person.require_fresh(back=url_for(HOME))
    return render_template("me/recovery_codes.html", codes=sessions.write(lambda uow: renew_recovery_codes(uow, own_id())))


@blueprint.post("/me/passkeys/<uuid:passkey_id>/remove")
@signed_in
def remove_one_passkey(passkey_id: UUID) -> ResponseReturnValue:
    """Take a passkey away."""
    in_person.require_fresh(back=url_for(HOME))
    sessions.write(lambda uow: remove_passkey(uow, own_id(), passkey_id))
    flash(gettext("Passkey removed"))
    return redirect(url_for(HOME, _anchor="passkeys"), 303)


def _app_page(problem: str = "") -> str:
    secret = sessions.read(lambda uow: waiting_secret(uow, own_id()))
    if secret is None:
        abort(redirect(url_for(HOME), 303))
    email = g.visitor.email
    return render_template(
        "me/app.html", picture=picture_for_app(secret, email), code=code_input(gettext("Code that the app shows"), problem),
        problems=[("f-code", problem)] if problem else [],
    )
