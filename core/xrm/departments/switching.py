# SPDX-License-Identifier: Apache-2.0
"""Switching plugins on and off in departments; what a plugin requires goes on with it, and its data stays."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from xrm.access.policy import require, require_everywhere, scope
from xrm.access.users import names_of
from xrm.audit.service import record_audit
from xrm.departments.activation import Chosen, chosen, is_foundation, off_in
from xrm.departments.models import plugin_activation, plugin_offer
from xrm.departments.queries import get_tree
from xrm.errors import Conflict, Message, NotFound, PermissionDenied, msg
from xrm.events import record_event
from xrm.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from xrm.plugin_host.discovery import Plugin

RIGHT = "plugin:administer"


@dataclass(frozen=True)
class Switched:
    """What a switch did: the departments in which it changed anything, and the plugins that went on along with it."""

    plugin: str
    is_on: bool
    departments: tuple[uuid.UUID, ...]
    along: tuple[str, ...] = ()


def switch_plugin(
    uow: UnitOfWork, name: str, departments: Iterable[uuid.UUID], *, is_on: bool, expected: Mapping[uuid.UUID, int] | None = None
) -> Switched:
    """Switch a plugin on (with all it requires) or off in these departments; where it is so already, nothing happens.

    ``expected`` gives, by department, the version of the decision that the actor saw (0: nobody had decided).

    Raises:
        NotFound: for an unknown plugin or department.
        PermissionDenied: without the right to administer plugins there, or when the plugin is not offered to departments.
        Conflict: when somebody else decided in the meantime (``changed``), when the plugin has a problem, or when others that
            are on there require it.
    """
    plugin = uow.host.get(name)
    places = tuple(dict.fromkeys(departments))
    for department in places:
        require(uow, RIGHT, department)
    _require_possible(uow, plugin, is_on=is_on)
    known = chosen(uow, name)
    for department, version in (expected or {}).items():
        _refuse_outdated(uow, name, department, known.get(department, Chosen()), version)
    changed = tuple(one for one in places if (one not in off_in(uow, name)) != is_on)
    along = _along(uow, plugin, changed) if is_on else ()
    if not is_on:
        _refuse_needed(uow, plugin, changed)
    for each, where in ((name, changed), *along):
        for department in where:
            _decide(uow, each, department, is_on=is_on)
    return Switched(name, is_on, changed, tuple(each for each, where in along if where))


def _require_possible(uow: UnitOfWork, plugin: Plugin, *, is_on: bool) -> None:
    if is_on:
        require_sound(uow, plugin)
        require_offered(uow, plugin)
    elif is_foundation(uow, plugin.name):
        raise Conflict(msg("{plugin} is what all others build on: it is on everywhere.", plugin=plugin.name), code="foundation")


def require_sound(uow: UnitOfWork, plugin: Plugin) -> None:
    """Stop when a plugin has a problem of its own, or requires one that has.

    Raises:
        Conflict: with the problem and what to do about it.
    """
    for each in (plugin, *(uow.host.get(name) for name in required_by(uow, plugin))):
        if not each.is_on:
            why: Message | str = each.problem.message if each.problem else each.status
            raise Conflict(msg("{plugin} cannot be switched on: {why}", plugin=each.name, why=why), code="unsound")


def required_by(uow: UnitOfWork, plugin: Plugin) -> tuple[str, ...]:
    """The plugins that this one requires, and those that they require."""
    found: dict[str, None] = {}
    waiting = list(plugin.manifest.requires if plugin.manifest else ())
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            manifest = uow.host.get(name).manifest
            waiting += manifest.requires if manifest else ()
    return tuple(found)


def requiring(uow: UnitOfWork, name: str) -> tuple[str, ...]:
    """The plugins that require this one, directly or not."""
    return tuple(one.name for one in uow.host.plugins if one.is_on and name in required_by(uow, one))


def is_offered(uow: UnitOfWork, plugin: Plugin) -> bool:
    """Whether who administers a department may switch this plugin on there; at first those that run no code of their own."""
    row = uow.execute(select(plugin_offer.c.is_offered).where(plugin_offer.c.plugin == plugin.name)).first()
    return not plugin.has_hooks if row is None else bool(row.is_offered)


def require_offered(uow: UnitOfWork, plugin: Plugin) -> None:
    """Stop when the actor administers some departments only and the plugin is not offered to them.

    Raises:
        PermissionDenied: saying who may switch it on.
    """
    if not scope(uow, "plugin", "administer").is_everywhere and not is_offered(uow, plugin):
        raise PermissionDenied(
            msg("{plugin} is not among the plugins that departments switch on themselves. Ask who administers all departments.",
                plugin=plugin.name)
        )


def offer_plugin(uow: UnitOfWork, name: str, *, is_offered: bool) -> None:
    """Let those who administer a department switch this plugin on there, or let them no more.

    Raises:
        PermissionDenied: without the right to administer plugins in all departments.
        NotFound: for an unknown plugin.
    """
    require_everywhere(uow, RIGHT)
    uow.host.get(name)
    changed = uow.execute(update(plugin_offer).where(plugin_offer.c.plugin == name).values(is_offered=is_offered))
    if changed.rowcount == 0:
        uow.execute(insert(plugin_offer).values(plugin=name, is_offered=is_offered))
    for top in (one for one in get_tree(uow).by_id.values() if one.parent_id is None):
        record_audit(uow, "plugin.offered" if is_offered else "plugin.withdrawn", top.id, "plugin", {"plugin": (None, name)})


def _along(uow: UnitOfWork, plugin: Plugin, departments: tuple[uuid.UUID, ...]) -> tuple[tuple[str, tuple[uuid.UUID, ...]], ...]:
    found = []
    for name in required_by(uow, plugin):
        where = tuple(one for one in departments if one in off_in(uow, name))
        if where:
            require_offered(uow, uow.host.get(name))
        found.append((name, where))
    return tuple(found)


def _refuse_needed(uow: UnitOfWork, plugin: Plugin, departments: tuple[uuid.UUID, ...]) -> None:
    for name in requiring(uow, plugin.name):
        there = [one for one in departments if one not in off_in(uow, name)]
        if there:
            raise Conflict(
                msg("{other} requires {plugin} and is on in {department}. Switch {other} off there first.", other=name,
                    plugin=plugin.name, department=get_tree(uow).by_id[there[0]].name), code="required",
            )


def _refuse_outdated(uow: UnitOfWork, name: str, department: uuid.UUID, now: Chosen, version: int) -> None:
    if now.version == version:
        return
    who = names_of(uow, {now.changed_by}).get(now.changed_by, "") if now.changed_by else ""
    place = get_tree(uow).by_id[department].name
    said = msg("{who} switched {plugin} on in {department} in the meantime. Look at it again.", who=who or "xrm", plugin=name,
               department=place)
    if not now.is_on:
        said = msg("{who} switched {plugin} off in {department} in the meantime. Look at it again.", who=who or "xrm",
                   plugin=name, department=place)
    raise Conflict(said, code="changed")


def _decide(uow: UnitOfWork, name: str, department: uuid.UUID, *, is_on: bool) -> None:
    table = plugin_activation
    if department not in get_tree(uow).by_id:
        raise NotFound(msg("There is no department with the id {id}.", id=department))
    changes = {"is_on": is_on, "changed_at": uow.now, "changed_by": uow.actor.user_id}
    this = (table.c.plugin == name) & (table.c.department_id == department)
    changed = uow.execute(update(table).where(this, table.c.is_on != is_on).values(version=table.c.version + 1, **changes))
    if changed.rowcount == 0:
        uow.execute(insert(table).values(plugin=name, department_id=department, **changes))
    action = "plugin.enabled" if is_on else "plugin.disabled"
    record_audit(uow, action, department, "plugin", {"plugin": (None, name)}, department=department)
    record_event(uow, action, name, (department,), department)
