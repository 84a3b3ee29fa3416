# SPDX-License-Identifier: Apache-2.0
"""Relationships: their ends, periods, numbers and circles, and that a correction keeps what was believed before."""

from __future__ import annotations

import itertools
import threading
import uuid
from datetime import date

import pytest
from sqlalchemy import insert, select

from tests.factories.graph import Graph
from tests.factories.threads import run_together
from xrm.db.ids import new_id
from xrm.entities.service import create_entities, prepare
from xrm.errors import Conflict, InvalidInput, XrmError
from xrm.relationships.models import relationship, relationship_past
from xrm.relationships.queries import list_relationships
from xrm.relationships.service import end_relationship, relate, remove_relationship, update_relationship
from xrm.unit_of_work import UnitOfWork


def link(
    graph: Graph, name: str, source: uuid.UUID, target: uuid.UUID, begin: date | None = None, end: date | None = None
) -> uuid.UUID:
    return graph.write(lambda uow: relate(uow, name, source, target, valid_from=begin, valid_until=end))


def test_the_ends_are_of_the_declared_types_and_differ(graph: Graph) -> None:
    person, acme = graph.person(), graph.organization()

    with pytest.raises(InvalidInput, match="organization"):
        link(graph, "works_for", acme, person)
    with pytest.raises(InvalidInput, match="itself"):
        link(graph, "works_for", person, person)


def test_a_symmetric_relationship_is_one_whoever_is_named_first(graph: Graph) -> None:
    one, two = graph.person("A"), graph.person("B")
    link(graph, "married_to", two, one)

    with pytest.raises(Conflict):
        link(graph, "married_to", one, two)

    assert [len(graph.read(lambda uow: list_relationships(uow, end))) for end in (one, two)] == [1, 1]


def test_a_twin_is_refused_while_the_first_holds_also_after_a_correction(graph: Graph) -> None:
    person, acme = graph.person(), graph.organization()
    first = link(graph, "works_for", person, acme, date(2010, 1, 1), date(2015, 1, 1))
    link(graph, "works_for", person, acme, date(2015, 1, 1))

    with pytest.raises(Conflict):
        link(graph, "works_for", person, acme, date(2014, 1, 1), date(2016, 1, 1))
    with pytest.raises(Conflict):
        graph.write(lambda uow: update_relationship(uow, first, valid_until=date(2016, 1, 1)))


def test_a_relationship_holds_from_its_first_day_until_before_its_last(graph: Graph) -> None:
    person, acme = graph.person(), graph.organization()
    link(graph, "works_for", person, acme, date(2020, 1, 1), date(2021, 1, 1))

    days = [date(2019, 12, 31), date(2020, 1, 1), date(2020, 12, 31), date(2021, 1, 1)]
    holds = [len(graph.read(lambda uow: list_relationships(uow, acme, as_of=day))) for day in days]

    assert holds == [0, 1, 1, 0]


def test_one_end_has_one_at_a_time(graph: Graph) -> None:
    branch, first, second = (graph.organization(name) for name in "ABC")
    one = link(graph, "branch_of", branch, first, date(2020, 1, 1))

    with pytest.raises(Conflict, match="already"):
        link(graph, "branch_of", branch, second)
    graph.write(lambda uow: end_relationship(uow, one, date(2022, 1, 1)))
    link(graph, "branch_of", branch, second, date(2022, 1, 1))
    with pytest.raises(Conflict):
        graph.write(lambda uow: update_relationship(uow, one, valid_until=None))


def test_a_circle_is_refused(graph: Graph) -> None:
    one, two, three = (graph.organization(name) for name in "ABC")
    link(graph, "subsidiary_of", one, two)
    link(graph, "subsidiary_of", two, three)

    with pytest.raises(Conflict, match="circle"):
        link(graph, "subsidiary_of", two, one)
    with pytest.raises(Conflict, match="circle"):
        link(graph, "subsidiary_of", three, one)


def test_a_chain_of_many_is_checked_without_end(graph: Graph) -> None:
    def build(uow: UnitOfWork) -> list[uuid.UUID]:
        where = graph.departments.sales
        ids = create_entities(uow, [prepare(uow, "organization", {"name": f"O{n}"}, department=where) for n in range(400)])
        rows = [
            {"id": new_id(), "type": "subsidiary_of", "source_id": one, "target_id": two, "recorded_at": uow.now, "version": 1}
            for one, two in itertools.pairwise(ids)
        ]
        uow.execute(insert(relationship), rows)
        return ids

    ids = graph.write(build)

    with pytest.raises(Conflict, match="circle"):
        link(graph, "subsidiary_of", ids[-1], ids[0])


def test_two_who_close_a_circle_at_the_same_time_do_not_both_succeed(graph: Graph) -> None:
    one, two, three, four = (graph.organization(name) for name in "ABCD")
    link(graph, "subsidiary_of", one, two)
    link(graph, "subsidiary_of", three, four)
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def run(source: uuid.UUID, target: uuid.UUID) -> None:
        def act(uow: UnitOfWork) -> None:
            list_relationships(uow, source)
            relate(uow, "subsidiary_of", source, target)
            threading.Event().wait(0.05)

        barrier.wait()
        try:
            graph.write(act)
            outcomes.append("done")
        except XrmError as error:
            outcomes.append(error.code)

    run_together([lambda: run(two, three), lambda: run(four, one)])

    assert sorted(outcomes) == ["circle", "done"]


def test_a_correction_keeps_what_was_believed_before(graph: Graph) -> None:
    person, acme = graph.person(), graph.organization()
    job = graph.write(lambda uow: relate(uow, "works_for", person, acme, values={"job_title": "Clerk"}))

    version = graph.write(lambda uow: update_relationship(uow, job, {"job_title": "Head"}, version=1))
    with pytest.raises(Conflict):
        graph.write(lambda uow: update_relationship(uow, job, {"job_title": "Chief"}, version=1))
    graph.write(lambda uow: remove_relationship(uow, job))

    past = graph.read(lambda uow: uow.execute(select(relationship_past).order_by(relationship_past.c.version)).all())
    assert version == 2
    assert [("Clerk" in row.fields, "Head" in row.fields, row.version) for row in past] == [(True, False, 1), (False, True, 2)]
    assert graph.read(lambda uow: list_relationships(uow, acme, all_periods=True)) == []
