# SPDX-License-Identifier: Apache-2.0
"""Changes of shares: lend one entity to a user or to the members of a department, and take it back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from xrm.access.models import user
from xrm.access.policy import require_any, visible_entity, visible_without_shares
from xrm.access.sharing import READ, UPDATE, received_by
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.departments.queries import get_tree
from xrm.entities.models import entity
from xrm.entities.parties import departments_of
from xrm.entities.rows import EntityRow, find_row
from xrm.errors import InvalidInput, NotFound, PermissionDenied, Problem, msg
from xrm.events import record_event
from xrm.schema.fields.characters import is_storable
from xrm.schema.suggest import unknown
from xrm.sharing.models import share
from xrm.unit_of_work import UnitOfWork

ACTIONS = (READ, UPDATE)
LONGEST_NOTE = 500


@dataclass(frozen=True)
class Recipient:
    """With whom something is shared: a user, or all members of a department."""

    user: uuid.UUID | None = None
    department: uuid.UUID | None = None


def share_entity(
    uow: UnitOfWork, entity_id: uuid.UUID, recipient: Recipient, action: str = READ, *, until: date | None = None, note: str = ""
) -> uuid.UUID:
    """Let somebody see one party or record (``update``: and change it) whatever their grants say, and return the share's id.

    It shows the entity and its unguarded fields; no role of a party. Shared again with the same, what is said last holds.
    ``until`` is the first day on which it no longer does.

    Raises:
        NotFound: when the actor may not see the entity, or there is no such user or department.
        PermissionDenied: unless the actor may update it by grants; its owner may share it for reading.
        InvalidInput: for what cannot be.
    """
    row = find_row(uow, entity_id, to_change=False)
    _require_sharer(uow, row, action)
    _check(uow, recipient, action, until, note)
    values = {"action": action, "until": until, "note": note.strip(), "created_at": uow.now, "created_by": uow.actor.user_id}
    same = share.c.user_id == recipient.user if recipient.user else share.c.department_id == recipient.department
    one = uow.execute(select(share.c.id).where(share.c.entity_id == entity_id, same)).scalar()
    if one is None:
        one = new_id()
        whose = {"user_id": recipient.user, "department_id": recipient.department}
        uow.execute(insert(share).values(id=one, entity_id=entity_id, **whose, **values))
    else:
        uow.execute(update(share).where(share.c.id == one).values(values))
    said = {"with": str(recipient.user or recipient.department), "action": action, "until": until, "note": note.strip()}
    _note(uow, "share.given", row, one, {key: (None, value) for key, value in said.items()})
    return one


def _require_sharer(uow: UnitOfWork, row: EntityRow, action: str) -> None:
    # Nobody passes on what was only lent to them.
    if uow.execute(select(entity.c.id).where(entity.c.id == row.id, visible_without_shares(uow))).first() is None:
        raise PermissionDenied(msg("{title} is shared with you; only those who have rights to it share it further.",
                                   title=row.title))
    is_owner = row.owner_id is not None and row.owner_id == uow.actor.user_id and uow.actor.token_id is None
    if action == UPDATE or not is_owner:
        require_any(uow, f"{row.type}:update", departments_of(uow, row), owner=row.owner_id)


def _check(uow: UnitOfWork, recipient: Recipient, action: str, until: date | None, note: str) -> None:
    problems = []
    if action not in ACTIONS:
        problems.append(Problem("action", unknown("action", action, ACTIONS)))
    if (recipient.user is None) == (recipient.department is None):
        problems.append(Problem("with", msg("Say with whom: one user, or one department.")))
    if until is not None and until <= uow.today:
        problems.append(Problem("until", msg("It must end after today.")))
    if len(note) > LONGEST_NOTE or not is_storable(note):
        problems.append(Problem("note", msg("Write at most {most} characters, without control characters.", most=LONGEST_NOTE)))
    if problems:
        raise InvalidInput(problems)
    if recipient.department is not None and recipient.department not in get_tree(uow).by_id:
        raise NotFound(msg("There is no department with the id {id}.", id=recipient.department))
    known = select(user.c.id).where(user.c.id == recipient.user, user.c.is_active)
    if recipient.user is not None and uow.execute(known).first() is None:
        raise NotFound(msg("There is no active user with the id {id}.", id=recipient.user))


def end_share(uow: UnitOfWork, share_id: uuid.UUID) -> None:
    """Take a share back at once.

    Raises:
        NotFound: when there is none, or the actor may not see what was shared.
        PermissionDenied: unless the actor gave it, got it, or may update the entity.
    """
    one = _find(uow, share_id)
    row = find_row(uow, one.entity_id, to_change=False)
    # A token does what its scopes say, and nothing because of whose it is.
    if uow.actor.user_id is None or uow.actor.token_id or uow.actor.user_id not in (one.created_by, one.user_id):
        require_any(uow, f"{row.type}:update", departments_of(uow, row), owner=row.owner_id)
    uow.execute(delete(share).where(share.c.id == share_id))
    whom = str(one.user_id or one.department_id)
    _note(uow, "share.ended", row, share_id, {"with": (whom, None), "action": (one.action, None)})


def _find(uow: UnitOfWork, share_id: uuid.UUID) -> Row[Any]:
    joined = share.join(entity, entity.c.id == share.c.entity_id)
    seen = select(share).select_from(joined).where(share.c.id == share_id, visible_entity(uow))
    row = uow.execute(seen).first()
    if row is not None and uow.execute(seen.where(visible_without_shares(uow))).first() is None:
        # Who only got it knows of no other share.
        row = uow.execute(seen.where(received_by(uow.actor.user_id))).first()
    if row is None:
        raise NotFound(msg("There is no share with the id {id} that you may see.", id=share_id))
    return row


def _note(uow: UnitOfWork, action: str, row: EntityRow, one: uuid.UUID, changes: dict[str, tuple[Any, Any]]) -> None:
    record_audit(uow, action, row.id, row.type, changes, subject_id=one, department=row.department_id)
    record_event(uow, action, row.type, (row.id,), row.department_id)
