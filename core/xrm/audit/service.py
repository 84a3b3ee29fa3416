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
from xrm.db.bulk import Columns, Same, insert_columns
from xrm.db.ids import new_id
from xrm.unit_of_work import UnitOfWork

_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str)
_SALT = 16
Changes = Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
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
    recorded: dict[uuid.UUID, _Entry] = uow.cache.pop(__name__, {})
    if not recorded:
        return
    entries, count = list(recorded.values()), len(recorded)
    ids = [new_id() for _ in entries]
    random = secrets.token_bytes(_SALT * count)
    salts = [random[start : start + _SALT] for start in range(0, len(random), _SALT)]
    texts = [_JSON.encode(entry.changes) for entry in entries]
    actor = uow.actor
    columns: Columns = {
        "id": ids, "at": Same(uow.now), "actor_kind": Same(actor.kind), "actor_id": Same(actor.user_id), "via": Same(actor.via),
        "action": [entry.action for entry in entries], "subject_type": [entry.subject_type for entry in entries],
        "subject_id": list(recorded), "entity_id": list(recorded),
        "department_id": [entry.department_id for entry in entries],
        "digest": [hashlib.sha256(salt + text.encode()).digest() for salt, text in zip(salts, texts, strict=True)],
    }
    insert_columns(uow.connection, audit_entry, count, columns)
    insert_columns(uow.connection, audit_value, count, {"audit_entry_id": ids, "salt": salts, "changes": texts})
