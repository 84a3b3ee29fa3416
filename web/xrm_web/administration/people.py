# SPDX-License-Identifier: Apache-2.0
"""People: the list with invitations that wait, a page for each login, new ones, their name and address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.directory import Search, get_person, search_people
from xrm.access.people import change_email, rename_user
from xrm.access.policy import require_everywhere, scope
from xrm.access.service import add_member, create_user, give
from xrm.access.users import list_permission_sets
from xrm.departments.queries import get_tree
from xrm.errors import Conflict, InvalidInput, XrmError
from xrm.invitations.mails import sends_mail
from xrm.invitations.queries import list_invitations
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
from xrm_web.administration.sign_in_help import SignIn, sign_in_of
from xrm_web.i18n import NAMES, gettext, translate
from xrm_web.inputs import FieldInput, Option
from xrm_web.security import signed_in

blueprint = Blueprint("admin_people", __name__, url_prefix="/admin/people")
PAGE = 100
FIELDS = ("name", "email", "language", "department", "set", "depth")


@blueprint.get("")
@signed_in
def show_all() -> ResponseReturnValue:
    """The people whom the reader administers."""
    sent = request.args
    start = max(sent.get("from", 0, int), 0)
    wanted = Search(
        sent.get("q", "")[:200], sent.get("state", ""), uuid_or_none(sent.get("department")), sent.get("set", ""), start, PAGE
    )

    def find(uow: UnitOfWork) -> dict[str, Any]:
        return {
            "found": search_people(uow, wanted), "invited": {one.user_id: one for one in list_invitations(uow)},
            "names": {key: one.name for key, one in get_tree(uow).by_id.items()},
            "everywhere": is_everywhere(uow), "state": _state_input(wanted.state),
            "department": department_input(administered(uow), sent.get("department", ""), nowhere=gettext("All departments")),
            "set": set_input(list_permission_sets(uow), wanted.set_key),
        }

    found = sessions.read(find)
    count = found["found"].count
    earlier = _page_at(max(start - PAGE, 0)) if start else ""
    later = _page_at(start + PAGE) if start + PAGE < count else ""
    can_send = sends_mail(sessions.runtime().settings)
    return render_template("admin/people.html", **found, wanted=wanted, earlier=earlier, later=later, can_send=can_send)


def _page_at(start: int) -> str:
    here = {key: value for key, value in request.args.items() if value and key != "from"}
    return f"{url_for('.show_all')}?{urlencode({**here, 'from': start})}"


def _state_input(value: str) -> FieldInput:
    names = {"on": gettext("Can sign in"), "invited": gettext("Invited"), "off": gettext("Switched off")}
    choices = tuple(Option(key, name) for key, name in names.items())
    return FieldInput(
        name="state", kind="select", label=gettext("State"), value=value, choices=choices, placeholder=gettext("All")
    )


@blueprint.get("/new")
@signed_in
def show_new() -> ResponseReturnValue:
    """The form of a new login."""
    return _new_form({key: request.args.get(key, "") for key in FIELDS})


@blueprint.post("/new")
@signed_in
def create() -> ResponseReturnValue:
    """Make a login, with its first department and rights."""
    sent = {key: request.form.get(key, "") for key in FIELDS}
    department = uuid_or_none(sent["department"])

    def make(uow: UnitOfWork) -> UUID:
        require_everywhere(uow, "user:administer")
        one = create_user(uow, sent["email"], name=sent["name"], language=sent["language"], department=department)
        if sent["set"]:
            give(uow, one, sent["set"], department=department, depth=sent["depth"] or "department")
        return one

    try:
        one = sessions.write(make)
    except (InvalidInput, Conflict) as error:
        return _new_form(sent, error)
    flash(gettext("The login is there. Nobody can sign in with it until it has a password."))
    return redirect(url_for(".show", user_id=one), 303)


def _new_form(sent: dict[str, str], error: XrmError | None = None) -> ResponseReturnValue:
    def find(uow: UnitOfWork) -> dict[str, Any]:
        require_everywhere(uow, "user:administer")
        languages = tuple(Option(code, name) for code, name in NAMES.items())
        return {
            "login": (
                FieldInput(name="name", kind="text", label=gettext("Name"), value=sent["name"], length=200, autofocus=True),
                FieldInput(name="email", kind="email", label=gettext("E-mail"), value=sent["email"], required=True),
                FieldInput(name="language", kind="select", label=gettext("Language"), value=sent["language"], choices=languages,
                           placeholder=gettext("As the browser")),
            ),
            "rights": (
                department_input(administered(uow), sent["department"], nowhere=gettext("No department yet")),
                set_input(list_permission_sets(uow), sent["set"]), depth_input(sent["depth"], everywhere=True),
            ),
        }

    page = render_template("admin/person_new.html", **sessions.read(find), problems=problems_of(error) if error else [])
    return page, 422 if error else 200


@blueprint.get("/<uuid:user_id>")
@signed_in
def show(user_id: UUID) -> ResponseReturnValue:
    """One person: departments, rights, login."""
    return _page(user_id)


def _page(user_id: UUID, sent: tuple[str, str] | None = None, error: XrmError | None = None) -> ResponseReturnValue:
    def find(uow: UnitOfWork) -> dict[str, Any]:
        person = get_person(uow, user_id)
        everywhere, here = is_everywhere(uow), administered(uow)
        joined = [one for one in here if one.id in person.departments]
        sign_in = sign_in_of(uow, person)
        invited = [one for one in list_invitations(uow) if one.user_id == user_id]
        return {
            "sign_in": sign_in if isinstance(sign_in, SignIn) else None, "invited": invited[0] if invited else None,
            "why_not": "" if isinstance(sign_in, SignIn) else translate(sign_in),
            "person": person, "everywhere": everywhere, "joined": joined, "depths": depth_names(),
            "may_view": scope(uow, "*", "*").is_everywhere and person.user.is_active and user_id != uow.actor.user_id,
            "join": department_input([one for one in here if one not in joined], "", required=True),
            "give": (
                set_input(list_permission_sets(uow), "", required=True),
                department_input(here, "", nowhere=gettext("Choose a department")),
                depth_input("", everywhere=everywhere),
            ),
        }

    found = sessions.read(find)
    name, email = sent or (found["person"].user.name, found["person"].user.email)
    login = (
        FieldInput(name="name", kind="text", label=gettext("Name"), value=name, length=200, required=True),
        FieldInput(name="email", kind="email", label=gettext("E-mail"), value=email, required=True,
                   help=gettext("Another address ends their sessions.")),
    )
    problems = problems_of(error) if error else []
    return render_template("admin/person.html", **found, login=login, problems=problems), 422 if error else 200


@blueprint.post("/<uuid:user_id>/login")
@signed_in
def change(user_id: UUID) -> ResponseReturnValue:
    """Change name and address."""
    name, email = request.form.get("name", ""), request.form.get("email", "")

    def save(uow: UnitOfWork) -> None:
        rename_user(uow, user_id, name)
        change_email(uow, user_id, email)

    try:
        return change_and_return(save, gettext("Login saved"), url_for(".show", user_id=user_id))
    except (InvalidInput, Conflict) as error:
        return _page(user_id, (name, email), error)


@blueprint.post("/<uuid:user_id>/departments")
@signed_in
def join(user_id: UUID) -> ResponseReturnValue:
    """Make them a member of a department."""
    department, target = uuid_or_none(request.form.get("department")), url_for(".show", user_id=user_id)
    if department is None:
        return redirect(target, 303)

    def save(uow: UnitOfWork) -> None:
        get_person(uow, user_id)
        add_member(uow, user_id, department)

    return change_and_return(save, gettext("Department added"), target)
