# SPDX-License-Identifier: Apache-2.0
"""Every text is kept exactly as it was given, or refused with a reason; both databases alike."""

from __future__ import annotations

import pytest

from tests.factories.graph import Graph
from xrm.entities.listing import ListQuery
from xrm.entities.queries import get_entity
from xrm.errors import InvalidInput
from xrm.interactions.queries import timeline
from xrm.interactions.service import record_interaction
from xrm.relationships.service import relate
from xrm.search.queries import search

KEPT = [
    "\u202eabc\u202c", "👩\u200d👩\u200d👧\u200d👦 Family", "e\u0301clair", "éclair", "İstanbul ıi", "\u0430dmin", "日本語",
    "Z" + "\u0301" * 100, "\U0001d518\U0001d52b", "' OR 1=1 --", "%_\\", "<script>", "{name}", "a\u00a0b",
]
REFUSED = ["a\x00b", "\ud800", "x\udfff", "a\x1bb", "a\x85b"]


def test_texts_are_kept_exactly(graph: Graph) -> None:
    for text in KEPT:
        one = graph.organization(text)
        found = graph.read(lambda uow: get_entity(uow, one))
        assert (found.title, found.fields["name"]) == (" ".join(text.split()), text)
        note = graph.write(lambda uow: record_interaction(
            uow, "note", department=graph.departments.sales, participants=[one], subject=text, body=text))
        entry = graph.read(lambda uow: timeline(uow, one)).items[0]
        assert (entry.id, entry.subject, entry.body) == (note, text, text)

    assert len(graph.page(ListQuery("organization")).items) == len(KEPT)


def test_texts_that_are_none_are_refused_everywhere(graph: Graph) -> None:
    person, acme = graph.person(), graph.organization()
    for text in REFUSED:
        for type_name, values in (
            ("organization", {"name": text}), ("organization", {"name": "A", "city": text}),
            ("person", {"last_name": "A", "needs": text}), ("person", {"last_name": "A", "interests": [text]}),
        ):
            with pytest.raises(InvalidInput):
                graph.create(type_name, values)
        with pytest.raises(InvalidInput):
            graph.role(acme, values={"number": text})
        with pytest.raises(InvalidInput):
            graph.write(lambda uow: relate(uow, "works_for", person, acme, values={"job_title": text}))


def test_ten_thousand_combining_marks_are_refused_or_kept(graph: Graph) -> None:
    text = "Z" + "\u0301" * 10_000

    with pytest.raises(InvalidInput):
        graph.organization(text)
    one = graph.create("person", {"last_name": "A", "needs": text})

    assert graph.read(lambda uow: get_entity(uow, one)).fields["needs"] == text
    assert graph.read(lambda uow: search(uow, text)) == []


def test_two_ways_to_write_the_same_letters_sort_together(graph: Graph) -> None:
    for name in ("éclat", "e\u0301clair", "éclair"):
        graph.organization(name)

    assert set(graph.titles(ListQuery("organization"))[:2]) == {"e\u0301clair", "éclair"}
