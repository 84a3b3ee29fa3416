# SPDX-License-Identifier: Apache-2.0
"""A plugin's settings in a department: those of the operator, over them those set everywhere, then the nearest."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from xrm.access.users import names_of
from xrm.departments.queries import get_tree
from xrm.plugin_settings.models import plugin_setting
from xrm.sealing import unseal
from xrm.unit_of_work import UnitOfWork

OPERATOR, EVERYWHERE = "operator", "everywhere"


@dataclass(frozen=True)
class Setting:
    """One setting as it holds in a department; ``value`` is empty for a secret, of which only that there is one is told.

    ``source`` is ``operator`` (xrm.toml or a variable), ``everywhere``, or the name of the department it was set for.
    """

    key: str
    value: str
    is_secret: bool
    source: str
    is_own: bool  # set at the very place that was asked for
    changed_at: datetime | None = None
    changed_by: str = ""


def settings_for(uow: UnitOfWork, plugin: str, department: uuid.UUID | None = None) -> dict[str, str]:
    """What the code of a plugin gets for a department, secrets opened; without one, what holds everywhere.

    Raises:
        ConfigurationError: when a secret cannot be opened with the keys of this instance.
    """
    found = dict(uow.settings.plugins.get(plugin, {}))
    for row in _rows(uow, plugin, department):
        found[row.key] = opened(uow, row)
    return found


def list_settings(uow: UnitOfWork, plugin: str, department: uuid.UUID | None = None) -> dict[str, Setting]:
    """The same for people, by key: where each comes from, and of secrets only that they are set."""
    manifest = uow.host.get(plugin).manifest
    secret = set(manifest.asks_for.secrets) if manifest else set()
    tree = get_tree(uow).by_id
    found = {
        key: Setting(key, "" if key in secret else value, key in secret, OPERATOR, is_own=False)
        for key, value in uow.settings.plugins.get(plugin, {}).items()
    }
    rows = list(_rows(uow, plugin, department))
    names = names_of(uow, {row.changed_by for row in rows if row.changed_by is not None})
    for row in rows:
        source = tree[row.department_id].name if row.department_id is not None else EVERYWHERE
        found[row.key] = Setting(
            row.key, "" if row.is_sealed else row.value, bool(row.is_sealed), source, row.department_id == department,
            row.changed_at, names.get(row.changed_by, ""),
        )
    return found


def opened(uow: UnitOfWork, row: Row[Any]) -> str:
    """The value of a stored setting, opened if it is sealed."""
    if not row.is_sealed:
        return str(row.value)
    return unseal(uow.settings, purpose_of(row.plugin, row.department_id, row.key), bytes.fromhex(row.value)).decode()


def purpose_of(plugin: str, department: uuid.UUID | None, key: str) -> str:
    """What a secret is sealed for: a copy of it in another place opens nothing."""
    return f"plugin setting {plugin} {department or EVERYWHERE} {key}"


def _rows(uow: UnitOfWork, plugin: str, department: uuid.UUID | None) -> Iterator[Row[Any]]:
    """Those that hold, the nearer ones last."""
    above = list(_line(uow, department))
    places = {place: rank for rank, place in enumerate(reversed(above), 1)} | {None: 0}
    here = plugin_setting.c.department_id.is_(None) | plugin_setting.c.department_id.in_(above)
    rows = uow.execute(select(plugin_setting).where(plugin_setting.c.plugin == plugin, here)).all()
    yield from sorted(rows, key=lambda row: places[row.department_id])


def _line(uow: UnitOfWork, department: uuid.UUID | None) -> Iterator[uuid.UUID]:
    tree = get_tree(uow).by_id
    while department is not None and department in tree:
        yield department
        department = tree[department].parent_id
