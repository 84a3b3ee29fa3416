# SPDX-License-Identifier: Apache-2.0
"""One-call ways to write and read as somebody, and to make what most tests need."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from tests.factories.access import Departments, add_user
from xrm.entities.listing import ListQuery
from xrm.entities.queries import Page, list_entities
from xrm.entities.service import create_entity
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

Result = TypeVar("Result")


@dataclass
class Graph:
    """Writes and reads, as the administrator unless somebody else is named; home department is sales."""

    runtime: Runtime
    admin: Actor
    departments: Departments
    numbers: Any = field(default_factory=itertools.count)

    def write(self, function: Callable[[UnitOfWork], Result], actor: Actor | None = None) -> Result:
        """The result of a unit of work that changes things."""
        return self.runtime.write(function, actor or self.admin)

    def read(self, function: Callable[[UnitOfWork], Result], actor: Actor | None = None) -> Result:
        """The result of a unit of work that reads."""
        return self.runtime.read(function, actor or self.admin)

    def create(self, type_name: str, values: Mapping[str, object], department: uuid.UUID | None = None) -> uuid.UUID:
        """A new entity."""
        where = department or self.departments.sales
        return self.write(lambda uow: create_entity(uow, type_name, values, department=where))

    def organization(self, name: str = "Acme", department: uuid.UUID | None = None) -> uuid.UUID:
        """A new organization."""
        return self.create("organization", {"name": name}, department)

    def person(self, last_name: str = "Dupont", department: uuid.UUID | None = None) -> uuid.UUID:
        """A new person."""
        return self.create("person", {"first_name": "Marie", "last_name": last_name}, department)

    def role(
        self, party: uuid.UUID, role_type: str = "customer", values: Mapping[str, object] | None = None,
        department: uuid.UUID | None = None, since: date | None = None,
    ) -> uuid.UUID:
        """A new role of a party."""
        where = department or self.departments.sales
        return self.write(lambda uow: start_role(uow, party, role_type, values or {}, department=where, since=since))

    def user(self, rights: Mapping[uuid.UUID | None, Sequence[str]], depth: str = "department") -> Actor:
        """A new user with these rights."""
        email = f"user{next(self.numbers)}@example.org"
        return self.runtime.write(lambda uow: add_user(uow, email, rights, depth=depth), system_actor())

    def page(self, query: ListQuery, actor: Actor | None = None) -> Page:
        """One page of a list."""
        return self.read(lambda uow: list_entities(uow, query), actor)

    def titles(self, query: ListQuery, actor: Actor | None = None) -> list[str]:
        """The titles of one page of a list."""
        return [item.title for item in self.page(query, actor).items]
