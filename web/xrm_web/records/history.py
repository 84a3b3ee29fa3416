# SPDX-License-Identifier: Apache-2.0
"""The history of an entity ready to draw: entries by days, each field before and after in words, and what can be put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from xrm.access.policy import allowed
from xrm.access.users import names_of
from xrm.departments.queries import get_tree
from xrm.entities.queries import Entity
from xrm.history.queries import HistoryEntry
from xrm.history.restoring import Difference, restorable_keys, value_of
from xrm.history.visibility import Change, declared_of
from xrm.roles.queries import Role
from xrm.schema.registry import EntityType, Fielded
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import format_date, format_day, gettext, text_of, zone
from xrm_web.inputs import Action, Cell
from xrm_web.periods import last_day
from xrm_web.records.history_words import ICONS, action_word, frame_word, type_word, via_word
from xrm_web.value_cells import Titles, cell_of_field, titles_of

_LAST_DAYS = frozenset({"until", "valid_until"})
_DAYS = frozenset({"since", "until", "valid_from", "valid_until"})
MOST_CHANGES = 20  # of one step that are drawn: an import may have made hundreds of things at once


@dataclass(frozen=True)
class Diff:
    """One field before and after; ``action`` puts it back to what it was before."""

    label: str
    before: Cell
    after: Cell
    action: Action | None = None


@dataclass(frozen=True)
class ChangeGroup:
    """What was done to one thing: the entity, a role, a contact point."""

    title: str
    note: str
    diffs: tuple[Diff, ...]


@dataclass(frozen=True)
class HistoryItem:
    """One entry: who did it, through which door, when, and what."""

    id: UUID
    icon: str
    actor: str
    via: str
    at: datetime
    groups: tuple[ChangeGroup, ...]
    more: int  # how many things were changed besides
    is_erased: bool
    moment_href: str


@dataclass(frozen=True)
class HistoryDay:
    """The entries of one day in the reader's zone."""

    label: str
    items: tuple[HistoryItem, ...]


@dataclass(frozen=True)
class Subject:
    """An entity with its roles, and whether the reader may change it."""

    entity: Entity
    entity_type: EntityType
    roles: Mapping[UUID, Role]
    path: str
    may_update: bool


def days_of(uow: UnitOfWork, subject: Subject, entries: Sequence[HistoryEntry]) -> tuple[HistoryDay, ...]:
    """The entries of a page by days."""
    known = _Known(uow, entries)
    days: list[tuple[str, list[HistoryItem]]] = []
    for entry in entries:
        label = format_day(entry.at.astimezone(zone()).date())
        if not days or days[-1][0] != label:
            days.append((label, []))
        days[-1][1].append(_item(uow, subject, entry, known))
    return tuple(HistoryDay(label, tuple(items)) for label, items in days)


def preview_of(uow: UnitOfWork, entity_type: EntityType, differences: Iterable[Difference]) -> tuple[Diff, ...]:
    """What a restore changes: each field now, and as it was."""
    differences = list(differences)
    values = [
        {one.key: value_of(uow, entity_type, one.key, one.now) for one in differences},
        {one.key: value_of(uow, entity_type, one.key, one.then) for one in differences},
    ]
    titles = titles_of(uow, [(entity_type, each) for each in values])
    return tuple(
        Diff(
            text_of(entity_type.fields[one.key].label),
            _field_cell(uow, entity_type, one.key, one.now, titles), _field_cell(uow, entity_type, one.key, one.then, titles),
        )
        for one in differences
    )


class _Known:
    """What all entries of a page need, read once: titles of links and names of owners."""

    def __init__(self, uow: UnitOfWork, entries: Iterable[HistoryEntry]) -> None:
        rows: list[tuple[Fielded, dict[str, Any]]] = []
        owners: set[UUID] = set()
        for change in (change for entry in entries for change in entry.changes[:MOST_CHANGES]):
            declared = declared_of(uow, change)
            for place in (0, 1):
                if declared is not None:
                    links = {key: pair[place] for key, pair in change.fields.items() if _is_link(declared, key)}
                    rows.append((declared, {key: value_of(uow, declared, key, value) for key, value in links.items()}))
                owner = change.fields.get("owner_id", (None, None))[place]
                if owner:
                    owners.add(UUID(str(owner)))
        self.titles: Titles = titles_of(uow, rows)
        self.owners = names_of(uow, owners)


def _is_link(declared: Fielded, key: str) -> bool:
    return key in declared.fields and declared.fields[key].type in ("link", "links")


def _item(uow: UnitOfWork, subject: Subject, entry: HistoryEntry, known: _Known) -> HistoryItem:
    groups = tuple(_group(uow, subject, entry, change, known) for change in entry.changes[:MOST_CHANGES])
    first = entry.changes[0].kind if entry.changes else entry.action.partition(".")[0]
    may_restore = subject.may_update and not entry.is_erased and any(one.kind == "entity" for one in entry.changes)
    if entry.is_erased:
        groups = (ChangeGroup(action_word(entry.action), type_word(uow.registry, entry.type), ()),)
    more = max(len(entry.changes) - MOST_CHANGES, 0)
    return HistoryItem(
        entry.id, ICONS.get(first, "circle-dot"), entry.actor or gettext("The system"), via_word(entry.via), entry.at, groups,
        more, entry.is_erased, f"{subject.path}/history/{entry.id}/moment" if may_restore else "",
    )


def _group(uow: UnitOfWork, subject: Subject, entry: HistoryEntry, change: Change, known: _Known) -> ChangeGroup:
    declared = declared_of(uow, change)
    back = _restorable(uow, subject, change, declared)
    diffs = tuple(
        Diff(
            _label(change, declared, key), _cell(uow, declared, key, pair[0], known),
            _cell(uow, declared, key, pair[1], known), _put_back(subject, entry, change, key) if key in back else None,
        )
        for key, pair in change.fields.items()
        if _is_telling(*pair) and change.action not in {"entity.deleted", "entity.restored"}
    )
    note = "" if change.kind in {"entity", "identifier", "contact_point", "message"} else type_word(uow.registry, change.type)
    role = subject.roles.get(change.subject)
    place = get_tree(uow).by_id.get(role.department) if role else None
    notes = (note, place.name if place else "")
    return ChangeGroup(action_word(change.action), " · ".join(filter(None, notes)), diffs)


def _restorable(uow: UnitOfWork, subject: Subject, change: Change, declared: Fielded | None) -> tuple[str, ...]:
    role = subject.roles.get(change.subject)
    if change.kind == "role":
        is_allowed = role is not None and allowed(uow, f"{role.type}:update", role.department, owner=role.owner)
    else:
        is_allowed = subject.may_update and change.subject == subject.entity.id
    return restorable_keys(declared, change) if is_allowed else ()


def _put_back(subject: Subject, entry: HistoryEntry, change: Change, key: str) -> Action:
    role = subject.roles.get(change.subject)
    fields = {"field": key, "version": role.version if role else subject.entity.version}
    if role:
        fields["subject"] = str(role.id)
    return Action(
        label=gettext("Put back"), href=f"{subject.path}/history/{entry.id}/back", icon="undo-2", post=True, fields=fields,
    )  # fmt: skip


def _label(change: Change, declared: Fielded | None, key: str) -> str:
    if declared is not None and key in declared.fields:
        return text_of(declared.fields[key].label)
    return frame_word(change.kind, key)


def _cell(uow: UnitOfWork, declared: Fielded | None, key: str, value: Any, known: _Known) -> Cell:
    if declared is not None and key in declared.fields:
        return _field_cell(uow, declared, key, value, known.titles)
    if _is_empty(value):
        return Cell()
    if key in _DAYS:
        return _day_cell(key, str(value))
    if key == "owner_id":
        return Cell(text=known.owners.get(UUID(str(value)), ""))
    return Cell(text={True: gettext("Yes"), False: gettext("No")}[value] if isinstance(value, bool) else str(value))


def _field_cell(uow: UnitOfWork, declared: Fielded, key: str, json_value: Any, titles: Titles) -> Cell:
    if _is_empty(json_value):
        return Cell()
    value = value_of(uow, declared, key, json_value)
    # What the field would not take any more is shown as it was written.
    return Cell(text=str(json_value)) if value in (None, ()) else cell_of_field(uow.registry, declared, key, value, titles)


def _day_cell(key: str, text: str) -> Cell:
    try:
        day: date | None = date.fromisoformat(text)
    except ValueError:
        return Cell(text=text)
    day = last_day(day) if key in _LAST_DAYS else day
    return Cell(kind="date", text=format_date(day), value=day.isoformat() if day else "")


def _is_telling(before: Any, after: Any) -> bool:
    """Whether a difference says something: neither nothing that stays nothing, nor a box that nobody ticked."""
    return not (_is_empty(before) and (_is_empty(after) or after is False))


def _is_empty(value: Any) -> bool:
    return value in (None, "", [])
