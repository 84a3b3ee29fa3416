# SPDX-License-Identifier: Apache-2.0
"""What switching a plugin on or off in a department would do there; nothing is done, and nothing of the plugin is run."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import func, select

from xrm.access.models import grant, permission, user
from xrm.access.policy import require, scope
from xrm.access.rights import permissions_for
from xrm.departments.activation import is_foundation, off_in
from xrm.departments.queries import get_tree
from xrm.departments.switching import RIGHT, is_offered, required_by, requiring
from xrm.entities.models import entity
from xrm.errors import Message, XrmError, msg
from xrm.migrate.models import schema_owner
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_preview.contents import Contents, read_contents
from xrm.roles.models import role
from xrm.unit_of_work import UnitOfWork

Change = Literal["enable", "disable"]
MOST_COUNTED = 10_000
MOST_NAMES = 5


@dataclass(frozen=True)
class Touched:
    """Another plugin that the change concerns, and how."""

    plugin: str
    how: Message


@dataclass(frozen=True)
class Effects:
    """All that a change does in one department.

    ``rows`` counts, by type, what is stored there already (up to 10,000 of each); ``people`` are the users who will see, or see
    no more, anything of it; ``blocked`` says why it cannot be done.
    """

    contents: Contents
    department: uuid.UUID
    department_name: str
    change: Change
    is_on: bool
    applied_version: str
    also: tuple[str, ...] = ()
    touches: tuple[Touched, ...] = ()
    rights: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    people: int = 0
    names: tuple[str, ...] = ()
    blocked: tuple[Message, ...] = ()


def preview(uow: UnitOfWork, plugin: Plugin, department: uuid.UUID, change: Change | None = None) -> Effects:
    """What ``change`` (by default: the other state than now) of this plugin would do in this department.

    Raises:
        PermissionDenied: without the right to administer plugins there.
    """
    require(uow, RIGHT, department)
    contents = read_contents(plugin)
    off = off_in(uow, plugin.name)
    is_on = plugin.is_on and department not in off
    change = change or ("disable" if is_on else "enable")
    also = tuple(name for name in _required(uow, plugin) if department in off_in(uow, name)) if change == "enable" else ()
    people, names = _people(uow, contents, department)
    return Effects(
        contents, department, get_tree(uow).by_id[department].name, change, is_on, _applied_version(uow, plugin), also,
        tuple(touched_by(uow, contents)), tuple(_rights(contents)), _rows(uow, contents, department), people, names,
        tuple(_blocked(uow, plugin, department, change)),
    )


def _required(uow: UnitOfWork, plugin: Plugin) -> tuple[str, ...]:
    try:
        return required_by(uow, plugin)
    except XrmError:
        return plugin.manifest.requires if plugin.manifest else ()


def _applied_version(uow: UnitOfWork, plugin: Plugin) -> str:
    made = select(schema_owner.c.version).where(schema_owner.c.owner == plugin.name)
    return str(uow.execute(made).scalar() or "")


def _rights(contents: Contents) -> Iterable[str]:
    for one in contents.declared.entities:
        yield from (f"{one.name}:{verb}" for verb in ("read", "create", "update", "delete"))
    for link in contents.declared.relationships:
        yield from (f"{link.name}:{verb}" for verb in ("read", "link"))


def touched_by(uow: UnitOfWork, contents: Contents) -> Iterable[Touched]:
    """The other plugins that one has to do with: it requires them, they require it, or it adds to their types."""
    plugin = contents.plugin.name
    for name in contents.plugin.manifest.requires if contents.plugin.manifest else ():
        if not is_foundation(uow, name):
            yield Touched(name, msg("{plugin} cannot do without {other}.", plugin=plugin, other=name))
    for name in requiring(uow, plugin):
        yield Touched(name, msg("{other} cannot do without {plugin}.", plugin=plugin, other=name))
    others = {one.name: one for one in uow.registry.entity_types.values() if one.plugin != plugin}
    for declared, party in ((one, name) for one in contents.declared.entities for name in one.of if name in others):
        said = msg("{role} becomes a role of: {party}.", role=declared.label.one, party=others[party].label.one)
        yield Touched(others[party].plugin, said)
    for link in contents.declared.relationships:
        for name in dict.fromkeys(one for one in (*link.source, *link.target) if one in others):
            said = msg("{type} can be related: {relationship}.", type=others[name].label.one, relationship=link.forward)
            yield Touched(others[name].plugin, said)


def _rows(uow: UnitOfWork, contents: Contents, department: uuid.UUID) -> dict[str, int]:
    found = {}
    for one in contents.declared.entities:
        table: Any = role if one.kind == "role" else entity
        here = (table.c.type == one.name) & (table.c.department_id == department) & table.c.deleted_at.is_(None)
        some = select(table.c.id).where(here).limit(MOST_COUNTED).subquery()
        found[one.name] = int(uow.execute(select(func.count()).select_from(some)).scalar_one())
    return found


def _people(uow: UnitOfWork, contents: Contents, department: uuid.UUID) -> tuple[int, tuple[str, ...]]:
    """Who may read any of its types there: how many, and the first names."""
    keys = {key for one in contents.declared.entities for key in permissions_for(one.name, "read")}
    above, place = [], get_tree(uow).by_id.get(department)
    while place is not None:
        above.append(place.id)
        place = get_tree(uow).by_id.get(place.parent_id) if place.parent_id else None
    there = (
        (grant.c.depth == "all") | ((grant.c.depth == "below") & grant.c.department_id.in_(above))
        | grant.c.department_id.in_([department])
    )
    statement = (
        select(user.c.name).distinct()
        .join(grant, grant.c.user_id == user.c.id)
        .join(permission, permission.c.permission_set_id == grant.c.permission_set_id)
        .where(permission.c.permission.in_(sorted(keys)), there, user.c.is_active)
    )
    found = sorted(uow.execute(statement.add_columns(user.c.id)).all(), key=lambda row: (row.name, row.id))
    return len(found), tuple(row.name for row in found[:MOST_NAMES])


def _blocked(uow: UnitOfWork, plugin: Plugin, department: uuid.UUID, change: Change) -> Iterable[Message]:
    if change == "disable":
        if is_foundation(uow, plugin.name):
            yield msg("{plugin} is what all others build on: it is on everywhere.", plugin=plugin.name)
        for name in requiring(uow, plugin.name):
            if department not in off_in(uow, name):
                yield msg("{other} requires it and is on there. Switch {other} off first.", other=name)
        return
    yield from (problem.message for problem in plugin.problems if not plugin.is_on)
    if not scope(uow, "plugin", "administer").is_everywhere and not is_offered(uow, plugin):
        yield msg("{plugin} is not among the plugins that departments switch on themselves. Ask who administers all departments.",
                  plugin=plugin.name)
