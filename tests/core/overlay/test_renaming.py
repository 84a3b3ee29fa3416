# SPDX-License-Identifier: Apache-2.0
"""A field of administrators that is renamed: its values go with it, whoever writes meanwhile, and come back with it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from tests.factories.graph import Graph
from tests.factories.settled import assert_settled
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entities, prepare, update_entity
from xrm.errors import Conflict
from xrm.migrate.apply import rollback
from xrm.migrate.asking import Choices
from xrm.migrate.progress import interrupted, made_plans
from xrm.migrate.running import run_step
from xrm.migrate.steps import Step
from xrm.migrate.upgrade import apply_changes, plan_for
from xrm.overlay.fields import add_field, rename_field, retire_field
from xrm.overlay.models import overlay
from xrm.overlay.queries import load_overlay
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork

pytestmark = pytest.mark.by_turns

LABEL = {"en": "Fleet: 50 %", "fr": "Parc « l'entier »"}
TEXT = {"type": "text", "index": True, "label": LABEL}


def _values(graph: Graph, key: str, some: list[uuid.UUID]) -> list[object]:
    return graph.read(lambda uow: [get_entity(uow, one).fields[key] for one in some])


def _firms(graph: Graph, rows: int) -> list[uuid.UUID]:
    def make(uow: UnitOfWork) -> list[uuid.UUID]:
        return create_entities(uow, [
            prepare(uow, "organization", {"name": f"Firm {one}", "x_old": f"first {one}"}, department=graph.departments.sales)
            for one in range(rows)
        ])

    return graph.write(make)


@contextmanager
def _writing(other: Runtime, admin: Actor, some: list[uuid.UUID]) -> Iterator[dict[uuid.UUID, str]]:
    """A program that goes on writing to the key it knows; what it wrote last to each."""
    written: dict[uuid.UUID, str] = {}
    stop = threading.Event()
    other._next_look = float("inf")  # it learns of nothing meanwhile

    def write() -> None:
        number = 0
        while not stop.is_set():
            one, text = some[number % len(some)], f"late {number}"
            other.write(lambda uow: update_entity(uow, one, {"x_old": text}), admin)  # runs at once
            written[one] = text
            number += 1
            time.sleep(0.002)  # SQLite lets others in only when somebody waits

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(("rows", "batch"), [(300, 40), pytest.param(20_000, 5_000, marks=pytest.mark.deep)])
def test_values_go_along_in_batches_while_another_program_writes_to_the_old_key(
    runtime: Runtime, other: Runtime, admin: Actor, graph: Graph, monkeypatch: pytest.MonkeyPatch, rows: int, batch: int
) -> None:
    monkeypatch.setattr("xrm.migrate.copying.BATCH", batch)
    add_field(runtime, admin, "organization", "old", TEXT)
    other.follow(at_once=True)
    made = _firms(graph, rows)

    with _writing(other, admin, made[:: rows // 20]) as written:
        while len(written) < 5:
            time.sleep(0.001)
        rename_field(runtime, admin, "organization", "old", "new")
        known = len(written)
        while known == len(written) < 20:
            time.sleep(0.001)

    expected = {one: written.get(one, f"first {number}") for number, one in enumerate(made)}
    columns = runtime.registry.get("organization").table.c
    with runtime.engine.connect() as connection:
        assert {row.id: row.x_new for row in connection.execute(select(columns.id, columns.x_new))} == expected
    assert_settled(runtime)


def test_taking_back_a_rename_gives_back_key_values_and_declaration(
    runtime: Runtime, other: Runtime, admin: Actor, graph: Graph
) -> None:
    add_field(runtime, admin, "organization", "old", TEXT)
    before = load_overlay(runtime.engine).additions
    one = graph.create("organization", {"name": "Acme", "x_old": "Élan"})
    rename_field(runtime, admin, "organization", "old", "new", label={"en": "New"})
    graph.write(lambda uow: update_entity(uow, one, {"x_new": "later"}))

    rollback(runtime.engine)

    for each in (runtime, other):
        each.follow(at_once=True)
        assert_settled(each)
        assert "x_new" not in each.registry.get("organization").all_fields
    assert load_overlay(runtime.engine).additions == before
    assert _values(graph, "x_old", [one]) == ["later"]


def test_taking_back_an_added_field_takes_its_row_and_column(runtime: Runtime, other: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", {"type": "tags", "label": LABEL})
    other.follow(at_once=True)

    rollback(runtime.engine)

    for each in (runtime, other):
        each.follow(at_once=True)
        assert_settled(each)
        assert "x_fleet" not in each.registry.get("organization").all_fields
    assert load_overlay(runtime.engine).additions == ()


def test_taking_back_that_a_field_was_retired_shows_it_again(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "fleet", TEXT)
    one = graph.create("organization", {"name": "Acme", "x_fleet": "Élan"})
    retire_field(runtime, admin, "organization", "fleet")

    rollback(runtime.engine)
    runtime.follow(at_once=True)

    assert _values(graph, "x_fleet", [one]) == ["Élan"]
    assert_settled(runtime)


def test_a_field_that_is_renamed_twice_and_back_keeps_its_values(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "a", TEXT)
    one = graph.create("organization", {"name": "Acme", "x_a": "Élan"})

    for old, new in (("a", "b"), ("b", "c"), ("c", "a")):
        rename_field(runtime, admin, "organization", old, new)
        graph.write(lambda uow: update_entity(uow, one, {f"x_{new}": f"of {new}"}))  # runs at once
        assert _values(graph, f"x_{new}", [one]) == [f"of {new}"]
        assert_settled(runtime)

    assert load_overlay(runtime.engine).additions[0].former == ("x_b", "x_c")


def test_the_former_key_is_not_given_to_another_field(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "a", TEXT)
    add_field(runtime, admin, "organization", "other", TEXT)
    rename_field(runtime, admin, "organization", "a", "b")

    with pytest.raises(Conflict, match="called x_b now"):
        add_field(runtime, admin, "organization", "a", TEXT)
    with pytest.raises(Conflict, match="called x_b now"):
        rename_field(runtime, admin, "organization", "other", "a")


def test_the_column_of_the_former_key_goes_when_an_operator_says_so(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "old", TEXT)
    one = graph.create("organization", {"name": "Acme", "x_old": "Élan"})
    rename_field(runtime, admin, "organization", "old", "new")

    waiting = plan_for(runtime.engine, runtime.registry).later
    others = plan_for(runtime.engine, runtime.registry, Choices(only="base", contract_now=True)).steps
    apply_changes(runtime.engine, runtime.registry, choices=Choices(only="overlay", contract_now=True))

    assert [(step.owner, step.action, step.target) for step in waiting] == [("overlay", "drop field", "organization.x_old")]
    assert others == ()
    assert plan_for(runtime.engine, runtime.registry).later == ()
    assert _values(graph, "x_new", [one]) == ["Élan"]
    assert_settled(runtime)


class _Killed(BaseException):
    """Nobody catches it, as nobody catches a kill."""


def _rename_until(runtime: Runtime, admin: Actor, monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    """A rename that ends before the step of this action."""

    def run(*arguments: object) -> None:
        step = arguments[3]
        assert isinstance(step, Step)
        if step.action == last:
            raise _Killed
        run_step(*arguments)  # type: ignore[arg-type]  # as they came

    with monkeypatch.context() as patch:
        patch.setattr("xrm.migrate.apply.run_step", run)
        with pytest.raises(_Killed):
            rename_field(runtime, admin, "organization", "old", "new")


@pytest.mark.parametrize("last", ["copy values", "declare"])
def test_an_interrupted_rename_goes_on_and_the_field_has_its_new_key(
    runtime: Runtime, admin: Actor, graph: Graph, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    add_field(runtime, admin, "organization", "old", TEXT)
    one = graph.create("organization", {"name": "Acme", "x_old": "Élan"})
    _rename_until(runtime, admin, monkeypatch, last)
    assert interrupted(runtime.engine) is not None
    assert _values(graph, "x_old", [one]) == ["Élan"]

    apply_changes(runtime.engine, runtime.registry)
    runtime.follow(at_once=True)

    assert _values(graph, "x_new", [one]) == ["Élan"]
    assert_settled(runtime)


def test_an_interrupted_rename_is_taken_back(
    runtime: Runtime, admin: Actor, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_field(runtime, admin, "organization", "old", TEXT)
    one = graph.create("organization", {"name": "Acme", "x_old": "Élan"})
    _rename_until(runtime, admin, monkeypatch, "declare")

    rollback(runtime.engine)

    assert _values(graph, "x_old", [one]) == ["Élan"]
    assert_settled(runtime)


def test_the_steps_of_administrators_are_theirs_in_the_ledger(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "old", TEXT)
    rename_field(runtime, admin, "organization", "old", "new")

    last = made_plans(runtime.engine)[-1]

    assert {step.owner for step in last.steps} == {"overlay"}
    assert last.actor == admin.name
    assert [step.action for step in last.steps][-1] == "declare"


def test_texts_with_quotes_and_percent_signs_are_stored_as_they_are(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "old", {**TEXT, "pattern": "a\\d%s'"})

    (one,) = load_overlay(runtime.engine).additions

    assert one.declaration["label"] == LABEL
    assert one.declaration["pattern"] == "a\\d%s'"
    with runtime.engine.connect() as connection:
        row = connection.execute(select(overlay.c.created_by, overlay.c.created_at)).one()
    assert row.created_by == admin.user_id
    assert row.created_at.tzinfo is not None


def _keys(uow: UnitOfWork) -> set[str]:
    return set(uow.registry.get("organization").fields)


def test_another_process_knows_the_new_key_at_its_next_look(runtime: Runtime, other: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "old", TEXT)
    rename_field(runtime, admin, "organization", "old", "new")
    other._next_look = 0.0

    assert {"x_new", "x_old"} & other.read(_keys, admin) == {"x_new"}
