# SPDX-License-Identifier: Apache-2.0
"""What would have to change so that somebody may do what they may not, and who can change it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from xrm.access.asked import Place, keys_of
from xrm.access.directory import administrators_of
from xrm.access.explaining import Explanation
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
    others = tuple(_beside_rights(found))
    if others or not found.lacking:
        places: list[uuid.UUID | None] = [one.department for one in found.places] if found.who.is_active else []
        places = places or [None]
        return Remedy(others, givers=tuple(administrators_of(uow, places)))
    sets = sorted(
        (one for one in list_permission_sets(uow)
         if all(not set(keys_of(right)).isdisjoint(one.permissions) for right in found.lacking)),
        key=lambda one: (not one.permissions, "*:*" in one.permissions, len(one.permissions), one.key),
    )
    givers = tuple(administrators_of(uow, [one.department for one in found.places] or [None]))
    return Remedy(tuple(_ways(found, where(found, uow))), tuple(sets[:MOST_SETS]), givers)


def _beside_rights(found: Explanation) -> Iterator[Message]:
    """What no right would change: a login, the bin, a plugin, a token, the search index."""
    for one in found.reasons:
        # A token that leaves less than the user has counts only when the user has it.
        if one.holds is False and (one.kind != "token" or not found.lacking):
            ways = {
                "login": msg("Switch the login of {user} on again.", user=found.who.name),
                "bin": msg("Take it back from the recycle bin."),
                "plugin": msg("Switch the plugin {plugin} on.", plugin=one.plugin),
                "narrowing": msg("Change what the plugin {plugin} hides: whom it names for this entry, or where it is on.",
                                 plugin=one.plugin),
                "token": msg("Ask by another token, or make one that leaves this right."),
                "search": msg("Have the search index made anew: xrm doctor --rebuild-search"),
            }
            if one.kind in ways:
                yield ways[one.kind]


def where(found: Explanation, uow: UnitOfWork) -> tuple[Place, ...]:
    """The places in which the right would have to hold, as far as who asks may know them."""
    subject = subject_of(found)
    declared = uow.registry.entity_types.get(subject)
    if declared is not None and declared.kind == "role":
        return tuple(one for one in found.places if one.as_what == subject)
    return found.places


def subject_of(found: Explanation) -> str:
    """The type or other subject that was asked about, without its field."""
    return found.action.rpartition(":")[0].partition(".")[0]


def _ways(found: Explanation, places: tuple[Place, ...]) -> list[Message]:
    if not places:
        subject = subject_of(found)
        return [msg("It does not stand as {subject} in a department that you see: no right would help.", subject=subject)]
    names = ", ".join(dict.fromkeys(one.name for one in places))
    who, rights = found.who.name, ", ".join(found.lacking)
    ways = [msg("Give {user} a permission set with {action} in {places}.", user=who, action=rights, places=names)]
    if any(one.depth == "own" and one.permission for one in found.asked):
        ways.append(msg("Or make {user} its owner there: what they own, they may.", user=who))
    return ways


def who_can_give(uow: UnitOfWork, department_name: str = "") -> tuple[str, ...]:
    """The names of those who give rights in the department of this name, or everywhere: whom to ask when one is missing."""
    tree = get_tree(uow).by_id.values()
    here = [one.id for one in tree if one.name == department_name] if department_name else [one.id for one in tree]
    return tuple(administrators_of(uow, [*here] or [None]))
