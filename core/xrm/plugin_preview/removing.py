# SPDX-License-Identifier: Apache-2.0
"""What removing a plugin would take away, and what is made of it before: told from the database, nothing of the plugin is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from xrm.access.policy import require_everywhere
from xrm.departments.queries import get_tree
from xrm.departments.switching import RIGHT
from xrm.entities.models import entity
from xrm.errors import Conflict, InvalidInput, Message, msg
from xrm.migrate.purging import DAYS_KEPT
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_preview.applied import Applied, list_applied
from xrm.plugin_preview.contents import Contents, read_contents
from xrm.plugin_removal.export import default_place
from xrm.plugin_removal.inventory import Inventory, take_inventory
from xrm.plugin_removal.records import Removal
from xrm.plugin_removal.removing import Subject, look_at
from xrm.roles.models import role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork


@dataclass(frozen=True)
class Leaving:
    """All that goes with a plugin.

    ``inventory`` is None where ``blocked`` says that it cannot be removed at all; ``departments`` has, by name of department, the
    rows of each type; ``archive`` is where its export would lie; ``goes_on`` the day on which its data would be dropped.
    """

    plugin: Plugin
    contents: Contents
    inventory: Inventory | None
    departments: Mapping[str, Mapping[str, int]]
    archive: Path
    goes_on: datetime
    blocked: tuple[Message, ...] = ()
    begun: Removal | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)  # type, relationship or kind → its Label


def preview_removal(runtime: Runtime, name: str, actor: Actor) -> Leaving:
    """What removing this plugin would take away.

    Raises:
        PermissionDenied: without the right to administer plugins in all departments.
        NotFound: when nothing of that name is installed or has data.
    """
    runtime.read(lambda uow: require_everywhere(uow, RIGHT), actor)
    plugin = next((one for one in runtime.host.plugins if one.name == name), Plugin(name))
    now = datetime.now(UTC)
    try:
        subject = look_at(runtime, name)
    except (InvalidInput, Conflict) as error:
        message = error.problems[0].message if isinstance(error, InvalidInput) else error.message
        place = default_place(runtime.settings.home, name, now)
        return Leaving(plugin, Contents(plugin), None, {}, place, now + timedelta(days=DAYS_KEPT), blocked=(message,))
    begun = subject.begun
    due = begun.due_at if begun is not None else now + timedelta(days=DAYS_KEPT)
    archive = begun.archive if begun is not None and begun.archive else default_place(runtime.settings.home, name, now)

    def look(uow: UnitOfWork) -> Leaving:
        known = list_applied(uow, name, 1)
        found = _with_code(runtime, uow, subject, known)
        contents = read_contents(plugin)
        return Leaving(
            plugin, contents, found, _by_department(uow, subject), archive, due,
            tuple(_blocked(found)), begun, _labels(uow, name, contents),
        )

    return runtime.read(look, actor)


def _with_code(runtime: Runtime, uow: UnitOfWork, subject: Subject, known: list[Applied]) -> Inventory:
    """Where its code was not run, what it registered is taken from what was noted when it was applied."""
    mine = subject.belongings
    if not known or not runtime.host.is_safe or mine.models or mine.channels:
        return subject.inventory
    noted = known[0].outline
    return take_inventory(uow.connection, runtime.host,
                          replace(mine, models=tuple(noted.models), channels=tuple(noted.channels)))


def _blocked(found: Inventory) -> Iterator[Message]:
    if found.needed_by:
        others = ", ".join(found.needed_by)
        yield msg("{others} cannot be without {name}. Remove first: {others}.", others=others, name=found.plugin)


def _by_department(uow: UnitOfWork, subject: Subject) -> dict[str, dict[str, int]]:
    names = {one.id: one.name for one in get_tree(uow).by_id.values()}
    found: dict[str, dict[str, int]] = {}
    tables: tuple[tuple[Any, tuple[str, ...]], ...] = ((entity, subject.belongings.nodes), (role, subject.belongings.roles))
    for table, types in tables:
        counted = (
            select(table.c.department_id, table.c.type, func.count().label("rows")).where(table.c.type.in_(types))
            .group_by(table.c.department_id, table.c.type)
        )
        for row in uow.execute(counted).all() if types else ():
            found.setdefault(names.get(row.department_id, str(row.department_id)), {})[row.type] = int(row.rows)
    return dict(sorted(found.items()))


def _labels(uow: UnitOfWork, name: str, contents: Contents) -> dict[str, Any]:
    labels = {one.name: one.label.many for one in contents.declared.entities}
    labels |= {one.name: one.forward for one in contents.declared.relationships}
    labels |= {one.name: one.label for one in contents.declared.interaction_kinds}
    labels |= {one.name: one.label.many for one in (each.declaration for each in uow.registry.entity_types.values())
               if one.plugin == name}
    return labels
