# SPDX-License-Identifier: Apache-2.0
"""Reads of the department tree, once for all units of work until it changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from xrm.departments.models import department
from xrm.departments.standing import standing
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.folding import fold
from xrm.unit_of_work import UnitOfWork

_ALL = select(department.c.id, department.c.parent_id, department.c.name)


@dataclass(frozen=True)
class Department:
    """One department; ``parent_id`` is None at the top, ``depth`` counts from 0 there."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    name: str
    depth: int = 0


class DepartmentTree:
    """All departments, parents before children, siblings by name."""

    def __init__(self, departments: list[Department]) -> None:
        self._below: dict[uuid.UUID, frozenset[uuid.UUID]] = {}
        self._children: dict[uuid.UUID | None, list[Department]] = {}
        for item in sorted(departments, key=lambda one: fold(one.name)):
            self._children.setdefault(item.parent_id, []).append(item)
        self.by_id: dict[uuid.UUID, Department] = {}
        open_items = [(item, 0) for item in reversed(self._children.get(None, []))]
        while open_items:
            item, depth = open_items.pop()
            self.by_id[item.id] = Department(item.id, item.parent_id, item.name, depth)
            open_items.extend((child, depth + 1) for child in reversed(self._children.get(item.id, [])))

    def below(self, department_id: uuid.UUID) -> frozenset[uuid.UUID]:
        """This department and all below it."""
        if department_id not in self._below:
            self._below[department_id] = self._collect(department_id)
        return self._below[department_id]

    def _collect(self, department_id: uuid.UUID) -> frozenset[uuid.UUID]:
        found: set[uuid.UUID] = set()
        open_ids = [department_id]
        while open_ids:
            current = open_ids.pop()
            if current not in found:
                found.add(current)
                open_ids.extend(child.id for child in self._children.get(current, []))
        return frozenset(found)

    def find(self, name: str) -> Department:
        """The department of this name or id.

        Raises:
            NotFound: when there is none, or several of that name.
        """
        matches = [item for item in self.by_id.values() if fold(item.name) == fold(name) or str(item.id) == name]
        if len(matches) != 1:
            known = ", ".join(item.name for item in self.by_id.values())
            if matches:
                raise NotFound(msg("Several departments are called {name}. Give the id.", name=name))
            raise NotFound(msg("There is no department {name}. Known are: {known}.", name=name, known=known))
        return matches[0]


def get_tree(uow: UnitOfWork) -> DepartmentTree:
    """The whole tree: the skeleton of the organization, known to every user. Shared between units of work: not to be changed."""
    kept = standing(uow)
    if __name__ not in kept:
        rows = uow.execute(_ALL)
        kept[__name__] = DepartmentTree([Department(row.id, row.parent_id, row.name) for row in rows])
    tree: DepartmentTree = kept[__name__]
    return tree


def unclear(departments: Iterable[Department]) -> InvalidInput:
    """The error that asks which of these departments is meant."""
    known = ", ".join(item.name for item in departments)
    return InvalidInput([Problem("--department", msg("Say which department is meant. There are: {known}.", known=known))])
