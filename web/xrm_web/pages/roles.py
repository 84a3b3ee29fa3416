# SPDX-License-Identifier: Apache-2.0
"""Roles of a party: add one in a department, edit, end, start again, take out what was entered by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from xrm.departments.queries import get_tree
from xrm.entities.queries import get_entity
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.roles.queries import Role, get_role, list_roles_of
from xrm.roles.service import delete_role, end_role, restore_role, start_role
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.field_rights import rights_of_new, without_untouched
from xrm_web.form_inputs import input_of, is_typed, read_form
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import FieldInput, Option
from xrm_web.navigation import sentence
from xrm_web.pages.records import PAGE
from xrm_web.periods import end_after
from xrm_web.records.facets import addable_roles
from xrm_web.records.forms import (
    Errors,
    Place,
    SmallForm,
    date_input,
    department_input,
    messages_by_field,
    read_date,
    read_uuid,
    show_form,
    summary_of,
)
from xrm_web.records.page import type_of
from xrm_web.records.undo import flash_undo
from xrm_web.role_overlaps import Wanted, check_overlap, confirmation, mark_of
from xrm_web.security import signed_in

blueprint = Blueprint("roles", __name__)


@blueprint.route(PAGE + "/roles/add", methods=["GET", "POST"])
@signed_in
def add(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """First which role, then its department, since when, and its fields."""
    place = Place(plugin, entity, entity_id)
    chosen = request.values.get("role", "")
    if not chosen:
        return show_form(sessions.read(lambda uow: _choose_form(uow, place)))
    return _save_new(place, chosen, None)


@blueprint.route(PAGE + "/roles/<uuid:role_id>/again", methods=["GET", "POST"])
@signed_in
def again(plugin: str, entity: str, entity_id: UUID, role_id: UUID) -> ResponseReturnValue:
    """A new period of a role that is over, beginning with what it was; the old period stays."""
    place = Place(plugin, entity, entity_id)
    old = sessions.read(lambda uow: _role(uow, entity_id, role_id))
    return _save_new(place, old.type, old)


def _save_new(place: Place, name: str, old: Role | None) -> ResponseReturnValue:

    def save(uow: UnitOfWork) -> UUID:
        role_type = _role_type(uow, name)
        department = read_uuid(request.form.get("department", ""))
        if department is None:
            raise InvalidInput([Problem("department", msg("This is needed. Fill it in."))])
        since, until = read_date("since"), end_after(read_date("until"))
        raw = without_untouched(uow, role_type, read_form(role_type, request.form, role_type.fields), department)
        wanted = Wanted(place.entity_id, role_type, department, since, until, raw)
        check_overlap(uow, wanted, request.form, path="since")
        return start_role(uow, place.entity_id, name, raw, department=department, since=since, until=until)

    def form(uow: UnitOfWork, errors: Errors) -> SmallForm:
        return _new_form(uow, place, name, old, errors)

    if request.method == "GET" or request.form.get("_find"):
        return show_form(sessions.read(lambda uow: form(uow, {})))
    try:
        role_id = sessions.write(save)
    except InvalidInput as error:
        errors = messages_by_field(error)
        return show_form(_with_problems(sessions.read(lambda uow: form(uow, errors)), error))
    flash(gettext("Role added") if old is None else gettext("Started again"))
    return redirect(f"{place.path}#role-{role_id}", 303)


@blueprint.route(PAGE + "/roles/<uuid:role_id>/end", methods=["GET", "POST"])
@signed_in
def end(plugin: str, entity: str, entity_id: UUID, role_id: UUID) -> ResponseReturnValue:
    """The last day of a role; it stays on the page among those that are over."""
    place = Place(plugin, entity, entity_id)

    def form(uow: UnitOfWork, errors: Errors) -> SmallForm:
        role = _role(uow, entity_id, role_id)
        label = _distinct_label(uow, role)
        title = gettext("End the role: %(role)s", role=label)
        frame = _frame(uow, place, f"{role_id}/end", title, gettext("End role"))
        day = date_input(
            "last_day", gettext("Last day"), request.form.get("last_day") or uow.today - timedelta(days=1),
            help_text=gettext("The role still holds on this day. What belongs to it stays, and it can start again later."),
            errors=errors.get("last_day", errors.get("until", ())), required=True,
        )  # fmt: skip
        return frame.with_inputs([day])

    def save(uow: UnitOfWork) -> None:
        _role(uow, entity_id, role_id)
        end_role(uow, role_id, end_after(read_date("last_day") or uow.today) or uow.today)

    if request.method == "GET":
        return show_form(sessions.read(lambda uow: form(uow, {})))
    try:
        sessions.write(save)
    except InvalidInput as error:
        errors = messages_by_field(error)
        return show_form(_with_problems(sessions.read(lambda uow: form(uow, errors)), error))
    flash(gettext("Role ended"))
    return redirect(f"{place.path}#roles-title", 303)


@blueprint.post(PAGE + "/roles/<uuid:role_id>/delete")
@signed_in
def delete(plugin: str, entity: str, entity_id: UUID, role_id: UUID) -> ResponseReturnValue:
    """Take out a role entered by mistake, with the way back in the toast."""
    place = Place(plugin, entity, entity_id)
    here = place.path

    def remove(uow: UnitOfWork) -> None:
        _role(uow, entity_id, role_id)
        delete_role(uow, role_id)

    sessions.write(remove)
    flash_undo(gettext("Role deleted"), f"{here}/roles/{role_id}/restore")
    return redirect(here, 303)


@blueprint.post(PAGE + "/roles/<uuid:role_id>/restore")
@signed_in
def restore(plugin: str, entity: str, entity_id: UUID, role_id: UUID) -> ResponseReturnValue:
    """Take a deleted role back."""
    place = Place(plugin, entity, entity_id)
    sessions.write(lambda uow: restore_role(uow, role_id))
    flash(gettext("Restored"))
    return redirect(f"{place.path}#role-{role_id}", 303)


def _frame(uow: UnitOfWork, place: Place, action: str, title: str, save: str = "") -> SmallForm:
    entity_type = type_of(uow, place.plugin, place.entity)
    found = get_entity(uow, place.entity_id, entity_type.name)
    path = place.path
    return SmallForm(
        title=title, crumbs=((found.title, path),), action=f"{path}/roles/{action}", save=save or gettext("Save"), back=path
    )


def _choose_form(uow: UnitOfWork, place: Place) -> SmallForm:
    entity_type = type_of(uow, place.plugin, place.entity)
    frame = _frame(uow, place, "add", gettext("Add role"), gettext("Continue"))
    options = tuple(
        Option(one.name, sentence(text_of(one.label.one)), note=text_of(one.declaration.help))
        for one in addable_roles(uow, entity_type.name)
    )
    return frame.with_choices("role", gettext("Which role?"), options)


def _new_form(uow: UnitOfWork, place: Place, name: str, old: Role | None, errors: Errors) -> SmallForm:
    role_type = _role_type(uow, name)
    label = text_of(role_type.label.one)
    action = f"{old.id}/again" if old else "add"
    title = gettext("Start again: %(role)s", role=label) if old else gettext("Add role: %(role)s", role=label)
    frame = _frame(uow, place, action, title, gettext("Start again") if old else gettext("Add role"))
    chosen = request.form.get("department", "") or (str(old.department) if old else "")
    home = get_entity(uow, place.entity_id).department
    department = department_input(uow, f"{name}:create", value=chosen, errors=errors.get("department", ()), home=home)
    place_and_time = (department, *_period(uow, errors), *confirmation(request.form, errors))
    groups = [(gettext("Where and when"), place_and_time), *_field_groups(uow, role_type, old, errors)]
    form = frame.with_groups([group for group in groups if group[1]], {"role": name})
    return form if old else replace(form, already=_already(uow, place, name, department.value))


def _already(uow: UnitOfWork, place: Place, name: str, department: str) -> tuple[str, str] | None:
    """An open role of the same type, first in the department chosen; a second one may be right, so nothing is refused."""
    found = [one for one in list_roles_of(uow, place.entity_id, all_periods=False) if one.type == name]
    if not found:
        return None
    # The department can still be changed on the form, so one of another department is named too.
    one = min(found, key=lambda role: str(role.department) != department)
    return gettext("There is one already: %(role)s.", role=_distinct_label(uow, one)), f"{place.path}#role-{one.id}"


def _distinct_label(uow: UnitOfWork, role: Role) -> str:
    """The role with its department and what names it best (a customer number), so that two of a kind differ."""
    role_type = uow.registry.get(role.type)
    department = get_tree(uow).by_id[role.department].name
    return " · ".join(part for part in (text_of(role_type.label.one), mark_of(role_type, role.fields), department) if part)


def _period(uow: UnitOfWork, errors: Errors) -> tuple[FieldInput, FieldInput]:
    sent = request.form if request.method == "POST" else None
    hint = gettext("The last day on which it holds; empty while it goes on.")
    since = sent.get("since", "") if sent is not None else uow.today
    until = sent.get("until", "") if sent is not None else None
    return (
        date_input("since", gettext("Since"), since, errors=errors.get("since", ())),
        date_input("until", gettext("Until"), until, errors=errors.get("until", ()), help_text=hint),
    )


def _field_groups(
    uow: UnitOfWork, role_type: EntityType, old: Role | None, errors: Errors
) -> list[tuple[str, tuple[FieldInput, ...]]]:
    values = old.fields if old else {key: one.default for key, one in role_type.fields.items() if _is_plain(one.default)}
    sections = role_type.declaration.page.sections
    named = {key for section in sections for key in section.fields}
    rest = [key for key in role_type.fields if key not in named]
    groups = [(text_of(section.label), _inputs(uow, role_type, section.fields, values, errors)) for section in sections]
    return [*groups, (gettext("More") if named else gettext("Details"), _inputs(uow, role_type, rest, values, errors))]


def _is_plain(default: object) -> bool:
    return default is not None and not (isinstance(default, str) and default.startswith("="))


def _inputs(
    uow: UnitOfWork, role_type: EntityType, keys: Iterable[str], values: Mapping[str, object], errors: Errors
) -> tuple[FieldInput, ...]:
    sent = request.form if request.method == "POST" else None
    hidden = rights_of_new(uow, role_type, get_tree(uow).by_id.values()).hidden
    return tuple(
        input_of(uow, role_type, key, values.get(key), sent, errors.get(key, ()))
        for key in keys
        if key in role_type.fields and is_typed(role_type, key) and not role_type.fields[key].read_only and key not in hidden
    )


def _with_problems(form: SmallForm, error: InvalidInput) -> SmallForm:
    inputs = [one for _, some in form.groups for one in some]
    return form.with_problems(summary_of(error, inputs))


def _role_type(uow: UnitOfWork, name: str) -> EntityType:
    found = uow.registry.entity_types.get(name)
    if found is None or found.kind != "role":
        raise NotFound(msg("There is no page at this address."))
    return found


def _role(uow: UnitOfWork, entity_id: UUID, role_id: UUID) -> Role:
    found = get_role(uow, role_id)
    if found is None or found.party != entity_id:
        raise NotFound(msg("There is no role with the id {id} that you may see.", id=role_id))
    return found
