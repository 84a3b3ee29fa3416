# SPDX-License-Identifier: Apache-2.0
"""Relationships of an entity: all of one kind, add one from this side, correct, end, remove."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from xrm.entities.queries import Entity, get_entity
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.relationships.groups import GroupPart, list_groups
from xrm.relationships.queries import Relationship, get_relationship
from xrm.relationships.service import end_relationship, relate, remove_relationship, update_relationship
from xrm.schema.model import Field, Label
from xrm.schema.registry import RelationshipType
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.form_inputs import input_of, is_typed, link_choices, read_form
from xrm_web.i18n import gettext, labelled
from xrm_web.inputs import FieldInput
from xrm_web.navigation import list_path, sentence
from xrm_web.pages.records import PAGE, read_wish
from xrm_web.periods import end_after, last_day
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
from xrm_web.records.links import FORWARD, LinkGroup, direction_label, direction_options, link_groups
from xrm_web.records.page import type_of
from xrm_web.security import signed_in

blueprint = Blueprint("relationships", __name__)
PER_PAGE = 100


@blueprint.get(PAGE + "/relationships")
@signed_in
def show(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """All relationships of one kind and direction, in pages."""
    place = Place(plugin, entity, entity_id)
    name, _, direction = request.args.get("kind", "").partition(":")
    text = request.args.get("skip", "0")
    skip = int(text) if text.isdecimal() and len(text) < 8 else 0
    wish = read_wish()

    def load(uow: UnitOfWork) -> tuple[Entity, str, str, LinkGroup | None]:
        entity_type = type_of(uow, place.plugin, place.entity)
        found = get_entity(uow, entity_id, entity_type.name)
        label = direction_label(uow.registry.get_relationship(name), is_forward=direction == FORWARD)
        path = f"{list_path(entity_type)}/{entity_id}"
        only = GroupPart(name, direction == FORWARD, skip)
        groups = list_groups(uow, entity_id, as_of=wish.as_of, all_periods=wish.with_ended, each=PER_PAGE, only=only)
        drawn = link_groups(uow, groups, path)
        return found, path, sentence(label), drawn[0] if drawn else None

    found, path, label, group = sessions.read(load)
    query = {"kind": f"{name}:{direction}", "skip": skip + PER_PAGE, "ended": "1" if wish.with_ended else ""}
    more = f"{path}/relationships?{urlencode(query)}" if group and group.total > skip + PER_PAGE else ""
    return render_template(
        "records/relationships.html", entity=found, path=path, label=label, group=group, first=skip + 1, more_href=more,
        kind=f"{name}:{direction}",
    )


@blueprint.route(PAGE + "/relationships/add", methods=["GET", "POST"])
@signed_in
def add(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """First how they are related, in the words of this side; then to whom, since when, and the fields of the kind."""
    place = Place(plugin, entity, entity_id)
    kind = request.values.get("kind", "")
    if ":" not in kind:
        return show_form(sessions.read(lambda uow: _choose_form(uow, place)))
    name, _, direction = kind.partition(":")

    def save(uow: UnitOfWork) -> None:
        found = uow.registry.get_relationship(name)
        other = read_uuid(request.form.get("other", ""))
        if other is None:
            raise InvalidInput([Problem("other", msg("Choose with whom."))])
        source, target = (entity_id, other) if direction == FORWARD else (other, entity_id)
        relate(
            uow, name, source, target, valid_from=read_date("valid_from"), valid_until=end_after(read_date("valid_until")),
            department=read_uuid(request.form.get("department", "")), values=read_form(found, request.form, found.fields),
        )

    def form(uow: UnitOfWork, errors: Errors) -> SmallForm:
        return _add_form(uow, place, name, direction, errors)

    if request.method == "GET" or request.form.get("_find"):
        return show_form(sessions.read(lambda uow: form(uow, {})))
    try:
        sessions.write(save)
    except (InvalidInput, Conflict) as error:
        return _again(form, error, {"source": "other", "target": "other"})
    flash(gettext("Relationship added"))
    return redirect(f"{place.path}#relationships", 303)


@blueprint.route(PAGE + "/relationships/<uuid:link_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(plugin: str, entity: str, entity_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Correct its fields and dates; what was believed before is kept in the history."""
    place = Place(plugin, entity, entity_id)

    def form(uow: UnitOfWork, errors: Errors) -> SmallForm:
        link, found = _find(uow, entity_id, link_id)
        other = link.target_title if link.source == entity_id else link.source_title
        label = direction_label(found, is_forward=link.source == entity_id)
        frame = _frame(uow, place, f"{link_id}/edit", labelled(sentence(label), other), gettext("Save"))
        dates = _dates(link.valid_from, link.valid_until, errors)
        inputs = (*_own_inputs(uow, found, link.fields, errors), *dates)
        return frame.with_groups([("", inputs)], {"version": str(link.version)})

    def save(uow: UnitOfWork) -> None:
        _, found = _find(uow, entity_id, link_id)
        text = request.form.get("version", "")
        update_relationship(
            uow, link_id, read_form(found, request.form, found.fields), version=int(text) if text.isdecimal() else None,
            valid_from=read_date("valid_from"), valid_until=end_after(read_date("valid_until")),
        )

    if request.method == "GET":
        return show_form(sessions.read(lambda uow: form(uow, {})))
    try:
        sessions.write(save)
    except InvalidInput as error:
        return _again(form, error, {})
    flash(gettext("Saved"))
    return redirect(f"{place.path}#relationships", 303)


@blueprint.route(PAGE + "/relationships/<uuid:link_id>/end", methods=["GET", "POST"])
@signed_in
def end(plugin: str, entity: str, entity_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """The last day on which it holds."""
    place = Place(plugin, entity, entity_id)

    def form(uow: UnitOfWork, errors: Errors) -> SmallForm:
        link, found = _find(uow, entity_id, link_id)
        other = link.target_title if link.source == entity_id else link.source_title
        title = gettext("End: %(what)s", what=f"{direction_label(found, is_forward=link.source == entity_id)} {other}")
        frame = _frame(uow, place, f"{link_id}/end", title, gettext("End relationship"))
        wrong = errors.get("last_day", errors.get("valid_until", ()))
        day = request.form.get("last_day") or uow.today - timedelta(days=1)
        return frame.with_inputs([date_input("last_day", gettext("Last day"), day, errors=wrong, required=True)])

    def save(uow: UnitOfWork) -> None:
        _find(uow, entity_id, link_id)
        end_relationship(uow, link_id, end_after(read_date("last_day") or uow.today) or uow.today)

    if request.method == "GET":
        return show_form(sessions.read(lambda uow: form(uow, {})))
    try:
        sessions.write(save)
    except InvalidInput as error:
        return _again(form, error, {"valid_until": "last_day"})
    flash(gettext("Relationship ended"))
    return redirect(f"{place.path}#relationships", 303)


@blueprint.post(PAGE + "/relationships/<uuid:link_id>/remove")
@signed_in
def remove(plugin: str, entity: str, entity_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Take out one entered by mistake."""
    place = Place(plugin, entity, entity_id)

    def work(uow: UnitOfWork) -> None:
        _find(uow, entity_id, link_id)
        remove_relationship(uow, link_id)

    sessions.write(work)
    flash(gettext("Relationship removed"))
    return redirect(f"{place.path}#relationships", 303)


def _again(form: object, error: InvalidInput | Conflict, renamed: dict[str, str]) -> ResponseReturnValue:
    problems = error.problems if isinstance(error, InvalidInput) else [Problem("other", error.message)]
    moved = InvalidInput([Problem(renamed.get(one.path, one.path), one.message) for one in problems])
    shown: SmallForm = sessions.read(lambda uow: form(uow, messages_by_field(moved)))  # type: ignore[operator]
    return show_form(shown.with_problems(summary_of(moved, [one for _, some in shown.groups for one in some])))


def _frame(uow: UnitOfWork, place: Place, action: str, title: str, save: str) -> SmallForm:
    entity_type = type_of(uow, place.plugin, place.entity)
    found = get_entity(uow, place.entity_id, entity_type.name)
    path = place.path
    return SmallForm(title=title, crumbs=((found.title, path),), action=f"{path}/relationships/{action}", save=save, back=path)


def _choose_form(uow: UnitOfWork, place: Place) -> SmallForm:
    frame = _frame(uow, place, "add", gettext("Add relationship"), gettext("Continue"))
    title = frame.crumbs[0][0]
    options = direction_options(uow, type_of(uow, place.plugin, place.entity))
    return frame.with_choices("kind", gettext("%(title)s …", title=title), options)


def _add_form(
    uow: UnitOfWork, place: Place, name: str, direction: str, errors: Errors
) -> SmallForm:
    found = uow.registry.get_relationship(name)
    declared = found.declaration
    label = direction_label(found, is_forward=direction == FORWARD)
    frame = _frame(uow, place, "add", gettext("Add relationship"), gettext("Add relationship"))
    ends = declared.target if direction == FORWARD else declared.source
    if declared.symmetric:
        ends = tuple(dict.fromkeys((*declared.source, *declared.target)))
    wanted = request.form.get("other__search", "") if request.form.get("_find") == "other" else ""
    field = Field(key="other", type="link", label=Label({"en": "Other"}), to=ends)
    current = request.values.get("other", "")
    other = FieldInput(
        name="other", kind="link", label=f"{frame.crumbs[0][0]} {label} …", value=current, errors=errors.get("other", ()),
        choices=link_choices(uow, field, (current,), wanted), required=True, wide=True, search_url=f"/pick?type={','.join(ends)}",
    )  # fmt: skip
    department = department_input(uow, f"{name}:link", shared=True, value=request.form.get("department", ""))
    inputs = [other, *_own_inputs(uow, found, {}, errors), *_dates(None, None, errors), department]
    return frame.with_groups([("", tuple(inputs))], {"kind": f"{name}:{direction}"})


def _own_inputs(uow: UnitOfWork, found: RelationshipType, values: dict[str, object], errors: Errors) -> list[FieldInput]:
    sent = request.form if request.method == "POST" else None
    return [
        input_of(uow, found, key, values.get(key), sent, errors.get(key, ())) for key in found.fields if is_typed(found, key)
    ]


def _dates(since: date | None, until: date | None, errors: Errors) -> list[FieldInput]:
    shown: dict[str, date | str | None] = {"valid_from": since, "valid_until": last_day(until)}
    if request.method == "POST":
        shown = {name: request.form.get(name, "") for name in shown}
    labels = {"valid_from": gettext("Since"), "valid_until": gettext("Until")}
    hints = {"valid_from": "", "valid_until": gettext("The last day on which it holds; empty while it goes on.")}
    return [
        date_input(name, labels[name], value, help_text=hints[name], errors=errors.get(name, ()))
        for name, value in shown.items()
    ]


def _find(uow: UnitOfWork, entity_id: UUID, link_id: UUID) -> tuple[Relationship, RelationshipType]:
    link = get_relationship(uow, link_id)
    if link is None or entity_id not in (link.source, link.target):
        raise NotFound(msg("There is no relationship with the id {id} that you may see.", id=link_id))
    return link, uow.registry.get_relationship(link.type)
