# SPDX-License-Identifier: Apache-2.0
"""Reads of what was applied of plugins, the latest first; what was taken back does not count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, inspect, select

from xrm.migrate.ledger import ROLLED_BACK, ROLLING_BACK
from xrm.migrate.models import schema_applied, schema_owner, schema_plan
from xrm.plugin_preview.models import plugin_applied
from xrm.plugin_preview.outline import Outline, outline_from, outline_of_tables
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Applied:
    """What was applied of a plugin; ``at`` is None where only its tables tell."""

    outline: Outline
    at: datetime | None = None


def list_applied(uow: UnitOfWork, plugin: str, most: int = 2) -> list[Applied]:
    """What was applied of it last, and before; by its tables where nothing was noted, and nothing for one that never was."""
    if not can_note(uow.connection):
        return _from_tables(uow, plugin)
    taken_back = select(schema_plan.c.number).where(schema_plan.c.state.in_((ROLLED_BACK, ROLLING_BACK)))
    mine = select(plugin_applied).where(plugin_applied.c.plugin == plugin, plugin_applied.c.plan_number.not_in(taken_back))
    rows = uow.execute(mine.order_by(plugin_applied.c.number.desc()).limit(most)).all()
    return [_applied(row) for row in rows] or _from_tables(uow, plugin)


def can_note(connection: Connection) -> bool:
    """Whether the database has a place for it: before its first upgrade to this version it has none."""
    return inspect(connection).has_table(plugin_applied.name)


def last_plan(uow: UnitOfWork) -> int:
    """The number of the last schema change that was not taken back; 0 before the first."""
    made = select(func.max(schema_plan.c.number)).where(schema_plan.c.state.not_in((ROLLED_BACK, ROLLING_BACK)))
    return int(uow.execute(made).scalar() or 0)


def _applied(row: Row[Any]) -> Applied:
    given: Mapping[str, Any] = json.loads(row.outline)
    return Applied(outline_from(given), row.applied_at)


def _from_tables(uow: UnitOfWork, plugin: str) -> list[Applied]:
    if not inspect(uow.connection).has_table(schema_owner.name):
        return []
    declared = uow.execute(select(schema_applied.c.declaration).where(schema_applied.c.owner == plugin)).scalar()
    version = uow.execute(select(schema_owner.c.version).where(schema_owner.c.owner == plugin)).scalar()
    if declared is None and version is None:
        return []
    return [Applied(outline_of_tables(version or "", json.loads(declared or "[]")))]
