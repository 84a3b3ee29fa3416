# SPDX-License-Identifier: Apache-2.0
"""With whom an entity is shared, as its page shows it; and what is shared with the reader, as the home page does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from xrm.access.policy import is_shared
from xrm.entities.queries import Entity
from xrm.sharing.queries import Share, list_shared_with_me, list_shares, may_share
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import format_date, gettext
from xrm_web.inputs import Action, Face
from xrm_web.periods import last_day
from xrm_web.value_cells import face_of


@dataclass(frozen=True)
class ShareLine:
    """One share as a line: with whom, what it lets do and until when, the note, and what can be done with it."""

    id: str
    name: str
    icon: str
    notes: tuple[str, ...]
    is_over: bool
    actions: tuple[Action, ...]


def share_lines(uow: UnitOfWork, entity: Entity, departments: Collection[UUID], path: str) -> tuple[ShareLine, ...]:
    """The shares of an entity that the reader is told of; none is read where nothing is shared."""
    if not entity.is_shared:
        return ()
    may_end = may_share(uow, entity.type, set(departments), entity.owner) or is_shared(uow, entity.type, entity.id, "read")
    return tuple(_line(one, path, may_end=may_end) for one in list_shares(uow, entity.id))


def _line(one: Share, path: str, *, may_end: bool) -> ShareLine:
    end = Action(label=gettext("End share"), href=f"{path}/shares/{one.id}/end", icon="x", post=True, bad=True)
    return ShareLine(
        str(one.id), one.recipient, "building-2" if one.is_department else "user", notes_of(one), one.is_over,
        (end,) if may_end else (),
    )


def notes_of(one: Share) -> tuple[str, ...]:
    """What a share lets do, until when, and why."""
    may = gettext("may change it") if one.action == "update" else gettext("may see it")
    day = last_day(one.until)
    until = gettext("until %(day)s", day=format_date(day)) if day else ""
    return tuple(filter(None, (may, gettext("over") if one.is_over else until, one.note)))


def shared_with_me(uow: UnitOfWork) -> list[tuple[Face, str]]:
    """What is shared with the reader, each with who shared it and how."""
    return [
        (face_of(uow.registry, one.about),
         " · ".join(filter(None, (gettext("by %(name)s", name=one.by) if one.by else "", *notes_of(one)))))
        for one in list_shared_with_me(uow)
    ]
