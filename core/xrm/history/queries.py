# SPDX-License-Identifier: Apache-2.0
"""The history of one entity: who changed what of it, newest first, as far as the actor may read it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from xrm.access.models import user
from xrm.access.policy import visible_entity
from xrm.audit.models import audit_entry, audit_value
from xrm.entities.models import entity
from xrm.errors import NotFound, msg
from xrm.history.visibility import Change, may_read_erased, read_changes, shown_changes
from xrm.unit_of_work import UnitOfWork

MOST = 200
MOST_LOOKED_AT = 2_000  # entries that one page goes through to find those with a field


@dataclass(frozen=True)
class HistoryEntry:
    """What somebody did to an entity in one unit of work; ``changes`` are those the actor may see.

    ``is_erased``: the values were erased, only that it happened is known.
    """

    id: uuid.UUID
    number: int | None
    at: datetime
    actor_kind: str
    actor: str
    via: str
    action: str
    type: str
    department: uuid.UUID | None
    changes: tuple[Change, ...] = ()
    is_erased: bool = False


@dataclass(frozen=True)
class HistoryPage:
    """Entries, newest first; ``next`` continues, None at the end."""

    items: tuple[HistoryEntry, ...]
    next: uuid.UUID | None


def entity_history(
    uow: UnitOfWork, entity_id: uuid.UUID, *, field: str = "", before: uuid.UUID | None = None, limit: int = 30
) -> HistoryPage:
    """One page of the history of an entity; ``field`` keeps only changes of fields of this key.

    Raises:
        NotFound: when there is no such entity, or the actor may not see it.
    """
    _require_visible(uow, entity_id)
    limit, looked_at, found, cursor = max(1, min(limit, MOST)), 0, list[HistoryEntry](), before
    while True:
        statement = _entries_of(entity_id)
        if field:
            statement = statement.where(audit_value.c.changes.contains(f'"{field}":', autoescape=True))
        if cursor is not None:
            statement = statement.where(audit_entry.c.id < cursor)
        rows = uow.execute(statement.order_by(audit_entry.c.id.desc()).limit(limit)).all()
        for entry in _shown(uow, rows, field):
            if len(found) == limit:
                return HistoryPage(tuple(found), found[-1].id)
            found.append(entry)
        looked_at += len(rows)
        if len(rows) < limit:
            return HistoryPage(tuple(found), None)
        cursor = rows[-1].id
        if looked_at >= MOST_LOOKED_AT:
            return HistoryPage(tuple(found), cursor)


def get_entry(uow: UnitOfWork, entity_id: uuid.UUID, entry_id: uuid.UUID) -> HistoryEntry:
    """One entry of the history of an entity.

    Raises:
        NotFound: when there is none, or the actor may not see anything of it.
    """
    _require_visible(uow, entity_id)
    rows = uow.execute(_entries_of(entity_id).where(audit_entry.c.id == entry_id)).all()
    found = next(_shown(uow, rows, ""), None)
    if found is None:
        raise NotFound(msg("There is no entry with the id {id} that you may see.", id=entry_id))
    return found


def entries_after(uow: UnitOfWork, entity_id: uuid.UUID, entry_id: uuid.UUID) -> Sequence[Row[Any]]:
    """All that was done to an entity after an entry, newest first, with the values where they are still there."""
    statement = _entries_of(entity_id).where(audit_entry.c.id > entry_id)
    return uow.execute(statement.order_by(audit_entry.c.id.desc())).all()


def last_entry(uow: UnitOfWork, entity_id: uuid.UUID) -> uuid.UUID | None:
    """The id of the newest entry of an entity that the actor made themselves."""
    mine = select(audit_entry.c.id).where(audit_entry.c.entity_id == entity_id, audit_entry.c.actor_id == uow.actor.user_id)
    return uow.execute(mine.order_by(audit_entry.c.id.desc()).limit(1)).scalar()


def _require_visible(uow: UnitOfWork, entity_id: uuid.UUID) -> None:
    if uow.execute(select(entity.c.id).where(entity.c.id == entity_id, visible_entity(uow))).first() is None:
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))


def _entries_of(entity_id: uuid.UUID) -> Select[Any]:
    return (
        select(audit_entry, audit_value.c.changes, user.c.name.label("actor_name"))
        .outerjoin(audit_value, audit_value.c.audit_entry_id == audit_entry.c.id)
        .outerjoin(user, user.c.id == audit_entry.c.actor_id)
        .where(audit_entry.c.entity_id == entity_id)
    )


def _shown(uow: UnitOfWork, rows: Sequence[Row[Any]], field: str) -> Iterator[HistoryEntry]:
    """The entries of which the actor may see something."""
    shown = shown_changes(uow, [read_changes(row.changes) for row in rows])
    for row, changes in zip(rows, shown, strict=True):
        is_erased = row.changes is None
        kept = tuple(one for one in changes if field in one.fields) if field else changes
        if kept or (is_erased and not field and may_read_erased(uow, row.action, row.subject_type, row.department_id)):
            yield HistoryEntry(
                row.id, row.number, row.at, row.actor_kind, row.actor_name or "", row.via, row.action, row.subject_type,
                row.department_id, kept, is_erased,
            )
