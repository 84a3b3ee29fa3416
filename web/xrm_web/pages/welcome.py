# SPDX-License-Identifier: Apache-2.0
"""Coming in for the first time: by an invitation, or as the first administrator of an empty instance."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from xrm.errors import Conflict, InvalidInput
from xrm.invitations.links import FIRST_ADMINISTRATOR, INVITATION, Link
from xrm.invitations.redeeming import accept_invitation, create_first_administrator
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_web import link_cookie, sessions
from xrm_web.entering import enter
from xrm_web.i18n import NAMES, gettext, language, translate
from xrm_web.inputs import FieldInput, Option
from xrm_web.password_inputs import new_password_input
from xrm_web.security import public

blueprint = Blueprint("welcome", __name__)
PURPOSES = (INVITATION, FIRST_ADMINISTRATOR)
Problems = list[tuple[str, str]]


@blueprint.get("/welcome/<token>")
@public
def arrive(token: str) -> ResponseReturnValue:
    """Take the link out of the address."""
    return link_cookie.take_along(token, "welcome.show", *PURPOSES)


@blueprint.get("/welcome")
@public
def show() -> ResponseReturnValue:
    """The form of somebody who holds a link; nothing is here for anybody else."""
    link = link_cookie.look_up(link_cookie.token(), *PURPOSES)
    return _form(link, {"name": link.name if link.name != link.email else "", "language": link.language or language()}, [])


@blueprint.post("/welcome")
@public
def come_in() -> ResponseReturnValue:
    """Use the link, and go on as the user it was for."""
    link = link_cookie.look_up(link_cookie.token(), *PURPOSES)
    sent = {key: request.form.get(key, "").strip() for key in ("email", "name", "language")}
    try:
        user_id = sessions.runtime().write(lambda uow: _use(uow, link, sent), system_actor("web"))
    except InvalidInput as error:
        return _form(link, sent, [(f"f-{one.path}" if one.path else "", translate(one.message)) for one in error.problems]), 422
    except Conflict as error:
        if error.code != "taken":
            raise
        return _form(link, sent, [("f-email", translate(error.message))]), 409
    return link_cookie.drop(enter(user_id, link.purpose, "/"))


def _use(uow: UnitOfWork, link: Link, sent: dict[str, str]) -> UUID:
    given = {"password": request.form.get("password", ""), "name": sent["name"], "language": sent["language"]}
    if link.purpose == INVITATION:
        return accept_invitation(uow, link_cookie.token(), **given)
    return create_first_administrator(uow, link_cookie.token(), email=sent["email"], **given)


def _form(link: Link, sent: dict[str, str], problems: Problems) -> str:
    is_first = link.purpose == FIRST_ADMINISTRATOR
    wrong = dict(problems)
    inputs = {
        "email": FieldInput(
            name="email", kind="email", label=gettext("E-mail"), value=sent.get("email", "") if is_first else link.email,
            required=True, read_only=not is_first, autocomplete="username", autofocus=is_first and not problems,
            help=gettext("You sign in with it.") if is_first else "", errors=_errors(wrong, "f-email"),
        ),
        "name": FieldInput(
            name="name", kind="text", label=gettext("Name"), value=sent.get("name", ""), required=True, autocomplete="name",
            length=200, autofocus=not is_first and not problems, errors=_errors(wrong, "f-name"),
        ),
        "language": FieldInput(
            name="language", kind="select", label=gettext("Language"), value=sent.get("language", ""), required=True,
            choices=tuple(Option(code, name) for code, name in NAMES.items()), errors=_errors(wrong, "f-language"),
        ),
        "password": new_password_input("password", gettext("Password"), problem=wrong.get("f-password", "")),
    }
    return render_template("welcome.html", inputs=inputs, is_first=is_first, link=link, problems=problems)


def _errors(wrong: dict[str, str], field_id: str) -> tuple[str, ...]:
    return (wrong[field_id],) if field_id in wrong else ()
