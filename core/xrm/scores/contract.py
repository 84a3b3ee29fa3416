# SPDX-License-Identifier: Apache-2.0
"""What a score model is: it says whom it scores, and computes values with reasons for all of them at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from xrm.errors import Message
from xrm.schema.model import Label

if TYPE_CHECKING:
    from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Band:
    """A range of values with a name: from ``at_least`` up to the next band."""

    key: str
    label: Label
    at_least: float
    tone: Literal["neutral", "good", "warn", "bad", "info"] = "neutral"


@dataclass(frozen=True)
class Reason:
    """Why a value is what it is: one sentence and how much it added (or took, when negative).

    A Message of core is translated when it is shown; a plugin gives a Label, its sentence in both languages.
    """

    message: Message | Label
    weight: float = 0.0


@dataclass(frozen=True)
class ScoreRow:
    """The value of one entity, for one department; ``role`` names the facet when a role is scored.

    With ``department`` None whoever sees the entity sees the score: then nothing in it may come from rows of one department.
    """

    entity: uuid.UUID
    value: float
    reasons: tuple[Reason, ...] = ()
    department: uuid.UUID | None = None
    role: uuid.UUID | None = None


@dataclass(frozen=True)
class ScoreModel:
    """A way to compute a number about entities.

    ``compute(uow, type, entities)`` is called once for each type of ``applies_to``; ``entities`` are the ids wanted (a role's own
    ids for a role type), or None for all. It reads with a few SELECTs for all of them, never with one per entity, and yields rows
    as it goes. Guarded fields read as empty: who sees a score need not see them. A new ``version`` says that old values no longer
    compare.
    """

    key: str
    label: Label
    version: str
    applies_to: tuple[str, ...]
    compute: Callable[[UnitOfWork, str, Sequence[uuid.UUID] | None], Iterable[ScoreRow]]
    bands: tuple[Band, ...] = ()
    maximum: float = 100.0
    help: Label | None = None

    def band_of(self, value: float) -> Band | None:
        """The band in which a value lies; None below the lowest."""
        reached = [band for band in self.bands if value >= band.at_least]
        return max(reached, key=lambda band: band.at_least, default=None)
