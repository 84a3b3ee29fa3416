# SPDX-License-Identifier: Apache-2.0
"""Creating entities and roles, changing them, and which fields apply while somebody types."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from xrm.access.policy import require
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.form_changes import Changing, conflict_page, edit_page, save_change
from xrm_web.form_creation import Refused, Similar, create_page, save_new
from xrm_web.form_origins import kept_for_another
from xrm_web.form_pages import default_values, hidden_fields
from xrm_web.i18n import gettext
from xrm_web.navigation import list_path
from xrm_web.security import safe_next, signed_in

blueprint = Blueprint("forms", __name__)


def type_of(plugin: str, entity: str) -> EntityType:
    """The entity type of an address.

    Raises:
        NotFound: when the plugin has none of this name.
    """
    found = sessions.runtime().registry.entity_types.get(entity)
    if found is None or found.plugin != plugin:
        raise NotFound(msg("There is no list of this name. Choose one from the menu."))
    return found


def back_to(fallback: str) -> str:
    """Where the reader came from, if that is a page of ours."""
    wanted = request.values.get("back", "")
    found = safe_next(wanted) if wanted else fallback
    return found if found != "/" or wanted == "/" else fallback


@blueprint.get("/<plugin>/<entity>/new")
@signed_in
def new(plugin: str, entity: str) -> ResponseReturnValue:
    """An empty form, with defaults and with what the address gives."""
    entity_type = type_of(plugin, entity)
    back = back_to("")
    page = sessions.read(lambda uow: create_page(uow, entity_type, None, request.args, back))
    return render_template("forms/form.html", page=page)


@blueprint.post("/<plugin>/<entity>/new")
@signed_in
def create(plugin: str, entity: str) -> ResponseReturnValue:
    """Create it, or show the form again with what was typed and what is wrong."""
    entity_type = type_of(plugin, entity)
    back, sent = back_to(""), request.form
    refused, status = Refused(), 200
    if "_find" not in sent:
        try:
            saved = sessions.write(lambda uow: save_new(uow, entity_type, sent, request.files))
        except InvalidInput as error:
            refused, status = Refused(tuple(error.problems)), 422
        except Conflict as error:
            refused, status = Refused((Problem("", error.message),)), 409
        else:
            if not isinstance(saved, Similar):
                return _after_creation(entity_type, saved.path, saved.title, back)
            refused, status = Refused(similar=saved), 409
    page = sessions.read(lambda uow: create_page(uow, entity_type, sent, request.args, back, refused=refused))
    return render_template("forms/form.html", page=page), status


def _after_creation(entity_type: EntityType, path: str, title: str, back: str) -> ResponseReturnValue:
    if request.form.get("_then") == "another":
        flash(gettext("%(title)s was added", title=title), f"open:{path}")
        keep = {"back": back} if back else {}
        keep |= kept_for_another(entity_type, request.form)
        query = urlencode({**keep, "department": request.form.get("_department", "")})
        return redirect(f"{list_path(entity_type)}/new?{query}", 303)
    role = request.form.get("_role", "")
    registry = sessions.runtime().registry
    if role in registry.entity_types:
        flash(gettext("%(title)s was added", title=title))
        return redirect(f"{list_path(registry.entity_types[role])}/new?party={path.rsplit('/', 1)[1]}", 303)
    flash(gettext("%(title)s was added", title=title), f"open:{path}" if back else "message")
    return redirect(back or path, 303)


@blueprint.get("/<plugin>/<entity>/<uuid:entity_id>/edit")
@signed_in
def edit(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """The form with the stored values."""
    entity_type = type_of(plugin, entity)
    page = sessions.read(lambda uow: edit_page(uow, Changing.find(uow, entity_type, entity_id), None, request.args, back_to("")))
    return render_template("forms/form.html", page=page)


@blueprint.post("/<plugin>/<entity>/<uuid:entity_id>/edit")
@signed_in
def save(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Save the change; when somebody else was faster, show both versions field by field."""
    entity_type = type_of(plugin, entity)
    back, sent = back_to(""), request.form
    problems: list[Problem] = []
    status = 200
    if "_find" not in sent:
        try:
            saved = sessions.write(lambda uow: save_change(uow, entity_type, entity_id, sent, request.files))
        except InvalidInput as error:
            problems, status = error.problems, 422
        except Conflict as error:
            if error.code == "conflict":
                page = sessions.read(lambda uow: conflict_page(uow, Changing.find(uow, entity_type, entity_id), sent, back))
                return render_template("forms/form.html", page=page), 409
            problems, status = [Problem("", error.message)], 409
        else:
            flash(gettext("%(title)s was saved", title=saved.title))
            return redirect(back or saved.path, 303)
    page = sessions.read(
        lambda uow: edit_page(uow, Changing.find(uow, entity_type, entity_id), sent, request.args, back, problems=problems)
    )
    return render_template("forms/form.html", page=page), status


@blueprint.post("/<plugin>/<entity>/conditions")
@signed_in
def conditions(plugin: str, entity: str) -> ResponseReturnValue:
    """Which fields do not apply to what stands in the form; asked for while somebody types."""
    entity_type = type_of(plugin, entity)

    def hidden(uow: UnitOfWork) -> list[str]:
        require(uow, f"{entity}:read")
        return sorted(hidden_fields(uow, entity_type, default_values(uow, entity_type), request.form))

    return jsonify({"hidden": sessions.read(hidden)})
