# SPDX-License-Identifier: Apache-2.0
"""Cases are solved with a resolution, promises are kept or broken; all of it by YAML alone."""

from __future__ import annotations

import uuid
from datetime import date
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
def case(graph: Graph) -> uuid.UUID:
    """A complaint that just came in."""
    values = {"number": "S-1", "subject": "Torn rope", "requester": graph.person(), "opened_on": date(2026, 1, 1)}
    return graph.create("case", values)


def test_a_case_is_solved_with_its_resolution(graph: Graph, case: uuid.UUID) -> None:
    with pytest.raises(InvalidInput) as caught:
        change(graph, case, {"status": "resolved"})

    assert {problem.path for problem in caught.value.problems} == {"resolution", "resolved_on"}
    assert change(graph, case, {"status": "resolved", "resolution": "Replaced.", "resolved_on": date(2026, 1, 3)}) == 2


def test_a_new_case_cannot_be_closed_at_once(graph: Graph, case: uuid.UUID) -> None:
    with pytest.raises(InvalidInput):
        change(graph, case, {"status": "closed"})

    assert fields_of(graph, case)["status"] == "new"


def test_a_promise_is_open_until_it_is_settled(graph: Graph) -> None:
    values = {"what": "Call back", "promised_to": graph.person(), "due_on": date(2026, 1, 9)}

    promise = graph.create("promise", values)

    assert fields_of(graph, promise)["state"] == "open"
