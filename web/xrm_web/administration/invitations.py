# SPDX-License-Identifier: Apache-2.0
"""Invitations: invite somebody with rights in a department, see who has not come in yet, invite again, take it back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.policy import scope
from xrm.access.users import PermissionSet, list_permission_sets
from xrm.departments.queries import get_tree
from xrm.errors import Conflict, InvalidInput, NotFound, msg
from xrm.invitations.mails import sends_mail
from xrm.invitations.queries import Invitation, list_invitations
from xrm.invitations.service import Invited, invite, invite_again, take_back
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import NAMES, gettext, text_of, translate
from xrm_web.inputs import FieldInput, Option
from xrm_web.security import signed_in

blueprint = Blueprint("admin_invitations", __name__)
Sent = dict[str, str]
FIELDS = ("email", "name", "language", "department", "permission_set")


@blueprint.get("/admin/invitations")
@signed_in
def show() -> ResponseReturnValue:
    """The form, and who has not come in yet; nothing is here for who does not administer users everywhere."""
    return _page({}, [])


@blueprint.post("/admin/invitations")
@signed_in
def send() -> ResponseReturnValue:
    """Invite; where no mail is sent, this answer is the only one that holds the link."""
    sent = {key: request.form.get(key, "").strip() for key in FIELDS}
    try:
        made = sessions.write(lambda uow: _invite(uow, sent))
    except InvalidInput as error:
        return _page(sent, [(f"f-{one.path}" if one.path else "", translate(one.message)) for one in error.problems]), 422
    except Conflict as error:
        if error.code != "taken":
            raise
        return _page(sent, [("f-email", translate(error.message))]), 409
    return _done(made)


@blueprint.post("/admin/invitations/<uuid:user_id>/again")
@signed_in
def again(user_id: UUID) -> ResponseReturnValue:
    """Send a new link, or show it to pass it on by hand."""
    by_hand = request.form.get("by_hand") == "true"
    return _done(sessions.write(lambda uow: invite_again(uow, user_id, by_hand=by_hand)))


@blueprint.post("/admin/invitations/<uuid:user_id>/take-back")
@signed_in
def remove(user_id: UUID) -> ResponseReturnValue:
    """The link is worth nothing any more, and the login is off."""
    sessions.write(lambda uow: take_back(uow, user_id))
    flash(gettext("The invitation was taken back"))
    return redirect(url_for("admin_invitations.show"), 303)


def _done(made: Invited) -> ResponseReturnValue:
    if made.link:
        return _page({}, [], made)
    flash(gettext("The invitation is on its way to %(email)s", email=made.email))
    return redirect(url_for("admin_invitations.show"), 303)


def _invite(uow: UnitOfWork, sent: Sent) -> Invited:
    known = {str(one): one for one in get_tree(uow).by_id}
    if sent["department"] and sent["department"] not in known:
        raise NotFound(msg("There is no such department."))
    return invite(
        uow, sent["email"], name=sent["name"], language=sent["language"], department=known.get(sent["department"]),
        set_key=sent["permission_set"],
    )


def _page(sent: Sent, problems: list[tuple[str, str]], made: Invited | None = None) -> str:
    def look(uow: UnitOfWork) -> tuple[list[Invitation], list[Option], list[PermissionSet]] | None:
        if not scope(uow, "user", "administer").is_everywhere:
            return None
        departments = [Option(str(one.id), "\u2003" * one.depth + one.name) for one in get_tree(uow).by_id.values()]
        return list_invitations(uow), departments, list_permission_sets(uow)

    found = sessions.read(look)
    if found is None:
        abort(404)
    invitations, departments, sets = found
    choices = {
        "language": [Option(code, name) for code, name in NAMES.items()],
        "department": departments,
        "permission_set": [Option(one.key, text_of(one.label)) for one in sets],
    }
    return render_template(
        "admin/invitations.html", invitations=invitations, inputs=_inputs(sent, choices, dict(problems)), problems=problems,
        made=made, can_send=sends_mail(sessions.runtime().settings),
    )


def _inputs(sent: Sent, choices: dict[str, list[Option]], wrong: dict[str, str]) -> dict[str, FieldInput]:
    labels = {
        "email": gettext("E-mail"), "name": gettext("Name"), "language": gettext("Language"), "department": gettext("Department"),
        "permission_set": gettext("Rights there"),
    }
    return {
        key: FieldInput(
            name=key, kind="select" if key in choices else "email" if key == "email" else "text", label=label,
            value=sent.get(key, ""), required=key == "email", choices=tuple(choices.get(key, ())), autocomplete="off",
            errors=(wrong[f"f-{key}"],) if f"f-{key}" in wrong else (),
            placeholder=gettext("As the browser") if key == "language" else "",
        )
        for key, label in labels.items()
    }
