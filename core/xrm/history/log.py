# SPDX-License-Identifier: Apache-2.0
"""Reads for auditors: the whole log in the departments of their right, the state of its chain, and who saw or exported whom."""

from __future__ import annotations

import operator
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true

from xrm.access.field_rights import hidden_somewhere
from xrm.access.models import user
from xrm.access.policy import in_scope, require, require_everywhere, scope, visible_entity
from xrm.audit.models import access_entry, access_entry_entity, audit_entry, audit_value, sequence_head
from xrm.audit.sequencing import AUDIT
from xrm.db.sequences import is_waiting
from xrm.entities.models import entity
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.unit_of_work import UnitOfWork

RIGHT = "audit:read"
MOST = 1_000
MOST_WAITING = 10_000


@dataclass(frozen=True)
class LogQuery:
    """What of the log is asked for; ``since`` and ``until`` are moments, [since, until). ``after`` continues a page."""

    entity: uuid.UUID | None = None
    user: uuid.UUID | None = None
    action: str = ""
    type: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: uuid.UUID | None = None
    limit: int = 50


@dataclass(frozen=True)
class LogEntry:
    """One entry of the log; ``title`` of the entity is empty when the actor may not see it, or it is none."""

    id: uuid.UUID
    number: int | None
    at: datetime
    actor_kind: str
    actor: str
    via: str
    action: str
    type: str
    entity: uuid.UUID | None
    title: str
    entity_type: str
    department: uuid.UUID | None


@dataclass(frozen=True)
class ChainState:
    """How far the chain is, how many entries wait for their number (counted up to 10,001), and what the last walk found."""

    number: int
    waiting: int
    verified_at: datetime | None
    verified_number: int | None
    problems: int


@dataclass(frozen=True)
class Access:
    """That somebody saw or exported an entity; ``count`` of an export is None while it runs, or when it broke off."""

    id: uuid.UUID
    at: datetime
    user: str
    via: str
    kind: str
    type: str
    filter: str
    count: int | None


def list_log(uow: UnitOfWork, query: LogQuery) -> tuple[list[LogEntry], uuid.UUID | None]:
    """One page of the log, newest first, and what continues it.

    Raises:
        PermissionDenied: without the right to read the audit log anywhere.
    """
    require(uow, RIGHT)
    limit = max(1, min(query.limit, MOST))
    rows = uow.execute(_select(uow, query).order_by(audit_entry.c.id.desc()).limit(limit + 1)).all()
    return [_entry(row) for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None


def walk_log(uow: UnitOfWork, query: LogQuery) -> Iterator[LogEntry]:
    """All entries that are asked for, newest first.

    Raises:
        PermissionDenied: as ``list_log``.
    """
    after = query.after
    while True:
        items, after = list_log(uow, replace(query, after=after, limit=MOST))
        yield from items
        if after is None:
            return


def walk_values(uow: UnitOfWork, query: LogQuery) -> Iterator[tuple[LogEntry, Row[Any]]]:
    """All entries that are asked for, oldest first, with the row of each: ``salt``, ``changes``, ``digest``, ``chain``.

    Raises:
        PermissionDenied: without the right to read the audit log, and everything else, everywhere.
    """
    require_everywhere(uow, RIGHT)
    require_everywhere(uow, "*:read")
    for type_name in uow.registry.guards:
        for key in sorted(hidden_somewhere(uow, type_name)):
            require_everywhere(uow, f"{type_name}.{key}:see")
    statement = _select(uow, query).add_columns(audit_value.c.salt, audit_value.c.changes)
    statement = statement.outerjoin(audit_value, audit_value.c.audit_entry_id == audit_entry.c.id)
    after: uuid.UUID | None = None
    while True:
        part = statement if after is None else statement.where(audit_entry.c.id > after)
        rows = uow.execute(part.order_by(audit_entry.c.id).limit(MOST)).all()
        yield from ((_entry(row), row) for row in rows)
        if len(rows) < MOST:
            return
        after = rows[-1].id


def chain_state(uow: UnitOfWork) -> ChainState:
    """How far the chain is, and what was found when it was last verified.

    Raises:
        PermissionDenied: without the right to read the audit log anywhere.
    """
    require(uow, RIGHT)
    some = select(audit_entry.c.id).where(is_waiting(audit_entry)).limit(MOST_WAITING + 1).subquery()
    waiting = int(uow.execute(select(func.count()).select_from(some)).scalar_one())
    row = uow.execute(select(sequence_head).where(sequence_head.c.name == AUDIT)).first()
    if row is None:
        return ChainState(0, waiting, None, None, 0)
    return ChainState(row.number, waiting, row.verified_at, row.verified_number, row.problems)


def may_see_accesses(uow: UnitOfWork, entity_id: uuid.UUID) -> bool:
    """Whether the actor sees the entity and may read the audit log in its home department."""
    seen = select(entity.c.id).where(entity.c.id == entity_id, visible_entity(uow), _at_home(uow))
    return uow.execute(seen).first() is not None


def list_accesses(
    uow: UnitOfWork, entity_id: uuid.UUID, *, before: tuple[datetime, uuid.UUID] | None = None, limit: int = 50
) -> tuple[list[Access], tuple[datetime, uuid.UUID] | None]:
    """One page of who saw or exported an entity, newest first, and what continues it.

    Raises:
        NotFound: when the actor may not see the entity, or not read the audit log in its home department.
    """
    if not may_see_accesses(uow, entity_id):
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))
    limit = max(1, min(limit, MOST))
    table = access_entry
    exported = select(access_entry_entity.c.access_entry_id).where(access_entry_entity.c.entity_id == entity_id)
    statement = (
        select(table, user.c.name.label("user_name")).outerjoin(user, user.c.id == table.c.user_id)
        .where(or_(table.c.entity_id == entity_id, table.c.id.in_(exported)))
    )
    if before is not None:
        moment, one = before
        statement = statement.where(or_(table.c.at < moment, and_(table.c.at == moment, table.c.id < one)))
    rows = uow.execute(statement.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit + 1)).all()
    items = [
        Access(row.id, row.at, row.user_name or "", row.via, row.kind, row.type, _told_filter(uow, row), row._mapping["count"])
        for row in rows[:limit]
    ]
    return items, (items[-1].at, items[-1].id) if len(rows) > limit else None


def _told_filter(uow: UnitOfWork, row: Row[Any]) -> str:
    """What an export was narrowed by, for who may know: its words are of all departments, and it tells what the rows had."""
    if not scope(uow, "audit", "read").is_everywhere:
        return ""
    hidden = hidden_somewhere(uow, row.type) if row.type in uow.registry.entity_types else ()
    return "" if any(key in row.filter for key in hidden) else str(row.filter)


def parse_period(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """Two moments from their ISO texts; empty for none.

    Raises:
        InvalidInput: for anything else.
    """
    found: list[datetime | None] = []
    for name, text in (("since", since), ("until", until)):
        try:
            moment = datetime.fromisoformat(text) if text else None
        except ValueError as error:
            said = msg("“{given}” is no moment. Write it as 2026-11-22 or 2026-11-22T14:30+01:00.", given=text[:40])
            raise InvalidInput([Problem(name, said)]) from error
        found.append(moment.astimezone() if moment is not None and moment.tzinfo is None else moment)
    return found[0], found[1]


def _select(uow: UnitOfWork, query: LogQuery) -> Select[Any]:
    about = entity.alias("about")
    seen = select(entity.c.id).where(entity.c.id == about.c.id, visible_entity(uow)).correlate(about).exists()
    statement = (
        select(audit_entry, user.c.name.label("actor_name"), about.c.title, about.c.type.label("entity_type"))
        .outerjoin(user, user.c.id == audit_entry.c.actor_id)
        .outerjoin(about, and_(about.c.id == audit_entry.c.entity_id, seen))
        .where(_in_departments(uow))
    )
    entry = audit_entry.c
    for column, compare, value in (
        (entry.entity_id, operator.eq, query.entity), (entry.actor_id, operator.eq, query.user),
        (entry.action, operator.eq, query.action), (entry.subject_type, operator.eq, query.type),
        (entry.at, operator.ge, query.since), (entry.at, operator.lt, query.until), (entry.id, operator.lt, query.after),
    ):
        if value:
            statement = statement.where(compare(column, value))
    return statement


def _in_departments(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that an entry is of a department of the actor's right; of none: that its entity is at home there."""
    where = scope(uow, "audit", "read")
    if where.is_everywhere:
        return true()
    at_home = select(entity.c.id).where(entity.c.id == audit_entry.c.entity_id, _at_home(uow)).exists()
    return or_(
        in_scope(where, audit_entry.c.department_id, None, None), and_(audit_entry.c.department_id.is_(None), at_home)
    )


def _at_home(uow: UnitOfWork) -> ColumnElement[bool]:
    return in_scope(scope(uow, "audit", "read"), entity.c.department_id, None, None)


def _entry(row: Row[Any]) -> LogEntry:
    return LogEntry(
        row.id, row.number, row.at, row.actor_kind, row.actor_name or "", row.via, row.action, row.subject_type, row.entity_id,
        row.title or "", row.entity_type or "", row.department_id,
    )


