# SPDX-License-Identifier: Apache-2.0
"""The page of one party or record, and its way to another stage; ``pages/removal.py`` deletes and restores."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from xrm.access.field_rights import RowPlace
from xrm.entities.queries import Entity, get_entity
from xrm.entities.removal import find_deleted
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput, NotFound, msg
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.access_notes import note_seen
from xrm_web.field_rights import rights_of_change
from xrm_web.form_inputs import input_of, read_form
from xrm_web.i18n import gettext, text_of
from xrm_web.navigation import list_path
from xrm_web.records.forms import SmallForm, messages_by_field, show_form, summary_of
from xrm_web.records.page import RecordPage, Wish, read_page, type_of
from xrm_web.records.stages import asked_fields
from xrm_web.records.timeline import read_cursor
from xrm_web.security import signed_in

blueprint = Blueprint("records", __name__)
PAGE = "/<plugin>/<entity>/<uuid:entity_id>"
PARTS = {"timeline": "records/timeline_part.html", "relationships": "records/relationships_part.html"}


@blueprint.get(PAGE)
@signed_in
def show(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """The page; with ``?part=`` one block of it, from the same template."""
    wish = read_wish()

    def load(uow: UnitOfWork) -> RecordPage:
        return read_page(uow, type_of(uow, plugin, entity), entity_id, wish)

    try:
        page = sessions.read(load)
    except NotFound:
        return _gone(plugin, entity, entity_id)
    note_seen(page.type, entity_id)
    part = PARTS.get(request.args.get("part", ""))
    return render_template(part or "records/page.html", page=page)


@blueprint.get("/go/<uuid:entity_id>")
@signed_in
def go(entity_id: UUID) -> ResponseReturnValue:
    """To the page of an entity of which only the id is known."""

    def find(uow: UnitOfWork) -> str:
        return list_path(uow.registry.get(get_entity(uow, entity_id).type))

    return redirect(f"{sessions.read(find)}/{entity_id}", 302)


@blueprint.post(PAGE + "/stage")
@signed_in
def move(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """To another stage; a stage that needs fields asks for them first, on a small form."""
    wanted = request.form.get("stage", "")
    asked = request.form.get("asked") == "1"

    def change(uow: UnitOfWork) -> SmallForm | str:
        entity_type = type_of(uow, plugin, entity)
        found = get_entity(uow, entity_id, entity_type.name)
        keys = _asked(uow, entity_type, wanted, found)
        path = f"{list_path(entity_type)}/{entity_id}"
        stages = entity_type.declaration.stages
        if stages is None:
            raise NotFound(msg("There is no page at this address."))
        label = next((text_of(one.label) for one in entity_type.fields[stages.field].choices if one.key == wanted), wanted)
        form = SmallForm(
            title=gettext("Move to “%(stage)s”", stage=label), crumbs=((found.title, path),), action=f"{path}/stage",
            save=gettext("Move"), back=path, hidden={"stage": wanted, "asked": "1", "version": request.form.get("version", "")},
        )
        if keys and not asked:
            return form.with_inputs([replace(input_of(uow, entity_type, key, found.fields.get(key)), depends="") for key in keys])
        raw = {**read_form(entity_type, request.form, keys), stages.field: wanted}
        try:
            update_entity(uow, entity_id, raw, version=_version())
        except InvalidInput as error:
            errors = messages_by_field(error)
            typed = [input_of(uow, entity_type, key, found.fields.get(key), request.form, errors.get(key, ())) for key in keys]
            inputs = [replace(one, depends="") for one in typed]
            return form.with_inputs(inputs, summary_of(error, inputs))
        return path

    result = sessions.write(change)
    if isinstance(result, SmallForm):
        return show_form(result)
    flash(gettext("Moved"))
    return redirect(result, 303)


def _asked(uow: UnitOfWork, entity_type: EntityType, wanted: str, found: Entity) -> tuple[str, ...]:
    """The fields that the stage asks for and that the reader may fill in."""
    locked = rights_of_change(uow, entity_type, RowPlace(found.id, found.department, found.owner), found.fields).locked
    return tuple(key for key in asked_fields(entity_type, wanted, found.fields) if key not in locked)


def read_wish() -> Wish:
    """What the address asks for; what cannot be read counts as not asked."""
    try:
        as_of = date.fromisoformat(request.args.get("as_of", ""))
    except ValueError:
        as_of = None
    return Wish(
        as_of=as_of,
        with_ended=request.args.get("ended") == "1",
        before=read_cursor(request.args.get("before", "")),
        kind=request.args.get("kind", ""),
    )


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() else None


def _gone(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """404; who may restore a deleted entity is told where it is."""

    def find(uow: UnitOfWork) -> tuple[str, str]:
        entity_type = type_of(uow, plugin, entity)
        return find_deleted(uow, entity_id, entity_type.name), f"{list_path(entity_type)}/{entity_id}"

    title, path = sessions.read(find)
    restore = f"{path}/restore?{urlencode({'back': path})}"
    return render_template("records/gone.html", title=title, restore_href=restore), 404
