# SPDX-License-Identifier: Apache-2.0
"""Writing down what was applied of plugins."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from xrm.access.policy import require_everywhere
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.departments.switching import RIGHT
from xrm.plugin_host.asking import plugin_id
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_preview.applied import can_note, last_plan, list_applied
from xrm.plugin_preview.contents import read_contents
from xrm.plugin_preview.models import plugin_applied
from xrm.plugin_preview.outline import Outline, outline_of
from xrm.unit_of_work import UnitOfWork


def note_applied(uow: UnitOfWork, only: str = "") -> list[str]:
    """Keep what the plugins that are on are now, all or ``only`` one, after their tables were made; the names of changed ones.

    Raises:
        PermissionDenied: without the right ``plugin:administer`` in all departments.
    """
    require_everywhere(uow, RIGHT)
    if not can_note(uow.connection):
        return []
    wanted = [one for one in uow.host.plugins if one.is_on and only in ("", one.name)]
    return [one.name for one in wanted if _note(uow, one)]


def _note(uow: UnitOfWork, plugin: Plugin) -> bool:
    known = list_applied(uow, plugin.name, 1)
    now = outline_of(read_contents(plugin), _registered(uow, plugin, "register_score_models"),
                     _registered(uow, plugin, "register_channels"))
    if known and known[0].outline.is_whole and known[0].outline.is_same(now):
        return False
    before = known[0].outline.version if known else None
    _write(uow, plugin.name, now)
    if before != now.version:
        record_audit(uow, "plugin.applied", plugin_id(plugin.name), "plugin",
                     {"plugin": (None, plugin.name), "version": (before, now.version)})
    return True


def _write(uow: UnitOfWork, plugin: str, outline: Outline) -> None:
    highest = select(func.max(plugin_applied.c.number)).where(plugin_applied.c.plugin == plugin)
    number = int(uow.execute(highest).scalar() or 0) + 1
    uow.execute(insert(plugin_applied).values(
        id=new_id(), plugin=plugin, number=number, version=outline.version, outline=outline.text(), plan_number=last_plan(uow),
        applied_at=uow.now,
    ))


def _registered(uow: UnitOfWork, plugin: Plugin, hook: str) -> list[str]:
    return sorted(answer.value.key for answer in uow.host.contributed(hook) if answer.plugin == plugin.name)
