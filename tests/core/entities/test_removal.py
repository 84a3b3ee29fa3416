# SPDX-License-Identifier: Apache-2.0
"""What goes with a deleted entity, what holds it, and that a restored one is as before."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import TextClause, text

from tests.factories.graph import Graph
from tests.factories.threads import run_together
from xrm.entities.listing import ListQuery
from xrm.entities.queries import get_entity
from xrm.entities.removal import delete_entity, restore_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import Conflict, NotFound, PermissionDenied, XrmError
from xrm.unit_of_work import UnitOfWork


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


def delete(graph: Graph, one: uuid.UUID) -> None:
    graph.write(lambda uow: delete_entity(uow, one))


def test_a_deleted_party_is_nowhere_and_comes_back_whole(graph: Graph) -> None:
    one = graph.organization("Acme")
    graph.role(one, values={"number": "C1"}, department=graph.departments.press)
    reader = graph.user({graph.departments.press: ["*:read"]})

    delete(graph, one)

    assert [graph.titles(ListQuery(name)) for name in ("party", "organization", "customer")] == [[], [], []]
    with pytest.raises(NotFound):
        graph.read(lambda uow: get_entity(uow, one))
    with pytest.raises(NotFound):
        graph.write(lambda uow: update_entity(uow, one, {"name": "B"}))

    graph.write(lambda uow: restore_entity(uow, one))

    assert graph.titles(ListQuery("customer"), reader) == graph.titles(ListQuery("party"), reader) == ["Acme"]


def test_a_deletion_of_an_older_version_is_refused(graph: Graph) -> None:
    one = graph.organization()
    graph.write(lambda uow: update_entity(uow, one, {"name": "B"}))

    with pytest.raises(Conflict):
        graph.write(lambda uow: delete_entity(uow, one, version=1))


@pytest.mark.parametrize("field", ["kept_by", "watchers"])
def test_a_link_that_refuses_holds_its_target(graph: Graph, field: str) -> None:
    person = graph.person()
    ticket = graph.create("ticket", {"name": "Holder", field: str(person) if field == "kept_by" else [str(person)]})

    with pytest.raises(Conflict, match="Holder"):
        delete(graph, person)
    delete(graph, ticket)
    delete(graph, person)

    assert graph.titles(ListQuery("person")) == []


def test_records_that_belong_to_it_go_with_it_at_any_depth_and_come_back(graph: Graph) -> None:
    top = graph.create("ticket", {"name": "Top"})
    middle = graph.create("ticket", {"name": "Middle", "belongs_to": str(top)})
    graph.create("ticket", {"name": "Bottom", "belongs_to": str(middle)})

    delete(graph, top)

    assert graph.titles(ListQuery("ticket")) == []

    graph.write(lambda uow: restore_entity(uow, top))

    assert graph.titles(ListQuery("ticket")) == ["Bottom", "Middle", "Top"]


def test_what_was_deleted_before_stays_deleted_when_the_rest_comes_back(graph: Graph) -> None:
    top = graph.create("ticket", {"name": "Top"})
    child = graph.create("ticket", {"name": "Child", "belongs_to": str(top)})
    delete(graph, child)
    delete(graph, top)

    graph.write(lambda uow: restore_entity(uow, top))

    assert graph.titles(ListQuery("ticket")) == ["Top"]


def test_records_that_belong_to_each_other_go_together(graph: Graph) -> None:
    first = graph.create("ticket", {"name": "First"})
    second = graph.create("ticket", {"name": "Second", "belongs_to": str(first)})
    graph.write(lambda uow: update_entity(uow, first, {"belongs_to": str(second)}))

    delete(graph, first)

    assert graph.titles(ListQuery("ticket")) == []


def test_what_lies_in_the_bin_of_another_department_is_not_there(graph: Graph) -> None:
    one = graph.organization(department=graph.departments.press)
    delete(graph, one)
    stranger = graph.user({graph.departments.sales: ["*:*"]})
    reader = graph.user({graph.departments.press: ["*:read"]})

    with pytest.raises(NotFound) as foreign:
        graph.write(lambda uow: restore_entity(uow, one), stranger)
    with pytest.raises(NotFound) as missing:
        graph.write(lambda uow: restore_entity(uow, uuid.UUID(int=one.int + 1)), stranger)
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: restore_entity(uow, one), reader)

    assert foreign.value.message.text == missing.value.message.text


def test_a_child_is_never_added_to_what_is_deleted_meanwhile(graph: Graph) -> None:
    """Each delay makes another interleaving of: find the parent, write the child; check for children, mark as deleted."""
    for delays in [(0.0, 0.03), (0.03, 0.0), (0.015, 0.015), (0.0, 0.0), (0.01, 0.02), (0.02, 0.01)]:
        person = graph.person()
        outcomes = race(graph, person, delays)
        alive = person in {item.id for item in graph.page(ListQuery("person")).items}
        tickets = graph.page(ListQuery("ticket", columns=("kept_by",))).items
        children = [item for item in tickets if item.fields["kept_by"] == person]

        assert not (children and not alive), (delays, outcomes)
        assert sorted(outcomes) != ["done", "done"]


def race(graph: Graph, person: uuid.UUID, delays: tuple[float, float]) -> list[str]:
    """What became of a deletion and of a child that was added at the same time."""
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def add(uow: UnitOfWork) -> None:
        uow.execute(select_one())
        threading.Event().wait(delays[0])
        create_entity(uow, "ticket", {"name": "Child", "kept_by": str(person)}, department=graph.departments.sales)
        threading.Event().wait(delays[1])

    def remove(uow: UnitOfWork) -> None:
        uow.execute(select_one())
        threading.Event().wait(delays[1])
        delete_entity(uow, person)
        threading.Event().wait(delays[0])

    def run(function: Callable[[UnitOfWork], None]) -> None:
        barrier.wait()
        try:
            graph.write(function)
            outcomes.append("done")
        except XrmError as error:
            outcomes.append(error.code)

    run_together([lambda: run(add), lambda: run(remove)])
    return outcomes


def select_one() -> TextClause:
    """A first statement, so that a snapshot would be taken before the race."""
    return text("SELECT 1 FROM entity")
