# SPDX-License-Identifier: Apache-2.0
"""Passkeys: what the script of the page asks for, and the forms in which it sends what the browser made or signed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.sign_in import NOBODY, note_failure
from xrm.access.throttle import doors_of_login, take_try
from xrm.access.tickets import issue_ticket, take_ticket
from xrm.access.users import get_user
from xrm.errors import Conflict, InvalidInput, XrmError, msg
from xrm.factors.passkeys import check_creation, check_proof, creation_options, request_options
from xrm.factors.service import add_passkey, use_passkey
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_web import in_person, sessions
from xrm_web.i18n import gettext, translate
from xrm_web.pages.second_factor import waiting_user
from xrm_web.pages.sign_in import sign_in_page
from xrm_web.peers import client_address
from xrm_web.security import public, safe_next, signed_in

blueprint = Blueprint("passkeys", __name__)
SIGN_IN, CREATE = "passkey", "passkey creation"


@blueprint.post("/in/passkey/options")
@public
def options_to_sign() -> ResponseReturnValue:
    """What the browser needs to sign with a passkey, as JSON, with the ticket to send back."""
    ticket = sessions.runtime().write(lambda uow: issue_ticket(uow, SIGN_IN), system_actor("web"))
    return _options(request_options(sessions.runtime().settings, ticket), ticket)


@blueprint.post("/in/passkey")
@public
def enter() -> ResponseReturnValue:
    """Start a session for whom a passkey proves; it is a second factor too, so nothing more is asked."""
    target, waiting = safe_next(request.form.get("next")), waiting_user()
    try:
        user_id = prove()
    except (InvalidInput, Conflict) as error:
        said = error.problems[0].message if isinstance(error, InvalidInput) else error.message
        return sign_in_page(target, problem=("", translate(said))), 422
    if waiting not in (None, user_id):
        return sign_in_page(target, problem=("", gettext("This passkey belongs to another user. Sign in with it alone."))), 422
    return sessions.go_on(sessions.begin(user_id, "passkey"), target)


@blueprint.post("/me/passkeys/options")
@signed_in
def options_to_create() -> ResponseReturnValue:
    """What the browser needs to make a passkey, as JSON, with the ticket to send back."""
    in_person.require_fresh(back=url_for("own_sign_in.show"))
    me = _me()
    ticket = sessions.write(lambda uow: issue_ticket(uow, CREATE, user_id=me))

    def ask(uow: UnitOfWork) -> str:
        user = get_user(uow, me)
        assert user is not None, "somebody who is signed in is a user"  # noqa: S101  # a session goes with its user
        return creation_options(uow, user, ticket)

    return _options(sessions.read(ask), ticket)


@blueprint.post("/me/passkeys")
@signed_in
def add() -> ResponseReturnValue:
    """Keep the passkey that the browser made."""
    in_person.require_fresh(back=url_for("own_sign_in.show"))
    me, token = _me(), request.form.get("ticket", "")
    answer, name = request.form.get("answer", ""), request.form.get("name", "")
    try:
        made = check_creation(sessions.runtime().settings, answer, token)

        def keep(uow: UnitOfWork) -> bool:
            ticket = take_ticket(uow, token, CREATE)
            if ticket is None or ticket.user_id != me:
                return False
            add_passkey(uow, me, name, made)
            return True

        kept = sessions.write(keep)
    except (InvalidInput, Conflict) as error:
        said = error.problems[0].message if isinstance(error, InvalidInput) else error.message
        flash(translate(said), "bad")
    else:
        flash(gettext("Passkey added"), "good") if kept else flash(gettext("This took too long. Try again."), "bad")
    return redirect(url_for("own_sign_in.show", _anchor="passkeys"), 303)


def prove() -> UUID:
    """The user whom the passkey in the form proves.

    Raises:
        InvalidInput: when it proves nobody; noted in the audit log.
        Conflict: after too many tries.
    """
    system, runtime = system_actor("web"), sessions.runtime()
    token, answer = request.form.get("ticket", ""), request.form.get("answer", "")
    runtime.write(lambda uow: take_try(uow, doors_of_login("", client_address())[2:]), system)
    refused = InvalidInput(msg("This passkey did not work here. Try again, or take another way in."))
    if runtime.write(lambda uow: take_ticket(uow, token, SIGN_IN), system) is None:
        raise refused
    try:
        proof = runtime.read(lambda uow: check_proof(uow, answer, token), system)
    except InvalidInput:
        runtime.write(lambda uow: note_failure(uow, NOBODY, "passkey", client_address()), system)
        raise
    found = runtime.write(lambda uow: use_passkey(uow, proof), system)
    if found is None:
        raise refused
    return found


def _options(text: str, ticket: str) -> Response:
    return current_app.response_class(f'{{"ticket":"{ticket}","publicKey":{text}}}', mimetype="application/json")


def _me() -> UUID:
    user_id: UUID | None = g.visitor.actor.user_id
    if user_id is None:
        raise XrmError(msg("Only a user has passkeys."))
    return user_id
