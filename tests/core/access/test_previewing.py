# SPDX-License-Identifier: Apache-2.0
"""What a preview says of rows gained and lost is what lists show afterwards."""

from __future__ import annotations

import uuid

import pytest

from tests.factories.graph import Graph
from xrm.access.grants import end_grant
from xrm.access.permission_sets import change_permission_set
from xrm.access.previewing import Preview, preview_end, preview_grant, preview_set
from xrm.access.service import create_permission_set, create_shipped_sets, create_user, give
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities
from xrm.errors import PermissionDenied
from xrm.unit_of_work import Actor

TYPES = ("person", "organization", "customer")


@pytest.fixture
def reader(graph: Graph) -> uuid.UUID:
    """Somebody without rights; two organizations, one of them customer in press, and a person."""
    graph.write(create_shipped_sets)
    first = graph.organization("Acme")
    graph.organization("Borealis", graph.departments.press)
    graph.role(first, "customer", department=graph.departments.press)
    graph.person()
    return graph.write(lambda uow: create_user(uow, "reader@example.org", name="Reader"))


def counts(graph: Graph, user: uuid.UUID) -> dict[str, int]:
    actor = Actor("user", user, "Reader")
    found = {}
    for name in TYPES:
        try:
            found[name] = graph.read(lambda uow, name=name: count_entities(uow, ListQuery(name)), actor)  # type: ignore[misc]
        except PermissionDenied:
            found[name] = 0
    return found


def changes(preview: Preview) -> dict[str, int]:
    return {rows.type.name: rows.gained - rows.lost for one in preview.people for rows in one.rows}


@pytest.mark.parametrize(("place", "depth"), [("sales", "department"), ("press", "department"), ("press", "own"), (None, "all")])
def test_a_new_and_an_ended_grant_do_what_the_preview_says(graph: Graph, reader: uuid.UUID, place: str, depth: str) -> None:
    where = getattr(graph.departments, place) if place else None
    before = counts(graph, reader)
    told = graph.read(lambda uow: preview_grant(uow, reader, "reader", department=where, depth=depth))

    given = graph.write(lambda uow: give(uow, reader, "reader", department=where, depth=depth))
    after = counts(graph, reader)
    undone = graph.read(lambda uow: preview_end(uow, given))
    graph.write(lambda uow: end_grant(uow, given))

    expected = {name: after[name] - before[name] for name in TYPES if after[name] != before[name]}
    assert {name: change for name, change in changes(told).items() if name in TYPES} == expected
    assert {name: -change for name, change in changes(undone).items() if name in TYPES} == expected
    assert (told.added, undone.removed) == (("*:read",), ("*:read",))


def test_a_changed_set_does_what_the_preview_says(graph: Graph, reader: uuid.UUID) -> None:
    held, label = ["person:read", "person:update"], {"en": "People", "fr": "Gens"}
    graph.write(lambda uow: create_permission_set(uow, "people", label, held))
    graph.write(lambda uow: give(uow, reader, "people", department=graph.departments.press, depth="below"))
    graph.write(lambda uow: give(uow, reader, "reader", department=graph.departments.sales))
    wanted = ["person:read", "*:read", "customer:update"]
    before = counts(graph, reader)

    told = graph.read(lambda uow: preview_set(uow, "people", wanted))
    graph.write(lambda uow: change_permission_set(uow, "people", wanted))

    after = counts(graph, reader)
    assert (told.added, told.removed, told.others) == (("*:read", "customer:update"), ("person:update",), 0)
    expected = {name: after[name] - before[name] for name in TYPES if after[name] != before[name]}
    assert {name: change for name, change in changes(told).items() if name in TYPES} == expected
    assert expected == {"organization": 1, "customer": 1}


def test_a_preview_asks_for_the_same_rights_as_the_change(graph: Graph, reader: uuid.UUID) -> None:
    chief = graph.user({graph.departments.sales: ["*:read", "*:administer"]})

    graph.read(lambda uow: preview_grant(uow, reader, "reader", department=graph.departments.sales), chief)
    for attempt in (
        lambda uow: preview_grant(uow, reader, "reader", department=graph.departments.press),
        lambda uow: preview_grant(uow, reader, "editor", department=graph.departments.sales),
        lambda uow: preview_set(uow, "reader", ["person:read"]),
    ):
        with pytest.raises(PermissionDenied):
            graph.read(attempt, chief)


@pytest.mark.usefixtures("reader")
def test_of_many_people_the_first_are_counted_and_the_rest_summed_up(graph: Graph) -> None:
    sales = graph.departments.sales
    for number in range(52):
        one = graph.write(lambda uow, number=number: create_user(uow, f"many{number}@example.org"))  # type: ignore[misc]
        graph.write(lambda uow, one=one: give(uow, one, "reader", department=sales))  # type: ignore[misc]

    told = graph.read(lambda uow: preview_set(uow, "reader", []))

    assert (len(told.people), told.others, told.people[0].rows[0].lost > 0) == (50, 2, True)
