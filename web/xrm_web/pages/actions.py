# SPDX-License-Identifier: Apache-2.0
"""Actions of plugins on a party or record: asked for what they need, then run by the host with the reader's own rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from xrm.access.policy import require
from xrm.entities.queries import Entity, get_entity
from xrm.errors import InvalidInput, Message
from xrm.plugin_host.contributions import Action
from xrm.schema.registry import Fielded
from xrm.schema.validation import Situation, validate_new
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.form_inputs import input_of, read_form
from xrm_web.i18n import translate
from xrm_web.navigation import list_path, plain_text
from xrm_web.pages.records import PAGE
from xrm_web.records.forms import Place, SmallForm, messages_by_field, show_form, summary_of
from xrm_web.records.page import departments_of_page, type_of
from xrm_web.records.plugins import find_action
from xrm_web.security import signed_in

blueprint = Blueprint("actions", __name__)
HERE = PAGE + "/actions/<owner>/<key>"


@blueprint.get(HERE)
@signed_in
def ask(plugin: str, entity: str, entity_id: UUID, owner: str, key: str) -> ResponseReturnValue:
    """What the action asks for, or the question before it runs."""
    place = Place(plugin, entity, entity_id)
    return show_form(sessions.read(lambda uow: _form(uow, *_find(uow, place, owner, key), owner, None)))


@blueprint.post(HERE)
@signed_in
def run(plugin: str, entity: str, entity_id: UUID, owner: str, key: str) -> ResponseReturnValue:
    """Run it in a unit of work of its own; what it says becomes the toast."""
    place = Place(plugin, entity, entity_id)

    def work(uow: UnitOfWork) -> Message:
        found, action = _find(uow, place, owner, key)
        if action.permission:
            require(uow, action.permission)
        values = _values(uow, action)
        assert action.run is not None  # noqa: S101  # find_action gives only those that run
        return uow.host.call(owner, key, Message, action.run, uow, found.id, values)

    if request.form.get("_find"):
        return show_form(sessions.read(lambda uow: _form(uow, *_find(uow, place, owner, key), owner, None)))
    try:
        said = sessions.write(work)
    except InvalidInput as error:
        refusal = error
        return show_form(sessions.read(lambda uow: _form(uow, *_find(uow, place, owner, key), owner, refusal)))
    flash(translate(said))
    return redirect(place.path, 303)


def _find(uow: UnitOfWork, place: Place, owner: str, key: str) -> tuple[Entity, Action]:
    found = get_entity(uow, place.entity_id, type_of(uow, place.plugin, place.entity).name)
    return found, find_action(uow, found, departments_of_page(uow, found), owner, key)


def asked(uow: UnitOfWork, action: Action) -> Fielded:
    """The fields of an action as a declaration that inputs and validation understand; they have no table."""
    types = uow.host.field_types()
    return Fielded({one.key: one for one in action.asks}, {one.key: types[one.type] for one in action.asks}, None, {})


def _values(uow: UnitOfWork, action: Action) -> Mapping[str, Any]:
    fields = asked(uow, action)
    return validate_new(fields, read_form(fields, request.form, fields.fields), Situation(uow.parse_context, uow))


def _form(uow: UnitOfWork, found: Entity, action: Action, owner: str, error: InvalidInput | None) -> SmallForm:
    fields = asked(uow, action)
    errors = messages_by_field(error) if error else {}
    sent = request.form if request.method == "POST" else None
    inputs = [input_of(uow, fields, key, field.default, sent, errors.get(key, ())) for key, field in fields.fields.items()]
    path = f"{list_path(uow.registry.get(found.type))}/{found.id}"
    label = plain_text(action.label)
    if action.blocked:
        why = plain_text(action.blocked)
        return SmallForm(title=label, crumbs=((found.title, path),), action="", save="", back=path, lead=why)
    form = SmallForm(
        title=label, crumbs=((found.title, path),), action=f"{path}/actions/{owner}/{action.key}",
        save=plain_text(action.submit) if action.submit else label, back=path,
        lead=plain_text(action.confirm) if action.confirm else "",
    )  # fmt: skip
    return form.with_inputs(inputs, summary_of(error, inputs) if error else ())
