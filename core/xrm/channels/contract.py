# SPDX-License-Identifier: Apache-2.0
"""What a channel is: it takes one finished message and says what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from xrm.schema.model import Label


@dataclass(frozen=True)
class OutgoingMessage:
    """One message to one address. ``message_id`` was fixed when it was queued and stays the same in every attempt."""

    id: uuid.UUID
    message_id: str
    kind: str
    recipient: str
    recipient_name: str
    subject: str
    body: str
    department: uuid.UUID | None = None
    entity: uuid.UUID | None = None
    attempt: int = 1


@dataclass(frozen=True)
class SendResult:
    """What became of a message; made by ``sent``, ``retry`` or ``refuse``."""

    state: Literal["sent", "retry", "refused"]
    detail: str = ""
    reference: str = ""
    retry_after: timedelta | None = None
    address_is_bad: bool = False

    @classmethod
    def sent(cls, reference: str = "", detail: str = "") -> SendResult:
        """The other side took it; ``reference`` is how it calls the message."""
        return cls("sent", detail, reference)

    @classmethod
    def retry(cls, detail: str, after: timedelta | None = None) -> SendResult:
        """Not now: try again, not before ``after`` has passed."""
        return cls("retry", detail, retry_after=after)

    @classmethod
    def refuse(cls, detail: str, *, address_is_bad: bool = False) -> SendResult:
        """Never: do not try again; ``address_is_bad`` marks the contact point as one that does not work."""
        return cls("refused", detail, address_is_bad=address_is_bad)


@dataclass(frozen=True)
class Channel:
    """A way to send.

    ``contact_point_kinds`` are the kinds of contact point it writes to. ``send(message, settings)`` is called by a job, outside
    any unit of work, perhaps more than once for one message; it sets time-outs of its own. ``settings`` are the plugin's.
    ``check(settings)`` tries them without sending, and says why they do not work (an empty text: they do).
    """

    key: str
    label: Label
    contact_point_kinds: tuple[str, ...]
    send: Callable[[OutgoingMessage, Mapping[str, str]], SendResult]
    icon: str = "send"
    has_subject: bool = True
    maximum_length: int | None = None
    check: Callable[[Mapping[str, str]], str] | None = None
