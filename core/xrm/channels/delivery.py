# SPDX-License-Identifier: Apache-2.0
"""The job that sends one message: checks again, sends outside of any transaction, writes what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select, update

from xrm.channels.contract import OutgoingMessage, SendResult
from xrm.channels.models import message
from xrm.channels.objections import objection_to
from xrm.channels.queries import OfferedChannel, get_channel
from xrm.contact_points.service import mark_bounced
from xrm.entities.models import entity
from xrm.errors import NotFound, PluginError, msg
from xrm.events import record_event
from xrm.interactions.models import interaction
from xrm.jobs.kinds import Job, RetryLater
from xrm.plugin_settings.queries import settings_for
from xrm.schema.model import Label
from xrm.unit_of_work import UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime

SYSTEM = system_actor("job")
OUTCOMES = {
    "queued": Label({"en": "Not sent yet: {detail}", "fr": "Pas encore envoyé : {detail}"}),
    "sent": Label({"en": "Sent", "fr": "Envoyé"}),
    "refused": Label({"en": "Not sent: {detail}", "fr": "Non envoyé : {detail}"}),
    "failed": Label({"en": "Given up: {detail}", "fr": "Abandonné : {detail}"}),
}
ENDED = {"sent", "refused", "failed"}


@dataclass(frozen=True)
class Attempt:
    """What is to be sent, and by whom."""

    offered: OfferedChannel
    outgoing: OutgoingMessage
    settings: Mapping[str, str]


def send_message(runtime: Runtime, job: Job) -> Mapping[str, Any]:
    """Send the ``message`` of the payload, unless it was sent or something came between; the result says its state.

    Killed between sending and writing, it sends again with the same Message-ID: at least once, never silently not at all.

    Raises:
        RetryLater: when the other side cannot take it now.
    """
    one = uuid.UUID(job.payload["message"])
    attempt = runtime.write(lambda uow: _begin(uow, one), SYSTEM)
    if attempt is None:
        return {"state": runtime.read(lambda uow: _find(uow, one).state, SYSTEM)}
    result = _send(runtime, attempt)
    runtime.write(lambda uow: _record(uow, one, result), SYSTEM)
    if result.state == "retry":
        raise RetryLater(msg("{detail}", detail=result.detail), result.retry_after)
    return {"state": result.state, "detail": result.detail}


def give_up_message(uow: UnitOfWork, payload: Mapping[str, Any], reason: str) -> None:
    """Note on the timeline that a message was tried as often as it may be."""
    row = _find(uow, uuid.UUID(payload["message"]))
    if row.state not in ENDED:
        _note(uow, row, "failed", reason)


def _send(runtime: Runtime, attempt: Attempt) -> SendResult:
    offered = attempt.offered
    try:
        return runtime.host.call(
            offered.plugin, offered.channel.key, SendResult, offered.channel.send, attempt.outgoing, attempt.settings
        )
    except PluginError as error:
        return SendResult.retry(str(error))


def _begin(uow: UnitOfWork, one: uuid.UUID) -> Attempt | None:
    """The attempt about to be made; None when there is nothing (more) to send."""
    row = _find(uow, one)
    if row.state in ENDED:
        return None
    party = uow.execute(select(entity).where(entity.c.id == row.party_id)).one()
    objection = objection_to(uow, party, row.contact_point_id)
    if objection is not None:
        _note(uow, row, "refused", str(objection))
        return None
    try:
        offered = get_channel(uow, row.channel, row.department_id)
    except NotFound as error:
        raise RetryLater(error.message) from error
    doubtful = row.doubtful + (row.state == "sending")
    uow.execute(
        update(message).where(message.c.id == one).values(state="sending", attempts=row.attempts + 1, doubtful=doubtful)
    )
    outgoing = OutgoingMessage(
        row.id, row.message_id, row.kind, row.recipient, row.recipient_name, row.subject, row.body, row.department_id,
        row.party_id, row.attempts + 1,
    )
    return Attempt(offered, outgoing, settings_for(uow, offered.plugin, row.department_id))


def _record(uow: UnitOfWork, one: uuid.UUID, result: SendResult) -> None:
    row = _find(uow, one)
    if row.state in ENDED:
        return
    if result.address_is_bad:
        mark_bounced(uow, row.kind, row.normalized, result.detail)
    _note(uow, row, {"retry": "queued"}.get(result.state, result.state), result.detail, result.reference)


def _note(uow: UnitOfWork, row: Row[Any], state: str, detail: str, reference: str = "") -> None:
    detail = detail[:400]
    known = {"state": state, "detail": detail, "reference": reference[:400], "sent_at": uow.now if state == "sent" else None}
    uow.execute(update(message).where(message.c.id == row.id).values(known))
    outcome = OUTCOMES[state].get(uow.settings.language).replace("{detail}", detail)
    uow.execute(update(interaction).where(interaction.c.id == row.interaction_id).values(outcome=outcome))
    if state in ENDED:
        record_event(uow, f"message.{state}", row.channel, (row.id,), row.department_id)


def _find(uow: UnitOfWork, one: uuid.UUID) -> Row[Any]:
    return uow.execute(select(message).where(message.c.id == one)).one()
