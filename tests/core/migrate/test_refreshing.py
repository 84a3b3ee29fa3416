# SPDX-License-Identifier: Apache-2.0
"""What is made of fields (stored formulas, titles, search) follows a change of the schema, forwards and back."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest

from tests.factories.evolving import Evolving
from xrm.entities.queries import get_entity
from xrm.entities.refreshing import refresh_stale
from xrm.migrate.drift import find_drift
from xrm.migrate.upgrade import apply_changes, take_back
from xrm.runtime import Runtime
from xrm.search.queries import search
from xrm.unit_of_work import system_actor

NAME: dict[str, dict[str, Any]] = {"name": {"type": "text", "required": True}}
FACTORS = {**NAME, "length": {"type": "integer"}, "width": {"type": "integer"}}

LONGER = """
    ENTITY = "vessel"
    READS = ("length",)
    WRITES = ("length",)

    def upgrade(rows):
        for row in rows:
            row["length"] = row["length"] * 10

    def downgrade(rows):
        for row in rows:
            row["length"] = row["length"] // 10
"""


def with_area(formula: str) -> dict[str, dict[str, Any]]:
    """A vessel whose area is kept as the formula made it."""
    return {**FACTORS, "area": {"type": "computed", "formula": formula, "stored": True}}


def areas(evolving: Evolving, runtime: Runtime, ids: list[uuid.UUID]) -> list[Any]:
    """The areas as they are read."""
    return runtime.read(lambda uow: [get_entity(uow, one).fields["area"] for one in ids], evolving.admin)


def vessels(evolving: Evolving, runtime: Runtime, count: int) -> list[uuid.UUID]:
    """As many vessels, each of width 2 and one longer than the one before."""
    return [
        evolving.create(runtime, {"name": f"Vessel {number}", "length": number, "width": 2}) for number in range(count)
    ]


def test_titles_and_search_follow_what_changed(evolving: Evolving) -> None:
    first = evolving.applied({**NAME, "mark": {"type": "integer", "search": "normal"}})
    one = evolving.create(first, {"name": "Vessel", "mark": 4711})
    second = evolving.declare({**NAME, "mark": {"type": "text", "search": "normal"}}, revision=2, title="{name} {mark}")

    apply_changes(second.engine, second.registry)
    refreshed = refresh_stale(second, system_actor())

    titled = second.read(lambda uow: get_entity(uow, one), evolving.admin)
    hits = second.read(lambda uow: search(uow, "4711"), evolving.admin)
    assert (refreshed, titled.title, [hit.id for hit in hits]) == (["vessel"], "Vessel 4711", [one])
    take_back(second.engine, second.registry)
    assert refresh_stale(first, system_actor()) == ["vessel"]
    assert first.read(lambda uow: get_entity(uow, one), evolving.admin).title == "Vessel"
    assert refresh_stale(first, system_actor()) == []


def test_a_formula_that_is_new_is_computed_for_what_is_there(evolving: Evolving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xrm.entities.refreshing.CHUNK", 2)
    first = evolving.applied(FACTORS)
    ids = vessels(evolving, first, 5)

    second = evolving.applied(with_area("length * width"), revision=2)
    refreshed = refresh_stale(second, system_actor())

    assert (refreshed, areas(evolving, second, ids)) == (["vessel"], [0, 2, 4, 6, 8])


def test_another_formula_is_computed_anew_although_no_table_changes(evolving: Evolving) -> None:
    first = evolving.applied(with_area("length * width"))
    ids = vessels(evolving, first, 2)

    second = evolving.applied(with_area("length + width"), revision=2)

    assert refresh_stale(second, system_actor()) == ["vessel"]
    assert areas(evolving, second, ids) == [2, 3]


@pytest.mark.parametrize(("formula", "more", "expected"), [
    ("length * width", {"scale": 2}, [Decimal("0.00"), Decimal("2.00")]),
    ("name", {"index": True}, ["Vessel 0", "Vessel 1"]),
    ("length > 0", {}, [False, True]),
])
def test_a_formula_that_gives_something_else_is_made_anew_in_other_columns(
    evolving: Evolving, formula: str, more: dict[str, Any], expected: list[Any]
) -> None:
    before = with_area("length * width")
    before["area"]["index"] = True
    first = evolving.applied(before)
    ids = vessels(evolving, first, 2)
    after = with_area(formula)
    after["area"] |= more

    second = evolving.declare(after, revision=2)
    plan = evolving.plan(second)
    apply_changes(second.engine, second.registry)
    refresh_stale(second, system_actor())

    assert (plan.problems, plan.risk, areas(evolving, second, ids)) == ((), "window", expected)
    assert (evolving.plan(second).steps, find_drift(second.engine)) == ((), [])
    take_back(second.engine, second.registry)
    refresh_stale(first, system_actor())
    again = evolving.declare(before)
    assert (areas(evolving, again, ids), evolving.plan(again).steps, find_drift(again.engine)) == ([0, 2], (), [])


def test_a_formula_follows_what_a_data_step_changed_and_its_way_back(evolving: Evolving) -> None:
    evolving.bring_steps()
    first = evolving.applied(with_area("length * width"))
    ids = vessels(evolving, first, 2)
    evolving.bring_steps(**{"0001_in_decimetres": LONGER})

    second = evolving.applied(with_area("length * width"), revision=2)
    refresh_stale(second, system_actor())

    assert areas(evolving, second, ids) == [0, 20]
    take_back(second.engine, second.registry)
    assert refresh_stale(second, system_actor()) == ["vessel"]
    assert areas(evolving, second, ids) == [0, 2]


def test_a_change_that_touches_no_formula_leaves_values_alone(evolving: Evolving) -> None:
    first = evolving.applied(with_area("length * width"))
    vessels(evolving, first, 1)

    second = evolving.applied({**with_area("length * width"), "flag": {"type": "text"}}, revision=2)

    assert refresh_stale(second, system_actor()) == []
