# SPDX-License-Identifier: Apache-2.0
"""Opportunities go from stage to stage, quotes and orders add up their lines; all of it by YAML alone."""

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
from xrm.errors import InvalidInput


def fields_of(graph: Graph, entity_id: uuid.UUID) -> dict[str, Any]:
    """The fields of an entity as they are now."""
    return dict(graph.read(lambda uow: get_entity(uow, entity_id)).fields)


def change(graph: Graph, entity_id: uuid.UUID, values: dict[str, object]) -> int:
    """The version of an entity after a change."""
    return graph.write(partial(update_entity, entity_id=entity_id, raw=values))


@pytest.fixture
def opportunity(graph: Graph) -> uuid.UUID:
    """A deal of 1,000 euros at the beginning."""
    values = {"name": "Roof", "customer": graph.organization(), "amount": "1000", "probability": "25"}
    return graph.create("opportunity", values | {"close_date": date(2027, 1, 1)})


def test_an_opportunity_weighs_its_amount_by_its_probability(graph: Graph, opportunity: uuid.UUID) -> None:
    before = fields_of(graph, opportunity)["weighted_amount"]
    change(graph, opportunity, {"probability": "50"})

    assert (before, fields_of(graph, opportunity)["weighted_amount"]) == (Decimal(250), Decimal(500))


def test_an_opportunity_begins_at_the_first_stage_and_moves_as_declared(graph: Graph, opportunity: uuid.UUID) -> None:
    assert fields_of(graph, opportunity)["stage"] == "lead"

    with pytest.raises(InvalidInput):
        change(graph, opportunity, {"stage": "won", "closed_on": date(2026, 1, 1)})
    for stage in ("qualified", "proposal", "negotiation"):
        change(graph, opportunity, {"stage": stage})

    assert change(graph, opportunity, {"stage": "won", "closed_on": date(2026, 1, 1)}) == 5


def test_a_lost_opportunity_says_why(graph: Graph, opportunity: uuid.UUID) -> None:
    with pytest.raises(InvalidInput) as caught:
        change(graph, opportunity, {"stage": "lost"})

    assert {problem.path for problem in caught.value.problems} == {"lost_reason", "closed_on"}


@pytest.mark.parametrize(("document", "number"), [("quote", "Q-1"), ("order", "O-1")])
def test_a_line_computes_its_total(graph: Graph, document: str, number: str) -> None:
    registry = graph.runtime.registry
    made = graph.create(document, {"number": number, "customer": graph.organization()} | needed(registry.get(document)))
    values = {document: made, "description": "Rope", "quantity": "3", "unit_price": "19.99", "discount": "10"}
    line = graph.create(f"{document}_line", values)

    total = next(field.key for field in registry.get(f"{document}_line").fields.values() if field.formula)
    assert fields_of(graph, line)[total] == Decimal("53.97")


def needed(declared: Any) -> dict[str, object]:
    """The required dates of a document."""
    return {key: date(2026, 1, 1) for key, field in declared.fields.items() if field.required is True and field.type == "date"}
