# SPDX-License-Identifier: Apache-2.0
"""Writing of the overlay: what a change is, and its note in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xrm.access.policy import require_everywhere
from xrm.audit.service import record_audit
from xrm.events import record_event
from xrm.overlay.additions import Addition, Overlay
from xrm.unit_of_work import UnitOfWork

RIGHT = "schema:administer"


@dataclass(frozen=True)
class Change:
    """What one change of the overlay makes of which additions; one with another key takes its values along."""

    changed: Sequence[Addition] = ()


def note_change(uow: UnitOfWork, before: Overlay, changed: Sequence[Addition]) -> None:
    """Write a change in the audit log and tell plugins of it."""
    require_everywhere(uow, RIGHT)
    known = {one.id: one for one in before.additions}
    for one in changed:
        old = known.get(one.id)
        changes: dict[str, tuple[Any, Any]] = {one.key or one.type_name: (old and old.declaration, one.declaration)}
        if old is not None and old.key != one.key:
            changes["key"] = old.key, one.key
        record_audit(uow, "schema.changed", one.id, one.type_name, changes)
        record_event(uow, "schema.changed", one.type_name, (one.id,))
