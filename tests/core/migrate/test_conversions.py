# SPDX-License-Identifier: Apache-2.0
"""A field that gets another type keeps its values where every one fits, and is refused where one could be lost."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.factories.evolving import Evolving, labels
from xrm.entities.queries import get_entity
from xrm.entities.service import update_entity
from xrm.errors import ConfigurationError, InvalidInput
from xrm.migrate.apply import rollback
from xrm.migrate.asking import Choices
from xrm.migrate.drift import find_drift
from xrm.migrate.steps import Step
from xrm.migrate.upgrade import apply_changes, take_back
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork

pytestmark = pytest.mark.by_turns

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
COLOURS = {"red": {"en": "Red", "fr": "Rouge"}, "blue": {"en": "Blue", "fr": "Bleu"}}
CHOICE = {"type": "choice", "choices": COLOURS}

WIDER: list[tuple[str, dict[str, Any], dict[str, Any], list[Any], list[Any]]] = [
    ("integer to decimal", {"type": "integer"}, {"type": "decimal", "scale": 3}, [7, -2], [Decimal("7.000"), Decimal(-2)]),
    ("more decimals", {"type": "decimal", "scale": 1}, {"type": "decimal", "scale": 4}, ["1.5", None], [Decimal("1.5"), None]),
    ("integer to text", {"type": "integer", "index": True}, {"type": "text", "index": True}, [12, None], ["12", None]),
    ("decimal to text", {"type": "decimal"}, {"type": "text"}, ["12.50"], ["12.50"]),
    ("date to text", {"type": "date"}, {"type": "text"}, ["2026-01-31"], ["2026-01-31"]),
    ("choice to text", {**CHOICE, "index": True}, {"type": "text", "index": True}, ["red", None], ["red", None]),
    ("text to long text", {"type": "text"}, {"type": "long_text"}, ["Brême"], ["Brême"]),
    ("email to text", {"type": "email"}, {"type": "text"}, ["a@example.org"], ["a@example.org"]),
    ("choice to choices", CHOICE, {"type": "choices", "choices": COLOURS}, ["red", None], [("red",), ()]),
    ("text to tags", {"type": "text"}, {"type": "tags"}, ["sea", None], [("sea",), ()]),
    ("one text to several", {"type": "text"}, {"type": "text", "many": True}, ["sea", None], [("sea",), ()]),
    ("rating to integer", {"type": "rating"}, {"type": "integer"}, [3, None], [3, None]),
]
NARROWER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "text"}, {"type": "integer"}), ({"type": "decimal", "scale": 3}, {"type": "decimal", "scale": 2}),
    ({"type": "choices", "choices": COLOURS}, CHOICE), ({"type": "long_text"}, {"type": "text"}),
    ({"type": "tags"}, {"type": "choices", "choices": COLOURS}), ({"type": "text"}, {"type": "date"}),
]


def with_field(declared: dict[str, Any]) -> dict[str, Any]:
    return {**NAME, "mark": declared}


def marks(evolving: Evolving, runtime: Runtime, ids: list[Any]) -> list[Any]:
    return [read(evolving, runtime, one)["mark"] for one in ids]


def all_of(side: int) -> dict[str, Any]:
    """A field for each row of the table of wider types, of the type before (1) or after (2)."""
    return {**NAME, **{f"field{at}": row[side] for at, row in enumerate(WIDER)}}


def fill(evolving: Evolving, runtime: Runtime) -> list[Any]:
    values = [{f"field{at}": row[3][number] for at, row in enumerate(WIDER) if number < len(row[3])} for number in range(2)]
    return [evolving.create(runtime, {"name": f"Vessel {number}", **given}) for number, given in enumerate(values)]


def read(evolving: Evolving, runtime: Runtime, one: Any) -> dict[str, Any]:
    def fields(uow: UnitOfWork) -> dict[str, Any]:
        return dict(get_entity(uow, one).fields)

    return runtime.read(fields, evolving.admin)


def test_wider_types_take_the_values_over(evolving: Evolving) -> None:
    first = evolving.applied(all_of(1))
    ids = fill(evolving, first)

    second = evolving.applied(all_of(2), revision=2)

    for number, one in enumerate(ids):
        found = read(evolving, second, one)
        expected = {row[0]: row[4][number] for row in WIDER if number < len(row[4])}
        assert {row[0]: found[f"field{at}"] for at, row in enumerate(WIDER) if row[0] in expected} == expected
    assert (labels(evolving.plan(second).steps), find_drift(second.engine)) == ([], [])


def test_taken_back_every_value_is_as_it_was(evolving: Evolving) -> None:
    first = evolving.applied(all_of(1))
    ids = fill(evolving, first)
    was, rows = [read(evolving, first, one) for one in ids], evolving.rows(first)
    second = evolving.applied(all_of(2), revision=2)

    take_back(second.engine, second.registry)

    assert ([read(evolving, first, one) for one in ids], evolving.rows(first)) == (was, rows)
    assert find_drift(first.engine) == []


def test_narrower_types_are_refused_with_what_to_do(evolving: Evolving) -> None:
    first = evolving.applied({**NAME, **{f"field{at}": before for at, (before, _) in enumerate(NARROWER)}})
    second = evolving.declare({**NAME, **{f"field{at}": after for at, (_, after) in enumerate(NARROWER)}}, revision=2)

    with pytest.raises(InvalidInput, match=r"steps/NNNN_name\.py") as error:
        apply_changes(second.engine, second.registry)

    assert len(error.value.problems) == len(NARROWER)
    assert find_drift(first.engine) == []


def test_a_value_too_large_for_more_decimals_is_counted_before_anything_is_done(evolving: Evolving) -> None:
    first = evolving.applied(with_field({"type": "integer"}))
    evolving.create(first, {"name": "Vessel", "mark": 2**62})
    second = evolving.declare(with_field({"type": "decimal", "scale": 4}), revision=2)

    problems = evolving.plan(second).problems

    assert len(problems) == 1
    assert "1 value is too large" in problems[0]


def test_what_was_changed_since_goes_back_where_it_fits_and_is_named_where_not(
    evolving: Evolving, caplog: pytest.LogCaptureFixture
) -> None:
    first = evolving.applied(with_field({"type": "integer"}))
    ids = [evolving.create(first, {"name": f"Vessel {at}", "mark": at}) for at in range(3)]
    second = evolving.applied(with_field({"type": "text"}), revision=2)
    for one, value in ((ids[0], "77"), (ids[1], "many"), (ids[2], None)):
        second.write(partial(update_entity, entity_id=one, raw={"mark": value}), evolving.admin)

    take_back(second.engine, second.registry)

    assert marks(evolving, first, ids) == [77, 1, None]
    assert str(ids[1]) in caplog.text


def test_the_old_columns_go_when_their_day_has_come(evolving: Evolving) -> None:
    first = evolving.applied(with_field({"type": "integer", "index": True}))
    ids = [evolving.create(first, {"name": f"Vessel {at}", "mark": at}) for at in range(3)]
    second = evolving.applied(with_field({"type": "text", "index": True}), revision=2)
    assert "former__mark" in evolving.rows(second)[0]

    apply_changes(second.engine, second.registry, choices=Choices(contract_now=True))

    assert "former__mark" not in evolving.rows(second)[0]
    assert marks(evolving, second, ids) == ["0", "1", "2"]
    assert (labels(evolving.plan(second).steps), labels(evolving.plan(second).later)) == ([], [])
    assert find_drift(second.engine) == []
    rollback(second.engine, to=2)
    assert marks(evolving, first, ids) == [0, 1, 2]


def test_a_type_is_widened_twice_within_days(evolving: Evolving) -> None:
    first = evolving.applied(with_field({"type": "integer"}))
    ids = [evolving.create(first, {"name": "Vessel", "mark": 5})]
    evolving.applied(with_field({"type": "decimal", "scale": 2}), revision=2)

    third = evolving.applied(with_field({"type": "text"}), revision=3)

    assert marks(evolving, third, ids) == ["5.00"]
    assert (labels(evolving.plan(third).steps), find_drift(third.engine)) == ([], [])
    rollback(third.engine, to=2)
    assert marks(evolving, first, ids) == [5]


def test_another_key_and_another_type_at_once(evolving: Evolving) -> None:
    first = evolving.applied(with_field({"type": "integer"}))
    ids = [evolving.create(first, {"name": "Vessel", "mark": 5})]
    fields = {**NAME, "label": {"type": "text"}}

    second = evolving.applied(fields, renamed={"mark": "label"}, revision=2)

    found = second.read(lambda uow: get_entity(uow, ids[0]).fields["label"], evolving.admin)
    assert found == "5"
    assert (labels(evolving.plan(second).steps), find_drift(second.engine)) == ([], [])


def test_what_is_written_while_values_go_over_is_not_lost(evolving: Evolving) -> None:
    fields = {**NAME, "mark": {"type": "integer"}, "flag": CHOICE}
    first = evolving.applied(fields)
    ids = [evolving.create(first, {"name": f"Vessel {at}", "mark": at, "flag": "red"}) for at in range(4)]
    second = evolving.declare(
        {**NAME, "mark": {"type": "text"}, "flag": {"type": "choices", "choices": COLOURS}}, revision=2
    )

    switches: list[bool] = []

    def meanwhile(step: Step) -> None:
        switches.append(step.action == "switch field")
        if sum(switches) == 1 and switches[-1]:
            first.write(partial(update_entity, entity_id=ids[0], raw={"mark": 70, "flag": "blue"}), evolving.admin)
            first.write(partial(update_entity, entity_id=ids[1], raw={"mark": None, "flag": None}), evolving.admin)
            ids.append(evolving.create(first, {"name": "Vessel 9", "mark": 9, "flag": "blue"}))

    apply_changes(second.engine, second.registry, told=meanwhile)

    found = [read(evolving, second, one) for one in ids]
    assert [one["mark"] for one in found] == ["70", None, "2", "3", "9"]
    assert [one["flag"] for one in found] == [("blue",), (), ("red",), ("red",), ("blue",)]
    assert find_drift(second.engine) == []


TWO = {**NAME, "mark": {"type": "decimal", "scale": 2}, "rate": {"type": "decimal", "scale": 2}}
TURNED = {**NAME, "mark": {"type": "decimal", "scale": 4}, "rate": {"type": "decimal", "scale": 4}}


@pytest.mark.parametrize("way", ["forwards", "backwards"])
def test_between_two_types_nobody_reads_or_writes(evolving: Evolving, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr("xrm.runtime.MOMENT", 0.0)
    monkeypatch.setattr("xrm.runtime.LOOK_EVERY", 0.0)
    first = evolving.applied(TWO)
    one = evolving.create(first, {"name": "Vessel", "mark": "1.25", "rate": "2.50"})
    second = evolving.declare(TURNED, revision=2)
    if way == "backwards":
        apply_changes(second.engine, second.registry)
    switches: list[str] = []
    refused: list[str] = []

    def stop(step: Step) -> None:
        if step.action == "switch field":
            switches.append(step.target)
        if len(switches) == 2:
            raise KeyboardInterrupt

    go = apply_changes if way == "forwards" else take_back
    with pytest.raises(KeyboardInterrupt):
        go(second.engine, second.registry, told=stop)
    for runtime in (first, second, evolving.declare(TWO), evolving.declare(TURNED, revision=2)):
        for work in (
            partial(runtime.read, lambda uow: get_entity(uow, one), evolving.admin),
            partial(runtime.write, partial(update_entity, entity_id=one, raw={"rate": "9.75"}), evolving.admin),
        ):
            with pytest.raises(ConfigurationError) as caught:
                work()
            refused.append(str(caught.value))

    assert len(refused) == 8
    assert all("not finished" in one or "with revision 2 again" in one for one in refused), refused
    go(second.engine, second.registry)
    settled = second if way == "forwards" else first
    found = settled.read(lambda uow: get_entity(uow, one), evolving.admin).fields
    assert (found["mark"], found["rate"]) == (Decimal("1.25"), Decimal("2.50"))
