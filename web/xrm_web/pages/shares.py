# SPDX-License-Identifier: Apache-2.0
"""Sharing one party or record with a colleague or a department, and taking it back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from xrm.access.users import list_users
from xrm.departments.queries import get_tree
from xrm.entities.links import get_titles
from xrm.entities.queries import get_entity
from xrm.errors import InvalidInput
from xrm.sharing.service import Recipient, end_share, share_entity
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext
from xrm_web.inputs import FieldInput, Option
from xrm_web.pages.records import PAGE
from xrm_web.periods import end_after
from xrm_web.records.forms import (
    Errors,
    Place,
    SmallForm,
    date_input,
    messages_by_field,
    read_date,
    read_uuid,
    show_form,
    summary_of,
)
from xrm_web.records.page import type_of
from xrm_web.security import signed_in

blueprint = Blueprint("shares", __name__)


@blueprint.route(PAGE + "/share", methods=["GET", "POST"])
@signed_in
def share(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """With whom, for what, until when."""
    place = Place(plugin, entity, entity_id)

    def save(uow: UnitOfWork) -> None:
        type_of(uow, plugin, entity)
        recipient = Recipient(read_uuid(request.form.get("with", "")), read_uuid(request.form.get("department", "")))
        share_entity(
            uow, entity_id, recipient, request.form.get("action", ""), until=end_after(read_date("until")),
            note=request.form.get("note", ""),
        )

    if request.method == "GET":
        return show_form(sessions.read(lambda uow: _form(uow, place, {})))
    try:
        sessions.write(save)
    except InvalidInput as error:
        errors = messages_by_field(error)
        form = sessions.read(lambda uow: _form(uow, place, errors))
        return show_form(form.with_problems(summary_of(error, [one for _, some in form.groups for one in some])))
    flash(gettext("Shared"))
    return redirect(f"{place.path}#shares-title", 303)


@blueprint.post(PAGE + "/shares/<uuid:share_id>/end")
@signed_in
def end(plugin: str, entity: str, entity_id: UUID, share_id: UUID) -> ResponseReturnValue:
    """Take it back at once; who got it and gives it back may see it no longer, so the way leads home."""
    place = Place(plugin, entity, entity_id)

    def take_back(uow: UnitOfWork) -> str:
        get_entity(uow, entity_id, type_of(uow, plugin, entity).name)
        end_share(uow, share_id)
        return place.path if get_titles(uow, [entity_id]) else "/"

    target = sessions.write(take_back)
    flash(gettext("Share ended"))
    return redirect(target, 303)


def _form(uow: UnitOfWork, place: Place, errors: Errors) -> SmallForm:
    found = get_entity(uow, place.entity_id, type_of(uow, place.plugin, place.entity).name)
    form = SmallForm(
        title=gettext("Share %(title)s", title=found.title), crumbs=((found.title, place.path),), action=f"{place.path}/share",
        save=gettext("Share"), back=place.path,
        lead=gettext("They see this entry and its fields, whatever else they may see; no roles, and no fields that need a right "
                     "of their own."),
    )
    return form.with_inputs(_inputs(uow, errors))


def _inputs(uow: UnitOfWork, errors: Errors) -> list[FieldInput]:
    sent = request.form
    users = tuple(
        Option(str(one.id), one.name or one.email) for one in list_users(uow) if one.is_active and one.id != uow.actor.user_id
    )
    departments = tuple(Option(str(one.id), "\u2003" * one.depth + one.name) for one in get_tree(uow).by_id.values())
    actions = (Option("read", gettext("May see it")), Option("update", gettext("May change it")))
    return [
        FieldInput(name="with", kind="select", label=gettext("With whom"), value=sent.get("with", ""), choices=users,
                   placeholder=gettext("Nobody in particular"), errors=errors.get("with", ())),
        FieldInput(name="department", kind="select", label=gettext("Or with all members of"), value=sent.get("department", ""),
                   choices=departments, placeholder=gettext("No department"), errors=errors.get("department", ())),
        FieldInput(name="action", kind="select", label=gettext("What they may do"), value=sent.get("action", "read"),
                   choices=actions, required=True, errors=errors.get("action", ())),
        date_input("until", gettext("Until"), sent.get("until", ""), errors=errors.get("until", ()),
                   help_text=gettext("The last day on which it holds; empty while it goes on.")),
        FieldInput(name="note", kind="text", label=gettext("What for"), value=sent.get("note", ""), length=500, wide=True,
                   errors=errors.get("note", ())),
    ]
