# SPDX-License-Identifier: Apache-2.0
"""Entries of a timeline: written on the page of a party or record, corrected and taken back from there."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from xrm.entities.queries import get_entity
from xrm.errors import InvalidInput, NotFound, msg
from xrm.interactions.queries import Interaction, timeline_entry
from xrm.interactions.service import delete_interaction, record_interaction, restore_interaction, update_interaction
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import FieldInput
from xrm_web.navigation import list_path
from xrm_web.pages.records import PAGE, read_wish
from xrm_web.records.compose import compose_of, read_minutes, read_moment
from xrm_web.records.forms import SmallForm, messages_by_field, read_uuid, show_form, summary_of
from xrm_web.records.page import RecordPage, read_page, type_of
from xrm_web.records.undo import flash_undo
from xrm_web.security import signed_in

blueprint = Blueprint("interactions", __name__)


@blueprint.post(PAGE + "/interactions")
@signed_in
def add(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Add an entry; htmx gets the timeline anew, a browser without it goes back to the page."""
    try:
        path = sessions.write(lambda uow: _record(uow, plugin, entity, entity_id))
    except InvalidInput as error:
        page = _page(plugin, entity, entity_id, messages_by_field(error))
        part = "records/timeline_part.html" if request.args.get("part") else "records/page.html"
        return render_template(part, page=page), 422
    text = gettext("Added to the timeline")
    if request.args.get("part"):
        page = _page(plugin, entity, entity_id, None)
        return render_template("records/timeline_part.html", page=page, said=text)
    flash(text)
    return redirect(f"{path}#timeline", 303)


def _record(uow: UnitOfWork, plugin: str, entity: str, entity_id: UUID) -> str:
    form = request.form
    entity_type = type_of(uow, plugin, entity)
    found = get_entity(uow, entity_id, entity_type.name)
    record_interaction(
        uow,
        form.get("other_kind") or form.get("kind", ""),
        department=read_uuid(form.get("department", "")) or found.department,
        participants=[entity_id],
        subject=form.get("subject", ""),
        body=form.get("body", "").replace("\r\n", "\n").strip(),
        at=read_moment(form.get("at", "")),
        direction=form.get("direction", ""),
        outcome=form.get("outcome", ""),
        duration=read_minutes(form.get("duration", "")),
    )
    return f"{list_path(entity_type)}/{entity_id}"


def _page(plugin: str, entity: str, entity_id: UUID, errors: dict[str, tuple[str, ...]] | None) -> RecordPage:
    def load(uow: UnitOfWork) -> RecordPage:
        compose = compose_of(uow, request.form, errors) if errors else None
        return read_page(uow, type_of(uow, plugin, entity), entity_id, read_wish(), compose)

    return sessions.read(load)


@blueprint.route(PAGE + "/interactions/<uuid:interaction_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(plugin: str, entity: str, entity_id: UUID, interaction_id: UUID) -> ResponseReturnValue:
    """Correct the texts of an entry."""
    form = sessions.read(lambda uow: _edit_form(uow, plugin, entity, entity_id, interaction_id))
    if request.method == "GET":
        return show_form(form)
    texts = {name: request.form.get(name, "").replace("\r\n", "\n") for name in ("subject", "body", "outcome")}
    version = int(request.form.get("version", "0") or 0) or None
    try:
        sessions.write(lambda uow: update_interaction(uow, interaction_id, **texts, version=version))
    except InvalidInput as error:
        errors = messages_by_field(error)
        inputs = [replace(one, value=texts[one.name], errors=errors.get(one.name, ())) for one in form.groups[0][1]]
        return show_form(form.with_inputs(inputs, summary_of(error, inputs)))
    flash(gettext("Saved"))
    return redirect(f"{form.back}#i-{interaction_id}", 303)


def _edit_form(uow: UnitOfWork, plugin: str, entity: str, entity_id: UUID, interaction_id: UUID) -> SmallForm:
    entity_type = type_of(uow, plugin, entity)
    found = get_entity(uow, entity_id, entity_type.name)
    entry = _entry(uow, entity_id, interaction_id)
    kind = uow.registry.interaction_kinds.get(entry.kind)
    path = f"{list_path(entity_type)}/{entity_id}"
    inputs = (
        FieldInput(name="subject", kind="text", label=gettext("Subject"), value=entry.subject, length=500, wide=True),
        FieldInput(name="body", kind="textarea", label=gettext("Text"), value=entry.body),
        FieldInput(name="outcome", kind="text", label=gettext("Outcome"), value=entry.outcome, length=500, wide=True),
    )
    return SmallForm(
        title=gettext("Edit: %(kind)s", kind=text_of(kind.label) if kind else entry.kind), crumbs=((found.title, path),),
        action=f"{path}/interactions/{interaction_id}/edit", save=gettext("Save"), back=path,
        hidden={"version": str(entry.version)}, groups=(("", inputs),),
    )  # fmt: skip


def _entry(uow: UnitOfWork, entity_id: UUID, interaction_id: UUID) -> Interaction:
    found = timeline_entry(uow, entity_id, interaction_id)
    if found is None:
        raise NotFound(msg("There is no entry with the id {id} that you may see.", id=interaction_id))
    return found


@blueprint.post(PAGE + "/interactions/<uuid:interaction_id>/delete")
@signed_in
def delete(plugin: str, entity: str, entity_id: UUID, interaction_id: UUID) -> ResponseReturnValue:
    """Take an entry off the timeline, with the way back in the toast."""
    path = f"/{plugin}/{entity}/{entity_id}"
    sessions.write(lambda uow: delete_interaction(uow, interaction_id))
    flash_undo(gettext("Entry deleted"), f"{path}/interactions/{interaction_id}/restore")
    return redirect(f"{path}#timeline", 303)


@blueprint.post(PAGE + "/interactions/<uuid:interaction_id>/restore")
@signed_in
def restore(plugin: str, entity: str, entity_id: UUID, interaction_id: UUID) -> ResponseReturnValue:
    """Bring a deleted entry back."""
    sessions.write(lambda uow: restore_interaction(uow, interaction_id))
    flash(gettext("Restored"))
    return redirect(f"/{plugin}/{entity}/{entity_id}#timeline", 303)
