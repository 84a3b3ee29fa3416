# SPDX-License-Identifier: Apache-2.0
"""What was put aside when a field was dropped goes after thirty days, and then says so to whoever wants it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, update

from tests.factories.evolving import Evolving, labels
from xrm.db.engine import for_writing
from xrm.errors import InvalidInput
from xrm.migrate.apply import rollback
from xrm.migrate.asking import Choices
from xrm.migrate.drift import find_drift
from xrm.migrate.models import schema_plan
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime

pytestmark = pytest.mark.by_turns

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
PORT = {"port": {"type": "text"}}
FLAGS = {"flags": {"type": "tags"}}


def drop(evolving: Evolving) -> Runtime:
    """A vessel whose port and flags were dropped."""
    first = evolving.applied({**NAME, **PORT, **FLAGS})
    evolving.create(first, {"name": "Aurora", "port": "Brest", "flags": ["FR"]})
    runtime = evolving.applied(NAME)
    apply_changes(runtime.engine, runtime.registry, choices=choose("fleet__vessel.port", "fleet__vessel__flags"))
    return runtime


def choose(*pruned: str) -> Choices:
    return Choices(pruned=pruned)


def let_pass(runtime: Runtime, days: int) -> None:
    """Let all plans have been made so many days ago."""
    with for_writing(runtime.engine.connect()) as connection, connection.begin():
        connection.execute(update(schema_plan).values(ended_at=datetime.now(UTC) - timedelta(days=days)))


def kept(runtime: Runtime) -> list[str]:
    return sorted(name for name in inspect(runtime.engine).get_table_names() if name.startswith("kept__"))


def test_what_was_put_aside_goes_with_the_next_apply_after_thirty_days(evolving: Evolving) -> None:
    runtime = drop(evolving)
    assert len(kept(runtime)) == 2

    let_pass(runtime, 29)
    apply_changes(runtime.engine, runtime.registry)
    assert len(kept(runtime)) == 2

    let_pass(runtime, 31)
    apply_changes(runtime.engine, runtime.registry)
    assert kept(runtime) == []
    assert (labels(evolving.plan(runtime).steps), find_drift(runtime.engine)) == ([], [])


def test_a_plan_whose_values_went_for_good_is_not_taken_back(evolving: Evolving) -> None:
    runtime = drop(evolving)
    let_pass(runtime, 31)
    apply_changes(runtime.engine, runtime.registry)

    with pytest.raises(InvalidInput, match="went for good after 30 days"):
        rollback(runtime.engine)

    assert find_drift(runtime.engine) == []


def test_a_later_plan_is_taken_back_after_a_purge(evolving: Evolving) -> None:
    runtime = drop(evolving)
    let_pass(runtime, 31)
    later = evolving.applied({**NAME, "draught": {"type": "integer"}})
    assert kept(later) == []

    rollback(later.engine)

    assert labels(evolving.plan(evolving.declare(NAME)).steps) == []
    assert find_drift(runtime.engine) == []


def test_what_is_let_go_twice_within_days_is_put_aside_twice(evolving: Evolving) -> None:
    for value in ("Brest", "Nantes"):
        runtime = evolving.applied({**NAME, "port": {"type": "text"}})
        evolving.create(runtime, {"name": value, "port": value})
        without = evolving.declare(NAME)
        apply_changes(without.engine, without.registry)
        apply_changes(without.engine, without.registry, choices=Choices(pruned=["fleet__vessel.port"]))

    rollback(without.engine, to=2)

    assert [row["port"] for row in evolving.rows(without)] == ["Brest", None]
