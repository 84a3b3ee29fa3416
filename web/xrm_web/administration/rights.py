# SPDX-License-Identifier: Apache-2.0
"""Giving and ending rights of a person: first what it would do, then doing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.directory import get_person, list_grants
from xrm.access.grants import change_depth, end_grant, find_grant
from xrm.access.permission_sets import find_set
from xrm.access.previewing import preview_end, preview_grant
from xrm.access.service import give
from xrm.departments.queries import get_tree
from xrm.errors import InvalidInput, NotFound, msg
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.answering import depth_names, problems_of, uuid_or_none
from xrm_web.administration.previews import preview_rows
from xrm_web.i18n import gettext, text_of
from xrm_web.security import signed_in

blueprint = Blueprint("admin_rights", __name__, url_prefix="/admin/people/<uuid:user_id>/rights")


@blueprint.get("/give")
@signed_in
def show_give(user_id: UUID) -> ResponseReturnValue:
    """What it would do to give this set here."""
    key, depth = request.args.get("set", ""), request.args.get("depth", "department")
    department = uuid_or_none(request.args.get("department"))

    def find(uow: UnitOfWork) -> dict[str, Any]:
        person = get_person(uow, user_id)
        preview = preview_grant(uow, user_id, key, department=department, depth=depth)
        where = get_tree(uow).by_id[department].name if department is not None and depth != "all" else ""
        return {
            "person": person, "rows": preview_rows(uow, preview), "label": text_of(find_set(uow, key).label),
            "where": where, "depth_name": depth_names()[depth], "ends": False,
        }

    sent = {"set": key, "department": str(department or ""), "depth": depth}
    try:
        found = sessions.read(find)
    except InvalidInput as error:
        flash("; ".join(text for _, text in problems_of(error)), "bad")
        return redirect(url_for("admin_people.show", user_id=user_id), 303)
    return render_template("admin/grant_preview.html", **found, sent=sent, action=url_for(".save", user_id=user_id))


@blueprint.post("/give")
@signed_in
def save(user_id: UUID) -> ResponseReturnValue:
    """Give it."""
    key, depth = request.form.get("set", ""), request.form.get("depth", "department")
    department = uuid_or_none(request.form.get("department"))

    def grant(uow: UnitOfWork) -> None:
        get_person(uow, user_id)
        give(uow, user_id, key, department=department, depth=depth)

    sessions.write(grant)
    flash(gettext("Rights given; they hold from the next click on"))
    return redirect(url_for("admin_people.show", user_id=user_id), 303)


@blueprint.get("/<uuid:grant_id>/end")
@signed_in
def show_end(user_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """What it would do to end this grant."""

    def find(uow: UnitOfWork) -> dict[str, Any]:
        _own(uow, user_id, grant_id)
        given = next(one for one in list_grants(uow, users=[user_id]) if one.id == grant_id)
        return {
            "person": get_person(uow, user_id), "rows": preview_rows(uow, preview_end(uow, grant_id)), "ends": True,
            "label": text_of(given.label), "where": given.department_name, "depth_name": depth_names()[given.depth],
        }

    action = url_for(".end", user_id=user_id, grant_id=grant_id)
    return render_template("admin/grant_preview.html", **sessions.read(find), sent={}, action=action)


@blueprint.post("/<uuid:grant_id>/end")
@signed_in
def end(user_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """End it."""

    def take(uow: UnitOfWork) -> None:
        _own(uow, user_id, grant_id)
        end_grant(uow, grant_id)

    sessions.write(take)
    flash(gettext("Rights ended; it is felt at their next click"))
    return redirect(url_for("admin_people.show", user_id=user_id), 303)


@blueprint.post("/<uuid:grant_id>/depth")
@signed_in
def reach(user_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """Let it reach deeper or less deep."""
    depth = request.form.get("depth", "")

    def change(uow: UnitOfWork) -> None:
        _own(uow, user_id, grant_id)
        change_depth(uow, grant_id, depth)

    sessions.write(change)
    flash(gettext("Rights changed; they hold from the next click on"))
    return redirect(url_for("admin_people.show", user_id=user_id), 303)


def _own(uow: UnitOfWork, user_id: UUID, grant_id: UUID) -> None:
    if find_grant(uow, grant_id).user_id != user_id:
        raise NotFound(msg("There is no such grant. It may have been ended in the meantime."))
