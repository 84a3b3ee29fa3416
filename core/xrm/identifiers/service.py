# SPDX-License-Identifier: Apache-2.0
"""Changes of identifiers: a system and key belong to one entity for good."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from xrm.access.policy import require_any
from xrm.audit.service import record_audit
from xrm.db.bulk import insert_rows
from xrm.entities.models import identifier
from xrm.entities.parties import departments_of
from xrm.entities.rows import find_row
from xrm.errors import Conflict, InvalidInput, Problem, msg
from xrm.events import record_event
from xrm.identifiers.queries import conditions_of
from xrm.schema.fields.characters import is_storable
from xrm.unit_of_work import UnitOfWork

LONGEST = 200


def set_identifier(uow: UnitOfWork, system: str, key: str, entity_id: uuid.UUID) -> None:
    """Say that a system calls this entity by this key.

    Raises:
        NotFound: when the actor may not see the entity.
        PermissionDenied: without the right to update it.
        InvalidInput: for an empty or over-long system or key.
        Conflict: when the key belongs to another entity.
    """
    row = find_row(uow, entity_id)
    require_any(uow, f"{row.type}:update", departments_of(uow, row), owner=row.owner_id)
    if insert_identifiers(uow, [((system, key), entity_id)]):
        uow.touch(entity_id)
        record_audit(uow, "identifier.set", entity_id, row.type, {system: (None, key)}, department=row.department_id)
        record_event(uow, "entity.updated", row.type, (entity_id,), row.department_id)


def insert_identifiers(uow: UnitOfWork, pairs: Sequence[tuple[tuple[str, str], uuid.UUID]]) -> int:
    """Write identifiers of entities that the caller may change; returns how many are new.

    Raises:
        Conflict: when one belongs to another entity.
    """
    if not pairs:
        return 0
    _check({one for pair, _ in pairs for one in pair})
    taken: dict[tuple[str, str], uuid.UUID] = {}
    for condition in conditions_of({pair for pair, _ in pairs}):
        rows = uow.execute(select(identifier.c.system, identifier.c.key, identifier.c.entity_id).where(condition))
        taken.update({(row.system, row.key): row.entity_id for row in rows})
    fresh: dict[tuple[str, str], uuid.UUID] = {}
    for pair, entity_id in pairs:
        owner = taken.get(pair, fresh.get(pair))
        if owner is None:
            fresh[pair] = entity_id
        elif owner != entity_id:
            raise Conflict(msg("{system} {key} belongs to another entity already.", system=pair[0], key=pair[1]), code="taken")
    if fresh:
        insert_rows(
            uow.connection,
            identifier,
            [{"system": system, "key": key, "entity_id": one, "created_at": uow.now} for (system, key), one in fresh.items()],
        )
    return len(fresh)


def _check(texts: set[str]) -> None:
    if any(not text or text != text.strip() or len(text) > LONGEST or not is_storable(text) for text in texts):
        said = msg("Give the system and the key as texts of 1 to {most} characters without blanks around them.", most=LONGEST)
        raise InvalidInput([Problem("identifier", said)])
