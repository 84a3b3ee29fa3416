# SPDX-License-Identifier: Apache-2.0
"""Departments move with all below them, and go when nothing stands in them."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from tests.factories.graph import Graph
from xrm.access.policy import allowed
from xrm.access.service import add_member, create_shipped_sets, create_user, give
from xrm.core_tables import metadata
from xrm.db.ids import new_id
from xrm.departments.models import plugin_activation
from xrm.departments.moving import contents_of, delete_department, move_department
from xrm.departments.queries import get_tree
from xrm.departments.service import create_department
from xrm.entities.listing import ListQuery
from xrm.entities.removal import delete_entity
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.jobs.service import enqueue
from xrm.plugin_settings.models import plugin_setting
from xrm.sharing.service import Recipient, share_entity
from xrm.unit_of_work import Limits, UnitOfWork


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


def test_a_department_that_is_deleted_leaves_no_row_that_speaks_of_it(graph: Graph) -> None:
    sales = graph.departments.sales
    firm = graph.organization()
    graph.write(create_shipped_sets)

    def plant(uow: UnitOfWork) -> uuid.UUID:
        gone = create_department(uow, "Closing", parent=sales)
        who = create_user(uow, "closing@example.org")
        add_member(uow, who, gone)
        give(uow, who, "reader", department=gone)
        share_entity(uow, firm, Recipient(department=gone))
        enqueue(uow, "send_message", {}, department=gone)
        uow.execute(insert(plugin_activation).values(plugin="base", department_id=gone, is_on=True))
        setting = {"plugin": "base", "key": "x", "value": "y", "is_sealed": False, "changed_at": uow.now}
        uow.execute(insert(plugin_setting).values(id=new_id(), department_id=gone, **setting))
        return gone

    gone = graph.write(plant)
    limited = Limits(("*:*",), frozenset({gone}))
    graph.write(lambda uow: delete_department(uow, gone))

    def left(uow: UnitOfWork) -> list[str]:
        columns = [
            (table.name, column) for table in metadata.sorted_tables for column in table.c if column.name == "department_id"
        ]
        return sorted({name for name, column in columns if uow.execute(select(column).where(column == gone)).first()})

    assert graph.read(left) == ["audit_entry", "outbox"]
    by_token = replace(graph.admin, token_id=new_id(), limits=limited)
    assert graph.titles(ListQuery("organization"), by_token) == []


def test_a_move_gives_nobody_a_department_they_had_no_deeper_right_to(graph: Graph) -> None:
    """What is kept in every process is read anew: rights below, limits of tokens, shares with a department."""
    where = graph.departments
    graph.organization("North", where.sales_north)
    lent = graph.organization("Lent", where.service)
    graph.write(lambda uow: share_entity(uow, lent, Recipient(department=where.press)))
    below = graph.user({where.sales: ["*:read"]}, "below")
    press = graph.user({where.press: ["*:read"]})
    north = graph.user({where.sales_north: ["*:read"]})
    everything = ListQuery("organization")

    def seen() -> list[list[str]]:
        return [graph.titles(everything, one) for one in (below, press, north)]

    before = seen()
    graph.write(lambda uow: move_department(uow, where.sales_north, where.press))

    assert before == [["North"], ["Lent"], ["North"]]
    assert seen() == [[], ["Lent"], ["North"]]
