# SPDX-License-Identifier: Apache-2.0
"""Where a right holds: everywhere, in named departments, or there for one's own rows only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Departments a right holds in; ``own`` are those where it holds for rows the actor owns."""

    is_everywhere: bool = False
    departments: frozenset[uuid.UUID] = frozenset()
    own: frozenset[uuid.UUID] = frozenset()

    @staticmethod
    def everywhere() -> Scope:
        """All departments, now and later."""
        return Scope(is_everywhere=True)

    @staticmethod
    def union(parts: Iterable[Scope]) -> Scope:
        """Where any of the parts holds."""
        is_everywhere, departments, own = False, frozenset[uuid.UUID](), frozenset[uuid.UUID]()
        for part in parts:
            is_everywhere = is_everywhere or part.is_everywhere
            departments |= part.departments
            own |= part.own
        return Scope.everywhere() if is_everywhere else Scope(departments=departments, own=own - departments)

    def without(self, gone: frozenset[uuid.UUID], everywhere: Iterable[uuid.UUID]) -> Scope:
        """The same scope less these departments; ``everywhere`` names all that there are."""
        if not gone:
            return self
        departments = frozenset(everywhere) if self.is_everywhere else self.departments
        return Scope(departments=departments - gone, own=self.own - gone)

    @staticmethod
    def intersection(parts: Iterable[Scope]) -> Scope:
        """Where all of the parts hold; everywhere when there are none."""
        found = Scope.everywhere()
        for part in parts:
            if found.is_everywhere or part.is_everywhere:
                found = part if found.is_everywhere else found
                continue
            departments = found.departments & part.departments
            own = (found.departments | found.own) & (part.departments | part.own)
            found = Scope(departments=departments, own=own - departments)
        return found

    def includes(self, other: Scope) -> bool:
        """Whether this one holds wherever the other does."""
        if self.is_everywhere or other.is_everywhere:
            return self.is_everywhere
        return other.departments <= self.departments and other.own <= self.departments | self.own

    @property
    def is_empty(self) -> bool:
        """Whether the right holds nowhere."""
        return not (self.is_everywhere or self.departments or self.own)

    def covers(self, department: uuid.UUID, *, is_own: bool = False) -> bool:
        """Whether the right holds for a row of this department."""
        return self.is_everywhere or department in self.departments or (is_own and department in self.own)
