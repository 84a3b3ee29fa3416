# SPDX-License-Identifier: Apache-2.0
"""Reads of channels and messages: which ways there are to write to a party, and what became of what was written."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from xrm.access.policy import visible_entity, visible_row
from xrm.channels.contract import Channel
from xrm.channels.models import message
from xrm.entities.models import entity
from xrm.errors import NotFound, msg
from xrm.schema.suggest import did_you_mean
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class OfferedChannel:
    """A channel with the plugin that offers it."""

    plugin: str
    channel: Channel


@dataclass(frozen=True)
class Message:
    """One message; ``state`` is queued, sending, sent, refused or failed; ``doubtful`` counts attempts whose end is not known."""

    id: uuid.UUID
    message_id: str
    interaction: uuid.UUID
    party: uuid.UUID
    department: uuid.UUID
    channel: str
    recipient: str
    subject: str
    state: str
    attempts: int
    doubtful: int
    detail: str
    created_at: datetime
    sent_at: datetime | None


def list_channels(uow: UnitOfWork, department: uuid.UUID | None = None) -> list[OfferedChannel]:
    """The channels of all plugins that are on in this department (anywhere, when none is named)."""
    names = {plugin.name for plugin in uow.host.on_for(department, uow)}
    return [OfferedChannel(item.plugin, item.value) for item in uow.host.contributed("register_channels") if item.plugin in names]


def get_channel(uow: UnitOfWork, key: str, department: uuid.UUID | None = None) -> OfferedChannel:
    """The channel of this key.

    Raises:
        NotFound: when no plugin that is on in the department offers it.
    """
    offered = list_channels(uow, department)
    found = next((item for item in offered if item.channel.key == key), None)
    if found is None:
        raise NotFound(msg("There is no channel {key} here.{hint} Install or enable a plugin that offers it.", key=key,
                           hint=did_you_mean(key, [item.channel.key for item in offered])))
    return found


def messages_of(uow: UnitOfWork, interaction_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Message]:
    """What became of the messages behind these interactions, as far as the actor may see them: interaction → message."""
    statement = (
        select(message).join(entity, entity.c.id == message.c.party_id)
        .where(message.c.interaction_id.in_(list(interaction_ids)), visible_row(uow, "interaction", message.c.department_id),
               visible_entity(uow))
    )
    return {row.interaction_id: _message(row) for row in uow.execute(statement)}


def count_messages(uow: UnitOfWork, channel: str = "") -> dict[str, int]:
    """How many visible messages there are in each state, and ``doubtful``: how many may have arrived more than once."""
    visible = visible_row(uow, "interaction", message.c.department_id)
    if channel:
        visible = visible & (message.c.channel == channel)
    found = {row.state: row.number for row in uow.execute(
        select(message.c.state, func.count().label("number")).where(visible).group_by(message.c.state))}
    doubtful = uow.execute(select(func.count()).select_from(message).where(visible, message.c.doubtful > 0)).scalar_one()
    return {**found, "doubtful": int(doubtful)}


def _message(row: Row[Any]) -> Message:
    return Message(
        row.id, row.message_id, row.interaction_id, row.party_id, row.department_id, row.channel, row.recipient, row.subject,
        row.state, row.attempts, row.doubtful, row.detail, row.created_at, row.sent_at,
    )
