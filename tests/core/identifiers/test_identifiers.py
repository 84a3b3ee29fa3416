# SPDX-License-Identifier: Apache-2.0
"""How other systems call an entity: one key, one entity."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from tests.factories.access import add_user
from tests.factories.graph import Graph
from xrm.errors import Conflict, InvalidInput
from xrm.identifiers.queries import CHUNK, find_by_identifier, find_many, list_identifiers
from xrm.identifiers.service import insert_identifiers, set_identifier
from xrm.unit_of_work import UnitOfWork


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


def test_many_keys_of_several_systems_are_found_at_once(graph: Graph) -> None:
    one, two = graph.organization("A"), graph.organization("B")
    keys = [(system, f"K{number}") for number in range(CHUNK + 1) for system in ("erp", "shop")]
    owners = {key: (one, two)[number % 2] for number, key in enumerate(keys)}
    graph.write(lambda uow: insert_identifiers(uow, list(owners.items())))

    assert graph.read(lambda uow: find_many(uow, [*keys, ("erp", "none"), ("none", "K1")])) == owners
    assert graph.write(lambda uow: insert_identifiers(uow, [*owners.items(), (("erp", "new"), one), (("erp", "new"), one)])) == 1
    with pytest.raises(Conflict, match=f"shop K{CHUNK} "):
        graph.write(lambda uow: insert_identifiers(uow, [(keys[-1], one)]))


def test_identifiers_are_looked_up_in_their_index_however_many_entities_there_are(graph: Graph) -> None:
    if graph.runtime.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL decides by its statistics, of which an empty table has none")
    reader = graph.write(lambda uow: add_user(uow, "reader@test", {graph.departments.sales: ["organization:read"]}))
    ran: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        ran.append((statement, parameters))

    def plan_of(uow: UnitOfWork, statement: str, parameters: Any) -> str:
        rows = uow.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row.detail for row in rows)

    for actor in (graph.admin, reader):
        event.listen(graph.runtime.engine, "before_cursor_execute", note)
        graph.read(lambda uow: find_many(uow, [("erp", "1"), ("erp", "2"), ("shop", "1")]), actor)
        event.remove(graph.runtime.engine, "before_cursor_execute", note)
    lookups = [one for one in ran if one[0].startswith("SELECT identifier.system")]
    plans = graph.read(lambda uow: [plan_of(uow, *one) for one in lookups])

    assert len(plans) == 4
    for plan in plans:
        assert "SEARCH identifier USING INDEX sqlite_autoindex_identifier_1 (system=? AND key=?)" in plan
        assert "SEARCH entity USING INDEX sqlite_autoindex_entity_1 (id=?)" in plan
