# SPDX-License-Identifier: Apache-2.0
"""Writing of the audit log: who changed what, from what to what, in the transaction of the change itself."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xrm.audit.models import audit_entry, audit_value
from xrm.db.bulk import insert_rows
from xrm.db.ids import new_id
from xrm.unit_of_work import UnitOfWork

_JSON = json.JSONEncoder(ensure_ascii=False, default=str)
Changes = Mapping[str, tuple[Any, Any]]


@dataclass
class _Entry:
    action: str
    subject_type: str
    department_id: uuid.UUID | None
    changes: list[dict[str, Any]] = field(default_factory=list)


def record_audit(
    uow: UnitOfWork,
    action: str,
    entity_id: uuid.UUID,
    subject_type: str,
    changes: Changes,
    *,
    subject_id: uuid.UUID | None = None,
    department: uuid.UUID | None = None,
) -> None:
    """Keep what happened to an entity, its roles, contact points or relationships.

    All that one unit of work does to one entity becomes one entry. ``changes`` maps a field to (before, after) as JSON
    values; ``action`` is ``subject.verb`` in the past tense (``entity.created``).
    """
    entries: dict[uuid.UUID, _Entry] = uow.cache.setdefault(__name__, {})
    entry = entries.get(entity_id)
    if entry is None:
        entry = entries[entity_id] = _Entry(action, subject_type, department)
    entry.changes.append(
        {"action": action, "type": subject_type, "id": str(subject_id or entity_id), "fields": changes}
    )


def write_audit(uow: UnitOfWork) -> None:
    """Write the entries of this unit of work; called once, before commit."""
    rows, values = [], []
    recorded: dict[uuid.UUID, _Entry] = uow.cache.pop(__name__, {})
    for entity_id, entry in recorded.items():
        salt = secrets.token_bytes(16)
        text = _JSON.encode(entry.changes)
        entry_id = new_id()
        rows.append(
            {
                "id": entry_id, "at": uow.now, "actor_kind": uow.actor.kind, "actor_id": uow.actor.user_id,
                "via": uow.actor.via, "action": entry.action, "subject_type": entry.subject_type, "subject_id": entity_id,
                "entity_id": entity_id, "department_id": entry.department_id,
                "digest": hashlib.sha256(salt + text.encode()).digest(),
            }
        )
        values.append({"audit_entry_id": entry_id, "salt": salt, "changes": text})
    if rows:
        insert_rows(uow.connection, audit_entry, rows)
        insert_rows(uow.connection, audit_value, values)
