# SPDX-License-Identifier: Apache-2.0
"""Small changes from lists and boards: delete to the recycle bin, take back, move to another stage."""

from __future__ import annotations

from urllib.parse import quote, urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from xrm.entities.queries import get_entity
from xrm.entities.removal import delete_entity, restore_entity
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput, NotFound, msg
from xrm.roles.queries import get_role
from xrm.roles.service import delete_role, restore_role, update_role
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, labelled, text_of, translate
from xrm_web.navigation import list_path
from xrm_web.pages.forms import back_to, type_of
from xrm_web.security import signed_in
from xrm_web.value_cells import entity_path

blueprint = Blueprint("removal", __name__)


@blueprint.post("/<plugin>/<entity>/<uuid:entity_id>/delete")
@signed_in
def delete(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Put it into the recycle bin; the toast takes it back."""
    entity_type = type_of(plugin, entity)
    version = request.form.get("version", "")

    def remove(uow: UnitOfWork) -> tuple[str, str]:
        title, path = _title_and_path(uow, entity_type, entity_id)
        if entity_type.kind == "role":
            delete_role(uow, entity_id)
        else:
            delete_entity(uow, entity_id, version=int(version) if version.isdecimal() else None)
        return title, path

    title, path = sessions.write(remove)
    back = back_to(list_path(entity_type))
    # Its own page is gone with it.
    if entity_type.kind != "role" and back.startswith(path):
        back = list_path(entity_type)
    undo = f"{list_path(entity_type)}/{entity_id}/restore?back={quote(back, safe='/')}"
    flash(gettext("%(title)s was moved to the recycle bin", title=title), f"undo:{undo}")
    return redirect(back, 303)


@blueprint.post("/<plugin>/<entity>/<uuid:entity_id>/restore")
@signed_in
def restore(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Take it back from the recycle bin."""
    entity_type = type_of(plugin, entity)

    def take_back(uow: UnitOfWork) -> str:
        if entity_type.kind == "role":
            restore_role(uow, entity_id)
        else:
            restore_entity(uow, entity_id)
        return _title_and_path(uow, entity_type, entity_id)[0]

    title = sessions.write(take_back)
    flash(gettext("%(title)s is back", title=title))
    return redirect(back_to(list_path(entity_type)), 303)


@blueprint.post("/<plugin>/<entity>/<uuid:entity_id>/move")
@signed_in
def move(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Give one choice field another value; when more is needed for that, the form asks for it."""
    entity_type = type_of(plugin, entity)
    field, value = request.form.get("field", ""), request.form.get("value", "")
    if field not in entity_type.fields or entity_type.fields[field].type != "choice":
        raise NotFound(msg("There is no such stage. Load the page again."))
    version = request.form.get("version", "")
    known = int(version) if version.isdecimal() else None
    back = back_to(list_path(entity_type))

    def change(uow: UnitOfWork) -> str:
        if entity_type.kind == "role":
            update_role(uow, entity_id, {field: value}, version=known)
        else:
            update_entity(uow, entity_id, {field: value}, version=known)
        return _title_and_path(uow, entity_type, entity_id)[0]

    try:
        title = sessions.write(change)
    except InvalidInput as error:
        needed = [one for one in error.problems if one.path != field]
        flash(" ".join(dict.fromkeys(_sentence(entity_type, one.path, translate(one.message)) for one in error.problems)), "warn")
        if not needed:
            return redirect(back, 303)
        query = urlencode({field: value, "back": back})
        return redirect(f"{list_path(entity_type)}/{entity_id}/edit?{query}#f-{needed[0].path}", 303)
    label = next((text_of(choice.label) for choice in entity_type.fields[field].choices if choice.key == value), value)
    flash(gettext("%(title)s: now “%(stage)s”", title=title, stage=label))
    return redirect(back, 303)


def _sentence(entity_type: EntityType, path: str, text: str) -> str:
    return labelled(text_of(entity_type.fields[path].label), text) if path in entity_type.fields else text


def _title_and_path(uow: UnitOfWork, entity_type: EntityType, entity_id: UUID) -> tuple[str, str]:
    """Raises NotFound when the actor may not see it or it is of another type."""
    if entity_type.kind == "role":
        role = get_role(uow, entity_id)
        if role is None or role.type != entity_type.name:
            raise NotFound(msg("There is no role with the id {id} that you may see.", id=entity_id))
        return f"{role.party_title}, {text_of(entity_type.label.one)}", list_path(entity_type)
    found = get_entity(uow, entity_id)
    if found.type != entity_type.name:
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))
    return found.title, entity_path(uow.registry, found.type, entity_id)
