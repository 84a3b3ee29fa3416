# SPDX-License-Identifier: Apache-2.0
"""The plugins of one department, for its own page: which are on there, with the ways to the preview and to the settings."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from xrm.access.policy import allowed
from xrm.departments.activation import is_foundation, off_in
from xrm.departments.switching import RIGHT
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import text_of


@dataclass(frozen=True)
class Entry:
    """A plugin in a department; ``fixed`` is on everywhere, ``has_problem`` cannot be switched before it is mended."""

    name: str
    title: str
    summary: str
    is_on: bool
    fixed: bool
    has_problem: bool
    has_settings: bool


def plugins_in(uow: UnitOfWork, department: UUID) -> tuple[Entry, ...]:
    """All plugins, those that are on there first; nothing for who does not administer plugins there."""
    if not allowed(uow, RIGHT, department):
        return ()
    found = []
    for one in uow.host.plugins:
        title = text_of(one.manifest.label) if one.manifest else one.name
        summary = text_of(one.manifest.summary) if one.manifest else ""
        is_on = one.is_on and department not in off_in(uow, one.name)
        found.append(Entry(one.name, title, summary, is_on, is_foundation(uow, one.name), not one.is_on,
                           bool(one.manifest and one.manifest.settings)))
    return tuple(sorted(found, key=lambda one: (not one.is_on, one.title.casefold())))
