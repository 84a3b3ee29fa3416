# SPDX-License-Identifier: Apache-2.0
"""The timeline of an entity: what was between us and it, newest first, by days, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xrm.access.policy import allowed
from xrm.access.rights import departments_with_rights
from xrm.departments.queries import get_tree
from xrm.entities.links import Title
from xrm.interactions.queries import Interaction, TimelinePage, kinds_in
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import format_day, gettext, text_of, zone
from xrm_web.inputs import Action, Face, Option
from xrm_web.value_cells import face_of

LONGEST_FIRST_LINES = 280
MOST_NAMES = 3


@dataclass(frozen=True)
class TimelineItem:
    """One interaction: who, with whom, what, when."""

    id: UUID
    kind: str
    kind_label: str
    icon: str
    author: str
    direction: str
    others: tuple[Face, ...]
    more_people: int
    subject: str
    lead: str
    rest: str
    outcome: str
    duration: int | None
    department: str
    at: datetime
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class TimelineDay:
    """The interactions of one day in the reader's zone."""

    label: str
    items: tuple[TimelineItem, ...]


@dataclass(frozen=True)
class Timeline:
    """One page of a timeline; ``next_before`` continues it, ``first_day`` is the first heading of the page."""

    days: tuple[TimelineDay, ...]
    next_before: str
    kind: str
    kinds: tuple[Option, ...]


def timeline_of(uow: UnitOfWork, page: TimelinePage, entity_id: UUID, path: str, kind: str) -> Timeline:
    """One page ready to draw."""
    days: list[tuple[str, list[TimelineItem]]] = []
    for found in page.items:
        label = format_day(found.at.astimezone(zone()).date())
        if not days or days[-1][0] != label:
            days.append((label, []))
        days[-1][1].append(_item(uow, found, entity_id, path))
    return Timeline(
        days=tuple(TimelineDay(label, tuple(items)) for label, items in days),
        next_before=write_cursor(page.next) if page.next else "",
        kind=kind,
        kinds=tuple(Option(one.name, text_of(one.label)) for one in kinds_in(uow, departments_with_rights(uow)).values()),
    )


def write_cursor(place: tuple[datetime, UUID]) -> str:
    """A place in the timeline as text for the address."""
    return f"{place[0].isoformat()}~{place[1]}"


def read_cursor(text: str) -> tuple[datetime, UUID] | None:
    """The place meant by the text of an address; None for anything else."""
    moment, _, one = text.partition("~")
    try:
        at, found = datetime.fromisoformat(moment), UUID(one)
    except ValueError:
        return None
    return (at, found) if at.tzinfo else None


def split_text(text: str) -> tuple[str, str]:
    """The first lines of a text, and what folds behind them."""
    text = text.strip()
    lines = text.splitlines()
    lead = "\n".join(lines[:3])
    if len(lead) > LONGEST_FIRST_LINES:
        cut = lead.rfind(" ", 0, LONGEST_FIRST_LINES)
        lead = lead[: cut if cut > LONGEST_FIRST_LINES // 2 else LONGEST_FIRST_LINES]
    rest = text[len(lead) :]
    return (lead, rest) if rest.strip() else (text, "")


def _item(uow: UnitOfWork, found: Interaction, entity_id: UUID, path: str) -> TimelineItem:
    kind = uow.registry.interaction_kinds.get(found.kind)
    others: Sequence[Title] = [one for one in found.participants if one.id != entity_id]
    lead, rest = split_text(found.body)
    place = get_tree(uow).by_id.get(found.department)
    return TimelineItem(
        id=found.id,
        kind=found.kind,
        kind_label=text_of(kind.label) if kind else found.kind,
        icon=(kind.icon if kind else "") or "message-square",
        author=found.created_by,
        direction=found.direction,
        others=tuple(face_of(uow.registry, one) for one in others[:MOST_NAMES]),
        more_people=max(len(others) - MOST_NAMES, 0),
        subject=found.subject,
        lead=lead,
        rest=rest,
        outcome=found.outcome,
        duration=found.duration,
        department=place.name if place else "",
        at=found.at,
        actions=_actions(uow, found, path),
    )


def _actions(uow: UnitOfWork, found: Interaction, path: str) -> tuple[Action, ...]:
    here = f"{path}/interactions/{found.id}"
    actions = []
    if allowed(uow, "interaction:update", found.department):
        actions.append(Action(label=gettext("Edit"), href=f"{here}/edit", icon="pencil"))
    if allowed(uow, "interaction:delete", found.department):
        actions.append(Action(label=gettext("Delete"), href=f"{here}/delete", icon="trash-2", post=True, bad=True))
    return tuple(actions)
