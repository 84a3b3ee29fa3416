# SPDX-License-Identifier: Apache-2.0
"""Problems and notes of a plan: English text for programs and logs, which can be said in another language all the same."""

from __future__ import annotations

from xrm.errors import Message


class Said(str):
    """The English text of a message, with the message."""

    __slots__ = ("message",)
    message: Message

    def __new__(cls, message: Message) -> Said:
        """The text of this message."""
        made = super().__new__(cls, str(message))
        made.message = message
        return made


def message_of(text: str) -> Message:
    """What a problem or a note of a plan says, to be translated."""
    return text.message if isinstance(text, Said) else Message("{text}", {"text": text})
