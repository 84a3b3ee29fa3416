# SPDX-License-Identifier: Apache-2.0
"""Fields of administrators that are declared otherwise under the same key: values stay, or nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.graph import Graph
from tests.factories.settled import assert_settled
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import get_entity, list_entities
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput, NotFound
from xrm.migrate.apply import rollback
from xrm.migrate.progress import made_plans
from xrm.migrate.steps import Plan
from xrm.overlay.fields import add_field, change_field
from xrm.overlay.queries import load_overlay
from xrm.runtime import Runtime
from xrm.search.queries import search
from xrm.unit_of_work import Actor, UnitOfWork

pytestmark = pytest.mark.by_turns

LABEL = {"en": "Fleet", "fr": "Parc"}
TIER = {"type": "choice", "label": LABEL, "choices": {"gold": {"en": "Gold", "fr": "Or"}}}
SILVER = {"silver": {"en": "Silver", "fr": "Argent"}}


def _change(runtime: Runtime, admin: Actor, given: dict[str, Any], **more: Any) -> list[str]:
    return change_field(runtime, admin, "organization", "fleet", given, **more)[1]


def _declared(runtime: Runtime) -> dict[str, Any]:
    (one,) = load_overlay(runtime.engine).additions
    return dict(one.declaration)


@pytest.mark.parametrize("given", [
    {"label": {"en": "Size of the fleet"}},
    {"help": {"en": "Cars and lorries.", "fr": "Voitures et camions."}},
    {"required": True},
    {"min": 1, "max": 9},
    {"index": True},
    {"unique": True},
    {"when": "name is filled"},
])
def test_what_needs_no_other_column_is_changed_and_taken_back(
    runtime: Runtime, other: Runtime, admin: Actor, graph: Graph, given: dict[str, Any]
) -> None:
    before = {"type": "integer", "label": LABEL}
    add_field(runtime, admin, "organization", "fleet", before)
    one = graph.create("organization", {"name": "Acme", "x_fleet": 7})
    other.follow(at_once=True)

    _change(runtime, admin, given)

    expected = {**before, **given, **({"label": {**LABEL, **given["label"]}} if "label" in given else {})}
    for each in (runtime, other):
        each.follow(at_once=True)
        assert_settled(each)
    assert _declared(other) == expected
    assert graph.read(lambda uow: get_entity(uow, one)).fields["x_fleet"] == 7
    rollback(runtime.engine)
    runtime.follow(at_once=True)
    assert _declared(runtime) == before
    assert_settled(runtime)


def test_a_part_is_taken_out_again(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", {"type": "integer", "label": LABEL, "index": True, "required": True})

    _change(runtime, admin, {"index": None, "required": None})

    assert _declared(runtime) == {"type": "integer", "label": LABEL}
    assert_settled(runtime)


def test_choices_are_added_to_those_that_are_there(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "fleet", TIER)
    one = graph.create("organization", {"name": "Acme", "x_fleet": "gold"})

    _change(runtime, admin, {"choices": SILVER})
    graph.write(lambda uow: update_entity(uow, one, {"x_fleet": "silver"}))

    assert list(_declared(runtime)["choices"]) == ["gold", "silver"]
    assert_settled(runtime)


def test_the_whole_field_is_declared_anew(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", {**TIER, "help": LABEL, "index": True})

    _change(runtime, admin, {**TIER, "choices": {**SILVER, **TIER["choices"]}}, whole=True)  # type: ignore[dict-item]

    assert "help" not in _declared(runtime)
    assert list(_declared(runtime)["choices"]) == ["silver", "gold"]
    assert_settled(runtime)


def test_values_that_two_have_are_told_before_a_field_is_made_unique(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "fleet", {"type": "text", "label": LABEL})
    for name in ("Acme", "Other"):
        graph.create("organization", {"name": name, "x_fleet": "same"})
    before = _declared(runtime), len(made_plans(runtime.engine))

    with pytest.raises(InvalidInput, match="x_fleet"):
        _change(runtime, admin, {"unique": True})

    assert (_declared(runtime), len(made_plans(runtime.engine))) == before
    assert_settled(runtime)


def test_a_wrong_change_is_refused_with_what_was_meant(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", TIER)

    with pytest.raises(InvalidInput, match='Did you mean "text"'):
        _change(runtime, admin, {"type": "texte"})
    with pytest.raises(NotFound, match="x_fleet"):
        change_field(runtime, admin, "organization", "fleat", {"required": True})


def test_what_only_the_former_type_understood_is_left_out_and_told(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "fleet", TIER)
    one = graph.create("organization", {"name": "Acme", "x_fleet": "gold"})

    left_out = _change(runtime, admin, {"type": "text"})

    assert left_out == ["choices"]
    assert _declared(runtime) == {"type": "text", "label": LABEL}
    assert graph.read(lambda uow: get_entity(uow, one)).fields["x_fleet"] == "gold"
    assert_settled(runtime)


def _found(runtime: Runtime, admin: Actor, value: str, operator: str) -> int:
    query = ListQuery("organization", filters=(Filter("x_fleet", operator, value),))
    return len(runtime.read(lambda uow: list_entities(uow, query), admin).items)


@pytest.mark.parametrize(("before", "value", "given", "after"), [
    ({"type": "integer"}, 7, {"type": "decimal", "scale": 2}, ("7", "eq")),
    ({"type": "choice", "choices": TIER["choices"]}, "gold", {"type": "text"}, ("gold", "eq")),
    ({"type": "text"}, "Élan", {"many": True}, ("Élan", "has")),
])
def test_a_wider_type_takes_the_values_over_and_other_programs_follow(
    runtime: Runtime, other: Runtime, admin: Actor, graph: Graph, before: dict[str, Any], value: object, given: dict[str, Any],
    after: tuple[str, str],
) -> None:
    add_field(runtime, admin, "organization", "fleet", {"label": LABEL, **before})
    graph.create("organization", {"name": "Acme", "x_fleet": value})
    other.follow(at_once=True)

    _change(runtime, admin, given)

    other._next_look = 0.0
    assert [_found(each, admin, *after) for each in (runtime, other)] == [1, 1]
    assert_settled(runtime)


def test_a_narrower_type_is_refused_in_the_words_of_the_planner(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "fleet", {"type": "text", "label": LABEL})
    one = graph.create("organization", {"name": "Acme", "x_fleet": "many"})

    with pytest.raises(InvalidInput, match=r"organization\.x_fleet was"):
        _change(runtime, admin, {"type": "integer"})

    assert graph.read(lambda uow: get_entity(uow, one)).fields["x_fleet"] == "many"
    assert_settled(runtime)


def test_nothing_is_done_without_consent_to_the_plan(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", {"type": "text", "label": LABEL})
    seen: list[Plan] = []

    def refuse(plan: Plan) -> bool:
        seen.append(plan)
        return False

    _change(runtime, admin, {"index": True}, agreed=refuse)

    assert "create index" in {step.action for step in seen[0].steps}
    assert {step.owner for step in seen[0].steps} == {"overlay"}
    assert _declared(runtime) == {"type": "text", "label": LABEL}
    assert_settled(runtime)


def test_a_field_that_is_searched_from_now_on_is_found_by_what_it_holds(
    runtime: Runtime, admin: Actor, graph: Graph
) -> None:
    add_field(runtime, admin, "organization", "fleet", {"type": "text", "label": LABEL})
    one = graph.create("organization", {"name": "Acme", "x_fleet": "Zebrawood"})
    before = graph.read(lambda uow: search(uow, "zebrawood"))

    _change(runtime, admin, {"search": "strong"})
    found = graph.read(lambda uow: search(uow, "zebrawood"))
    _change(runtime, admin, {"search": None})

    assert before == []
    assert [hit.id for hit in found] == [one]
    assert graph.read(lambda uow: search(uow, "zebrawood")) == []


def _is_required(uow: UnitOfWork) -> bool | str:
    return uow.registry.get("organization").fields["x_fleet"].required


def test_another_process_knows_the_change_at_its_next_look(runtime: Runtime, other: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", {"type": "text", "label": LABEL})
    other.follow(at_once=True)

    _change(runtime, admin, {"required": True})
    other._next_look = 0.0

    assert other.read(_is_required, admin) is True
