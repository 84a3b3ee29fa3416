# SPDX-License-Identifier: Apache-2.0
"""Rows that a new declaration does not fit are named in the plan, before anything is done; what is good to know is noted."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import event

from tests.factories.evolving import Evolving, labels
from xrm.entities.removal import delete_entity
from xrm.errors import InvalidInput
from xrm.migrate.steps import plan_as_json
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime

pytestmark = pytest.mark.by_turns

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
STATE = {"en": "s", "fr": "s"}


def choices(*keys: str, retired: tuple[str, ...] = ()) -> dict[str, Any]:
    return {**dict.fromkeys(keys, STATE), **{key: {**STATE, "retired": True} for key in retired}}


def with_field(**declared: Any) -> dict[str, Any]:
    return {**NAME, "code": declared}


def filled(evolving: Evolving, kind: dict[str, Any], *values: Any) -> tuple[Runtime, list[uuid.UUID]]:
    """The first version, with vessels A, B, C … that hold these values."""
    runtime = evolving.applied(with_field(**kind))
    ids = [evolving.create(runtime, {"name": chr(65 + at), "code": value}) for at, value in enumerate(values)]
    return runtime, ids


def test_values_held_twice_are_named_before_a_field_becomes_unique(evolving: Evolving) -> None:
    _, ids = filled(evolving, {"type": "text"}, "Brest", "brest", "Nantes", None, None, "x", "x", "x", "x")

    second = evolving.declare(with_field(type="text", unique=True))

    (problem,) = evolving.plan(second).problems
    assert problem == (
        f'fleet__vessel.code is to be unique, and 2 values are held by several rows: "x" by "F" ({ids[5]}), "G" ({ids[6]}), '
        f'"H" ({ids[7]}), …; "brest" by "A" ({ids[0]}), "B" ({ids[1]}). Change or merge these rows, or declare the field without '
        "unique, then plan again."
    )
    with pytest.raises(InvalidInput, match="is to be unique"):
        apply_changes(second.engine, second.registry)


def test_a_decimal_held_twice_is_named_as_people_know_it(evolving: Evolving) -> None:
    filled(evolving, {"type": "decimal", "scale": 2}, "1.50", "1.50")

    (problem,) = evolving.plan(evolving.declare(with_field(type="decimal", scale=2, unique=True))).problems

    assert '"1.50" by' in problem


def test_values_held_once_become_unique(evolving: Evolving) -> None:
    filled(evolving, {"type": "integer"}, 1, 2, None, None)

    second = evolving.applied(with_field(type="integer", unique=True))

    assert (labels(evolving.plan(second).steps), evolving.plan(second).problems) == ([], ())


def test_a_field_that_gets_another_name_and_becomes_unique_is_looked_at_under_the_old_one(evolving: Evolving) -> None:
    filled(evolving, {"type": "integer"}, 7, 7)

    second = evolving.declare({**NAME, "number": {"type": "integer", "unique": True}}, renamed={"code": "number"}, revision=2)

    assert [problem.partition(":")[0] for problem in evolving.plan(second).problems] == [
        "fleet__vessel.code is to be unique, and 1 value is held by several rows"
    ]


def test_a_unique_field_that_gets_another_name_is_not_looked_at_again(evolving: Evolving) -> None:
    filled(evolving, {"type": "integer", "unique": True}, 7, 8)
    second = evolving.declare({**NAME, "number": {"type": "integer", "unique": True}}, renamed={"code": "number"}, revision=2)
    asked: list[str] = []
    event.listen(second.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    assert evolving.plan(second).problems == ()

    assert [statement for statement in asked if "HAVING" in statement] == []


@pytest.mark.parametrize(("kind", "values"), [
    ("choice", ("won", "lost", "lost", "new", None)), ("choices", (["won", "new"], ["lost"], ["new", "lost"], ["new"], None)),
])
def test_choices_that_rows_hold_do_not_go(evolving: Evolving, kind: str, values: tuple[Any, ...]) -> None:
    _, ids = filled(evolving, {"type": kind, "choices": choices("new", "won", "lost")}, *values)

    second = evolving.declare(with_field(type=kind, choices=choices("new")))

    assert list(evolving.plan(second).problems) == [
        f"fleet__vessel.code: 3 rows hold a choice that is declared no more, lost (2), won (1): "
        f'"A" ({ids[0]}), "B" ({ids[1]}), "C" ({ids[2]}). Keep the choice with '
        "retired: true, change these rows, or carry the values over by a data step of the plugin (steps/NNNN_name.py). "
        "Then plan again."
    ]
    with pytest.raises(InvalidInput, match="retired: true"):
        apply_changes(second.engine, second.registry)


def test_choices_that_no_row_holds_or_that_are_retired_go(evolving: Evolving) -> None:
    kind = {"type": "choice", "choices": choices("new", "won", "lost")}
    runtime, ids = filled(evolving, kind, "won", "new")

    second = evolving.declare(with_field(type="choice", choices=choices("new", retired=("won",))))

    assert evolving.plan(second).problems == ()
    runtime.write(lambda uow: delete_entity(uow, ids[0]), evolving.admin)
    gone = evolving.declare(with_field(type="choice", choices=choices("new")))
    assert [problem.partition(":")[0] for problem in evolving.plan(gone).problems] == ["fleet__vessel.code"]


def test_rows_without_a_value_in_a_required_field_are_noted(evolving: Evolving) -> None:
    filled(evolving, {"type": "text"}, "a", None, None)

    second = evolving.declare({**with_field(type="text", required=True), "more": {"type": "tags", "required": True}})

    plan = evolving.plan(second)
    assert (plan.problems, list(plan.notes)) == ((), [
        "fleet__vessel.code is required from now on, and 2 rows have no value; a form asks for them when they are next saved.",
        "fleet__vessel.more is required from now on, and 3 rows have no value; a form asks for them when they are next saved.",
    ])
    assert plan_as_json(plan)["notes"] == list(plan.notes)
    apply_changes(second.engine, second.registry)
    assert evolving.plan(second).notes == ()


def test_several_values_of_a_required_field_are_counted_by_row(evolving: Evolving) -> None:
    filled(evolving, {"type": "tags"}, ["a", "b"], None)

    second = evolving.declare(with_field(type="tags", required=True))

    assert [note.partition(";")[0] for note in evolving.plan(second).notes] == [
        "fleet__vessel.code is required from now on, and 1 row has no value"
    ]


def test_another_default_is_noted(evolving: Evolving) -> None:
    filled(evolving, {"type": "integer"}, 1)

    second = evolving.applied(with_field(type="integer", default=5))
    third = evolving.declare(with_field(type="integer", default=6))

    assert list(evolving.plan(third).notes) == [
        "fleet__vessel.code: the default changes from 5 to 6; rows that are there keep their values."
    ]
    assert evolving.plan(second).notes == ()
