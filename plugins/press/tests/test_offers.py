# SPDX-License-Identifier: Apache-2.0
"""Offering a release to somebody is noted on both timelines and kept as a relationship."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from plugins.press.tests.conftest import EDITOR, Office
from tests.factories.access import Departments
from tests.factories.graph import Graph
from xrm.entities.queries import get_entity
from xrm.errors import NotFound
from xrm.interactions.queries import timeline
from xrm.plugin_api import Action, Message, UnitOfWork
from xrm.relationships.queries import Relationship, list_relationships
from xrm.unit_of_work import Actor


def actions_on(graph: Graph, entity_id: uuid.UUID, actor: Actor) -> list[Action]:
    """The actions that this actor is offered on the page of an entity."""

    def ask(uow: UnitOfWork) -> list[Action]:
        answers = uow.host.ask("actions", uow=uow, entity=get_entity(uow, entity_id))
        assert answers.failures == ()
        return list(answers.values)

    return graph.read(ask, actor)


def offer(graph: Graph, office: Office, values: Mapping[str, Any], actor: Actor | None = None) -> Message:
    """What the action says after it was done on the page of the journalist."""
    actor = actor or office.editor
    (action,) = actions_on(graph, office.journalist, actor)
    run = action.run
    assert run is not None
    return graph.write(lambda uow: run(uow, office.journalist, values), actor)


def test_an_offer_is_noted_on_both_timelines(graph: Graph, office: Office) -> None:
    said = offer(graph, office, {"release": office.release, "note": "Interested"})

    assert "The offer is noted" in str(said)
    for one in (office.journalist, office.release):
        (noted,) = graph.read(partial(timeline, entity_id=one), office.editor).items
        assert (noted.subject, noted.body, noted.direction) == ("Press release offered", "Interested", "out")


def test_an_offer_is_kept_as_a_relationship_of_the_department_of_the_release(
    graph: Graph, office: Office, departments: Departments
) -> None:
    offer(graph, office, {"release": office.release})

    def read(uow: UnitOfWork) -> list[Relationship]:
        return list(list_relationships(uow, office.journalist, "offered_to"))

    (kept,) = graph.read(read, office.editor)
    assert (kept.source, kept.target, kept.department) == (office.release, office.journalist, departments.press)
    assert kept.valid_from == graph.read(lambda uow: uow.today)
    assert kept.fields["answer"] == "none"


def test_another_department_never_meets_the_offer(graph: Graph, office: Office) -> None:
    offer(graph, office, {"release": office.release, "note": "Interested"})

    assert graph.read(lambda uow: timeline(uow, office.journalist).items, office.seller) == ()


def test_a_release_of_another_department_cannot_be_offered(graph: Graph, office: Office, departments: Departments) -> None:
    hidden = graph.create("release", {"headline": "Not yours"}, departments.service)

    with pytest.raises(NotFound):
        offer(graph, office, {"release": hidden})

    assert graph.read(lambda uow: timeline(uow, office.journalist).items) == ()


def test_without_the_right_to_link_the_action_is_not_offered(graph: Graph, office: Office, departments: Departments) -> None:
    reader = graph.user({departments.press: ("*:read",)})

    assert actions_on(graph, office.journalist, reader) == []
    assert actions_on(graph, office.journalist, office.seller) == []


def test_records_are_offered_nothing(graph: Graph, office: Office) -> None:
    assert actions_on(graph, office.outlet, office.editor) == []


def test_the_note_is_written_in_the_language_of_whoever_offers(
    graph: Graph, office: Office, departments: Departments
) -> None:
    french = graph.user({departments.press: EDITOR})
    french = Actor(kind="user", user_id=french.user_id, name=french.name, via="test", language="fr")

    offer(graph, office, {"release": office.release}, french)

    (noted,) = graph.read(lambda uow: timeline(uow, office.journalist).items, french)
    assert noted.subject == "Communiqué proposé"
