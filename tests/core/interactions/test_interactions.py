# SPDX-License-Identifier: Apache-2.0
"""The timeline: newest first, in pages without gap or twin, also when thousands happened in one moment."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.graph import Graph
from xrm.errors import Conflict, InvalidInput, NotFound
from xrm.interactions.queries import timeline
from xrm.interactions.service import (
    InteractionDraft,
    delete_interaction,
    record_interaction,
    record_interactions,
    restore_interaction,
    update_interaction,
)
from xrm.unit_of_work import UnitOfWork

MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record_many(graph: Graph, person: uuid.UUID, moments: list[datetime]) -> list[uuid.UUID]:
    where = graph.departments.sales
    drafts = [InteractionDraft("note", where, (person,), body=f"{place}", at=at) for place, at in enumerate(moments)]
    return graph.write(lambda uow: record_interactions(uow, drafts))


def pages(graph: Graph, person: uuid.UUID, limit: int) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    before = None
    while True:
        page = graph.read(lambda uow: timeline(uow, person, before=before, limit=limit))
        found += [entry.id for entry in page.items]
        if page.next is None:
            return found
        before = page.next


def test_the_newest_come_first_in_every_page(graph: Graph) -> None:
    person = graph.person()
    ids = record_many(graph, person, [MOMENT - timedelta(hours=number % 5) for number in range(11)])

    found = pages(graph, person, 3)

    hours = {one: number % 5 for number, one in enumerate(ids)}
    assert len(found) == len(set(found)) == 11
    assert [hours[one] for one in found] == sorted(hours.values())


def test_two_thousand_in_one_second_are_each_shown_once(graph: Graph) -> None:
    person = graph.person()
    ids = record_many(graph, person, [MOMENT] * 2000)

    found = pages(graph, person, 300)

    assert found == sorted(ids, reverse=True)


def test_an_interaction_is_on_the_timeline_of_all_who_took_part(graph: Graph) -> None:
    one, two = graph.person("A"), graph.organization("B")

    def write(uow: UnitOfWork) -> uuid.UUID:
        return record_interaction(uow, "meeting", department=graph.departments.sales, participants=[one, two], subject="Plans")

    meeting = graph.write(write)

    for end in (one, two):
        entries = graph.read(lambda uow: timeline(uow, end)).items
        assert [(entry.id, {title.id for title in entry.participants}) for entry in entries] == [(meeting, {one, two})]


def test_a_deleted_entry_comes_back(graph: Graph) -> None:
    person = graph.person()
    (note,) = record_many(graph, person, [MOMENT])

    graph.write(lambda uow: delete_interaction(uow, note))
    assert pages(graph, person, 5) == []
    with pytest.raises(NotFound):
        graph.write(lambda uow: update_interaction(uow, note, subject="x", body=""))

    graph.write(lambda uow: restore_interaction(uow, note))
    assert pages(graph, person, 5) == [note]


def test_an_entry_changed_since_is_not_overwritten(graph: Graph) -> None:
    (note,) = record_many(graph, graph.person(), [MOMENT])
    graph.write(lambda uow: update_interaction(uow, note, subject="one", body="", version=1))

    with pytest.raises(Conflict):
        graph.write(lambda uow: update_interaction(uow, note, subject="two", body="", version=1))


def test_odd_entries_are_refused(graph: Graph) -> None:
    person = graph.person()
    where = graph.departments.sales
    for draft in (
        InteractionDraft("nope", where, (person,), body="x"), InteractionDraft("note", where, (), body="x"),
        InteractionDraft("note", where, (person, person), body="x"), InteractionDraft("note", where, (person,), body=" "),
        InteractionDraft("note", where, (person,), body="\x00"), InteractionDraft("note", where, (person,), subject="\ud800"),
        InteractionDraft("note", where, (person,), body="x", direction="up"),
        InteractionDraft("note", where, (person,), body="x", duration=-1),
        InteractionDraft("note", where, (person,), body="x", at=datetime(2026, 1, 1)),  # noqa: DTZ001  # the mistake itself
        InteractionDraft("note", where, (person,), subject="x" * 501),
    ):
        with pytest.raises(InvalidInput):
            graph.write(lambda uow: record_interactions(uow, [draft]))
    with pytest.raises(NotFound):
        record_many(graph, uuid.uuid4(), [MOMENT])
