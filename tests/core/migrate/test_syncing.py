# SPDX-License-Identifier: Apache-2.0
"""While a renamed field has both its columns, what the program of before and the one of now write shows on the other side."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from tests.factories.evolving import Evolving, labels
from xrm.db.engine import for_writing
from xrm.entities.service import update_entity
from xrm.migrate.apply import rollback
from xrm.migrate.asking import Choices
from xrm.migrate.drift import find_drift
from xrm.migrate.live import read_catalog
from xrm.migrate.models import schema_object
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
ADDRESS = {"street": "1 rue du Port", "city": "Brest", "country": "FR"}
SINGLE: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "text"}, "Brême", "Nantes"),
    ({"type": "money"}, {"amount": "12.50", "currency": "EUR"}, {"amount": "3.00", "currency": "USD"}),
    ({"type": "address"}, ADDRESS, {**ADDRESS, "city": "Nantes"}),
]
MANY: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "tags"}, ["fast", "red"], ["red"]),
    ({"type": "address", "many": True}, [ADDRESS], [{**ADDRESS, "city": "Nantes"}, ADDRESS]),
]


def renamed(evolving: Evolving, kind: dict[str, Any]) -> tuple[Runtime, Runtime]:
    """The program of before, which runs already, and the one whose field ``port`` is called ``harbour``."""
    first = running(evolving, evolving.applied({**NAME, "port": kind}))
    second = evolving.applied({**NAME, "harbour": kind}, renamed={"port": "harbour"}, revision=2)
    return first, second


def running(evolving: Evolving, runtime: Runtime) -> Runtime:
    """The program when it has written something: from then on it takes the tables for its own."""
    runtime.write(lambda uow: uow.now, evolving.admin)
    return runtime


def write(evolving: Evolving, runtime: Runtime, one: uuid.UUID, **values: Any) -> None:
    runtime.write(lambda uow: update_entity(uow, one, values), evolving.admin)


def values(evolving: Evolving, runtime: Runtime, key: str) -> list[dict[str, Any]]:
    """What the columns of a field hold, named as if its key were "field"; of several values, row by row."""
    child = f"fleet__vessel__{key}"
    has_own = child in runtime.registry.table_set.tables
    rows = evolving.rows(runtime, child, "owner_id, position") if has_own else evolving.rows(runtime)
    return [{f"field{name[len(key):]}": value for name, value in row.items() if name.partition("__")[0] == key} for row in rows]


def assert_equal(evolving: Evolving, first: Runtime, second: Runtime) -> list[dict[str, Any]]:
    """Both programs see the same; what that is."""
    old, new = values(evolving, first, "port"), values(evolving, second, "harbour")
    assert old == new
    return new


def contracted(evolving: Evolving, runtime: Runtime) -> None:
    apply_changes(runtime.engine, runtime.registry, choices=Choices(contract_now=True))
    assert (labels(evolving.plan(runtime).steps), find_drift(runtime.engine)) == ([], [])


def triggers(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        catalog = read_catalog(connection)
    return [name for state in catalog.values() for name in state.constraints if name.startswith("trigger xrm_sync_")]


@pytest.mark.parametrize(("kind", "one", "other"), [*SINGLE, *MANY])
def test_what_either_program_writes_shows_on_the_other_side_at_once(
    evolving: Evolving, kind: dict[str, Any], one: Any, other: Any
) -> None:
    first, second = renamed(evolving, kind)

    old = evolving.create(first, {"name": "A", "port": one})
    new = evolving.create(second, {"name": "B", "harbour": one})
    inserted = assert_equal(evolving, first, second)
    write(evolving, first, old, port=other)
    write(evolving, second, new, harbour=other)
    updated = assert_equal(evolving, first, second)
    write(evolving, first, old, port=None)
    write(evolving, second, new, harbour=None)
    cleared = assert_equal(evolving, first, second)

    assert (len(inserted), inserted == updated) == (2 * (len(one) if isinstance(one, list) else 1), False)
    assert [value for row in cleared for value in row.values() if value is not None] == []


@pytest.mark.parametrize(("kind", "one", "other"), [*SINGLE, *MANY])
def test_what_was_cleared_under_the_new_key_stays_cleared(evolving: Evolving, kind: dict[str, Any], one: Any, other: Any) -> None:
    first = running(evolving, evolving.applied({**NAME, "port": kind}))
    cleared, changed = (evolving.create(first, {"name": name, "port": one}) for name in "AB")
    second = evolving.applied({**NAME, "harbour": kind}, renamed={"port": "harbour"}, revision=2)
    write(evolving, second, cleared, harbour=None)
    write(evolving, first, changed, port=other)
    before = values(evolving, second, "harbour")

    contracted(evolving, second)

    assert values(evolving, second, "harbour") == before
    assert triggers(second) == []


@pytest.mark.parametrize("kind", [{"type": "text"}, {"type": "tags"}])
def test_rows_that_go_go_on_both_sides(evolving: Evolving, kind: dict[str, Any]) -> None:
    first, second = renamed(evolving, kind)
    evolving.create(first, {"name": "A", "port": ["x"] if kind["type"] == "tags" else "x"})

    with for_writing(second.engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM fleet__vessel")

    assert assert_equal(evolving, first, second) == []


@pytest.mark.parametrize("kind", [{"type": "text"}, {"type": "tags"}])
def test_a_name_that_changes_twice_reaches_all_three(evolving: Evolving, kind: dict[str, Any]) -> None:
    wrap = (lambda value: [value]) if kind["type"] == "tags" else str
    first, second = renamed(evolving, kind)
    ids = [evolving.create(running(evolving, second), {"name": name, "harbour": wrap("x")}) for name in "ABC"]
    renames = {"port": "dock", "harbour": "dock"}
    third = evolving.applied({**NAME, "dock": kind}, renamed=renames, revision=3)

    for runtime, key, one in zip((first, second, third), ("port", "harbour", "dock"), ids, strict=True):
        write(evolving, runtime, one, **{key: wrap(key)})
        evolving.create(runtime, {"name": f"new {key}", key: wrap(key)})

    held = [[row["field"] for row in values(evolving, *at)] for at in ((first, "port"), (second, "harbour"), (third, "dock"))]
    assert held[0] == held[1] == held[2]
    assert sorted(held[2]) == ["dock", "dock", "harbour", "harbour", "port", "port"]
    contracted(evolving, third)
    assert [row["field"] for row in values(evolving, third, "dock")] == held[2]


@pytest.mark.parametrize("kind", [{"type": "text"}, {"type": "tags"}])
def test_a_field_gets_its_former_name_back(evolving: Evolving, kind: dict[str, Any]) -> None:
    wrap = (lambda value: [value]) if kind["type"] == "tags" else str
    first, second = renamed(evolving, kind)
    one = evolving.create(second, {"name": "A", "harbour": wrap("x")})

    again = evolving.applied({**NAME, "port": kind}, renamed={"harbour": "port"}, revision=3)
    write(evolving, second, one, harbour=wrap("y"))

    assert [row["field"] for row in values(evolving, again, "port")] == ["y"]
    contracted(evolving, again)
    assert (triggers(again), [row["field"] for row in values(evolving, again, "port")]) == ([], ["y"])
    assert first


def test_a_new_field_under_the_former_key_is_on_its_own(evolving: Evolving) -> None:
    _, second = renamed(evolving, {"type": "text"})
    one = evolving.create(second, {"name": "A", "harbour": "x"})

    third = evolving.applied({**NAME, "harbour": {"type": "text"}, "port": {"type": "text"}}, revision=3)
    write(evolving, third, one, port="y")

    assert [(row["port"], row["harbour"]) for row in evolving.rows(third)] == [("y", "x")]
    rollback(third.engine)
    assert (find_drift(second.engine), len(triggers(second))) == ([], len(triggers(second)) or None)


@pytest.mark.parametrize(("kind", "one", "other"), [*SINGLE, *MANY])
def test_taking_back_gives_back_what_was_written_under_the_new_key(
    evolving: Evolving, kind: dict[str, Any], one: Any, other: Any
) -> None:
    first = running(evolving, evolving.applied({**NAME, "port": kind}))
    changed, cleared = (evolving.create(first, {"name": name, "port": one}) for name in "AB")
    second = evolving.applied({**NAME, "harbour": kind}, renamed={"port": "harbour"}, revision=2)
    contracted(evolving, second)
    write(evolving, second, changed, harbour=other)
    write(evolving, second, cleared, harbour=None)
    expected = values(evolving, second, "harbour")

    rollback(second.engine)
    assert assert_equal(evolving, first, second) == expected
    write(evolving, first, changed, port=one)
    assert assert_equal(evolving, first, second) != expected
    write(evolving, first, changed, port=other)
    rollback(second.engine)

    assert values(evolving, first, "port") == expected
    assert (triggers(first), find_drift(first.engine)) == ([], [])


def test_a_new_name_that_is_let_go_first_takes_the_triggers_with_it(evolving: Evolving) -> None:
    _, second = renamed(evolving, {"type": "text"})
    evolving.create(second, {"name": "A", "harbour": "x"})
    third = evolving.applied(NAME, revision=3)

    apply_changes(third.engine, third.registry, choices=Choices(pruned=["fleet__vessel.harbour"]))

    assert (triggers(third), [row["port"] for row in evolving.rows(third)]) == ([], ["x"])
    contracted(evolving, third)
    assert "port" not in evolving.rows(third)[0]
    rollback(third.engine, to=3)
    assert [(row["port"], row["harbour"]) for row in evolving.rows(second)] == [("x", "x")]
    assert find_drift(second.engine) == []


def test_a_trigger_dropped_by_hand_is_reported(evolving: Evolving) -> None:
    _, second = renamed(evolving, {"type": "text"})
    name = triggers(second)[0].removeprefix("trigger ")

    with second.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if evolving_is_sqlite(connection) else " ON fleet__vessel"))

    assert [(one.table, one.name, one.after) for one in find_drift(second.engine)] == [
        ("fleet__vessel", f"trigger {name}", None)
    ]
    contracted(evolving, second)


def test_a_trigger_that_does_something_else_is_reported(evolving: Evolving) -> None:
    _, second = renamed(evolving, {"type": "text"})

    with second.engine.begin() as connection:
        if evolving_is_sqlite(connection):
            name = triggers(second)[0].removeprefix("trigger ")
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql(f"CREATE TRIGGER {name} AFTER INSERT ON fleet__vessel BEGIN SELECT 1; END")
        else:
            connection.exec_driver_sql(
                "CREATE OR REPLACE FUNCTION xrm_sync_f1_01_fleet__vessel__port() RETURNS trigger LANGUAGE plpgsql "
                "AS 'BEGIN RETURN NEW; END'"
            )

    assert {one.table for one in find_drift(second.engine)} == {"fleet__vessel"}


def test_what_an_earlier_version_renamed_without_triggers_is_caught_up(evolving: Evolving) -> None:
    first, second = renamed(evolving, {"type": "text"})
    one = evolving.create(second, {"name": "Changed", "harbour": "x"})
    forget_triggers(second)
    evolving.create(first, {"name": "Late", "port": "Brest"})
    write(evolving, second, one, harbour="y")
    assert [(row["port"], row["harbour"]) for row in evolving.rows(second)] == [("x", "y"), ("Brest", None)]

    contracted(evolving, second)

    assert [row["harbour"] for row in evolving.rows(second)] == ["y", "Brest"]


def evolving_is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def forget_triggers(runtime: Runtime) -> None:
    """Make the database what the version before left."""
    with runtime.engine.begin() as connection:
        for name in triggers(runtime):
            table = "" if evolving_is_sqlite(connection) else " ON fleet__vessel"
            connection.exec_driver_sql(f"DROP TRIGGER {name.removeprefix('trigger ')}{table}")
        row = connection.execute(select(schema_object).where(schema_object.c.table_name == "fleet__vessel")).one()
        kept = json.loads(row.kept)
        for why in kept.values():
            why.pop("sync")
        live = json.loads(row.live)
        live["constraints"] = {
            name: text for name, text in live["constraints"].items() if not name.startswith("trigger xrm_sync_")
        }
        changed = {"kept": json.dumps(kept), "live": json.dumps(live, ensure_ascii=False, sort_keys=True)}
        connection.execute(update(schema_object).where(schema_object.c.table_name == "fleet__vessel").values(changed))


def test_a_renamed_field_whose_type_changes_too_is_on_its_own_from_then_on(evolving: Evolving) -> None:
    first = running(evolving, evolving.applied({**NAME, "port": {"type": "integer"}}))
    one = evolving.create(first, {"name": "A", "port": 7})
    second = evolving.applied({**NAME, "harbour": {"type": "integer"}}, renamed={"port": "harbour"}, revision=2)
    write(evolving, second, one, harbour=8)

    third = evolving.applied({**NAME, "harbour": {"type": "text"}}, renamed={"port": "harbour"}, revision=3)
    write(evolving, third, one, harbour="9")

    assert (triggers(third), [row["port"] for row in evolving.rows(third)]) == ([], [8])
    contracted(evolving, third)
    assert [row["harbour"] for row in evolving.rows(third)] == ["9"]
    rollback(third.engine, to=3)
    assert assert_equal(evolving, first, second) == [{"field": 9}]
