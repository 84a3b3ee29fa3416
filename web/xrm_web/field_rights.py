# SPDX-License-Identifier: Apache-2.0
"""What the reader may not see or write of the guarded fields of a type: what lists do not offer, what forms lock or leave out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import g

from xrm.access.field_rights import EDIT, RowPlace, editable_fields, hidden_in_rows, never_seen, unusable_fields
from xrm.departments.queries import Department
from xrm.entities.system_columns import SYSTEM_OPERANDS
from xrm.schema.model import View
from xrm.schema.registry import EntityType, Fielded
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, language, text_of
from xrm_web.inputs import FieldInput

Keys = frozenset[str]
_NOTHING: tuple[Keys, Keys] = (frozenset(), frozenset())


@dataclass(frozen=True)
class FormRights:
    """Whether a form is for something new, the fields it does not show, and those it shows without letting them be changed."""

    is_new: bool
    hidden: Keys = frozenset()
    locked: Keys = frozenset()


def hidden_columns(entity_type: EntityType | None) -> Keys:
    """The fields of a list's type that the reader sees in no department: no column is offered for them."""
    return _in_lists(entity_type)[0]


def unusable_columns(entity_type: EntityType | None) -> Keys:
    """The fields by which the reader may not filter, sort, group or add up, as they are hidden in some of the rows."""
    return _in_lists(entity_type)[1]


def _in_lists(entity_type: EntityType | None) -> tuple[Keys, Keys]:
    if entity_type is None or entity_type.name not in sessions.runtime().registry.guards:
        return _NOTHING
    known: dict[str, tuple[Keys, Keys]] = g.setdefault("field_rights", {})
    if entity_type.name not in known:
        name = entity_type.name
        known[name] = sessions.read(lambda uow: (never_seen(uow, name), unusable_fields(uow, name)))
    return known[entity_type.name]


def usable_views(entity_type: EntityType, views: dict[str, View]) -> dict[str, View]:
    """The shipped views that the reader can use.

    One whose condition names a field that is hidden in some of the rows is left out; an order or a board by one is taken out.
    """
    barred = unusable_columns(entity_type)
    if not barred:
        return views
    return {key: _usable(view, barred) for key, view in views.items() if not _names(entity_type, view) & barred}


def _names(entity_type: EntityType, view: View) -> Keys:
    if not view.where:
        return frozenset()
    dates = () if entity_type.kind == "role" else ("since", "until")
    known = {key: one for key, one in SYSTEM_OPERANDS.items() if key not in dates}
    return entity_type.condition(view.where, known).names


def _usable(view: View, barred: Keys) -> View:
    sort = tuple(name for name in view.sort if name.removeprefix("-") not in barred)
    if view.group in barred:
        return replace(view, sort=sort, group="", shown_as="list")
    return replace(view, sort=sort)


def rights_of_new(uow: UnitOfWork, entity_type: EntityType, departments: Iterable[Department]) -> FormRights:
    """What the form for something new leaves out: fields that the actor may write in none of the departments."""
    places = tuple(one.id for one in departments)
    fields = editable_fields(uow, entity_type.name)
    return FormRights(True, frozenset(
        key for key, where in fields.items() if not any(where.covers(one, is_own=True) for one in places)
    ))


def rights_of_change(uow: UnitOfWork, entity_type: EntityType, place: RowPlace, shown: Collection[str]) -> FormRights:
    """What the form that changes a row leaves out, and what it only shows; ``shown`` are the fields that were read of it."""
    locked = hidden_in_rows(uow, entity_type, [place], verb=EDIT).get(place.id, frozenset())
    guarded = uow.registry.guards.get(entity_type.name, {})
    hidden = frozenset(key for key in guarded if key not in shown)
    return FormRights(False, hidden, locked - hidden)


def without_untouched(
    uow: UnitOfWork, entity_type: EntityType, raw: dict[str, object], department: UUID
) -> dict[str, object]:
    """What a form for something new sends, without guarded fields that nobody touched where they may not be written.

    The form shows them all, since it cannot know before which department is chosen.
    """
    fields = editable_fields(uow, entity_type.name)
    locked = {key for key in raw if key in fields and not fields[key].covers(department, is_own=True)}
    return {key: value for key, value in raw.items() if key not in locked or not _is_untouched(entity_type, key, value)}


def _is_untouched(entity_type: EntityType, key: str, value: object) -> bool:
    return value in (None, "", [], ()) or str(value) == str(entity_type.fields[key].default)


def locked_input(fielded: Fielded, key: str, value: Any) -> FieldInput:
    """A field that the reader sees and may not change; its name is none that is read when the form is sent."""
    field = fielded.fields[key]
    text = "" if value is None else fielded.field_type(key).format(field, value, language())
    return FieldInput(
        name=f"_locked-{key}", kind="text", label=text_of(field.label), value=text, read_only=True,
        help=gettext("You may see this field, not change it."),
    )
