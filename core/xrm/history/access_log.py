# SPDX-License-Identifier: Apache-2.0
"""Who saw whom, and who took data out: noted in memory by whoever shows it, and written down by one thread every few seconds.

Looking at a page takes no write lock. What was noted in the last seconds is lost when the process is killed, never otherwise.
"""

from __future__ import annotations

import atexit
import logging
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from xrm.audit.models import access_entry, access_entry_entity
from xrm.db.bulk import Same, insert_columns
from xrm.db.ids import new_id
from xrm.errors import XrmError
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime

logger = logging.getLogger("xrm.access_log")
EVERY = 3.0  # seconds between two writings
SOON = 20_000  # exported ids in memory that do not wait for it
MOST_KEPT = 200_000  # notes that are kept while the database is away
AGAIN_AFTER = 3600  # seconds until the same user seeing the same entity is told again
CHUNK = 500
_NAMESPACE = uuid.UUID("6f0c3f5e-6a3c-4f1e-9a58-1d1f5c7a8b90")
Kind = Literal["seen", "exported", "printed"]


@dataclass
class _Notes:
    """What waits to be written: entries, ids of exports, final counts of exports."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    exported: list[tuple[uuid.UUID, list[uuid.UUID]]] = field(default_factory=list)
    counts: dict[uuid.UUID, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.entries or self.exported or self.counts)

    @property
    def size(self) -> int:
        return len(self.entries) + sum(len(ids) for _, ids in self.exported)


@dataclass(frozen=True)
class Export:
    """One export on its way: says which entities leave, part by part, and at the end how many rows it had."""

    id: uuid.UUID
    log: AccessLog

    def add(self, ids: Iterable[uuid.UUID]) -> None:
        """Note that these entities were sent."""
        self.log.note_exported(self.id, list(ids))

    def end(self, count: int) -> None:
        """Note that all was sent."""
        self.log.note_end(self.id, count)


class AccessLog:
    """The notes of one process. Thread-safe; its thread starts with the first note, so that processes can be forked before.

    With ``every=0`` there is no thread: whoever made it calls ``flush``.
    """

    def __init__(self, runtime: Runtime, *, every: float = EVERY) -> None:
        self._runtime = runtime
        self._every = every
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._notes = _Notes()
        self._told: dict[tuple[uuid.UUID, uuid.UUID], int] = {}
        self._thread: threading.Thread | None = None

    def seen(self, actor: Actor, entity_id: uuid.UUID, type_name: str, *, kind: Kind = "seen") -> None:
        """Note that a user saw (or printed) an entity, once an hour."""
        who = _person(actor)
        if who is None:
            return
        now = datetime.now(UTC)
        hour = int(now.timestamp()) // AGAIN_AFTER
        with self._lock:
            if self._told.get((who, entity_id)) == hour and kind == "seen":
                return
            if len(self._told) > 50_000:
                self._told = {key: told for key, told in self._told.items() if told == hour}
            self._told[who, entity_id] = hour
        # The same id in every process, so that several of them write one entry.
        one = uuid.uuid5(_NAMESPACE, f"{kind}:{who}:{entity_id}:{hour}")
        self._note(_entry(one, now, actor, kind, type_name) | {"entity_id": entity_id})

    def begin_export(self, actor: Actor, type_name: str, filter_text: str) -> Export:
        """Note that somebody exports; the entities follow as they are sent."""
        one = new_id()
        self._note(_entry(one, datetime.now(UTC), actor, "exported", type_name) | {"filter": filter_text[:2000]})
        return Export(one, self)

    def note_exported(self, export: uuid.UUID, ids: list[uuid.UUID]) -> None:
        """Note entities of an export."""
        with self._lock:
            self._notes.exported.append((export, ids))
            is_much = self._notes.size > SOON
        self._start()
        if is_much:
            self._wake.set()

    def note_end(self, export: uuid.UUID, count: int) -> None:
        """Note how many rows an export had."""
        with self._lock:
            self._notes.counts[export] = count
        self._start()

    def flush(self) -> None:
        """Write down what was noted.

        Raises:
            XrmError, SQLAlchemyError: when it cannot be written; it is kept for the next time.
        """
        with self._writing:
            with self._lock:
                notes, self._notes = self._notes, _Notes()
            if notes.is_empty:
                return
            try:
                self._runtime.write(lambda uow: _write(uow, notes), system_actor("access_log"))
            except (XrmError, SQLAlchemyError):
                self._take_back(notes)
                raise

    def _note(self, entry: dict[str, Any]) -> None:
        with self._lock:
            self._notes.entries.append(entry)
        self._start()

    def _take_back(self, notes: _Notes) -> None:
        with self._lock:
            kept = self._notes
            if notes.size + kept.size > MOST_KEPT:
                logger.error("%s notes of who saw what are lost: they could not be written for too long", notes.size)
                return
            notes.entries += kept.entries
            notes.exported += kept.exported
            self._notes = _Notes(notes.entries, notes.exported, notes.counts | kept.counts)

    def _start(self) -> None:
        if not self._every or (self._thread is not None and self._thread.is_alive()):
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="xrm-access-log", daemon=True)
                self._thread.start()
                atexit.register(self._try_flush)

    def _run(self) -> None:
        while True:
            self._wake.wait(self._every)
            self._wake.clear()
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self.flush()
        except (XrmError, SQLAlchemyError):
            logger.exception("who saw what could not be written down; it is tried again")


def record_export(
    uow: UnitOfWork, type_name: str, filter_text: str, count: int, ids: Iterable[uuid.UUID]
) -> None:
    """Note an export that is whole already, in the unit of work of who made it."""
    one = new_id()
    entry = _entry(one, uow.now, uow.actor, "exported", type_name) | {"filter": filter_text[:2000], "count": count}
    uow.execute(insert(access_entry).values(entry))
    _write_exported(uow, one, list(ids))


def _person(actor: Actor) -> uuid.UUID | None:
    """Who really sits there: also of somebody who looks at the pages as another."""
    return actor.seen_by or actor.user_id


def _entry(one: uuid.UUID, at: datetime, actor: Actor, kind: Kind, type_name: str) -> dict[str, Any]:
    return {
        "id": one, "at": at, "user_id": _person(actor), "via": actor.via, "kind": kind, "type": type_name, "filter": "",
        "entity_id": None, "count": None,
    }


def _write(uow: UnitOfWork, notes: _Notes) -> None:
    new = {entry["id"]: entry for entry in notes.entries}
    for known in _known(uow, list(new)):
        del new[known]
    if new:
        uow.execute(insert(access_entry), list(new.values()))
    merged: dict[uuid.UUID, list[uuid.UUID]] = {}
    for export, ids in notes.exported:
        merged.setdefault(export, []).extend(ids)
    for export, ids in merged.items():
        _write_exported(uow, export, ids)
    for export, count in notes.counts.items():
        unended = access_entry.c.count.is_(None)
        uow.execute(update(access_entry).where(access_entry.c.id == export, unended).values(count=count))


def _known(uow: UnitOfWork, ids: list[uuid.UUID]) -> list[uuid.UUID]:
    # Another process that writes the same in this moment makes this unit of work run again, and is found.
    return [
        one
        for start in range(0, len(ids), CHUNK)
        for one in uow.execute(select(access_entry.c.id).where(access_entry.c.id.in_(ids[start : start + CHUNK]))).scalars()
    ]


def _write_exported(uow: UnitOfWork, export: uuid.UUID, ids: list[uuid.UUID]) -> None:
    several = list(dict.fromkeys(ids))
    table, there = access_entry_entity, set[uuid.UUID]()
    for start in range(0, len(several), CHUNK):
        part = table.c.entity_id.in_(several[start : start + CHUNK])
        there.update(uow.execute(select(table.c.entity_id).where(part, table.c.access_entry_id == export)).scalars())
    new = [one for one in several if one not in there]
    columns: Mapping[str, Any] = {"entity_id": new, "access_entry_id": Same(export)}
    insert_columns(uow.connection, table, len(new), columns)
