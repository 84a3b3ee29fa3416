# SPDX-License-Identifier: Apache-2.0
"""Two catalogs differ in named parts; a state goes through its text unchanged."""

from __future__ import annotations

from xrm.migrate.catalog import Difference, TableState, as_json, as_line, differences, from_json

THING = TableState(
    {"id": "INTEGER NOT NULL", "name": "TEXT"}, {"primary key": "PRIMARY KEY (id)"},
    {"ix_thing_name": "CREATE INDEX ix_thing_name ON thing(name)"},
)


def test_equal_catalogs_have_no_differences() -> None:
    other_order = TableState({"name": "TEXT", "id": "INTEGER NOT NULL"}, dict(THING.constraints), dict(THING.indexes))

    assert differences({"thing": THING}, {"thing": other_order}) == []


def test_a_new_table_is_one_difference() -> None:
    assert differences({}, {"thing": THING}) == [Difference("thing", "table", "thing", None, as_line(THING))]


def test_a_missing_table_is_one_difference() -> None:
    assert differences({"thing": THING}, {}) == [Difference("thing", "table", "thing", as_line(THING), None)]


def test_each_part_that_is_new_gone_or_changed_is_a_difference() -> None:
    constraints = {"check 1": "CHECK (id > 0)", **THING.constraints}
    after = TableState({"id": "INTEGER NOT NULL", "name": "TEXT NOT NULL"}, constraints, {})

    assert differences({"thing": THING}, {"thing": after}) == [
        Difference("thing", "column", "name", "TEXT", "TEXT NOT NULL"),
        Difference("thing", "constraint", "check 1", None, "CHECK (id > 0)"),
        Difference("thing", "index", "ix_thing_name", "CREATE INDEX ix_thing_name ON thing(name)", None),
    ]


def test_differences_come_by_table_and_name() -> None:
    before = {"b": THING, "a": THING}
    after = {"c": THING, "a": TableState({"z": "TEXT", "y": "TEXT"}, THING.constraints, THING.indexes)}

    assert [(one.table, one.name) for one in differences(before, after)] == [
        ("a", "id"), ("a", "name"), ("a", "y"), ("a", "z"), ("b", "b"), ("c", "c"),
    ]


def test_a_state_goes_through_its_text_unchanged() -> None:
    state = TableState({'größe "x"': "TEXT DEFAULT 'é'"}, {}, {})

    assert from_json(as_json(state)) == state
    assert "größe" in as_json(state)


def test_equal_states_have_the_same_text() -> None:
    other_order = TableState({"name": "TEXT", "id": "INTEGER NOT NULL"}, dict(THING.constraints), dict(THING.indexes))

    assert as_json(other_order) == as_json(THING)


def test_a_table_reads_as_one_line() -> None:
    assert as_line(THING) == "id INTEGER NOT NULL, name TEXT, PRIMARY KEY (id), CREATE INDEX ix_thing_name ON thing(name)"
