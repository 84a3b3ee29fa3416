# SPDX-License-Identifier: Apache-2.0
"""Writing to a party: the message, its interaction and the job that sends it, in one transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, insert, select

from xrm.access.policy import allowed, require, visible_entity
from xrm.audit.service import record_audit
from xrm.channels.contract import Channel
from xrm.channels.models import message
from xrm.channels.objections import objection_to
from xrm.channels.queries import get_channel
from xrm.contact_points.models import contact_point
from xrm.contact_points.queries import visible_contact_point
from xrm.db.ids import new_id
from xrm.entities.models import entity
from xrm.entities.parties import departments_of
from xrm.entities.rows import EntityRow, find_row
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.events import record_event
from xrm.interactions.service import record_interaction
from xrm.jobs.service import enqueue
from xrm.schema.model import Label
from xrm.unit_of_work import UnitOfWork

WAITING = Label({"en": "Waiting to be sent", "fr": "En attente d’envoi"})
LONGEST_SUBJECT = 500
LONGEST_BODY = 1_000_000
MAX_TRIES = 12


@dataclass(frozen=True)
class QueuedMessage:
    """A message in the queue: its id, the interaction on the timeline, and the Message-ID of every attempt."""

    id: uuid.UUID
    interaction: uuid.UUID
    message_id: str


def write_message(
    uow: UnitOfWork, channel: str, party_id: uuid.UUID, *, to: uuid.UUID, subject: str = "", body: str = "",
    department: uuid.UUID | None = None,
) -> QueuedMessage:
    """Queue a message to the contact point ``to`` of a party and record it on the timeline; it is sent after commit.

    Without a ``department`` it is written for the one that the address belongs to, else for the party's home, else for another of
    the party's departments: the first in which the actor may send.

    Raises:
        NotFound: for a channel that is not on here, or a party or contact point that the actor may not see.
        PermissionDenied: without the right to send messages, or to record interactions, in this department.
        InvalidInput: when the text cannot be sent, or the party or the address must not be written to.
    """
    party = find_row(uow, party_id, to_change=False)
    point = _find_address(uow, party, to)
    department = department or _department_of(uow, party, point)
    require(uow, "message:send", department)
    offered = get_channel(uow, channel, department).channel
    _check(uow, offered, party, point, subject.strip(), body)
    interaction = record_interaction(
        uow, "message", department=department, participants=[party_id], subject=subject.strip(), body=body, channel=channel,
        direction="out", outcome=WAITING.get(uow.settings.language),
    )
    queued = _insert(uow, offered, party, point, {
        "department_id": department, "interaction_id": interaction, "subject": subject.strip(), "body": body,
    })
    payload = {"message": str(queued.id)}
    enqueue(uow, "send_message", payload, department=department, max_tries=MAX_TRIES, lane=f"channel:{channel}")
    record_audit(uow, "message.queued", party_id, "message", {"recipient": (None, point.value)}, subject_id=queued.id,
                 department=department)
    record_event(uow, "message.queued", channel, (queued.id,), department)
    return queued


def _department_of(uow: UnitOfWork, party: EntityRow, point: Row[Any]) -> uuid.UUID:
    candidates: list[uuid.UUID] = [point.department_id]
    if point.department_id is None:
        candidates = [party.department_id, *sorted(departments_of(uow, party))]
    allowed_ones = [one for one in candidates if allowed(uow, "message:send", one)]
    return (allowed_ones or candidates)[0]


def _find_address(uow: UnitOfWork, party: EntityRow, to: uuid.UUID) -> Row[Any]:
    statement = (
        select(contact_point).join(entity, entity.c.id == contact_point.c.entity_id)
        .where(contact_point.c.id == to, contact_point.c.entity_id == party.id, visible_contact_point(uow), visible_entity(uow))
    )
    row = uow.execute(statement).first()
    if row is None:
        raise NotFound(msg("{title} has no such address that you may see.", title=party.title))
    return row


def _check(uow: UnitOfWork, channel: Channel, party: EntityRow, point: Row[Any], subject: str, body: str) -> None:
    problems = []
    objection = objection_to(uow, party, point.id)
    if point.kind not in channel.contact_point_kinds:
        objection = msg("{address} is no address of this channel. Choose another.", address=point.value)
    if objection is not None:
        problems.append(Problem("to", objection))
    problems += _wrong_texts(channel, subject, body)
    if problems:
        raise InvalidInput(problems)


def _wrong_texts(channel: Channel, subject: str, body: str) -> list[Problem]:
    problems = []
    if channel.has_subject and not subject:
        problems.append(Problem("subject", msg("This is needed. Fill it in.")))
    if len(subject) > LONGEST_SUBJECT:
        problems.append(Problem("subject", msg("At most {most} characters.", most=LONGEST_SUBJECT)))
    if not subject.isprintable():
        problems.append(Problem("subject", msg("It must be one line of text without control characters.")))
    if not body.strip():
        problems.append(Problem("body", msg("This is needed. Fill it in.")))
    most = min(channel.maximum_length or LONGEST_BODY, LONGEST_BODY)
    if len(body) > most:
        problems.append(Problem("body", msg("At most {most} characters.", most=most)))
    return problems


def _insert(uow: UnitOfWork, channel: Channel, party: EntityRow, point: Row[Any], values: dict[str, Any]) -> QueuedMessage:
    one = new_id()
    # Made here and kept: every attempt carries the same, so that the other side can tell a repetition.
    message_id = f"<{one}@{urlsplit(uow.settings.base_url).hostname or 'localhost'}>"
    uow.execute(
        insert(message).values(
            id=one, message_id=message_id, party_id=party.id, contact_point_id=point.id, channel=channel.key, kind=point.kind,
            recipient=point.value, normalized=point.normalized, recipient_name=party.title, state="queued", attempts=0,
            doubtful=0, created_at=uow.now, created_by=uow.actor.user_id, **values,
        )
    )
    return QueuedMessage(one, values["interaction_id"], message_id)
