# SPDX-License-Identifier: Apache-2.0
"""Data steps of a plugin: run once, in their order, between what is generated; resumed, and taken back."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import xrm.migrate.copying
from tests.factories.evolving import Evolving, labels
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput
from xrm.migrate.asking import Choices
from xrm.migrate.drift import find_drift
from xrm.migrate.progress import interrupted
from xrm.migrate.upgrade import apply_changes, take_back
from xrm.runtime import Runtime

pytestmark = pytest.mark.by_turns

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
BEFORE = {**NAME, "length": {"type": "text"}, "port": {"type": "text"}, "flags": {"type": "tags"}}
AFTER = {**NAME, "length": {"type": "integer", "index": True}, "harbour": {"type": "text"}, "country": {"type": "text"},
         "flags": {"type": "tags"}}
LENGTH = '''
    """The length was typed with its unit."""
    ENTITY = "vessel"
    READS = ("length",)
    WRITES = ("length",)

    def upgrade(rows):
        for row in rows:
            text = row["length"]
            row["length"] = int(text.split()[0]) if text else None
'''
PORT = '''
    """The port becomes harbour and country."""
    ENTITY = "vessel"
    READS = ("port", "flags")
    WRITES = ("harbour", "country", "flags")

    def upgrade(rows):
        for row in rows:
            harbour, _, country = (row["port"] or "").partition(", ")
            row["harbour"], row["country"] = harbour or None, country or None
            row["flags"] = (*row["flags"], "seen")

    def downgrade(rows):
        for row in rows:
            row["port"] = ", ".join(part for part in (row["harbour"], row["country"]) if part) or None
            row["flags"] = tuple(flag for flag in row["flags"] if flag != "seen")
'''


def fill(evolving: Evolving) -> Runtime:
    evolving.bring_steps()
    first = evolving.applied(BEFORE)
    for number, (length, port) in enumerate([("12 m", "Brême, DE"), (None, "Nice"), ("7", None)]):
        evolving.create(first, {"name": f"Vessel {number}", "length": length, "port": port, "flags": ["a"]})
    return first


def flags(evolving: Evolving, runtime: Runtime) -> list[str]:
    return [row["flags"] for row in evolving.rows(runtime, "fleet__vessel__flags", "owner_id, position")]


def content(evolving: Evolving, runtime: Runtime) -> list[Any]:
    return [[row["length"], row["harbour"], row["harbour__key"], row["country"]] for row in evolving.rows(runtime)]


UPGRADED = [[12, "Brême", "breme", "DE"], [None, "Nice", "nice", None], [7, None, None, None]]


def test_steps_run_between_what_is_generated_in_the_order_of_their_numbers(evolving: Evolving) -> None:
    first = fill(evolving)
    evolving.bring_steps(**{"0001_split_port": PORT, "0002_length_in_metres": LENGTH})
    second = evolving.declare(AFTER, revision=2)

    steps = labels(evolving.plan(second).steps)
    apply_changes(second.engine, second.registry)

    assert [step for step in steps if not step.startswith(("add column", "note", "keep", "create index"))] == [
        "run data step fleet__vessel.harbour", "run data step fleet__vessel.length", "switch field fleet__vessel.length",
    ]
    assert steps[0].startswith("add column")
    assert steps[-1].startswith("create index")
    assert content(evolving, second) == UPGRADED
    assert flags(evolving, first) == ["a", "seen"] * 3
    assert (labels(evolving.plan(second).steps), find_drift(second.engine)) == ([], [])


def test_a_step_is_run_once_and_never_on_a_new_installation(evolving: Evolving) -> None:
    evolving.bring_steps(**{"0001_split_port": PORT})
    fields = {**AFTER, "port": {"type": "text"}}
    first = evolving.applied(fields)
    evolving.create(first, {"name": "Vessel", "harbour": "Nice", "flags": ["a"]})

    again = evolving.applied(fields, revision=2)

    assert (labels(evolving.plan(again).steps), flags(evolving, again)) == ([], ["a"])


def test_taken_back_what_the_steps_changed_is_as_before(evolving: Evolving) -> None:
    first = fill(evolving)
    before, marks = evolving.rows(first), flags(evolving, first)
    evolving.bring_steps(**{"0001_split_port": PORT, "0002_length_in_metres": LENGTH})
    second = evolving.applied(AFTER, revision=2)

    take_back(second.engine, second.registry)

    assert (evolving.rows(first), flags(evolving, first)) == (before, marks)
    assert find_drift(first.engine) == []
    assert "run data step fleet__vessel.harbour" in labels(evolving.plan(second).steps)


def test_a_step_that_fails_names_the_row_and_goes_on_when_it_is_mended(
    evolving: Evolving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xrm.migrate.copying, "BATCH", 1)
    first = fill(evolving)
    evolving.create(first, {"name": "Vessel 3", "length": "long"})
    evolving.bring_steps(**{"0001_length_in_metres": LENGTH})
    fields = {**AFTER, "port": {"type": "text"}}
    second = evolving.declare(fields, revision=2)

    with pytest.raises(InvalidInput, match=r"0001_length_in_metres.py, line 10, fails at .*Vessel 3.*'long'.*invalid literal"):
        apply_changes(second.engine, second.registry)
    assert interrupted(second.engine) is not None
    mended = LENGTH.replace("split()[0]) if text", 'split()[0]) if text and text != "long"')
    evolving.bring_steps(**{"0001_length_in_metres": mended})
    third = evolving.declare(fields, revision=2)
    apply_changes(third.engine, third.registry)

    assert [row["length"] for row in evolving.rows(third)] == [12, None, 7, None]
    assert (labels(evolving.plan(third).steps), find_drift(third.engine), interrupted(third.engine)) == ([], [], None)


BUDGET = """
    ENTITY = "vessel"
    READS = ("budget",)
    WRITES = ("amount", "tags")

    def upgrade(rows):
        for row in rows:
            row["amount"] = int(row["budget"]) if row["budget"] else None
            row["tags"] = (*row["tags"], "counted")
"""
BUDGET_BACK = BUDGET + """
    def downgrade(rows):
        for row in rows:
            row["tags"] = tuple(tag for tag in row["tags"] if tag != "counted")
"""


@pytest.mark.parametrize("step", [BUDGET, BUDGET_BACK])
def test_going_back_ends_although_somebody_typed_what_the_step_cannot_read(evolving: Evolving, step: str) -> None:
    fields: dict[str, Any] = {**NAME, "budget": {"type": "text"}, "tags": {"type": "tags"}}
    evolving.bring_steps()
    first = evolving.applied(fields)
    ids = [evolving.create(first, {"name": name, "budget": "7", "tags": ["a"]}) for name in ("A", "B", "C")]
    evolving.bring_steps(**{"0001_budget": step})
    second = evolving.applied({**fields, "amount": {"type": "integer"}}, revision=2)
    second.write(partial(update_entity, entity_id=ids[1], raw={"budget": "about 1.5 M"}), evolving.admin)

    take_back(second.engine, second.registry)

    assert [row["budget"] for row in evolving.rows(first)] == ["7", "about 1.5 M", "7"]
    kept = [row["tags"] for row in evolving.rows(first, "fleet__vessel__tags", "owner_id, position")]
    assert kept == (["a", "a", "a"] if step == BUDGET_BACK else ["a", "a", "counted", "a"])
    assert (interrupted(second.engine), find_drift(second.engine)) == (None, [])


def test_a_value_that_the_field_cannot_take_is_refused_with_the_row(evolving: Evolving) -> None:
    fill(evolving)
    evolving.bring_steps(**{"0001_length_in_metres": LENGTH.replace("int(text.split()[0])", '"twelve"')})
    second = evolving.declare({**AFTER, "port": {"type": "text"}}, revision=2)

    with pytest.raises(InvalidInput, match=r"gives length of .*Vessel"):
        apply_changes(second.engine, second.registry)
    take_back(second.engine, second.registry)

    assert find_drift(second.engine) == []


WRONG = [
    ({"first": LENGTH}, "call it NNNN_name.py"),
    ({"0001_a": "ENTITY ="}, "fails when it is read: SyntaxError"),
    ({"0001_a": 'ENTITY = "customer"\nWRITES = ("name",)\ndef upgrade(rows): pass'}, "no type of fleet. Name one of: vessel"),
    ({"0001_a": 'ENTITY = "vessel"\nWRITES = ("nmae",)\ndef upgrade(rows): pass'}, "no field nmae.* Did you mean .name"),
    ({"0001_a": 'ENTITY = "vessel"\nWRITES = ("name",)'}, r"define upgrade\(rows\)"),
    ({"0001_a": 'ENTITY = "vessel"\nWRITES = "name"\ndef upgrade(rows): pass'}, "WRITES lists keys of fields"),
    ({"0001_a": LENGTH, "0001_b": LENGTH}, "0001_a.py, 0001_b.py have the same number"),
    ({"0001_a": LENGTH, "0002_b": LENGTH}, "an earlier step that waits changes length too"),
]


def test_a_file_that_is_no_step_is_named_before_anything_is_done(evolving: Evolving) -> None:
    fill(evolving)
    for sources, expected in WRONG:
        evolving.bring_steps(**sources)
        second = evolving.declare({**AFTER, "port": {"type": "text"}}, revision=2)

        with pytest.raises(InvalidInput, match=expected):
            apply_changes(second.engine, second.registry)


FORGETTING = """
    ENTITY = "vessel"
    WRITES = ("port", "flags")

    def upgrade(rows):
        for row in rows:
            row["port"], row["flags"] = None, ("gone",)
"""


def test_what_was_changed_in_place_comes_back_without_a_way_back_of_the_step(
    evolving: Evolving, caplog: pytest.LogCaptureFixture
) -> None:
    first = fill(evolving)
    before, marks = evolving.rows(first), flags(evolving, first)
    evolving.bring_steps(**{"0001_forget_ports": FORGETTING})
    second = evolving.applied(BEFORE, revision=2)
    assert ([row["port"] for row in evolving.rows(second)], flags(evolving, second)) == ([None] * 3, ["gone"] * 3)
    edited = evolving.rows(second)[1]["id"]
    with second.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE fleet__vessel SET port = 'Brest' WHERE name = 'Vessel 1'")

    take_back(second.engine, second.registry)

    assert [row["port"] for row in evolving.rows(first)] == [before[0]["port"], "Brest", before[2]["port"]]
    assert sorted(flags(evolving, first)) == sorted([*marks[:2], "gone"])
    assert "no downgrade" in caplog.text
    assert edited
    assert find_drift(first.engine) == []


def test_the_way_back_of_a_step_is_asked_only_for_rows_that_changed_since(evolving: Evolving) -> None:
    fields = {**NAME, "code": {"type": "text"}, "size": {"type": "integer"}}
    step = """
        ENTITY = "vessel"
        READS = ("code",)
        WRITES = ("code",)

        def upgrade(rows):
            for row in rows:
                row["code"] = (row["code"] or "").upper() or None

        def downgrade(rows):
            for row in rows:
                row["code"] = "asked"
    """
    evolving.bring_steps()
    first = evolving.applied(fields)
    for name, code in (("A", "abc"), ("B", "Def"), ("C", None)):
        evolving.create(first, {"name": name, "code": code, "size": 1})
    evolving.bring_steps(**{"0001_capitals": step})
    second = evolving.applied({**fields, "size": {"type": "text"}}, revision=2)
    with second.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE fleet__vessel SET code = 'XYZ' WHERE name = 'B'")

    take_back(second.engine, second.registry)

    assert [row["code"] for row in evolving.rows(first)] == ["abc", "asked", None]


def test_a_field_that_was_retired_long_ago_can_be_read(evolving: Evolving) -> None:
    fill(evolving)
    evolving.applied({**NAME, "length": {"type": "text"}}, revision=2)
    evolving.bring_steps(**{"0001_split_port": PORT})
    fields = {key: one for key, one in AFTER.items() if key != "length"}

    third = evolving.applied({**fields, "length": {"type": "text"}}, revision=3)

    assert [row["harbour"] for row in evolving.rows(third)] == ["Brême", "Nice", None]


def test_the_old_column_of_a_converted_field_goes_with_the_contract(evolving: Evolving) -> None:
    fill(evolving)
    evolving.bring_steps(**{"0001_split_port": PORT, "0002_length_in_metres": LENGTH})
    second = evolving.declare(AFTER, revision=2)

    apply_changes(second.engine, second.registry, choices=Choices(contract_now=True))

    assert content(evolving, second) == UPGRADED
    assert not [name for name in evolving.rows(second)[0] if name.startswith("former")]
    assert (labels(evolving.plan(second).steps), find_drift(second.engine)) == ([], [])
