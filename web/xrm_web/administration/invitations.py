# SPDX-License-Identifier: Apache-2.0
"""Inviting somebody with rights in a department, after a look at what they give; inviting again, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.permission_sets import find_set
from xrm.access.policy import require
from xrm.access.users import list_permission_sets
from xrm.departments.queries import get_tree
from xrm.errors import Conflict, InvalidInput, XrmError
from xrm.invitations.mails import sends_mail
from xrm.invitations.previewing import preview_invitation
from xrm.invitations.service import Invited, invite, invite_again, take_back
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.answering import (
    administered,
    change_and_return,
    department_input,
    depth_input,
    depth_names,
    is_everywhere,
    problems_of,
    set_input,
    uuid_or_none,
)
from xrm_web.administration.previews import preview_rows
from xrm_web.i18n import NAMES, gettext, text_of
from xrm_web.inputs import FieldInput, Option
from xrm_web.security import signed_in

blueprint = Blueprint("admin_invitations", __name__, url_prefix="/admin/people")
FIELDS = ("email", "name", "language", "department", "set", "depth")


@blueprint.get("/invite")
@signed_in
def show() -> ResponseReturnValue:
    """The form; ``?department=`` chooses one."""
    return _form({key: request.args.get(key, "") for key in FIELDS})


@blueprint.post("/invite/form")
@signed_in
def show_again() -> ResponseReturnValue:
    """The form with what was typed: the way back from the preview."""
    return _form(_sent())


@blueprint.post("/invite/preview")
@signed_in
def preview() -> ResponseReturnValue:
    """What the invitation would give; nothing is kept and nothing sent."""
    sent = _sent()
    department = uuid_or_none(sent["department"])

    def find(uow: UnitOfWork) -> dict[str, Any]:
        found = preview_invitation(uow, sent["email"], name=sent["name"], **_rights(sent))
        where = get_tree(uow).by_id[department].name if department is not None else ""
        return {
            "rows": preview_rows(uow, found) if sent["set"] else None, "where": where,
            "label": text_of(find_set(uow, sent["set"]).label) if sent["set"] else "",
        }

    try:
        found = sessions.read(find)
    except (InvalidInput, Conflict) as error:
        return _form(sent, error)
    depth = depth_names()[sent["depth"]]
    return render_template("admin/invitation_preview.html", **found, sent=sent, depth_name=depth, can_send=_can_send())


@blueprint.post("/invite")
@signed_in
def send() -> ResponseReturnValue:
    """Invite; where no mail is sent, this answer is the only one that holds the link."""
    sent = _sent()
    try:
        made = sessions.write(
            lambda uow: invite(uow, sent["email"], name=sent["name"], language=sent["language"], **_rights(sent))
        )
    except (InvalidInput, Conflict) as error:
        return _form(sent, error)
    return answer(made)


@blueprint.post("/<uuid:user_id>/invitation/again")
@signed_in
def again(user_id: UUID) -> ResponseReturnValue:
    """Send a new link, or show it to pass it on by hand."""
    by_hand = request.form.get("by_hand") == "true"
    return answer(sessions.write(lambda uow: invite_again(uow, user_id, by_hand=by_hand)))


@blueprint.post("/<uuid:user_id>/invitation/take-back")
@signed_in
def remove(user_id: UUID) -> ResponseReturnValue:
    """The link is worth nothing any more, and the login is off."""
    said = gettext("The invitation was taken back, and the login is switched off")
    return change_and_return(lambda uow: take_back(uow, user_id), said, url_for("admin_people.show", user_id=user_id))


def answer(made: Invited) -> ResponseReturnValue:
    """The page that shows the link, this once; or on to the person, when it went by mail."""
    if made.link:
        return render_template("admin/link_made.html", made=made)
    flash(gettext("The mail is on its way to %(email)s", email=made.email))
    return redirect(url_for("admin_people.show", user_id=made.user_id), 303)


def _sent() -> dict[str, str]:
    sent = {key: request.form.get(key, "").strip() for key in FIELDS}
    return {**sent, "depth": sent["depth"] if sent["depth"] in depth_names() else "department"}


def _rights(sent: dict[str, str]) -> dict[str, Any]:
    return {"department": uuid_or_none(sent["department"]), "set_key": sent["set"], "depth": sent["depth"]}


def _can_send() -> bool:
    return sends_mail(sessions.runtime().settings)


def _form(sent: dict[str, str], error: XrmError | None = None) -> ResponseReturnValue:
    problems = problems_of(error) if error else []
    if isinstance(error, Conflict):
        if error.code != "taken":
            raise error
        text = gettext("Add them to the department on its page, or give them rights on their own.")
        problems = [("f-email", f"{problems[0][1]} {text}")]
    wrong = dict(problems)

    def find(uow: UnitOfWork) -> dict[str, Any]:
        require(uow, "user:administer")
        everywhere = is_everywhere(uow)
        departments = administered(uow)
        if not sent["department"] and len(departments) == 1:
            sent["department"] = str(departments[0].id)
        nowhere = gettext("No department yet") if everywhere else gettext("Choose a department")
        place = department_input(departments, sent["department"], required=not everywhere, nowhere=nowhere)
        return {
            "everywhere": everywhere,
            "rights": (
                replace(place, errors=(wrong["f-department"],) if "f-department" in wrong else ()),
                set_input(list_permission_sets(uow), sent["set"], nothing=gettext("No rights yet")),
                depth_input(sent["depth"], everywhere=everywhere),
            ),
        }

    page = render_template(
        "admin/invite.html", **sessions.read(find), who=_who(sent, wrong), problems=problems, can_send=_can_send()
    )
    return page, (409 if isinstance(error, Conflict) else 422) if error else 200


def _who(sent: dict[str, str], wrong: dict[str, str]) -> tuple[FieldInput, ...]:
    languages = tuple(Option(code, name) for code, name in NAMES.items())
    problem = wrong.get("f-email", "")
    return (
        FieldInput(name="email", kind="email", label=gettext("E-mail"), value=sent["email"], required=True, autocomplete="off",
                   autofocus=not wrong, errors=(problem,) if problem else ()),
        FieldInput(name="name", kind="text", label=gettext("Name"), value=sent["name"], length=200, autocomplete="off",
                   help=gettext("They may change it when they come in.")),
        FieldInput(name="language", kind="select", label=gettext("Language"), value=sent["language"], choices=languages,
                   placeholder=gettext("As the browser")),
    )
