# SPDX-License-Identifier: Apache-2.0
"""Writing of the audit log: who changed what, from what to what, in the transaction of the change itself."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xrm.audit.chain import digest_of
from xrm.audit.models import audit_entry, audit_value
from xrm.db.bulk import Columns, Same, insert_columns
from xrm.db.ids import new_id
from xrm.unit_of_work import UnitOfWork

_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str)
_SALT = 16
Changes = Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
class _Entry:
    entity_id: uuid.UUID
    action: str
    subject_type: str
    department_id: uuid.UUID | None
    changes: list[dict[str, Any]] = field(default_factory=list)


_Recorded = dict[uuid.UUID, dict[uuid.UUID | None, _Entry]]


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

    All that one unit of work does to one entity in one department becomes one entry, so that an entry never mixes what
    different people may read; what belongs to no department joins the first. ``changes`` maps a field to (before, after) as
    JSON values; ``action`` is ``subject.verb`` in the past tense (``entity.created``).
    """
    recorded: _Recorded = uow.cache.setdefault(__name__, {})
    entries = recorded.setdefault(entity_id, {})
    entry = entries.get(department)
    if entry is None:
        if department is None and entries:
            entry = next(iter(entries.values()))
        else:
            entry = entries[department] = _Entry(entity_id, action, subject_type, department)
    entry.changes.append(
        {"action": action, "type": subject_type, "id": str(subject_id or entity_id), "fields": changes}
    )


def write_audit(uow: UnitOfWork) -> None:
    """Write the entries of this unit of work; called once, before commit."""
    recorded: _Recorded = uow.cache.pop(__name__, {})
    entries = [entry for of_entity in recorded.values() for entry in of_entity.values()]
    if not entries:
        return
    count = len(entries)
    about = [entry.entity_id for entry in entries]
    ids = [new_id() for _ in entries]
    random = secrets.token_bytes(_SALT * count)
    salts = [random[start : start + _SALT] for start in range(0, len(random), _SALT)]
    texts = [_JSON.encode(entry.changes) for entry in entries]
    actor = uow.actor
    columns: Columns = {
        "id": ids, "at": Same(uow.now), "actor_kind": Same(actor.kind), "actor_id": Same(actor.user_id), "via": Same(actor.via),
        "action": [entry.action for entry in entries], "subject_type": [entry.subject_type for entry in entries],
        "subject_id": about, "entity_id": about,
        "department_id": [entry.department_id for entry in entries],
        "digest": [digest_of(salt, text) for salt, text in zip(salts, texts, strict=True)],
    }
    insert_columns(uow.connection, audit_entry, count, columns)
    insert_columns(uow.connection, audit_value, count, {"audit_entry_id": ids, "salt": salts, "changes": texts})
