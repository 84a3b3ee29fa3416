# SPDX-License-Identifier: Apache-2.0
"""In which departments a plugin is on: reads, and the conditions by which what belongs to it is absent elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, insert, not_, or_, select, true

from xrm.departments.models import plugin_activation
from xrm.departments.queries import get_tree
from xrm.departments.standing import standing
from xrm.unit_of_work import UnitOfWork

_CHOSEN = select(plugin_activation.c.plugin, plugin_activation.c.department_id, plugin_activation.c.is_on)
NOWHERE: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True)
class Activations:
    """Where plugins are off. A plugin that nobody decided about is on everywhere."""

    off: Mapping[str, frozenset[uuid.UUID]] = field(default_factory=dict)

    def is_on(self, plugin: str, department: uuid.UUID) -> bool:
        """Whether the plugin is on in this department."""
        return department not in self.off.get(plugin, NOWHERE)


@dataclass(frozen=True)
class Chosen:
    """What was decided about a plugin in a department, when and by whom; ``version`` is 0 when nobody decided."""

    is_on: bool = True
    version: int = 0
    changed_at: datetime | None = None
    changed_by: uuid.UUID | None = None


def activations(uow: UnitOfWork) -> Activations:
    """Where plugins are off, read once until somebody changes it."""
    kept = standing(uow)
    if __name__ not in kept:
        off: dict[str, set[uuid.UUID]] = {}
        for row in uow.execute(_CHOSEN):
            if not row.is_on:
                off.setdefault(row.plugin, set()).add(row.department_id)
        kept[__name__] = Activations({plugin: frozenset(places) for plugin, places in off.items()})
    found: Activations = kept[__name__]
    return found


def off_in(uow: UnitOfWork, plugin: str) -> frozenset[uuid.UUID]:
    """The departments in which a plugin is off; never any for one whose parties others build on."""
    off = activations(uow).off
    return off[plugin] if plugin in off and not is_foundation(uow, plugin) else NOWHERE


def off_for(uow: UnitOfWork, subject: str) -> frozenset[uuid.UUID]:
    """The departments in which an entity type or relationship type is absent, because its plugin is off there."""
    if not activations(uow).off:
        return NOWHERE
    return off_in(uow, uow.registry.owner_of(subject))


def is_foundation(uow: UnitOfWork, plugin: str) -> bool:
    """Whether a plugin declares kinds of party, on which everything else stands: it is on everywhere."""
    return any(one.plugin == plugin for one in uow.registry.party_types())


def is_on_in(uow: UnitOfWork, plugin: str, departments: Iterable[uuid.UUID] | None = None) -> bool:
    """Whether a plugin is on in one of these departments; when none are named, in any of all that there are."""
    off = off_in(uow, plugin)
    if not off:
        return departments is None or any(True for _ in departments)
    return any(one not in off for one in (get_tree(uow).by_id if departments is None else departments))


def belongs_to_on(
    uow: UnitOfWork, plugin_of: Mapping[str, str], name: ColumnElement[str], department: ColumnElement[uuid.UUID]
) -> ColumnElement[bool]:
    """The SQL condition that a row is not of a plugin that is off in the row's department.

    ``name`` is the column that says what the row is (a kind, a model), ``plugin_of`` whose that is. Rows that all departments
    share are there while the plugin is on in any.
    """
    off = activations(uow).off
    if not off:
        return true()
    parts: list[ColumnElement[bool]] = []
    for plugin in sorted(set(plugin_of.values()) & off.keys()):
        names = sorted(each for each, owner in plugin_of.items() if owner == plugin)
        gone = department.in_(sorted(off_in(uow, plugin)))
        parts.append(not_(and_(name.in_(names), gone if is_on_in(uow, plugin) else or_(gone, department.is_(None)))))
    return and_(true(), *parts)


def chosen(uow: UnitOfWork, plugin: str) -> dict[uuid.UUID, Chosen]:
    """What was decided about a plugin, by department; departments nobody decided about are left out."""
    columns = plugin_activation.c
    rows = uow.execute(
        select(columns.department_id, columns.is_on, columns.version, columns.changed_at, columns.changed_by)
        .where(columns.plugin == plugin)
    )
    return {row.department_id: Chosen(row.is_on, row.version, row.changed_at, row.changed_by) for row in rows}


def take_over_activations(uow: UnitOfWork, parent: uuid.UUID, department: uuid.UUID) -> None:
    """Decide for a new department what was decided for the one above it."""
    columns = plugin_activation.c
    rows = uow.execute(select(columns.plugin, columns.is_on).where(columns.department_id == parent)).all()
    if rows:
        uow.execute(insert(plugin_activation), [
            {"plugin": row.plugin, "department_id": department, "is_on": row.is_on, "changed_at": uow.now,
             "changed_by": uow.actor.user_id}
            for row in rows
        ])
