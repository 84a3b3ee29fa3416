# SPDX-License-Identifier: Apache-2.0
"""Departments move with all below them, and go when nothing stands in them."""

from __future__ import annotations

import uuid

import pytest

from tests.factories.graph import Graph
from xrm.access.policy import allowed
from xrm.access.service import add_member, create_shipped_sets, create_user, give
from xrm.departments.moving import contents_of, delete_department, move_department
from xrm.departments.queries import get_tree
from xrm.departments.service import create_department
from xrm.entities.removal import delete_entity
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied


def test_a_department_moves_and_rights_below_follow(graph: Graph) -> None:
    where = graph.departments
    reader = graph.user({where.press: ["*:read"]}, depth="below")

    assert not graph.read(lambda uow: allowed(uow, "person:read", where.sales_north), reader)
    graph.write(lambda uow: move_department(uow, where.sales_north, where.press))
    assert graph.read(lambda uow: allowed(uow, "person:read", where.sales_north), reader)
    graph.write(lambda uow: move_department(uow, where.sales_north, None))
    assert not graph.read(lambda uow: allowed(uow, "person:read", where.sales_north), reader)
    assert graph.read(get_tree).by_id[where.sales_north].parent_id is None


def test_odd_moves_are_refused(graph: Graph) -> None:
    where = graph.departments
    graph.write(lambda uow: create_department(uow, "sales north"))

    with pytest.raises(InvalidInput):
        graph.write(lambda uow: move_department(uow, where.sales, where.sales_north))
    with pytest.raises(NotFound):
        graph.write(lambda uow: move_department(uow, where.sales, uuid.uuid4()))
    with pytest.raises(NotFound):
        graph.write(lambda uow: move_department(uow, uuid.uuid4(), where.sales))
    with pytest.raises(Conflict):
        graph.write(lambda uow: move_department(uow, where.sales_north, None))


def test_moving_takes_rights_at_both_ends(graph: Graph) -> None:
    where = graph.departments
    chief = graph.user({where.sales: ["*:administer"]}, depth="below")

    for parent in (where.press, None):
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow, to=parent: move_department(uow, where.sales_north, to), chief)  # type: ignore[misc]
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: move_department(uow, where.press, where.sales), chief)


def test_an_empty_department_goes_with_memberships_and_grants(graph: Graph) -> None:
    graph.write(create_shipped_sets)
    one = graph.write(lambda uow: create_department(uow, "Short", parent=graph.departments.sales))
    user = graph.write(lambda uow: create_user(uow, "anna@example.org"))
    graph.write(lambda uow: add_member(uow, user, one))
    graph.write(lambda uow: give(uow, user, "reader", department=one))

    inside = graph.read(lambda uow: contents_of(uow, one))
    graph.write(lambda uow: delete_department(uow, one))

    assert (inside.is_empty, inside.members, inside.grants) == (True, 1, 1)
    assert one not in graph.read(get_tree).by_id


def test_what_stands_in_a_department_keeps_it(graph: Graph) -> None:
    where = graph.departments
    company = graph.organization("Acme", where.press)
    graph.role(graph.organization("Borealis", where.sales), "customer", department=where.press)

    inside = graph.read(lambda uow: contents_of(uow, where.press))
    graph.write(lambda uow: delete_entity(uow, company))

    assert (inside.counts["entity"], inside.counts["role"]) == (1, 1)
    assert graph.read(lambda uow: contents_of(uow, where.sales)).below == ("Sales North",)
    for full in (where.press, where.sales):
        with pytest.raises(Conflict) as told:
            graph.write(lambda uow, one=full: delete_department(uow, one))  # type: ignore[misc]
        assert told.value.code == "not_empty"


def test_only_who_administers_above_deletes(graph: Graph) -> None:
    where = graph.departments
    chief = graph.user({where.sales_north: ["*:administer"]})

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: delete_department(uow, where.sales_north), chief)
