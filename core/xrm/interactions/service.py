# SPDX-License-Identifier: Apache-2.0
"""Changes of interactions: what was between us and one or several entities."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from xrm.access.policy import allowed, require
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.db.locks import hold
from xrm.entities.links import get_titles
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.events import record_event
from xrm.interactions.models import interaction, interaction_participant
from xrm.interactions.queries import kinds_in, visible_interaction
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

DIRECTIONS = ("", "in", "out")
LONGEST = {"subject": 500, "body": 1_000_000, "outcome": 500, "channel": 100}
MOST_PARTICIPANTS = 500
LONGEST_DURATION = 100_000
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class InteractionDraft:
    """An interaction about to be recorded; ``duration`` in minutes, ``id`` if it is known before."""

    kind: str
    department: uuid.UUID
    participants: tuple[uuid.UUID, ...]
    subject: str = ""
    body: str = ""
    at: datetime | None = None
    channel: str = ""
    direction: str = ""
    outcome: str = ""
    duration: int | None = None
    thread: uuid.UUID | None = None
    id: uuid.UUID | None = None


def record_interaction(
    uow: UnitOfWork, kind: str, *, department: uuid.UUID, participants: Sequence[uuid.UUID], subject: str = "", body: str = "",
    at: datetime | None = None, channel: str = "", direction: str = "", outcome: str = "", duration: int | None = None,
    thread: uuid.UUID | None = None,
) -> uuid.UUID:
    """Record one interaction (now, unless ``at`` says when) and return its id.

    Raises:
        NotFound: when the actor may not see a participant.
        PermissionDenied: without the right to create interactions in this department.
        InvalidInput: for an unknown kind, an empty one, or a text too long.
    """
    draft = InteractionDraft(
        kind, department, tuple(participants), subject, body, at, channel, direction, outcome, duration, thread
    )
    return record_interactions(uow, [draft])[0]


def record_interactions(uow: UnitOfWork, drafts: Sequence[InteractionDraft]) -> list[uuid.UUID]:
    """Record many in one go and return their ids in the order given; all of them or none.

    Raises:
        NotFound, PermissionDenied, InvalidInput: as ``record_interaction``.
    """
    for department in {draft.department for draft in drafts}:
        require(uow, "interaction:create", department, owner=uow.actor.user_id)
    for draft in drafts:
        _check(uow, draft)
    people = {one for draft in drafts for one in draft.participants}
    missing = people - get_titles(uow, people, to_link=True).keys()
    if missing:
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=min(missing)))
    ids = [draft.id or new_id() for draft in drafts]
    _insert(uow, drafts, ids)
    for draft, one in zip(drafts, ids, strict=True):
        for person in draft.participants:
            record_audit(
                uow, "interaction.recorded", person, draft.kind, {"subject": (None, draft.subject)}, subject_id=one,
                department=draft.department,
            )
        record_event(uow, "interaction.recorded", draft.kind, (one,), draft.department)
    return ids


def _check(uow: UnitOfWork, draft: InteractionDraft) -> None:
    problems = [*_check_who(uow, draft), *_check_texts(draft)]
    if draft.duration is not None and not 0 <= draft.duration <= LONGEST_DURATION:
        problems.append(Problem("duration", msg("Give the minutes, from 0 to {most}.", most=LONGEST_DURATION)))
    if draft.at is not None and draft.at.tzinfo is None:
        problems.append(Problem("at", msg("The moment needs a time zone. Write it like 2026-03-01T14:30+01:00.")))
    if problems:
        raise InvalidInput(problems)


def _check_who(uow: UnitOfWork, draft: InteractionDraft) -> list[Problem]:
    problems = []
    offered = kinds_in(uow, (draft.department,))
    if draft.kind not in offered:
        problems.append(Problem("kind", unknown("kind of interaction", draft.kind, offered)))
    if draft.direction not in DIRECTIONS:
        problems.append(Problem("direction", unknown("direction", draft.direction, DIRECTIONS[1:])))
    if not draft.participants or len(set(draft.participants)) != len(draft.participants):
        problems.append(Problem("participants", msg("Name at least one participant, each once.")))
    if len(draft.participants) > MOST_PARTICIPANTS:
        problems.append(Problem("participants", msg("At most {most} participants.", most=MOST_PARTICIPANTS)))
    return problems


def _check_texts(draft: InteractionDraft) -> list[Problem]:
    problems = []
    if not draft.subject.strip() and not draft.body.strip():
        problems.append(Problem("body", msg("Write something: a subject or a text.")))
    for name, longest in LONGEST.items():
        text = getattr(draft, name)
        if len(text) > longest:
            problems.append(Problem(name, msg("At most {most} characters.", most=longest)))
        elif _NO_TEXT.search(text):
            problems.append(Problem(name, msg("It contains characters that are no text. Remove them.")))
    return problems


def _insert(uow: UnitOfWork, drafts: Sequence[InteractionDraft], ids: Sequence[uuid.UUID]) -> None:
    if not drafts:
        return
    pairs = list(zip(drafts, ids, strict=True))
    uow.execute(
        insert(interaction),
        [
            {
                "id": one, "department_id": draft.department, "kind": draft.kind, "channel": draft.channel,
                "direction": draft.direction, "subject": draft.subject.strip(), "body": draft.body, "outcome": draft.outcome,
                "duration": draft.duration, "thread_id": draft.thread, "at": draft.at or uow.now, "version": 1,
                "created_at": uow.now, "created_by": uow.actor.user_id,
            }
            for draft, one in pairs
        ],
    )
    uow.execute(
        insert(interaction_participant),
        [
            {"interaction_id": one, "entity_id": person, "at": draft.at or uow.now}
            for draft, one in pairs
            for person in draft.participants
        ],
    )


def update_interaction(
    uow: UnitOfWork, interaction_id: uuid.UUID, *, subject: str, body: str, outcome: str = "", version: int | None = None
) -> int:
    """Change the texts of an interaction and return its new version.

    Raises:
        NotFound: when the actor may not see it.
        PermissionDenied: without the right to update interactions in its department.
        InvalidInput: when a text is too long or all are empty.
        Conflict: when ``version`` is given and somebody changed it since.
    """
    row = _find(uow, interaction_id)
    require(uow, "interaction:update", row.department_id, owner=row.created_by)
    if version is not None and version != row.version:
        raise Conflict(msg("This entry was changed by somebody else. Load it again and repeat your change."))
    people = _people(uow, interaction_id)
    _check(uow, InteractionDraft(row.kind, row.department_id, people, subject, body, outcome=outcome))
    texts = {"subject": subject.strip(), "body": body, "outcome": outcome}
    uow.execute(update(interaction).where(interaction.c.id == row.id).values(version=row.version + 1, **texts))
    changes = {key: (getattr(row, key), text) for key, text in texts.items() if text != getattr(row, key)}
    _note(uow, row, people, "interaction.updated", changes)
    return int(row.version) + 1


def delete_interaction(uow: UnitOfWork, interaction_id: uuid.UUID) -> None:
    """Take an interaction off the timelines; ``restore_interaction`` brings it back.

    Raises:
        NotFound: when the actor may not see it.
        PermissionDenied: without the right to delete interactions in its department.
    """
    row = _find(uow, interaction_id)
    require(uow, "interaction:delete", row.department_id, owner=row.created_by)
    uow.execute(update(interaction).where(interaction.c.id == row.id).values(deleted_at=uow.now, version=row.version + 1))
    _note(uow, row, _people(uow, interaction_id), "interaction.deleted", {})


def restore_interaction(uow: UnitOfWork, interaction_id: uuid.UUID) -> None:
    """Bring a deleted interaction back.

    Raises:
        NotFound: when none of this id was deleted.
        PermissionDenied: without the right to delete interactions in its department.
    """
    statement = select(interaction).where(interaction.c.id == interaction_id, interaction.c.deleted_at.is_not(None))
    row = uow.execute(statement).first()
    if row is None or not allowed(uow, "interaction:read", row.department_id, owner=row.created_by):
        raise NotFound(msg("There is no deleted entry with the id {id}.", id=interaction_id))
    require(uow, "interaction:delete", row.department_id, owner=row.created_by)
    uow.execute(update(interaction).where(interaction.c.id == row.id).values(deleted_at=None, version=row.version + 1))
    _note(uow, row, _people(uow, interaction_id), "interaction.restored", {})


def _find(uow: UnitOfWork, interaction_id: uuid.UUID) -> Row[Any]:
    statement = select(interaction).where(interaction.c.id == interaction_id, visible_interaction(uow))
    row = uow.execute(hold(statement, to_change=True)).first()
    people = _people(uow, interaction_id) if row is not None else ()
    if row is None or not get_titles(uow, people):
        raise NotFound(msg("There is no entry with the id {id} that you may see.", id=interaction_id))
    return row


def _people(uow: UnitOfWork, interaction_id: uuid.UUID) -> tuple[uuid.UUID, ...]:
    statement = select(interaction_participant.c.entity_id).where(interaction_participant.c.interaction_id == interaction_id)
    return tuple(uow.execute(statement).scalars())


def _note(
    uow: UnitOfWork, row: Row[Any], people: Sequence[uuid.UUID], action: str, changes: dict[str, tuple[Any, Any]]
) -> None:
    for person in people:
        record_audit(uow, action, person, row.kind, changes, subject_id=row.id, department=row.department_id)
    record_event(uow, action, row.kind, (row.id,), row.department_id)
