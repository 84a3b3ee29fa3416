# SPDX-License-Identifier: Apache-2.0
"""What a job is to the code that does it, and what that code may answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from xrm.errors import Message, XrmError

if TYPE_CHECKING:
    from xrm.runtime import Runtime
    from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Job:
    """One try of a job. ``payload`` holds JSON values; ``tries`` counts from 1."""

    id: uuid.UUID
    kind: str
    payload: Mapping[str, Any]
    department: uuid.UUID | None
    actor_id: uuid.UUID | None
    tries: int
    max_tries: int
    report: Callable[[int], None]

    def progress(self, percent: int) -> None:
        """Say how far it has come, at least every few minutes: the lease is prolonged by it.

        Raises:
            JobCancelled: when somebody cancelled the job, or another worker has taken it over; stop then.
        """
        self.report(percent)


class RetryLater(XrmError):
    """The job cannot be done now: try again, not before ``after`` has passed."""

    code = "retry_later"

    def __init__(self, message: Message | str, after: timedelta | None = None) -> None:
        self.after = after
        super().__init__(message)


class JobCancelled(XrmError):
    """Somebody took the job away while it ran."""

    code = "cancelled"


@dataclass(frozen=True)
class JobKind:
    """How jobs of one kind are done.

    ``run`` may be called again for a job that was cut off: what it does must bear that. It returns the result (JSON values).
    ``gave_up`` is told, in the unit of work that writes it, that a job has failed for good, with the reason.
    """

    run: Callable[[Runtime, Job], Mapping[str, Any]]
    gave_up: Callable[[UnitOfWork, Mapping[str, Any], str], None] | None = None


Kinds = Mapping[str, JobKind]
