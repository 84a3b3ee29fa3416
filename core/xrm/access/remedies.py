# SPDX-License-Identifier: Apache-2.0
"""What would have to change so that somebody may do what they may not, and who can change it."""

from __future__ import annotations

from dataclasses import dataclass

from xrm.access.directory import administrators_of
from xrm.access.explaining import Explanation, Place
from xrm.access.rights import permissions_for
from xrm.access.users import PermissionSet, list_permission_sets
from xrm.departments.queries import get_tree
from xrm.errors import Message, msg
from xrm.unit_of_work import UnitOfWork

MOST_SETS = 4


@dataclass(frozen=True)
class Remedy:
    """Ways to the right, in words; the permission sets that hold it, the narrowest first; and who can give them."""

    ways: tuple[Message, ...] = ()
    sets: tuple[PermissionSet, ...] = ()
    givers: tuple[str, ...] = ()


def find_remedy(uow: UnitOfWork, found: Explanation) -> Remedy:
    """What would have to change for this verdict to be yes; nothing when it is."""
    if found.is_allowed:
        return Remedy()
    subject, _, verb = found.action.rpartition(":")
    plugin = uow.registry.dormant.get(subject)
    givers = tuple(administrators_of(uow, [one.department for one in found.places] or [None]))
    if not found.who.is_active:
        way = msg("Switch the login of {user} on again.", user=found.who.name)
        return Remedy((way,), givers=tuple(administrators_of(uow, [None])))
    if plugin is not None:
        return Remedy((msg("Switch the plugin {plugin} on.", plugin=plugin),))
    keys = permissions_for(subject, verb)
    sets = sorted(
        (one for one in list_permission_sets(uow) if not set(keys).isdisjoint(one.permissions)),
        key=lambda one: (not one.permissions, "*:*" in one.permissions, len(one.permissions), one.key),
    )
    return Remedy(tuple(_ways(found, where(found, subject, uow))), tuple(sets[:MOST_SETS]), givers)


def where(found: Explanation, subject: str, uow: UnitOfWork) -> tuple[Place, ...]:
    """The places in which the right would have to hold, as far as who asks may know them."""
    declared = uow.registry.entity_types.get(subject)
    if declared is not None and declared.kind == "role":
        return tuple(one for one in found.places if one.as_what == subject)
    return found.places


def _ways(found: Explanation, places: tuple[Place, ...]) -> list[Message]:
    subject = found.action.rpartition(":")[0]
    if not places:
        return [msg("It does not stand as {subject} in a department that you see: no right would help.", subject=subject)]
    names = ", ".join(dict.fromkeys(one.name for one in places))
    who = found.who.name
    ways = [msg("Give {user} a permission set with {action} in {places}.", user=who, action=found.action, places=names)]
    if any(one.depth == "own" and one.permission for one in found.asked):
        ways.append(msg("Or make {user} its owner there: what they own, they may.", user=who))
    return ways


def who_can_give(uow: UnitOfWork, department_name: str = "") -> tuple[str, ...]:
    """The names of those who give rights in the department of this name, or everywhere: whom to ask when one is missing."""
    tree = get_tree(uow).by_id.values()
    here = [one.id for one in tree if one.name == department_name] if department_name else [one.id for one in tree]
    return tuple(administrators_of(uow, [*here] or [None]))
