# SPDX-License-Identifier: Apache-2.0
"""A new version of a declaration is planned, applied and taken back without losing a value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.factories.evolving import Evolving, labels
from xrm.entities.service import update_entity
from xrm.errors import Conflict, InvalidInput
from xrm.migrate.apply import apply, rollback
from xrm.migrate.asking import Choices
from xrm.migrate.drift import find_drift
from xrm.migrate.progress import made_plans
from xrm.migrate.upgrade import apply_changes, declarations_of
from xrm.runtime import Runtime

pytestmark = pytest.mark.by_turns

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
PORT = {**NAME, "port": {"type": "text", "index": True}}
HARBOUR = {**NAME, "harbour": {"type": "text", "index": True}}
RENAMED = {"renamed": {"port": "harbour"}, "revision": 2}


def assert_settled(evolving: Evolving, runtime: Runtime) -> None:
    """Nothing waits, and the database is what it was made to be."""
    assert labels(evolving.plan(runtime).steps) == []
    assert find_drift(runtime.engine) == []


def test_a_new_type_makes_its_tables_and_a_new_field_a_column(evolving: Evolving) -> None:
    evolving.applied(NAME)

    runtime = evolving.declare(PORT)

    assert labels(evolving.plan(runtime).steps) == [
        "add column fleet__vessel.port", "add column fleet__vessel.port__key",
        "create index ix_fleet__vessel_all_port__key", "create index ix_fleet__vessel_department_port__key",
    ]
    apply_changes(runtime.engine, runtime.registry)
    assert_settled(evolving, runtime)


def test_a_renamed_field_takes_its_values_along(evolving: Evolving) -> None:
    first = evolving.applied(PORT)
    evolving.create(first, {"name": "Aurora", "port": "Brême"})
    evolving.create(first, {"name": "Borea"})

    second = evolving.applied(HARBOUR, **RENAMED)

    rows = evolving.rows(second)
    assert [row["harbour"] for row in rows] == ["Brême", None]
    assert [row["harbour__key"] for row in rows] == ["breme", None]
    assert_settled(evolving, second)


def test_the_version_before_still_runs_while_the_old_column_waits(evolving: Evolving) -> None:
    first = evolving.applied(PORT)
    evolving.create(first, {"name": "Aurora", "port": "Brest"})
    evolving.applied(HARBOUR, **RENAMED)

    evolving.create(first, {"name": "Borea", "port": "Nantes"})

    assert [row["port"] for row in evolving.rows(first)] == ["Brest", "Nantes"]


def test_the_old_column_goes_when_its_day_has_come_or_when_asked_for(evolving: Evolving) -> None:
    first = evolving.applied(PORT)
    evolving.create(first, {"name": "Early"})
    second = evolving.applied(HARBOUR, **RENAMED)
    late = evolving.create(first, {"name": "Late", "port": "Brest"})

    later = evolving.plan(second).later
    due = (datetime.now(UTC) + timedelta(days=14)).date().isoformat()
    assert [(step.action, step.target, step.due, step.risk) for step in later] == [
        ("drop field", "fleet__vessel.port", due, "destroys")
    ]
    assert evolving.plan(second, contract_now=True).exit_code == 12

    apply_changes(second.engine, second.registry, choices=Choices(contract_now=True))

    row = evolving.rows(second)[-1]
    assert (row["name"], row["harbour"], "port" in row) == ("Late", "Brest", False)
    assert_settled(evolving, second)
    assert late


def test_taking_back_a_rename_keeps_what_was_written_since(evolving: Evolving) -> None:
    first = evolving.applied(PORT)
    one = evolving.create(first, {"name": "Aurora", "port": "Brest"})
    second = evolving.applied(HARBOUR, **RENAMED)
    second.write(lambda uow: update_entity(uow, one, {"harbour": "Nantes"}), evolving.admin)

    rollback(second.engine)

    row = evolving.rows(first)[0]
    assert (row["port"], row["port__key"], "harbour" in row) == ("Nantes", "nantes", False)
    assert_settled(evolving, evolving.declare(PORT))


def test_taking_back_a_dropped_field_gives_back_its_values(evolving: Evolving) -> None:
    first = evolving.applied(PORT)
    evolving.create(first, {"name": "Aurora", "port": "Brest"})
    second = evolving.applied(HARBOUR, **RENAMED)
    apply_changes(second.engine, second.registry, choices=Choices(contract_now=True))

    looked_up = " ".join(made_plans(second.engine)[-1].steps[-1].reverse)
    rollback(second.engine, to=2)

    assert [row["port"] for row in evolving.rows(first)] == ["Brest"]
    assert "ON kept__fleet__vessel__port (id) UPDATE" in looked_up, "without an index it takes the square of the rows"
    assert_settled(evolving, evolving.declare(PORT))


def test_a_field_with_several_values_is_renamed_with_them(evolving: Evolving) -> None:
    first = evolving.applied({**NAME, "flags": {"type": "tags"}})
    one = evolving.create(first, {"name": "Aurora", "flags": ["fast", "red"]})

    second = evolving.applied({**NAME, "signals": {"type": "tags"}}, renamed={"flags": "signals"}, revision=2)

    rows = evolving.rows(second, "fleet__vessel__signals", "position")
    assert [row["signals"] for row in rows] == ["fast", "red"]
    assert_settled(evolving, second)
    assert one


def test_a_field_that_is_declared_no_more_is_kept_until_it_is_pruned(evolving: Evolving) -> None:
    first = evolving.applied(PORT)
    evolving.create(first, {"name": "Aurora", "port": "Brest"})
    second = evolving.applied(NAME)
    assert [row["port"] for row in evolving.rows(second)] == ["Brest"]

    pruned = evolving.plan(second, pruned=["fleet__vessel.port"])
    assert (labels(pruned.steps), pruned.exit_code) == (["drop field fleet__vessel.port"], 12)
    apply_changes(second.engine, second.registry, choices=Choices(pruned=["fleet__vessel.port"]))

    assert "port" not in evolving.rows(second)[0]
    assert_settled(evolving, second)


def test_a_field_that_comes_back_finds_its_values(evolving: Evolving) -> None:
    first = evolving.applied(PORT)
    evolving.create(first, {"name": "Aurora", "port": "Brest"})
    evolving.applied(NAME)

    again = evolving.applied(PORT)

    assert [row["port"] for row in evolving.rows(again)] == ["Brest"]
    assert_settled(evolving, again)


def test_a_change_that_could_lose_values_is_refused_before_anything_is_done(evolving: Evolving) -> None:
    evolving.applied(PORT)

    second = evolving.declare({**NAME, "port": {"type": "integer"}, "extra": {"type": "text"}})

    with pytest.raises(InvalidInput, match=r"fleet__vessel\.port"):
        apply_changes(second.engine, second.registry)
    assert "extra" not in {column for row in evolving.rows(second) for column in row}


def test_a_plan_of_before_is_refused_after_the_database_changed(evolving: Evolving) -> None:
    evolving.applied(NAME)
    second = evolving.declare(PORT)
    looked_at = evolving.plan(second).base
    evolving.applied({**NAME, "draught": {"type": "integer"}})

    with pytest.raises(Conflict, match="changed"):
        apply(second.engine, second.registry.table_set, declarations_of(second.registry), choices=Choices(expected=looked_at))


@pytest.mark.parametrize(("before", "after"), [
    ({"type": "decimal", "scale": 3}, {"type": "decimal", "scale": 2}),
    ({"type": "text", "many": True}, {"type": "text"}),
    ({"type": "email"}, {"type": "url"}),
    ({"type": "money"}, {"type": "decimal", "scale": 2}),
])
def test_columns_that_would_mean_something_else_are_refused(
    evolving: Evolving, before: dict[str, Any], after: dict[str, Any]
) -> None:
    evolving.applied({**NAME, "field": before})

    plan = evolving.plan(evolving.declare({**NAME, "field": after}))

    assert [problem.partition(" ")[0] for problem in plan.problems] == ["fleet__vessel.field"]


def test_labels_limits_and_choices_change_without_a_step(evolving: Evolving) -> None:
    evolving.applied({**NAME, "code": {"type": "text", "length": 10}})

    runtime = evolving.applied({**NAME, "code": {"type": "text", "length": 20, "required": True}})

    assert_settled(evolving, runtime)


def test_a_field_that_comes_back_as_something_else_is_refused(evolving: Evolving) -> None:
    evolving.applied({**NAME, "contact": {"type": "email"}})
    evolving.applied(NAME)

    plan = evolving.plan(evolving.declare({**NAME, "contact": {"type": "url"}}))

    assert plan.problems[0].startswith('fleet__vessel.contact was "email (values are kept)"')


def test_what_was_changed_by_hand_is_reported_after_a_change_of_ours_too(evolving: Evolving) -> None:
    first = evolving.applied({**NAME, "draught": {"type": "integer", "index": True}})
    with first.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE fleet__vessel ADD COLUMN extra TEXT")
        connection.exec_driver_sql("DROP INDEX ix_fleet__vessel_all_draught")
    before = [(one.kind, one.name) for one in find_drift(first.engine)]

    second = evolving.applied({**NAME, "draught": {"type": "integer", "index": True}, "port": {"type": "text"}}, revision=2)
    after = [(one.kind, one.name) for one in find_drift(second.engine)]
    rollback(second.engine)

    assert before == [("column", "extra"), ("index", "ix_fleet__vessel_all_draught")]
    assert after == before
    assert [(one.kind, one.name) for one in find_drift(first.engine)] == before
