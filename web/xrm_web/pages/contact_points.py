# SPDX-License-Identifier: Apache-2.0
"""Contact points of a party or record: add, edit, prefer, end."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from xrm.contact_points.queries import PARTS, ContactPoint, list_contact_points
from xrm.contact_points.service import add_contact_point, end_contact_point, update_contact_point
from xrm.entities.queries import get_entity
from xrm.errors import InvalidInput, NotFound, msg
from xrm.schema.fields.countries import country_names
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, language
from xrm_web.inputs import FieldInput, Option
from xrm_web.navigation import list_path
from xrm_web.pages.records import PAGE
from xrm_web.records.contacts import kind_label, kind_options
from xrm_web.records.forms import SmallForm, department_input, messages_by_field, read_uuid, show_form, summary_of
from xrm_web.records.page import type_of
from xrm_web.security import signed_in

blueprint = Blueprint("contact_points", __name__)
Errors = dict[str, tuple[str, ...]]


@blueprint.route(PAGE + "/contact-points/add", methods=["GET", "POST"])
@signed_in
def add(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Add one: kind, value, label, department or shared."""

    def form(uow: UnitOfWork, errors: Errors) -> SmallForm:
        frame = _frame(uow, plugin, entity, entity_id, "add", gettext("Add contact point"))
        kind = request.values.get("kind", "email")
        sent = request.form.get("value", "")
        choices = FieldInput(name="kind", kind="select", label=gettext("Kind"), value=kind, choices=kind_options(), required=True, errors=errors.get("kind", ()))
        department = department_input(uow, "contact_point:create", shared=True, value=request.form.get("department", ""))
        value = FieldInput(name="value", kind="text", label=gettext("Address, number or name"), value=sent, errors=errors.get("value", ()), autofocus=True, wide=True,
                           help=gettext("Leave it empty for a postal address, and fill in the address below."))  # fmt: skip
        return frame.with_inputs([choices, department, value, _postal(errors, request.form.to_dict(), gettext("Postal address")), *_extras(errors, request.form.get("label", ""), request.form.get("preferred") == "true")])

    def save(uow: UnitOfWork) -> str:
        kind = request.form.get("kind", "")
        value: object = _sent_address() if kind == "postal" and not request.form.get("value", "").strip() else request.form.get("value", "")
        add_contact_point(
            uow, entity_id, kind, value, label=request.form.get("label", "").strip(),
            department=read_uuid(request.form.get("department", "")), preferred=request.form.get("preferred") == "true",
        )
        return gettext("Contact point added")

    return _run(plugin, entity, entity_id, form, save)


@blueprint.route(PAGE + "/contact-points/<uuid:point_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(plugin: str, entity: str, entity_id: UUID, point_id: UUID) -> ResponseReturnValue:
    """Correct one."""

    def form(uow: UnitOfWork, errors: Errors) -> SmallForm:
        point = _point(uow, entity_id, point_id)
        frame = _frame(uow, plugin, entity, entity_id, f"{point_id}/edit", gettext("Edit: %(kind)s", kind=kind_label(point.kind)))
        is_sent = request.method == "POST"
        if point.kind == "postal":
            value = _postal(errors, request.form.to_dict() if is_sent else {f"address__{key}": text for key, text in point.parts.items()}, gettext("Postal address"))
        else:
            shown = request.form.get("value", "") if is_sent else point.value
            value = FieldInput(name="value", kind="text", label=kind_label(point.kind), value=shown, errors=errors.get("value", ()), required=True, autofocus=True, wide=True)
        label = request.form.get("label", "") if is_sent else point.label
        preferred = request.form.get("preferred") == "true" if is_sent else point.preferred
        return frame.with_inputs([value, *_extras(errors, label, preferred)])

    def save(uow: UnitOfWork) -> str:
        point = _point(uow, entity_id, point_id)
        value: object = _sent_address() if point.kind == "postal" else request.form.get("value", "")
        update_contact_point(uow, point_id, value=value, label=request.form.get("label", "").strip(), preferred=request.form.get("preferred") == "true")
        return gettext("Saved")

    return _run(plugin, entity, entity_id, form, save)


@blueprint.post(PAGE + "/contact-points/<uuid:point_id>/prefer")
@signed_in
def prefer(plugin: str, entity: str, entity_id: UUID, point_id: UUID) -> ResponseReturnValue:
    """Make one the preferred of its kind; the one before it no longer is."""

    def save(uow: UnitOfWork) -> None:
        wanted = _point(uow, entity_id, point_id)
        for point in list_contact_points(uow, entity_id):
            if point.kind == wanted.kind and point.preferred != (point.id == point_id):
                update_contact_point(uow, point.id, preferred=point.id == point_id)

    sessions.write(save)
    flash(gettext("Saved"))
    return redirect(f"/{plugin}/{entity}/{entity_id}#contacts", 303)


@blueprint.post(PAGE + "/contact-points/<uuid:point_id>/end")
@signed_in
def end(plugin: str, entity: str, entity_id: UUID, point_id: UUID) -> ResponseReturnValue:
    """Say that one no longer holds from today on."""

    def save(uow: UnitOfWork) -> None:
        _point(uow, entity_id, point_id)
        end_contact_point(uow, point_id)

    sessions.write(save)
    flash(gettext("No longer used from today on"))
    return redirect(f"/{plugin}/{entity}/{entity_id}#contacts", 303)


def _run(
    plugin: str, entity: str, entity_id: UUID, form: Callable[[UnitOfWork, Errors], SmallForm], save: Callable[[UnitOfWork], str]
) -> ResponseReturnValue:
    if request.method == "GET":
        return show_form(sessions.read(lambda uow: form(uow, {})))
    try:
        text = sessions.write(save)
    except InvalidInput as error:
        errors = messages_by_field(error)
        shown = sessions.read(lambda uow: form(uow, errors))
        return show_form(shown.with_inputs(shown.groups[0][1], summary_of(error, shown.groups[0][1])))
    flash(text)
    return redirect(f"/{plugin}/{entity}/{entity_id}#contacts", 303)


def _frame(uow: UnitOfWork, plugin: str, entity: str, entity_id: UUID, action: str, title: str) -> SmallForm:
    entity_type = type_of(uow, plugin, entity)
    found = get_entity(uow, entity_id, entity_type.name)
    path = f"{list_path(entity_type)}/{entity_id}"
    return SmallForm(title=title, crumbs=((found.title, path),), action=f"{path}/contact-points/{action}", save=gettext("Save"), back=path)


def _extras(errors: Errors, label: str, preferred: bool) -> tuple[FieldInput, ...]:
    return (
        FieldInput(name="label", kind="text", label=gettext("Label"), value=label, length=100, errors=errors.get("label", ()), help=gettext("For example: standard, home, accounting.")),
        FieldInput(name="preferred", kind="checkbox", label=gettext("Preferred"), value="true" if preferred else "", required=True),
    )  # fmt: skip


def _postal(errors: Errors, sent: dict[str, str], label: str) -> FieldInput:
    countries = tuple(Option(code, name) for code, name in sorted(country_names(language()).items(), key=lambda pair: pair[1]))
    return FieldInput(
        name="address", kind="address", label=label, parts={part: sent.get(f"address__{part}", "") for part in PARTS},
        choices=countries, errors=errors.get("value", ()),
    )  # fmt: skip


def _sent_address() -> dict[str, str] | None:
    parts = {part: request.form.get(f"address__{part}", "").strip() for part in PARTS}
    return parts if any(parts.values()) else None


def _point(uow: UnitOfWork, entity_id: UUID, point_id: UUID) -> ContactPoint:
    for point in list_contact_points(uow, entity_id, all_periods=True):
        if point.id == point_id:
            return point
    raise NotFound(msg("There is no contact point with the id {id} that you may see.", id=point_id))
