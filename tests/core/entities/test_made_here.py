# SPDX-License-Identifier: Apache-2.0
"""What a unit of work makes and goes on with is judged as if it were read back."""

from __future__ import annotations

import uuid

import pytest

from tests.factories.graph import Graph
from xrm.contact_points.queries import list_contact_points
from xrm.contact_points.service import add_contact_point
from xrm.entities.listing import ListQuery
from xrm.entities.queries import get_entity
from xrm.entities.removal import delete_entity
from xrm.entities.rows import find_row, find_rows
from xrm.entities.service import create_entity, update_entity
from xrm.errors import NotFound, PermissionDenied
from xrm.roles.service import start_role
from xrm.unit_of_work import UnitOfWork


def test_who_may_create_but_not_read_cannot_go_on_with_what_was_made(graph: Graph) -> None:
    sales = graph.departments.sales
    blind = graph.user({sales: ["*:create"]})

    def make(uow: UnitOfWork) -> None:
        one = create_entity(uow, "organization", {"name": "Acme"}, department=sales)
        start_role(uow, one, "customer", {}, department=sales)

    with pytest.raises(NotFound):
        graph.write(make, blind)

    assert graph.titles(ListQuery("organization")) == []


def test_who_reads_own_entities_alone_goes_on_with_what_is_own(graph: Graph) -> None:
    sales = graph.departments.sales
    mine = graph.user({sales: ["*:create", "*:read"]}, depth="own")

    def make(uow: UnitOfWork) -> uuid.UUID:
        one = create_entity(uow, "organization", {"name": "Acme"}, department=sales)
        start_role(uow, one, "customer", {}, department=sales)
        return one

    one = graph.write(make, mine)

    assert graph.read(lambda uow: get_entity(uow, one), mine).title == "Acme"


def test_what_was_made_and_given_to_another_is_not_seen_by_who_reads_own_alone(graph: Graph) -> None:
    sales = graph.departments.sales
    creator = graph.user({sales: ["*:create"]})
    grants = graph.user({sales: ["*:create", "*:read"]}, depth="own")

    def make(uow: UnitOfWork) -> None:
        one = create_entity(uow, "organization", {"name": "Acme"}, department=sales, owner=creator.user_id)
        find_row(uow, one)

    with pytest.raises((PermissionDenied, NotFound)):
        graph.write(make, grants)


def test_the_row_of_what_was_made_equals_the_row_that_was_written(graph: Graph) -> None:
    sales = graph.departments.sales

    def make(uow: UnitOfWork) -> tuple[dict[str, object], uuid.UUID]:
        one = create_entity(uow, "person", {"first_name": "Zoé", "last_name": "Élan"}, department=sales)
        made = find_rows(uow, [one])[one]
        return {name: getattr(made, name) for name in NAMES}, one

    names, one = graph.write(make)

    row = graph.write(lambda uow: find_row(uow, one))
    assert names == {name: getattr(row, name) for name in NAMES}


NAMES = ("id", "type", "title", "title_key", "department_id", "owner_id", "version", "deleted_at")


def test_what_was_made_and_changed_is_read_back(graph: Graph) -> None:
    sales = graph.departments.sales

    def make(uow: UnitOfWork) -> tuple[str, int]:
        one = create_entity(uow, "organization", {"name": "Acme"}, department=sales)
        update_entity(uow, one, {"name": "Apex"})
        row = find_row(uow, one)
        return row.title, row.version

    assert graph.write(make) == ("Apex", 2)


def test_what_was_made_and_deleted_is_gone(graph: Graph) -> None:
    sales = graph.departments.sales

    def make(uow: UnitOfWork) -> None:
        one = create_entity(uow, "organization", {"name": "Acme"}, department=sales)
        delete_entity(uow, one)
        find_row(uow, one)

    with pytest.raises(NotFound):
        graph.write(make)


def test_a_role_elsewhere_lets_that_department_add_an_address_in_the_same_unit_of_work(graph: Graph) -> None:
    sales, press = graph.departments.sales, graph.departments.press
    both = graph.user({sales: ["*:create", "*:read"], press: ["press_contact:create", "*:read", "contact_point:create"]})

    def make(uow: UnitOfWork) -> uuid.UUID:
        one = create_entity(uow, "person", {"first_name": "Zoé", "last_name": "Élan"}, department=sales)
        start_role(uow, one, "press_contact", {}, department=press)
        add_contact_point(uow, one, "email", "zoe@example.org")
        return one

    one = graph.write(make, both)

    assert [point.value for point in graph.read(lambda uow: list_contact_points(uow, one))] == ["zoe@example.org"]
