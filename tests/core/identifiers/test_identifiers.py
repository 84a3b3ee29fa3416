# SPDX-License-Identifier: Apache-2.0
"""How other systems call an entity: one key, one entity."""

from __future__ import annotations

import pytest

from tests.factories.graph import Graph
from xrm.errors import Conflict, InvalidInput
from xrm.identifiers.queries import find_by_identifier, list_identifiers
from xrm.identifiers.service import set_identifier


def test_a_key_finds_its_entity_and_is_set_twice_without_harm(graph: Graph) -> None:
    one = graph.organization()
    for _ in range(2):
        graph.write(lambda uow: set_identifier(uow, "erp", "4711", one))

    assert graph.read(lambda uow: find_by_identifier(uow, "erp", "4711")) == one
    assert graph.read(lambda uow: find_by_identifier(uow, "ERP", "4711")) is None
    assert [item.key for item in graph.read(lambda uow: list_identifiers(uow, one))] == ["4711"]


def test_a_key_of_another_entity_is_taken(graph: Graph) -> None:
    one, two = graph.organization("A"), graph.organization("B")
    graph.write(lambda uow: set_identifier(uow, "erp", "1", one))

    with pytest.raises(Conflict, match="erp 1"):
        graph.write(lambda uow: set_identifier(uow, "erp", "1", two))


def test_odd_keys_are_refused_and_found_nowhere(graph: Graph) -> None:
    one = graph.organization()
    for key in ("", " ", " a", "x" * 201, "a\x00", "\ud800"):
        with pytest.raises(InvalidInput):
            graph.write(lambda uow: set_identifier(uow, "erp", key, one))
        assert graph.read(lambda uow: find_by_identifier(uow, "erp", key)) is None
