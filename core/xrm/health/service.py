# SPDX-License-Identifier: Apache-2.0
"""What administrators do about findings, as it is written down: what was repaired, and what can wait."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import delete, insert

from xrm.access.policy import require_everywhere
from xrm.audit.service import record_audit
from xrm.errors import InvalidInput, Problem, msg
from xrm.health.models import health_snooze
from xrm.unit_of_work import UnitOfWork

LONGEST_SNOOZE = 365
_NAMESPACE = uuid.UUID("b6a5b1f7-3f0c-5d59-8a40-0c19a6d4f0a2")


def snooze_finding(uow: UnitOfWork, check: str, *, days: int, reason: str) -> None:
    """Do not show a finding for so many days.

    Raises:
        PermissionDenied: without the right ``instance:administer`` in all departments.
        InvalidInput: without a reason, or for a number of days that cannot be.
    """
    require_everywhere(uow, "instance:administer")
    if not reason.strip():
        raise InvalidInput([Problem("reason", msg("Say why this can wait."))])
    if not 1 <= days <= LONGEST_SNOOZE:
        raise InvalidInput([Problem("days", msg("Write a number of days from 1 to {most}.", most=LONGEST_SNOOZE))])
    uow.execute(delete(health_snooze).where(health_snooze.c.check_key == check))
    values = {
        "check_key": check, "until": uow.now + timedelta(days=days), "reason": reason.strip()[:500], "set_by": uow.actor.name,
        "set_at": uow.now,
    }
    uow.execute(insert(health_snooze).values(values))
    record_audit(uow, "health.snoozed", uuid.uuid5(_NAMESPACE, check), "health", {check: (None, reason.strip()[:500])})


def wake_finding(uow: UnitOfWork, check: str) -> None:
    """Show a finding again.

    Raises:
        PermissionDenied: without the right ``instance:administer`` in all departments.
    """
    require_everywhere(uow, "instance:administer")
    uow.execute(delete(health_snooze).where(health_snooze.c.check_key == check))
    record_audit(uow, "health.woken", uuid.uuid5(_NAMESPACE, check), "health", {check: (None, None)})


def record_repair(uow: UnitOfWork, fix: str, said: str) -> None:
    """Write down that a repair was done, and what it said.

    Raises:
        PermissionDenied: without the right ``instance:administer`` in all departments.
    """
    require_everywhere(uow, "instance:administer")
    record_audit(uow, "health.repaired", uuid.uuid5(_NAMESPACE, fix), "health", {fix: (None, said[:500])})
