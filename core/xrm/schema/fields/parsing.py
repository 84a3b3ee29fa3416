# SPDX-License-Identifier: Apache-2.0
"""What parsing depends on, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xrm.errors import Message


class InvalidValue(ValueError):
    """A value that a field cannot take; ``message`` is for the person who typed it."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(str(message))


@dataclass(frozen=True)
class ParseContext:
    """What parsing may depend on: the instance's country, currency and zone, the reader's language, the clock."""

    country: str = "FR"
    currency: str = "EUR"
    language: str = "en"
    now: datetime | None = None
    time_zone: str = "UTC"
