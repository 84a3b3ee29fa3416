# SPDX-License-Identifier: Apache-2.0
"""How changes of rights and logins are kept: in the audit log, and told after commit."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from xrm.audit.service import record_audit
from xrm.events import record_event
from xrm.unit_of_work import UnitOfWork


def note(uow: UnitOfWork, one: uuid.UUID, subject: str, action: str, changes: Mapping[str, tuple[object, object]]) -> None:
    """Keep a change of rights or logins in the audit log and tell it after commit."""
    record_audit(uow, action, one, subject, changes)
    record_event(uow, action, subject, (one,))
