# SPDX-License-Identifier: Apache-2.0
"""What a party is to each department: facets with their own numbers, owners and periods."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from tests.factories.graph import Graph
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities
from xrm.entities.removal import delete_entity
from xrm.errors import Conflict, InvalidInput, NotFound
from xrm.roles.queries import get_role, list_roles_of, open_role_types
from xrm.roles.service import delete_role, end_role, restore_role, start_role, update_role
from xrm.unit_of_work import UnitOfWork


def test_one_party_is_customer_of_two_departments_and_distributor_of_a_third(graph: Graph) -> None:
    where = graph.departments
    owners = [graph.user({department: ["*:*"]}) for department in (where.sales, where.press, where.service)]
    acme = graph.organization("Acme")

    def start(uow: UnitOfWork) -> list[uuid.UUID]:
        return [
            start_role(uow, acme, "customer", {"number": "S-1"}, department=where.sales, owner=owners[0].user_id),
            start_role(uow, acme, "customer", {"number": "P-9"}, department=where.press, owner=owners[1].user_id),
            start_role(uow, acme, "distributor", {"number": "D-5", "kind": "carrier"}, department=where.service,
                       owner=owners[2].user_id),
        ]

    graph.write(start)

    facets = graph.read(lambda uow: list_roles_of(uow, acme))
    assert {(one.type, one.fields["number"], one.department, one.owner) for one in facets} == {
        ("customer", "S-1", where.sales, owners[0].user_id), ("customer", "P-9", where.press, owners[1].user_id),
        ("distributor", "D-5", where.service, owners[2].user_id),
    }
    assert graph.titles(ListQuery("party")) == ["Acme"]
    assert graph.titles(ListQuery("customer")) == ["Acme", "Acme"]
    assert graph.read(lambda uow: count_entities(uow, ListQuery("customer", distinct="party"))) == 1
    assert graph.read(lambda uow: open_role_types(uow, [acme])) == {acme: ["customer", "distributor"]}


def test_a_role_taken_up_again_keeps_both_periods(graph: Graph) -> None:
    acme = graph.organization()
    first = graph.role(acme, values={"number": "1"}, since=date(2018, 1, 1))
    graph.write(lambda uow: end_role(uow, first, date(2020, 1, 1)))
    graph.role(acme, values={"number": "2"}, since=date(2022, 1, 1))

    facets = graph.read(lambda uow: list_roles_of(uow, acme))

    assert [(one.since, one.until, one.is_open, one.fields["number"]) for one in facets] == [
        (date(2022, 1, 1), None, True, "2"), (date(2018, 1, 1), date(2020, 1, 1), False, "1"),
    ]
    assert len(graph.page(ListQuery("customer")).items) == 1
    assert len(graph.page(ListQuery("customer", all_periods=True)).items) == 2


def test_a_period_ends_after_it_began(graph: Graph) -> None:
    facet = graph.role(graph.organization(), since=date(2020, 1, 1))

    for until in (date(2020, 1, 1), date(2019, 1, 1)):
        with pytest.raises(InvalidInput):
            graph.write(lambda uow: end_role(uow, facet, until))


def test_a_role_of_a_deleted_party_cannot_be_changed(graph: Graph) -> None:
    acme = graph.organization()
    facet = graph.role(acme)
    graph.write(lambda uow: delete_entity(uow, acme))

    assert graph.read(lambda uow: get_role(uow, facet)) is None
    with pytest.raises(NotFound):
        graph.write(lambda uow: update_role(uow, facet, {"number": "2"}))


def test_a_deleted_role_hides_the_party_from_its_department_until_it_is_back(graph: Graph) -> None:
    press = graph.departments.press
    acme = graph.organization("Acme")
    facet = graph.role(acme, department=press)
    reader = graph.user({press: ["*:read"]})

    graph.write(lambda uow: delete_role(uow, facet))
    assert graph.titles(ListQuery("party"), reader) == []

    graph.write(lambda uow: restore_role(uow, facet))
    assert graph.titles(ListQuery("party"), reader) == graph.titles(ListQuery("customer"), reader) == ["Acme"]


def test_a_role_changed_since_is_not_overwritten(graph: Graph) -> None:
    facet = graph.role(graph.organization())
    graph.write(lambda uow: update_role(uow, facet, {"number": "1"}, version=1))

    with pytest.raises(Conflict):
        graph.write(lambda uow: update_role(uow, facet, {"number": "2"}, version=1))


def test_a_party_takes_only_roles_made_for_its_type(graph: Graph) -> None:
    acme = graph.organization()

    with pytest.raises(InvalidInput, match="cannot be employee"):
        graph.role(acme, "employee")
    with pytest.raises(InvalidInput, match="not a role"):
        graph.role(acme, "person")
    with pytest.raises(NotFound):
        graph.role(acme, "custommer")
