# SPDX-License-Identifier: Apache-2.0
"""Files of data steps that are not what was run: edited since, under another name, or before what was run."""

from __future__ import annotations

import pytest

import xrm.migrate.copying
from tests.core.migrate.test_data_steps import AFTER, LENGTH, PORT, UPGRADED, content, fill, flags
from tests.factories.evolving import Evolving
from xrm.errors import InvalidInput
from xrm.migrate.upgrade import apply_changes, take_back

pytestmark = pytest.mark.by_turns


def test_a_step_that_is_edited_after_it_was_run_is_told_and_not_run_again(evolving: Evolving) -> None:
    first = fill(evolving)
    evolving.bring_steps(**{"0001_split_port": PORT, "0002_length_in_metres": LENGTH})
    second = evolving.applied(AFTER, revision=2)
    untouched = evolving.plan(second)
    evolving.bring_steps(**{"0001_split_port": PORT.replace('"seen"', '"known"'), "0002_length_in_metres": LENGTH})

    edited = evolving.plan(second)

    assert (untouched.notes, edited.steps) == ((), ())
    assert [note.partition(" It is")[0] for note in edited.notes] == [
        "fleet/steps/0001_split_port.py was changed after it was run here."
    ]
    assert evolving.plan(second, only="overlay").notes == ()
    take_back(second.engine, second.registry)
    apply_changes(second.engine, second.registry)
    assert evolving.plan(second).notes == (), "what was run anew is what the file says now"
    assert content(evolving, first) == UPGRADED


def test_a_step_that_was_mended_before_its_plan_ended_is_not_told_as_edited(
    evolving: Evolving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xrm.migrate.copying, "BATCH", 1)
    fill(evolving)
    broken = PORT.replace("harbour, _, country =", "row['nothing'] ; harbour, _, country =")
    evolving.bring_steps(**{"0001_split_port": broken, "0002_length_in_metres": LENGTH})
    second = evolving.declare(AFTER, revision=2)
    with pytest.raises(InvalidInput, match="0001_split_port"):
        apply_changes(second.engine, second.registry)
    evolving.bring_steps(**{"0001_split_port": PORT, "0002_length_in_metres": LENGTH})

    apply_changes(second.engine, second.registry)

    assert evolving.plan(second).notes == ()


@pytest.mark.parametrize("name", ["0005_split_port", "0001_part_port"])
def test_a_step_that_got_another_name_after_it_was_run_is_not_run_again(evolving: Evolving, name: str) -> None:
    fill(evolving)
    evolving.bring_steps(**{"0001_split_port": PORT, "0002_length_in_metres": LENGTH})
    second = evolving.applied(AFTER, revision=2)
    evolving.bring_steps(**{name: PORT, "0002_length_in_metres": LENGTH})

    third = evolving.declare(AFTER, revision=2)

    assert [problem.partition(",")[0] for problem in evolving.plan(third).problems] == [
        f"fleet/steps/{name}.py is the step 0001_split_port.py"
    ]
    with pytest.raises(InvalidInput, match="Give it its name back"):
        apply_changes(third.engine, third.registry)
    assert flags(evolving, second) == flags(evolving, third)


def test_a_step_with_a_lower_number_than_one_that_was_run_is_told(evolving: Evolving) -> None:
    fill(evolving)
    evolving.bring_steps(**{"0002_length_in_metres": LENGTH})
    evolving.applied({**AFTER, "port": {"type": "text"}}, revision=2)
    evolving.bring_steps(**{"0001_split_port": PORT, "0002_length_in_metres": LENGTH})

    plan = evolving.plan(evolving.declare({**AFTER, "port": {"type": "text"}}, revision=2))

    assert (plan.problems, [note.partition(";")[0] for note in plan.notes]) == ((), [
        "fleet/steps/0001_split_port.py comes before 0002_length_in_metres.py, which was run here already"
    ])
    assert plan.risk == "window", "what is changed meanwhile in rows that were walked over is not seen"
