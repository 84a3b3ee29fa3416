# SPDX-License-Identifier: Apache-2.0
"""The history of a party or record: who changed what, putting a field or a moment back, and who saw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from xrm.access.policy import allowed
from xrm.entities.queries import get_entity
from xrm.errors import Conflict, InvalidInput
from xrm.history.log import Access, list_accesses, may_see_accesses
from xrm.history.queries import HistoryEntry, entity_history, get_entry, last_entry
from xrm.history.restoring import differences_since
from xrm.history.service import put_back, restore_moment
from xrm.roles.queries import list_roles_of
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, labelled, text_of, translate
from xrm_web.inputs import Option
from xrm_web.navigation import list_path, remember_frame
from xrm_web.pages.records import PAGE
from xrm_web.records.forms import read_uuid
from xrm_web.records.history import Diff, HistoryDay, Subject, days_of, preview_of
from xrm_web.records.history_words import kind_word, type_word, via_word
from xrm_web.records.page import type_of
from xrm_web.records.timeline import read_cursor, write_cursor
from xrm_web.records.undo import flash_undo
from xrm_web.security import signed_in

blueprint = Blueprint("history", __name__)
PER_PAGE = 30


@dataclass(frozen=True)
class HistoryView:
    """What both tabs draw around themselves, and the entries of one page."""

    subject: Subject
    may_see_accesses: bool
    days: tuple[HistoryDay, ...] = ()
    next_href: str = ""
    field: str = ""
    fields: tuple[Option, ...] = ()
    is_first: bool = True


@dataclass(frozen=True)
class SeenLine:
    """That somebody saw or exported it, in words."""

    access: Access
    kind: str
    via: str
    type: str


@blueprint.get(PAGE + "/history")
@signed_in
def show(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Who changed what, newest first; ``?field=`` keeps the changes of one field."""
    field, before = request.args.get("field", ""), read_uuid(request.args.get("before", ""))

    def load(uow: UnitOfWork) -> HistoryView:
        remember_frame(uow)
        subject = _subject(uow, plugin, entity, entity_id)
        page = entity_history(uow, entity_id, field=field, before=before, limit=PER_PAGE)
        query = {"before": str(page.next), **({"field": field} if field else {})}
        return HistoryView(
            subject, may_see_accesses(uow, entity_id), days_of(uow, subject, page.items),
            f"{subject.path}/history?{urlencode(query)}" if page.next else "", field, _fields(uow, subject), before is None,
        )

    return render_template("records/history.html", view=sessions.read(load))


@blueprint.get(PAGE + "/history/seen")
@signed_in
def seen(plugin: str, entity: str, entity_id: UUID) -> ResponseReturnValue:
    """Who saw or exported it, for those who may read the audit log there."""
    before = read_cursor(request.args.get("before", ""))

    def load(uow: UnitOfWork) -> tuple[HistoryView, list[SeenLine], str]:
        remember_frame(uow)
        subject = _subject(uow, plugin, entity, entity_id)
        items, following = list_accesses(uow, entity_id, before=before, limit=PER_PAGE)
        lines = [SeenLine(one, kind_word(one.kind), via_word(one.via), type_word(uow.registry, one.type)) for one in items]
        more = f"{subject.path}/history/seen?{urlencode({'before': write_cursor(following)})}" if following else ""
        return HistoryView(subject, may_see_accesses=True, is_first=before is None), lines, more

    view, lines, more = sessions.read(load)
    return render_template("records/seen.html", view=view, lines=lines, next_href=more)


@blueprint.get(PAGE + "/history/<uuid:entry_id>/moment")
@signed_in
def preview(plugin: str, entity: str, entity_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """What bringing back a moment would change."""

    def load(uow: UnitOfWork) -> tuple[Subject, HistoryEntry, tuple[Diff, ...]]:
        remember_frame(uow)
        subject = _subject(uow, plugin, entity, entity_id)
        entry = get_entry(uow, entity_id, entry_id)
        return subject, entry, preview_of(uow, subject.entity_type, differences_since(uow, entity_id, entry_id))

    subject, entry, diffs = sessions.read(load)
    return render_template("records/moment.html", subject=subject, entry=entry, diffs=diffs)


@blueprint.post(PAGE + "/history/<uuid:entry_id>/moment")
@signed_in
def bring_back(plugin: str, entity: str, entity_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Make the fields what they were at that moment; the toast takes it back."""
    version = _version()
    return _change(plugin, entity, entity_id, lambda uow: restore_moment(uow, entity_id, entry_id, version=version))


@blueprint.post(PAGE + "/history/<uuid:entry_id>/back")
@signed_in
def back(plugin: str, entity: str, entity_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Give a field, or all fields of an entry, the values from before it; the toast takes it back."""
    fields = tuple(one for one in request.values.getlist("field") if one)
    subject, version = read_uuid(request.values.get("subject", "")), _version()
    return _change(
        plugin, entity, entity_id, lambda uow: put_back(uow, entity_id, entry_id, subject=subject, fields=fields, version=version)
    )


def _change(plugin: str, entity: str, entity_id: UUID, change: Callable[[UnitOfWork], object]) -> ResponseReturnValue:
    def work(uow: UnitOfWork) -> str:
        entity_type = type_of(uow, plugin, entity)
        get_entity(uow, entity_id, entity_type.name)
        change(uow)
        return f"{list_path(entity_type)}/{entity_id}/history"

    def undo(uow: UnitOfWork) -> str:
        subject = read_uuid(request.values.get("subject", ""))
        role = next((one for one in list_roles_of(uow, entity_id) if one.id == subject), None) if subject else None
        version = role.version if role else get_entity(uow, entity_id).version
        query = {"version": version, **({"subject": str(subject)} if subject else {})}
        return f"{path}/{last_entry(uow, entity_id)}/back?{urlencode(query)}"

    path = sessions.read(lambda uow: f"{list_path(type_of(uow, plugin, entity))}/{entity_id}/history")
    try:
        path = sessions.write(work)
    except InvalidInput as error:
        flash(" ".join(translate(one.message) for one in error.problems), "warn")
        return redirect(path, 303)
    except Conflict as error:
        flash(translate(error.message), "warn")
        return redirect(path, 303)
    flash_undo(gettext("Put back as it was"), sessions.read(undo))
    return redirect(path, 303)


def _subject(uow: UnitOfWork, plugin: str, name: str, entity_id: UUID) -> Subject:
    entity_type = type_of(uow, plugin, name)
    found = get_entity(uow, entity_id, entity_type.name)
    roles = list_roles_of(uow, entity_id) if entity_type.kind == "party" else []
    departments = {found.department, *(role.department for role in roles)}
    may_update = any(allowed(uow, f"{found.type}:update", one, owner=found.owner) for one in departments)
    path = f"{list_path(entity_type)}/{entity_id}"
    return Subject(found, entity_type, {role.id: role for role in roles}, path, may_update)


def _fields(uow: UnitOfWork, subject: Subject) -> tuple[Option, ...]:
    """The fields to filter by: of the entity, then of its roles, those of one key once."""
    found = {key: text_of(field.label) for key, field in subject.entity_type.fields.items()}
    for role_type in {role.type: None for role in subject.roles.values()}:
        declared = uow.registry.entity_types.get(role_type)
        for key, field in declared.fields.items() if declared else ():
            found.setdefault(key, labelled(type_word(uow.registry, role_type), text_of(field.label)))
    return tuple(Option(key, label) for key, label in found.items())


def _version() -> int | None:
    text = request.values.get("version", "")
    return int(text) if text.isdecimal() else None
