# SPDX-License-Identifier: Apache-2.0
"""Events: facts announced after commit. Recorded in the unit of work, kept in the outbox by the same transaction."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xrm.db.bulk import insert_rows
from xrm.db.ids import new_id
from xrm.jobs.models import outbox
from xrm.unit_of_work import UnitOfWork

BATCH = 1000


@dataclass(frozen=True)
class Event:
    """One fact: ``name`` is past tense (``entity.created``), about ids of one type and department."""

    name: str
    type: str
    ids: tuple[uuid.UUID, ...]
    department_id: uuid.UUID | None = None


def record_event(
    uow: UnitOfWork, name: str, type_name: str, ids: Iterable[uuid.UUID], department_id: uuid.UUID | None = None
) -> None:
    """Note a fact; it is announced if and only if this unit of work commits."""
    uow.events.append(Event(name, type_name, tuple(ids), department_id))


def write_outbox(uow: UnitOfWork) -> None:
    """Put what was recorded into the outbox; equal facts share a row of up to 1,000 ids."""
    joined: dict[tuple[str, str, uuid.UUID | None], list[uuid.UUID]] = {}
    for event in uow.events:
        joined.setdefault((event.name, event.type, event.department_id), []).extend(event.ids)
    rows = [
        {
            "id": new_id(), "at": uow.now, "event": name, "department_id": department_id,
            "payload": json.dumps({"type": type_name, "ids": [str(one) for one in part]}),
        }
        for (name, type_name, department_id), ids in joined.items()
        for part in _parts(list(dict.fromkeys(ids)))
    ]
    if rows:
        insert_rows(uow.connection, outbox, rows)
    uow.events.clear()


def _parts(ids: list[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
