# SPDX-License-Identifier: Apache-2.0
"""What is easily overlooked in a plan is said: fields that are gone, renames that lead nowhere, what is to be made anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.evolving import Evolving, labels
from xrm.entities.refreshing import refresh_stale
from xrm.migrate.upgrade import apply_changes
from xrm.unit_of_work import system_actor

pytestmark = pytest.mark.by_turns

NAME: dict[str, dict[str, Any]] = {"name": {"type": "text", "required": True}}
PORT = {**NAME, "port": {"type": "text"}, "code": {"type": "text"}, "marks": {"type": "tags"}}


def without(*keys: str, **more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields without some, and with others."""
    return {**{key: field for key, field in PORT.items() if key not in keys}, **more}


def test_a_field_that_is_declared_no_more_is_named_until_that_is_applied(evolving: Evolving) -> None:
    evolving.applied(PORT)

    second = evolving.declare(without("port", "marks"), revision=2)

    notes = evolving.plan(second).notes
    assert [note.partition(" is declared no more")[0] for note in notes] == ["fleet__vessel.marks", "fleet__vessel.port"]
    assert "renamed: {port: …}" in notes[1]
    apply_changes(second.engine, second.registry)
    assert evolving.plan(second).notes == ()


def test_a_rename_to_a_field_that_was_there_is_refused(evolving: Evolving) -> None:
    evolving.applied(PORT)

    plan = evolving.plan(evolving.declare(without("port"), renamed={"port": "code"}, revision=2))

    assert len(plan.problems) == 1
    assert "renamed says that port is code now, but code was a field before" in plan.problems[0]


def test_a_rename_of_a_field_that_never_was_is_said_with_what_was_meant(evolving: Evolving) -> None:
    evolving.applied(PORT)

    second = evolving.declare(without("port", harbour={"type": "text"}), renamed={"prt": "harbour"}, revision=2)

    assert any("harbour was prt, which was no field here" in note and "Did you mean port?" in note
               for note in evolving.plan(second).notes)
    apply_changes(second.engine, second.registry)
    assert evolving.plan(second).notes == ()


def test_a_rename_that_was_made_is_no_news_later(evolving: Evolving) -> None:
    evolving.applied(PORT)
    renamed = evolving.applied(without("port", harbour={"type": "text"}), renamed={"port": "harbour"}, revision=2)

    third = evolving.declare(without("port", quay={"type": "text"}), renamed={"port": "quay", "harbour": "quay"}, revision=3)

    assert (evolving.plan(renamed).problems, evolving.plan(third).problems, evolving.plan(third).notes) == ((), (), ())


def test_what_has_to_be_made_anew_waits_and_is_in_the_ledger(evolving: Evolving) -> None:
    evolving.applied(NAME)

    second = evolving.declare(NAME, title="{name}!", revision=2)

    assert (labels(evolving.plan(second).steps), evolving.plan(second).exit_code) == (["make anew fleet__vessel"], 10)
    apply_changes(second.engine, second.registry)
    assert (evolving.plan(second).steps, refresh_stale(second, system_actor())) == ((), ["vessel"])
