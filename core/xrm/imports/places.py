# SPDX-License-Identifier: Apache-2.0
"""The departments an import writes to: found by name once, before the first row."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from xrm.access.field_rights import require_editable, require_usable
from xrm.access.policy import allowed, require
from xrm.departments.queries import DepartmentTree, get_tree, unclear
from xrm.imports.mapping import Mapping
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Places:
    """The department of what names none, and those that the mapping names."""

    default: uuid.UUID
    name: str
    by_name: dict[str, uuid.UUID]

    def home(self, name: str) -> uuid.UUID:
        """The department of this name in the mapping; without a name, the default."""
        return self.by_name[name] if name else self.default


def find_places(uow: UnitOfWork, mapping: Mapping, department: uuid.UUID | None) -> Places:
    """The departments of an import, where the actor may import everything the mapping makes.

    Without a department from the caller or the mapping it is the only one at the top in which the actor may import.

    Raises:
        NotFound: for an unknown department.
        InvalidInput: when several could be meant.
        PermissionDenied: without the right to import one of the types in its department, to write one of the guarded fields
            there, or to see one that is matched.
    """
    tree = get_tree(uow)
    if department is None:
        department = tree.find(mapping.department).id if mapping.department else _only_one(uow, mapping, tree)
    named = {name for _, name in _targets(mapping) if name}
    places = Places(department, tree.find(str(department)).name, {name: tree.find(name).id for name in sorted(named)})
    for subject, name in sorted(set(_targets(mapping))):
        require(uow, f"{subject}:import", places.home(name))
    for thing in mapping.things:
        require_usable(uow, thing.type, thing.match)
        require_editable(uow, thing.type, thing.fields, (places.home(thing.department),), owner=uow.actor.user_id)
        for role in thing.roles:
            require_editable(uow, role.role, role.fields, (places.home(role.department),), owner=uow.actor.user_id)
    return places


def _targets(mapping: Mapping) -> Iterator[tuple[str, str]]:
    for thing in mapping.things:
        yield thing.type, thing.department
        for role in thing.roles:
            yield role.role, role.department
    for item in mapping.interactions:
        yield "interaction", item.department


def _only_one(uow: UnitOfWork, mapping: Mapping, tree: DepartmentTree) -> uuid.UUID:
    subjects = {subject for subject, _ in _targets(mapping)}
    open_to = [one for one in tree.by_id.values() if all(allowed(uow, f"{subject}:import", one.id) for subject in subjects)]
    top = min((one.depth for one in open_to), default=0)
    highest = [one for one in open_to if one.depth == top]
    if len(highest) == 1:
        return highest[0].id
    raise unclear(open_to or tree.by_id.values())
