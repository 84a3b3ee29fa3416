# SPDX-License-Identifier: Apache-2.0
"""What plugins import is all there is, and ``select`` gives them what the actor may see, no more."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.access import Departments, add_user
from xrm import plugin_api
from xrm.contact_points.service import add_contact_point
from xrm.entities.removal import delete_entity
from xrm.entities.service import create_entity
from xrm.errors import InvalidInput, NotFound
from xrm.interactions.service import record_interaction
from xrm.plugin_api import select
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

KINDS = (
    "person", "organization", "customer", "contact_point", "interaction", "interaction_participant", "participation",
    "relationship",
)


def plant(uow: UnitOfWork, department: uuid.UUID) -> uuid.UUID:
    """A row of each kind that belongs to one department; the id of the person."""
    person = create_entity(uow, "person", {"first_name": "Ada", "last_name": "Lovelace"}, department=department)
    company = create_entity(uow, "organization", {"name": "Engines"}, department=department)
    start_role(uow, company, "customer", {"number": "C 1"}, department=department)
    relate(uow, "works_for", person, company, department=department)
    add_contact_point(uow, person, "email", "ada@example.org", department=department)
    record_interaction(uow, "call", department=department, participants=[person], subject="Engines")
    return person


@pytest.fixture
def seller(runtime: Runtime, departments: Departments) -> Actor:
    """A user who may read all of one department."""
    return runtime.write(lambda uow: add_user(uow, "seller@example.org", {departments.sales: ["*:read"]}), system_actor())


@pytest.fixture
def person(runtime: Runtime, admin: Actor, departments: Departments) -> uuid.UUID:
    """A person of the department sales; another of each kind of row belongs to press."""
    runtime.write(lambda uow: plant(uow, departments.press), admin)
    return runtime.write(lambda uow: plant(uow, departments.sales), admin)


def rows(runtime: Runtime, actor: Actor, *arguments: Any) -> list[Any]:
    return runtime.read(lambda uow: list(uow.execute(select(uow, *arguments))), actor)


def test_the_contract_names_what_is_there() -> None:
    assert sorted(plugin_api.__all__) == sorted(set(plugin_api.__all__) & set(vars(plugin_api)))
    assert len(plugin_api.__all__) <= 49


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize("kind", KINDS)
def test_select_gives_rows_of_ones_department_only(
    runtime: Runtime, admin: Actor, seller: Actor, departments: Departments, kind: str
) -> None:
    assert [row.department for row in rows(runtime, seller, kind, ["department"])] == [departments.sales]
    assert len(rows(runtime, admin, kind)) == 2


def test_select_leaves_out_what_is_deleted(runtime: Runtime, admin: Actor, person: uuid.UUID) -> None:
    runtime.write(lambda uow: delete_entity(uow, person), admin)

    assert person not in [row.id for row in rows(runtime, admin, "person")]
    assert person not in [row.entity for row in rows(runtime, admin, "contact_point", ["entity"])]


def test_select_takes_an_expression(runtime: Runtime, admin: Actor, person: uuid.UUID) -> None:
    assert len(rows(runtime, admin, "customer", ["id", "party", "number", "title"], 'number == "C 1"')) == 2
    assert rows(runtime, admin, "customer", ["id"], 'number == "C 2"') == []
    assert person is not None


def test_select_can_be_joined_and_aggregated(runtime: Runtime, seller: Actor, person: uuid.UUID) -> None:
    def count(uow: UnitOfWork) -> list[tuple[Any, ...]]:
        people = select(uow, "person", ["id", "title"]).subquery()
        addresses = select(uow, "contact_point", ["entity"]).subquery()
        statement = (
            sa.select(people.c.title, sa.func.count())
            .join(addresses, addresses.c.entity == people.c.id)
            .group_by(people.c.title)
        )
        return [tuple(row) for row in uow.execute(statement)]

    assert runtime.read(count, seller) == [("Ada Lovelace", 1)]
    assert person is not None


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("persn",), NotFound),
        (("person", ["frist_name"]), InvalidInput),
        (("contact_point", ["nothing"]), InvalidInput),
        (("person", ["id"], "first_name =="), InvalidInput),
        (("interaction", ["id"], "kind == \"call\""), InvalidInput),
    ],
)
def test_select_says_what_is_wrong(runtime: Runtime, admin: Actor, arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        rows(runtime, admin, *arguments)
