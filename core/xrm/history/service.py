# SPDX-License-Identifier: Apache-2.0
"""Changes that start from the history: put fields back, restore a moment, erase values for good."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import delete, func, select

from xrm.access.policy import require_any, require_everywhere
from xrm.audit.models import audit_entry, audit_value
from xrm.audit.service import record_audit
from xrm.entities.models import entity
from xrm.entities.parties import departments_of
from xrm.entities.rows import find_row
from xrm.entities.service import update_entity
from xrm.errors import Conflict, NotFound, msg
from xrm.events import record_event
from xrm.history.queries import get_entry
from xrm.history.restoring import differences_since, restorable_keys
from xrm.history.visibility import declared_of
from xrm.roles.service import update_role
from xrm.unit_of_work import UnitOfWork

ERASE = "audit:administer"


def put_back(
    uow: UnitOfWork, entity_id: uuid.UUID, entry_id: uuid.UUID, *, subject: uuid.UUID | None = None,
    fields: Collection[str] = (), version: int | None = None,
) -> None:
    """Give fields the values that they had before an entry: all of its fields, or those named, of the entity or of one role.

    Raises:
        NotFound: when the actor may not see the entity or the entry.
        PermissionDenied: without the right to update it.
        InvalidInput: when an old value is not allowed (any more).
        Conflict: when somebody changed it since ``version``, or the entry holds nothing that can be put back.
    """
    row = find_row(uow, entity_id)
    of = subject or entity_id
    entry = get_entry(uow, entity_id, entry_id)
    raw: dict[str, object] = {}
    for change in entry.changes:
        if change.subject == of:
            keys = restorable_keys(declared_of(uow, change), change)
            raw |= {key: change.fields[key][0] for key in keys if (not fields or key in fields) and key not in raw}
    if not raw:
        raise Conflict(msg("This entry has nothing that can be put back."), code="nothing")
    if of == entity_id:
        require_any(uow, f"{row.type}:update", departments_of(uow, row), owner=row.owner_id)
        update_entity(uow, entity_id, raw, version=version)
    else:
        update_role(uow, of, raw, version=version)


def restore_moment(uow: UnitOfWork, entity_id: uuid.UUID, entry_id: uuid.UUID, *, version: int | None = None) -> int:
    """Make all fields of an entity what they were right after an entry, and return its new version.

    Raises:
        NotFound: when the actor may not see the entity or the entry.
        PermissionDenied: without the right to update it.
        InvalidInput: when an old value is not allowed (any more).
        Conflict: when somebody changed it since ``version``, or values were erased since.
    """
    row = find_row(uow, entity_id)
    require_any(uow, f"{row.type}:update", departments_of(uow, row), owner=row.owner_id)
    raw: dict[str, object] = {one.key: one.then for one in differences_since(uow, entity_id, entry_id)}
    return update_entity(uow, entity_id, raw, version=version)


def erase_values(uow: UnitOfWork, entity_id: uuid.UUID, *, reason: str = "") -> int:
    """Erase, for good, all values that the log holds about an entity, and return of how many entries.

    Entries, digests and chain stay: that something was done, by whom and when, stays provable; what it was is gone. The
    erasure itself is an entry.

    Raises:
        PermissionDenied: without the right to administer the audit log everywhere.
        NotFound: when the log knows nothing about this entity.
    """
    require_everywhere(uow, ERASE)
    mine = select(audit_entry.c.id).where(audit_entry.c.entity_id == entity_id)
    values = audit_value.c.audit_entry_id.in_(mine)
    if uow.execute(mine.limit(1)).first() is None:
        raise NotFound(msg("There is no entry about {id}.", id=entity_id))
    count = int(uow.execute(select(func.count()).select_from(audit_value).where(values)).scalar_one())
    uow.execute(delete(audit_value).where(values))
    row = uow.execute(select(entity.c.type, entity.c.department_id).where(entity.c.id == entity_id)).first()
    type_name, department = (row.type, row.department_id) if row is not None else ("", None)
    said = {"entries": (count, 0), "reason": (None, reason)}
    record_audit(uow, "audit.erased", entity_id, type_name, said, department=department)
    record_event(uow, "audit.erased", type_name, (entity_id,), department)
    return count
