# SPDX-License-Identifier: Apache-2.0
"""My API tokens: make one (shown once), see when each was used last, revoke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.departments.queries import get_tree
from xrm.errors import InvalidInput, Problem, msg
from xrm.tokens.queries import list_own_tokens
from xrm.tokens.service import NewToken, create_token, revoke_token
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, translate
from xrm_web.inputs import FieldInput, Option
from xrm_web.navigation import frame
from xrm_web.security import signed_in

blueprint = Blueprint("tokens", __name__)
SCOPES = {"read": ("*:read",), "all": ("*:*",)}
DAYS = ("30", "90", "365", "never")


@blueprint.get("/me/tokens")
@signed_in
def show() -> ResponseReturnValue:
    """The list, and the form for another one."""
    return _page({"reach": "read", "expires": "90"}, [], [])


@blueprint.post("/me/tokens")
@signed_in
def create() -> ResponseReturnValue:
    """Make a token; this answer is the only one that holds it."""
    sent = {key: request.form.get(key, "").strip() for key in ("name", "reach", "scopes", "expires")}
    departments = request.form.getlist("departments")
    try:
        made = sessions.write(lambda uow: _create(uow, sent, departments))
    except InvalidInput as error:
        return _page(sent, departments, [(f"f-{one.path}", translate(one.message)) for one in error.problems]), 422
    return _page({"reach": "read", "expires": "90"}, [], [], made)


@blueprint.post("/me/tokens/<uuid:token_id>/revoke")
@signed_in
def revoke(token_id: UUID) -> ResponseReturnValue:
    """Make it worthless at once."""
    sessions.write(lambda uow: revoke_token(uow, token_id))
    flash(gettext("The token was revoked"))
    return redirect(url_for("tokens.show"), 303)


def _create(uow: UnitOfWork, sent: dict[str, str], departments: list[str]) -> NewToken:
    assert uow.actor.user_id is not None, "somebody is signed in"  # noqa: S101  # the guard of the view
    if sent["expires"] not in DAYS:
        raise InvalidInput([Problem("expires", msg("Choose one of the list."))])
    expires_at = None if sent["expires"] == "never" else datetime.now(UTC) + timedelta(days=int(sent["expires"]))
    known = {str(one): one for one in get_tree(uow).by_id}
    places = [known[one] for one in departments if one in known]
    scopes = SCOPES.get(sent["reach"]) or tuple(sent["scopes"].split())
    return create_token(uow, uow.actor.user_id, sent["name"], scopes=scopes, departments=places, expires_at=expires_at)


def _page(
    sent: dict[str, str], departments: list[str], problems: list[tuple[str, str]], made: NewToken | None = None
) -> str:
    found = sessions.read(list_own_tokens)
    inputs = _inputs(sent, departments, dict(problems))
    return render_template("me/tokens.html", tokens=found, inputs=inputs, problems=problems, made=made)


def _inputs(sent: dict[str, str], departments: list[str], wrong: dict[str, str]) -> dict[str, FieldInput]:
    reach = {"read": gettext("Read only"), "all": gettext("All that I may do"), "chosen": gettext("Chosen rights")}
    days = {"30": gettext("30 days"), "90": gettext("90 days"), "365": gettext("1 year"), "never": gettext("Never")}
    errors = {key: (wrong[f"f-{key}"],) if f"f-{key}" in wrong else () for key in ("name", "scopes", "expires")}
    return {
        "name": FieldInput(
            name="name", kind="text", label=gettext("What it is for"), value=sent.get("name", ""), required=True, length=100,
            errors=errors["name"], help=gettext("Such as: nightly export to the shop."),
        ),
        "expires": FieldInput(
            name="expires", kind="select", label=gettext("Ends after"), value=sent.get("expires", ""), required=True,
            choices=tuple(Option(key, days[key]) for key in DAYS), errors=errors["expires"],
        ),
        "reach": FieldInput(
            name="reach", kind="checkbox", label=gettext("What it may do"), value=sent.get("reach", ""),
            choices=tuple(Option(key, label) for key, label in reach.items()),
            help=gettext("Never more than you may yourself at the moment it is used."),
        ),
        "scopes": FieldInput(
            name="scopes", kind="text", label=gettext("Chosen rights"), value=sent.get("scopes", ""), errors=errors["scopes"],
            help=gettext("For “Chosen rights”: subject:verb with spaces between, such as customer:read interaction:create."),
        ),
        "departments": FieldInput(
            name="departments", kind="multiselect", label=gettext("Departments"), values=tuple(departments),
            choices=tuple(Option(str(one.id), one.name) for one in frame().departments),
            help=gettext("With those below them. None chosen: wherever you may."),
        ),
    }
