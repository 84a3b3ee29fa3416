# SPDX-License-Identifier: Apache-2.0
"""How processes that run already come to know a change of the overlay."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.factories.graph import Graph
from xrm.db.ids import new_id
from xrm.entities.listing import ListQuery
from xrm.entities.queries import list_entities
from xrm.migrate.upgrade import apply_changes
from xrm.overlay.additions import Addition, Overlay
from xrm.overlay.fields import add_field, retire_field
from xrm.overlay.queries import load_overlay
from xrm.runtime import LOOK_EVERY, Runtime, open_runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

pytestmark = pytest.mark.by_turns

FIELD = {"type": "integer", "label": {"en": "Fleet", "fr": "Parc"}}


def _fields(uow: UnitOfWork) -> set[str]:
    return set(uow.registry.get("organization").fields)


def _look_now(runtime: Runtime) -> None:
    runtime._next_look = 0.0  # as if half a second had gone by


def test_another_process_knows_the_field_at_its_next_look(runtime: Runtime, other: Runtime, admin: Actor) -> None:
    before = other.read(_fields, admin)
    add_field(runtime, admin, "organization", "fleet", FIELD)
    _look_now(other)

    assert LOOK_EVERY <= 1
    assert "x_fleet" not in before
    assert "x_fleet" in other.read(_fields, admin)


def test_a_unit_of_work_keeps_the_registry_that_it_began_with(runtime: Runtime, other: Runtime, admin: Actor) -> None:
    def change_meanwhile(uow: UnitOfWork) -> bool:
        before = uow.registry
        add_field(runtime, admin, "organization", "fleet", FIELD)
        other.follow(at_once=True)
        return uow.registry is before and other.registry is not before

    assert other.read(change_meanwhile, admin)


def test_a_new_process_begins_with_what_was_added(runtime: Runtime, settings: Settings, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", FIELD)

    opened = open_runtime(settings)

    assert "x_fleet" in opened.registry.get("organization").fields
    assert opened.follow(at_once=True) is False
    opened.close()


def test_a_column_that_is_gone_makes_a_process_look_and_run_again(runtime: Runtime, other: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", FIELD)
    other.follow(at_once=True)
    with runtime.engine.begin() as connection:
        connection.execute(text("ALTER TABLE organization DROP COLUMN x_fleet"))
        connection.execute(text("DELETE FROM overlay"))
        connection.execute(text("UPDATE schema_version SET number = number + 1"))
    other._next_look = float("inf")

    def list_all_columns(uow: UnitOfWork) -> object:
        columns = tuple(uow.registry.get("organization").fields)
        return list_entities(uow, ListQuery("organization", columns=columns)).items

    found = other.read(list_all_columns, admin)

    assert not found
    assert "x_fleet" not in other.registry.get("organization").fields


def test_the_old_registry_leaves_no_trace_in_memory(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    graph.organization()
    add_field(runtime, admin, "organization", "brand", FIELD)  # without it, other registries have the very type
    graph.read(lambda uow: list_entities(uow, ListQuery("organization")))
    old = weakref.ref(runtime.registry)
    table = weakref.ref(runtime.registry.get("organization").table)

    add_field(runtime, admin, "organization", "fleet", FIELD)
    graph.read(lambda uow: list_entities(uow, ListQuery("organization")))
    gc.collect()

    assert old() is None
    assert table() is None


def test_two_administrators_at_once_both_get_their_field(runtime: Runtime, other: Runtime, admin: Actor) -> None:
    start = threading.Barrier(2)

    def add(which: Runtime, key: str) -> str:
        start.wait()
        return add_field(which, admin, "organization", key, FIELD)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, (runtime, other), ("fleet", "garage")))

    for each in (runtime, other):
        each.follow(at_once=True)
        assert {"x_fleet", "x_garage"} <= set(each.registry.get("organization").fields)
    with runtime.engine.connect() as connection:
        assert load_overlay(runtime.engine).number == connection.scalar(text("SELECT number FROM schema_version")) == 2


def test_a_kill_before_the_rows_are_stored_leaves_a_column_that_nobody_names(runtime: Runtime, admin: Actor) -> None:
    half = Addition(new_id(), "field", "organization", "x_fleet", FIELD, 1)
    registry, _ = runtime.assemble(Overlay(0, (half,)))
    apply_changes(runtime.engine, registry)

    assert "x_fleet" not in runtime.read(_fields, admin)
    assert add_field(runtime, admin, "organization", "fleet", FIELD) == "x_fleet"
    assert retire_field(runtime, system_actor(), "organization", "fleet") == "x_fleet"
