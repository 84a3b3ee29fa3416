# SPDX-License-Identifier: Apache-2.0
"""What the press plugin shows: on the pages of people, outlets and releases, on the home page, in the menu."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from plugins.press.tests.conftest import Office
from tests.factories.access import Departments
from tests.factories.graph import Graph
from xrm.entities.queries import get_entity
from xrm.plugin_api import ListBlock, MetricBlock, RelatedBlock, TextBlock, UnitOfWork
from xrm.relationships.service import relate
from xrm.unit_of_work import Actor

Blocks = Mapping[str, Any]


def blocks_of(graph: Graph, entity_id: uuid.UUID, actor: Actor) -> list[Any]:
    """All blocks of the panels on the page of an entity, as this actor gets them."""

    def build(uow: UnitOfWork) -> list[Any]:
        answers = uow.host.ask("panels", uow=uow, entity=get_entity(uow, entity_id))
        assert answers.failures == ()
        return [block for answer in answers for block in uow.host.build(answer.plugin, answer.value, uow)]

    return graph.read(build, actor)


def cards_of(graph: Graph, actor: Actor) -> dict[str, int]:
    """The figures on the home page of an actor, by their English label."""

    def build(uow: UnitOfWork) -> dict[str, int]:
        answers = uow.host.ask("dashboard_cards", uow=uow)
        assert answers.failures == ()
        blocks = [block for answer in answers for block in uow.host.build(answer.plugin, answer.value, uow)]
        return {block.label.get("en"): block.value for block in blocks if isinstance(block, MetricBlock)}

    return graph.read(build, actor)


def cover(graph: Graph, office: Office, days_ago: int, tone: str, department: uuid.UUID, **values: object) -> uuid.UUID:
    """One piece of coverage."""
    today = graph.read(lambda uow: uow.today)
    given = {"headline": "They build", "outlet": office.outlet, "published_on": today - timedelta(days=days_ago), "tone": tone}
    return graph.create("coverage", given | values, department)


def test_a_person_without_coverage_is_told_so(graph: Graph, office: Office) -> None:
    blocks = blocks_of(graph, office.journalist, office.editor)

    assert [block.text.get("en") for block in blocks if isinstance(block, TextBlock)] == ["No coverage yet."]
    assert [block.relationship_type for block in blocks if isinstance(block, RelatedBlock)] == ["writes_for", "offered_to"]


@pytest.mark.parametrize("page", ["journalist", "outlet", "release"])
def test_a_panel_counts_the_coverage_of_its_entity(graph: Graph, office: Office, departments: Departments, page: str) -> None:
    mine = {"author": office.journalist, "release": office.release}
    cover(graph, office, 3, "bad", departments.press, reach=1000, **mine)
    cover(graph, office, 400, "good", departments.press, reach=234, **mine)

    blocks = blocks_of(graph, getattr(office, page), office.editor)

    metric = next(block for block in blocks if isinstance(block, MetricBlock))
    assert (metric.value, metric.hint.get("en")) == (2, "1 negative · reach 1,234")  # type: ignore[union-attr]
    listed = next(block for block in blocks if isinstance(block, ListBlock))
    assert listed.type == "coverage"


def test_a_panel_leaves_out_coverage_of_another_department(graph: Graph, office: Office, departments: Departments) -> None:
    cover(graph, office, 3, "bad", departments.service, author=office.journalist)

    blocks = blocks_of(graph, office.journalist, office.editor)

    assert not [block for block in blocks if isinstance(block, MetricBlock)]


def test_whoever_may_not_read_coverage_gets_no_panel_card_or_menu_item(graph: Graph, office: Office) -> None:
    def offered(uow: UnitOfWork) -> list[Any]:
        page = get_entity(uow, office.journalist)
        asked = [uow.host.ask("panels", uow=uow, entity=page), uow.host.ask("dashboard_cards", uow=uow)]
        return [answer.value.key for answers in [*asked, uow.host.ask("menu_items", uow=uow)] for answer in answers]

    assert graph.read(offered, office.seller) == []
    assert graph.read(offered, office.editor) == ["press", "press-month", "press-review"]


def test_the_press_has_nothing_to_say_on_other_pages(graph: Graph, office: Office, departments: Departments) -> None:
    organization = graph.organization("Acme", departments.press)

    assert blocks_of(graph, organization, office.editor) == []


def test_the_card_counts_the_month(graph: Graph, office: Office, departments: Departments) -> None:
    cover(graph, office, 2, "bad", departments.press)
    cover(graph, office, 29, "good", departments.press)
    cover(graph, office, 31, "bad", departments.press)
    cover(graph, office, 2, "bad", departments.sales)
    tomorrow = graph.read(lambda uow: uow.now) + timedelta(days=1)
    graph.create("release", {"headline": "Wait for it", "embargo_until": tomorrow}, departments.press)

    assert cards_of(graph, office.editor) == {"Coverage in 30 days": 2, "Negative": 1, "Under embargo": 1}


def test_a_journalist_writes_for_several_outlets(graph: Graph, office: Office, departments: Departments) -> None:
    other = graph.create("outlet", {"name": "Radio Vallée", "kind": "radio"}, departments.press)

    def link(uow: UnitOfWork) -> list[uuid.UUID]:
        ends = (office.outlet, other)
        return [relate(uow, "writes_for", office.journalist, end, department=departments.press) for end in ends]

    assert len(set(graph.write(link, office.editor))) == 2
