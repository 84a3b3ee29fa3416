# SPDX-License-Identifier: Apache-2.0
"""Departments: the tree; a page for each with members and rights; create, rename, move, delete."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.directory import count_members, list_grants, list_members
from xrm.access.people import remove_member
from xrm.access.policy import allowed, require, scope
from xrm.access.service import add_member
from xrm.access.users import find_user
from xrm.departments.moving import RIGHT, contents_of, delete_department, move_department
from xrm.departments.queries import Department, get_tree
from xrm.departments.service import create_department, rename_department
from xrm.errors import Conflict, InvalidInput, NotFound, XrmError, msg
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.answering import department_input, problems_of, uuid_or_none
from xrm_web.administration.department_plugins import plugins_in
from xrm_web.administration.words import contents_in_words
from xrm_web.i18n import gettext
from xrm_web.inputs import FieldInput
from xrm_web.security import signed_in

blueprint = Blueprint("admin_departments", __name__, url_prefix="/admin/departments")


def administered(uow: UnitOfWork) -> list[Department]:
    """The departments that the reader administers, in the order of the tree."""
    where = scope(uow, "department", "administer")
    return [one for one in get_tree(uow).by_id.values() if where.covers(one.id)]


@blueprint.get("")
@signed_in
def show_all() -> ResponseReturnValue:
    """The tree, as far as the reader administers it."""

    def find(uow: UnitOfWork) -> dict[str, Any]:
        require(uow, RIGHT)
        found = administered(uow)
        top = min((one.depth for one in found), default=0)
        counts = count_members(uow) if allowed(uow, "user:administer") else {}
        rows = [(one, min(one.depth - top, 8), counts.get(one.id, 0)) for one in found]
        return {"rows": rows, "may_create": bool(found) or scope(uow, "department", "administer").is_everywhere}

    return render_template("admin/departments.html", **sessions.read(find))


@blueprint.get("/new")
@signed_in
def show_new() -> ResponseReturnValue:
    """The form of a new department."""
    return _new_form("", request.args.get("parent", ""))


@blueprint.post("/new")
@signed_in
def create() -> ResponseReturnValue:
    """Make it."""
    name, parent = request.form.get("name", ""), request.form.get("parent", "")
    above = uuid_or_none(parent)
    try:
        one = sessions.write(lambda uow: create_department(uow, name, parent=above))
    except (InvalidInput, Conflict) as error:
        return _new_form(name, parent, error)
    flash(gettext("%(name)s is there now", name=name.strip()))
    return redirect(url_for("admin_departments.show", department_id=one), 303)


def _new_form(name: str, parent: str, error: XrmError | None = None) -> ResponseReturnValue:
    def find(uow: UnitOfWork) -> dict[str, Any]:
        require(uow, RIGHT)
        return _inputs(uow, name, parent)

    page = render_template("admin/department_form.html", **sessions.read(find), problems=problems_of(error) if error else [])
    return page, 422 if error else 200


def _inputs(uow: UnitOfWork, name: str, parent: str, but: UUID | None = None) -> dict[str, Any]:
    tree, everywhere = get_tree(uow), scope(uow, "department", "administer").is_everywhere
    inside = tree.below(but) if but else set()
    choices = [one for one in administered(uow) if one.id not in inside]
    return {
        "name": FieldInput(
            name="name", kind="text", label=gettext("Name"), value=name, required=True, length=120, autofocus=True
        ),
        "parent": department_input(
            choices, parent, name="parent", label=gettext("Stands below"), nowhere=gettext("At the top"), required=not everywhere,
        ),
    }


@blueprint.get("/<uuid:department_id>")
@signed_in
def show(department_id: UUID) -> ResponseReturnValue:
    """One department: members, rights in it, plugins, what stands below."""
    return _page(department_id)


def _page(department_id: UUID, email: str = "", error: XrmError | None = None) -> ResponseReturnValue:
    def find(uow: UnitOfWork) -> dict[str, Any]:
        one = find_administered(uow, department_id)
        tree = get_tree(uow).by_id
        knows_people = allowed(uow, "user:administer", department_id)
        return {
            "department": one, "parent": tree.get(one.parent_id) if one.parent_id else None,
            "below": [child for child in tree.values() if child.parent_id == department_id],
            "members": list_members(uow, department_id) if knows_people else [],
            "grants": list_grants(uow, department=department_id), "knows_people": knows_people,
            "plugins": plugins_in(uow, department_id),
        }

    add = FieldInput(name="email", kind="email", label=gettext("E-mail of the new member"), value=email, required=True)
    problems = problems_of(error) if error else []
    page = render_template("admin/department.html", **sessions.read(find), add=add, problems=problems)
    return page, 422 if error else 200


def find_administered(uow: UnitOfWork, department_id: UUID) -> Department:
    """A department that the reader administers.

    Raises:
        NotFound: when there is none, or they do not administer it.
    """
    one = get_tree(uow).by_id.get(department_id)
    if one is None or not allowed(uow, RIGHT, department_id):
        raise NotFound(msg("There is no department with the id {id}.", id=department_id))
    return one


@blueprint.get("/<uuid:department_id>/edit")
@signed_in
def show_edit(department_id: UUID) -> ResponseReturnValue:
    """The form of its name and place."""
    return _edit_form(department_id)


@blueprint.post("/<uuid:department_id>/edit")
@signed_in
def change(department_id: UUID) -> ResponseReturnValue:
    """Rename and move it."""
    name, parent = request.form.get("name", ""), uuid_or_none(request.form.get("parent"))

    def save(uow: UnitOfWork) -> None:
        before = find_administered(uow, department_id)
        if name != before.name:
            rename_department(uow, department_id, name)
        move_department(uow, department_id, parent)

    try:
        sessions.write(save)
    except (InvalidInput, Conflict) as error:
        return _edit_form(department_id, (name, str(parent or "")), error)
    flash(gettext("Department saved"))
    return redirect(url_for("admin_departments.show", department_id=department_id), 303)


def _edit_form(
    department_id: UUID, sent: tuple[str, str] | None = None, error: XrmError | None = None
) -> ResponseReturnValue:
    def find(uow: UnitOfWork) -> dict[str, Any]:
        one = find_administered(uow, department_id)
        name, parent = sent or (one.name, str(one.parent_id or ""))
        return {"department": one, **_inputs(uow, name, parent, but=department_id)}

    page = render_template("admin/department_form.html", **sessions.read(find), problems=problems_of(error) if error else [])
    return page, 422 if error else 200


@blueprint.get("/<uuid:department_id>/delete")
@signed_in
def show_delete(department_id: UUID) -> ResponseReturnValue:
    """What stands in it, and whether it can go."""

    def find(uow: UnitOfWork) -> dict[str, Any]:
        one = find_administered(uow, department_id)
        inside = contents_of(uow, department_id)
        return {"department": one, "inside": inside, "counts": contents_in_words(inside)}

    return render_template("admin/department_delete.html", **sessions.read(find))


@blueprint.post("/<uuid:department_id>/delete")
@signed_in
def remove(department_id: UUID) -> ResponseReturnValue:
    """Delete it when it is empty."""

    def erase(uow: UnitOfWork) -> str:
        name = find_administered(uow, department_id).name
        delete_department(uow, department_id)
        return name

    try:
        name = sessions.write(erase)
    except Conflict as error:
        if error.code != "not_empty":
            raise
        return redirect(url_for("admin_departments.show_delete", department_id=department_id), 303)
    flash(gettext("%(name)s is deleted", name=name))
    return redirect(url_for("admin_departments.show_all"), 303)


@blueprint.post("/<uuid:department_id>/members")
@signed_in
def add(department_id: UUID) -> ResponseReturnValue:
    """Make somebody a member."""
    email = request.form.get("email", "").strip()

    def join(uow: UnitOfWork) -> str:
        find_administered(uow, department_id)
        require(uow, "user:administer", department_id)
        who = find_user(uow, email, only_active=False)
        add_member(uow, who.id, department_id)
        return who.name

    try:
        name = sessions.write(join)
    except NotFound as error:
        if not email:
            raise
        text = msg(
            "Nobody has a login with the address {email}. An administrator of all departments can create one.", email=email
        )
        return _page(department_id, email, InvalidInput(text) if error.code == "not_found" else error)
    flash(gettext("%(name)s is a member now", name=name))
    return redirect(url_for("admin_departments.show", department_id=department_id), 303)


@blueprint.post("/<uuid:department_id>/members/<uuid:user_id>/remove")
@signed_in
def leave(department_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """End a membership."""
    sessions.write(lambda uow: remove_member(uow, user_id, department_id))
    flash(gettext("The membership has ended; rights in the department stay until they are ended."))
    back = url_for("admin_people.show", user_id=user_id) if request.form.get("back") == "person" else None
    return redirect(back or url_for("admin_departments.show", department_id=department_id), 303)
