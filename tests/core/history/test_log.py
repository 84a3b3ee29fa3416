# SPDX-License-Identifier: Apache-2.0
"""The log for auditors holds at the departments of their right, and reading everything is no right to audit."""

from __future__ import annotations

import uuid

import pytest

from tests.factories.graph import Graph
from xrm.access.policy import allowed
from xrm.audit.sequencing import number_all
from xrm.contact_points.service import add_contact_point
from xrm.errors import InvalidInput, PermissionDenied
from xrm.history.log import LogQuery, chain_state, list_log, parse_period, walk_log, walk_values
from xrm.unit_of_work import Actor


def subjects(graph: Graph, actor: Actor, query: LogQuery | None = None) -> list[uuid.UUID | None]:
    return [one.entity for one in graph.read(lambda uow: list_log(uow, query or LogQuery())[0], actor)]


@pytest.mark.parametrize("permission", ["*:read", "*:administer", "organization:*"])
def test_reading_everything_is_no_right_to_audit(graph: Graph, permission: str) -> None:
    reader = graph.user({graph.departments.sales: [permission]})

    assert not graph.read(lambda uow: allowed(uow, "audit:read"), reader)
    with pytest.raises(PermissionDenied):
        graph.read(lambda uow: list_log(uow, LogQuery()), reader)
    with pytest.raises(PermissionDenied):
        graph.read(chain_state, reader)


@pytest.mark.parametrize("permission", ["audit:read", "audit:*", "*:*"])
def test_an_auditor_reads_the_entries_of_their_departments(graph: Graph, permission: str) -> None:
    mine = graph.organization("Mine")
    graph.organization("Theirs", graph.departments.press)
    auditor = graph.user({graph.departments.sales: [permission]})

    assert subjects(graph, auditor) == [mine]


def test_what_belongs_to_no_department_is_seen_where_its_entity_is_at_home(graph: Graph) -> None:
    mine, theirs = graph.organization("Mine"), graph.organization("Theirs", graph.departments.press)
    for one in (mine, theirs):
        graph.write(lambda uow, one=one: add_contact_point(uow, one, "email", "a@example.org"))  # type: ignore[misc]
    auditor = graph.user({graph.departments.sales: ["audit:read"]})

    assert subjects(graph, auditor) == [mine, mine]


def test_titles_need_the_right_to_see_the_entity(graph: Graph) -> None:
    graph.organization("Mine")
    auditor = graph.user({graph.departments.sales: ["audit:read"]})
    reader = graph.user({graph.departments.sales: ["audit:read", "organization:read"]})

    assert [one.title for one in graph.read(lambda uow: list_log(uow, LogQuery())[0], auditor)] == [""]
    assert [one.title for one in graph.read(lambda uow: list_log(uow, LogQuery())[0], reader)] == ["Mine"]


def test_the_log_is_filtered_and_paged(graph: Graph) -> None:
    ids = [graph.organization(f"O{number}") for number in range(4)]
    graph.person()
    of_type = LogQuery(type="organization", limit=3)

    items, after = graph.read(lambda uow: list_log(uow, of_type))
    rest, end = graph.read(lambda uow: list_log(uow, LogQuery(type="organization", after=after)))

    assert [one.entity for one in (*items, *rest)] == ids[::-1]
    assert end is None
    assert subjects(graph, graph.admin, LogQuery(entity=ids[1])) == [ids[1]]
    assert subjects(graph, graph.admin, LogQuery(user=uuid.uuid4())) == []
    assert len(subjects(graph, graph.admin, LogQuery(user=graph.admin.user_id, action="entity.created"))) == 5
    begin, _ = parse_period("2999-01-01", "")
    assert subjects(graph, graph.admin, LogQuery(since=begin)) == []
    assert len(graph.read(lambda uow: list(walk_log(uow, LogQuery(limit=2))))) == 5


def test_values_are_exported_by_who_reads_everything_everywhere(graph: Graph) -> None:
    graph.organization("Mine")
    auditor = graph.user({None: ["audit:read"]}, depth="all")
    whole = graph.user({None: ["audit:read", "*:read"]}, depth="all")

    with pytest.raises(PermissionDenied):
        graph.read(lambda uow: list(walk_values(uow, LogQuery())), auditor)
    found = graph.read(lambda uow: list(walk_values(uow, LogQuery())), whole)
    assert ["Mine" in row.changes for _, row in found] == [True]


def test_the_state_of_the_chain_says_what_waits(graph: Graph) -> None:
    graph.organization()
    before = graph.read(chain_state)
    number_all(graph.runtime)
    after = graph.read(chain_state)

    assert [(before.number, before.waiting), (after.number, after.waiting)] == [(0, 1), (1, 0)]


def test_a_moment_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput):
        parse_period("yesterday", "")
