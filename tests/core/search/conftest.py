# SPDX-License-Identifier: Apache-2.0
"""People and organizations to be found, and users who may see only some of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from tests.factories.access import Departments, add_user
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.search.queries import Hit, search
from xrm.unit_of_work import Actor

Search = Callable[..., list[Hit]]
Create = Callable[..., uuid.UUID]

READS = ["person:read", "organization:read", "contact_point:read", "works_for:read"]


@pytest.fixture
def create(runtime: Runtime, admin: Actor, departments: Departments) -> Create:
    """A function that creates an entity (in sales unless told) and returns its id."""

    def create_one(type_name: str, department: uuid.UUID | None = None, **values: object) -> uuid.UUID:
        return runtime.write(
            lambda uow: create_entity(uow, type_name, values, department=department or departments.sales), admin
        )

    return create_one


@pytest.fixture
def find(runtime: Runtime, admin: Actor) -> Search:
    """A function that searches, as administrator unless told."""

    def find_as(text: str, actor: Actor = admin, **options: object) -> list[Hit]:
        return runtime.read(lambda uow: search(uow, text, **options), actor)  # type: ignore[arg-type]

    return find_as


@pytest.fixture
def sales_reader(runtime: Runtime, admin: Actor, departments: Departments) -> Actor:
    """A user of sales who reads parties and contact points there, and customers' facets."""
    rights = {departments.sales: [*READS, "customer:read"]}
    return runtime.write(lambda uow: add_user(uow, "sales@example.org", rights), admin)


@pytest.fixture
def press_reader(runtime: Runtime, admin: Actor, departments: Departments) -> Actor:
    """A user of press who reads parties and contact points there, and no facets of customers."""
    return runtime.write(lambda uow: add_user(uow, "press@example.org", {departments.press: READS}), admin)
