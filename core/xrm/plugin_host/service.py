# SPDX-License-Identifier: Apache-2.0
"""Writing of quarantine: a plugin is put into it by its failures, and let out by an administrator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from xrm.access.policy import require_everywhere
from xrm.audit.service import record_audit
from xrm.errors import NotFound, msg
from xrm.plugin_host.asking import plugin_id
from xrm.plugin_host.models import plugin_quarantine
from xrm.plugin_host.quarantine import Incident, process_name
from xrm.unit_of_work import UnitOfWork


def note_quarantine(uow: UnitOfWork, plugin: str, reason: str, incidents: Sequence[Incident]) -> None:
    """Keep that a plugin is in quarantine, for all processes; the first one that says so is the one that is kept."""
    if uow.execute(select(plugin_quarantine.c.plugin).where(plugin_quarantine.c.plugin == plugin)).first():
        return
    values = {
        "plugin": plugin, "since": uow.now, "reason": reason, "reference": incidents[0].reference if incidents else "",
        "process": process_name(), "failures": json.dumps([asdict(one) for one in incidents], ensure_ascii=False),
    }
    uow.execute(insert(plugin_quarantine).values(values))
    record_audit(uow, "plugin.quarantined", plugin_id(plugin), "plugin", {"plugin": (None, plugin), "reason": (None, reason)})


def release_plugin(uow: UnitOfWork, plugin: str) -> None:
    """Let a plugin take part again; all processes follow within a second or two.

    Raises:
        PermissionDenied: without the right ``plugin:administer`` in all departments.
        NotFound: when it is not in quarantine.
    """
    require_everywhere(uow, "plugin:administer")
    gone = uow.execute(delete(plugin_quarantine).where(plugin_quarantine.c.plugin == plugin)).rowcount
    if not gone:
        raise NotFound(msg("The plugin {plugin} is not in quarantine.", plugin=plugin))
    record_audit(uow, "plugin.released", plugin_id(plugin), "plugin", {"plugin": (plugin, plugin)})
