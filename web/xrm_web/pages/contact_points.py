# SPDX-License-Identifier: Apache-2.0
"""Contact points of a party or record: add, edit, prefer, end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from xrm.contact_points.queries import PARTS, ContactPoint, list_contact_points
from xrm.contact_points.service import add_contact_point, end_contact_point, update_contact_point
from xrm.entities.queries import get_entity
from xrm.errors import InvalidInput, NotFound, msg
from xrm.folding import fold
from xrm.schema.fields.countries import country_names
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, language
from xrm_web.inputs import FieldInput, Option
from xrm_web.pages.records import PAGE
from xrm_web.records.contacts import kind_label, kind_options
from xrm_web.records.forms import Errors, Place, SmallForm, department_input, messages_by_field, read_uuid, show_form, summary_of
from xrm_web.records.page import type_of
from xrm_web.security import signed_in

blueprint = Blueprint("contact_points", __name__)


@blueprint.route(PAGE + "/contact-points/add", methods=["GET", "POST"])
@signed_in
def add(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Add one: kind, value, label, department or shared."""
    sent = request.form

    def save(uow: UnitOfWork) -> str:
        typed = sent.get("value", "")
        is_address = sent.get("kind") == "postal" and not typed.strip()
        add_contact_point(
            uow, entity_id, sent.get("kind", ""), _sent_address() if is_address else typed, label=sent.get("label", "").strip(),
            department=read_uuid(sent.get("department", "")), preferred=sent.get("preferred") == "true",
        )  # fmt: skip
        return str(gettext("Contact point added"))

    return _run(Place(plugin, entity, entity_id), _add_form, save)


def _add_form(uow: UnitOfWork, place: Place, errors: Errors) -> SmallForm:
    sent = request.form
    kind = FieldInput(
        name="kind", kind="select", label=gettext("Kind"), value=request.values.get("kind", "email"), choices=kind_options(),
        required=True, errors=errors.get("kind", ()),
    )  # fmt: skip
    value = FieldInput(
        name="value", kind="text", label=gettext("Address, number or name"), value=sent.get("value", ""), autofocus=True,
        wide=True, errors=errors.get("value", ()),
        help=gettext("Leave it empty for a postal address, and fill in the address below."),
    )  # fmt: skip
    department = department_input(uow, "contact_point:create", shared=True, value=sent.get("department", ""))
    postal = _postal(errors, sent.to_dict())
    extras = _extras(errors, sent.get("label", ""), preferred=sent.get("preferred") == "true")
    frame = _frame(uow, place, "add", gettext("Add contact point"))
    return frame.with_inputs([kind, department, value, postal, *extras])


@blueprint.route(PAGE + "/contact-points/<uuid:point_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(plugin: str, entity: str, entity_id: UUID, point_id: UUID) -> ResponseReturnValue:
    """Correct one."""
    sent = request.form

    def save(uow: UnitOfWork) -> str:
        is_address = _point(uow, entity_id, point_id).kind == "postal"
        value: object = _sent_address() if is_address else sent.get("value", "")
        preferred = sent.get("preferred") == "true"
        update_contact_point(uow, point_id, value=value, label=sent.get("label", "").strip(), preferred=preferred)
        return str(gettext("Saved"))

    def form(uow: UnitOfWork, place: Place, errors: Errors) -> SmallForm:
        return _edit_form(uow, place, _point(uow, entity_id, point_id), errors)

    return _run(Place(plugin, entity, entity_id), form, save)


def _edit_form(uow: UnitOfWork, place: Place, point: ContactPoint, errors: Errors) -> SmallForm:
    sent = request.form if request.method == "POST" else None
    label = kind_label(point.kind)
    if point.kind == "postal":
        value = _postal(errors, sent.to_dict() if sent else {f"address__{key}": text for key, text in point.parts.items()})
    else:
        shown = sent.get("value", "") if sent else point.value
        value = FieldInput(
            name="value", kind="text", label=label, value=shown, errors=errors.get("value", ()), required=True, autofocus=True,
            wide=True,
        )  # fmt: skip
    preferred = sent.get("preferred") == "true" if sent else point.preferred
    extras = _extras(errors, sent.get("label", "") if sent else point.label, preferred=preferred)
    return _frame(uow, place, f"{point.id}/edit", gettext("Edit: %(kind)s", kind=label)).with_inputs([value, *extras])


@blueprint.post(PAGE + "/contact-points/<uuid:point_id>/prefer")
@signed_in
def prefer(plugin: str, entity: str, entity_id: UUID, point_id: UUID) -> ResponseReturnValue:
    """Make one the preferred of its kind; the one before it no longer is."""
    place = Place(plugin, entity, entity_id)

    def save(uow: UnitOfWork) -> None:
        wanted = _point(uow, entity_id, point_id)
        for point in list_contact_points(uow, entity_id):
            if point.kind == wanted.kind and point.preferred != (point.id == point_id):
                update_contact_point(uow, point.id, preferred=point.id == point_id)

    sessions.write(save)
    flash(gettext("Saved"))
    return redirect(f"{place.path}#contacts", 303)


@blueprint.post(PAGE + "/contact-points/<uuid:point_id>/end")
@signed_in
def end(plugin: str, entity: str, entity_id: UUID, point_id: UUID) -> ResponseReturnValue:
    """Say that one no longer holds from today on."""
    place = Place(plugin, entity, entity_id)

    def save(uow: UnitOfWork) -> None:
        _point(uow, entity_id, point_id)
        end_contact_point(uow, point_id)

    sessions.write(save)
    flash(gettext("No longer used from today on"))
    return redirect(f"{place.path}#contacts", 303)


def _run(
    place: Place, form: Callable[[UnitOfWork, Place, Errors], SmallForm], save: Callable[[UnitOfWork], str]
) -> ResponseReturnValue:
    if request.method == "GET":
        return show_form(sessions.read(lambda uow: form(uow, place, {})))
    try:
        text = sessions.write(save)
    except InvalidInput as error:
        errors = messages_by_field(error)
        shown = sessions.read(lambda uow: form(uow, place, errors))
        return show_form(shown.with_problems(summary_of(error, shown.groups[0][1])))
    flash(text)
    return redirect(f"{place.path}#contacts", 303)


def _frame(uow: UnitOfWork, place: Place, action: str, title: str) -> SmallForm:
    found = get_entity(uow, place.entity_id, type_of(uow, place.plugin, place.entity).name)
    return SmallForm(
        title=title, crumbs=((found.title, place.path),), action=f"{place.path}/contact-points/{action}", save=gettext("Save"),
        back=place.path,
    )  # fmt: skip


def _extras(errors: Errors, label: str, *, preferred: bool) -> tuple[FieldInput, ...]:
    hint = gettext("For example: standard, home, accounting.")
    return (
        FieldInput(
            name="label", kind="text", label=gettext("Label"), value=label, length=100, errors=errors.get("label", ()), help=hint
        ),
        FieldInput(
            name="preferred", kind="checkbox", label=gettext("Preferred"), value="true" if preferred else "", required=True
        ),
    )


def _postal(errors: Errors, sent: Mapping[str, str]) -> FieldInput:
    names = sorted(country_names(language()).items(), key=lambda pair: fold(pair[1]))
    countries = tuple(Option(code, name) for code, name in names)
    return FieldInput(
        name="address", kind="address", label=gettext("Postal address"), choices=countries, errors=errors.get("value", ()),
        parts={part: sent.get(f"address__{part}", "") for part in PARTS},
    )  # fmt: skip


def _sent_address() -> dict[str, str] | None:
    parts = {part: request.form.get(f"address__{part}", "").strip() for part in PARTS}
    return parts if any(parts.values()) else None


def _point(uow: UnitOfWork, entity_id: UUID, point_id: UUID) -> ContactPoint:
    for point in list_contact_points(uow, entity_id, all_periods=True):
        if point.id == point_id:
            return point
    raise NotFound(msg("There is no contact point with the id {id} that you may see.", id=point_id))
