# SPDX-License-Identifier: Apache-2.0
"""A campaign knows what is left of its budget, and how each party answered; all of it by YAML alone."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.factories.graph import Graph
from xrm.entities.queries import get_entity
from xrm.entities.service import update_entity
from xrm.errors import Conflict, InvalidInput
from xrm.plugin_api import select


def fields_of(graph: Graph, entity_id: uuid.UUID) -> dict[str, Any]:
    """The fields of an entity as they are now."""
    return dict(graph.read(lambda uow: get_entity(uow, entity_id)).fields)


def change(graph: Graph, entity_id: uuid.UUID, values: dict[str, object]) -> int:
    """The version of an entity after a change."""
    return graph.write(partial(update_entity, entity_id=entity_id, raw=values))


@pytest.fixture
def campaign(graph: Graph) -> uuid.UUID:
    """A campaign with a budget of 8,000 euros."""
    values = {"name": "Spring", "code": "S26", "aim": "conquest", "budget": "8000", "starts_on": date(2026, 3, 1),
              "ends_on": date(2026, 4, 1)}
    return graph.create("campaign", values)


def test_a_campaign_knows_what_is_left_of_its_budget(graph: Graph, campaign: uuid.UUID) -> None:
    change(graph, campaign, {"cost": "1250.50"})

    assert fields_of(graph, campaign)["budget_left"] == Decimal("6749.50")


def test_two_campaigns_cannot_have_one_code(graph: Graph, campaign: uuid.UUID) -> None:
    assert fields_of(graph, campaign)["code"] == "S26"
    with pytest.raises(Conflict):
        graph.create("campaign", {"name": "Another", "code": "s26", "aim": "retention"})


def test_a_party_takes_part_and_answers(graph: Graph, campaign: uuid.UUID) -> None:
    values = {"summary": "Spring", "campaign": campaign, "participant": graph.person()}
    part = graph.create("participation", values)

    change(graph, part, {"state": "invited"})
    with pytest.raises(InvalidInput) as caught:
        change(graph, part, {"state": "responded"})

    assert [problem.path for problem in caught.value.problems] == ["response"]


def test_plugins_read_participations_and_not_the_rows_of_interactions_under_this_name(graph: Graph, campaign: uuid.UUID) -> None:
    who = graph.person()
    part = graph.create("participation", {"summary": "Spring", "campaign": campaign, "participant": who})

    found = graph.read(
        lambda uow: uow.execute(select(uow, "participation", ["id", "participant"], f'campaign == "{campaign}"')).all()
    )

    assert [(row.id, row.participant) for row in found] == [(part, who)]
