# SPDX-License-Identifier: Apache-2.0
"""Marking what a plugin changed in a type as seen, so that only what it changes later is shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import update

from xrm.access.policy import require_everywhere
from xrm.audit.service import record_audit
from xrm.errors import NotFound
from xrm.overlay.additions import Addition, full_key
from xrm.overlay.comparison import changes_since
from xrm.overlay.fields import base_of
from xrm.overlay.models import overlay
from xrm.overlay.queries import read_overlay
from xrm.overlay.service import RIGHT
from xrm.schema.suggest import unknown
from xrm.unit_of_work import Actor, UnitOfWork

if TYPE_CHECKING:
    from xrm.runtime import Runtime


def accept_changes(runtime: Runtime, actor: Actor, type_name: str, key: str = "") -> list[str]:
    """Take what the plugin declares of a type now as what was known when its fields were added.

    Returns the keys of the fields, or of the one named, for which there was anything new.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when there is no such type, or administrators added no such field.
    """
    runtime.registry.get(type_name)
    now = base_of(runtime, type_name)

    def accept(uow: UnitOfWork) -> list[str]:
        require_everywhere(uow, RIGHT)
        fields = [
            one for one in read_overlay(uow.connection).additions if one.kind == "field" and one.type_name == type_name
        ]
        chosen = [one for one in fields if key in ("", one.key) or full_key(key) == one.key]
        if key and not chosen:
            raise NotFound(unknown("field", key, [one.key for one in fields if not one.is_retired]))
        # Without a word of the plugin there is nothing to compare with, then or now.
        new = [one for one in chosen if now and one.base != now]
        for one in new:
            _accept(uow, one, now)
        return [one.key for one in new]

    return runtime.write(accept, actor)


def _accept(uow: UnitOfWork, one: Addition, now: str) -> None:
    uow.execute(update(overlay).where(overlay.c.id == one.id).values(base=now, updated_at=uow.now, updated_by=uow.actor.user_id))
    seen = [asdict(change) for change in changes_since(one.base, now)]
    record_audit(uow, "schema.accepted", one.id, one.type_name, {one.key: (None, seen)})
