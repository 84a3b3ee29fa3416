# SPDX-License-Identifier: Apache-2.0
"""Who owns a table, a column, an index, a step."""

from __future__ import annotations

import pytest

from xrm.migrate.catalog import TableState
from xrm.migrate.former import declared_types
from xrm.migrate.owners import Owners, narrowed
from xrm.migrate.steps import Step

pytestmark = pytest.mark.by_turns

DECLARED = {
    "base": [{"entity": "organization", "kind": "party", "fields": {"name": {}}}],
    "press": [{"entity": "outlet", "fields": {"name": {}}}],
    "overlay": [
        {"entity": "visit", "fields": {"subject": {}}},
        {"entity": "outlet", "extends": "press__outlet", "fields": {"x_tags": {}}, "renamed": {"x_old": "x_tags"}},
    ],
}
OWNERS = Owners(declared_types(DECLARED))


@pytest.mark.parametrize(("table", "owner"), [
    ("entity", "core"), ("organization", "base"), ("organization__phones", "base"), ("press__outlet", "press"),
    ("press__outlet__areas", "press"), ("press__outlet__x_tags", "overlay"), ("press__outlet__x_gone", "overlay"),
    ("x__visit", "overlay"), ("x__visit__places", "overlay"), ("x__gone", "overlay"), ("gone__thing", "gone"),
])
def test_a_table_belongs_to_whom_declared_it(table: str, owner: str) -> None:
    assert OWNERS.table(table) == owner


@pytest.mark.parametrize(("column", "owner"), [
    ("name", "press"), ("x_tier", "overlay"), ("x_tier__key", "overlay"), ("coming__x_tier", "overlay"),
    ("former2__x_tier", "overlay"), ("former__name", "press"), ("box_x_size", "press"),
])
def test_a_column_belongs_to_whom_declared_its_field(column: str, owner: str) -> None:
    assert OWNERS.column("press__outlet", column) == owner


@pytest.mark.parametrize(("table", "definition", "owner"), [
    ("press__outlet", "CREATE INDEX ix_press__outlet_name ON press__outlet (name)", "press"),
    ("press__outlet", "CREATE UNIQUE INDEX uq_press__outlet_x_tier ON press__outlet (x_tier__key)", "overlay"),
    ("press__outlet", 'CREATE INDEX i ON press__outlet ("x_tier", id)', "overlay"),
    ("press__outlet", "FOREIGN KEY(visit) REFERENCES x__visit (id)", "press"),
    ("x__visit", "FOREIGN KEY(id) REFERENCES entity (id)", "overlay"),
])
def test_an_index_belongs_to_whom_declared_a_field_in_it(table: str, definition: str, owner: str) -> None:
    assert OWNERS.part(table, definition) == owner


@pytest.mark.parametrize(("step", "owner"), [
    (Step("", "add column", "press__outlet.name"), "press"),
    (Step("", "add column", "press__outlet.x_tier"), "overlay"),
    (Step("", "create index", "ix_a", ("CREATE INDEX ix_a ON press__outlet (x_tier)",), note="press__outlet"), "overlay"),
    (Step("", "drop index", "ix_b", ("DROP INDEX ix_b",), ("CREATE INDEX ix_b ON press__outlet (name)",), note="press__outlet"),
     "press"),
    (Step("", "create table", "press__outlet__x_tags"), "overlay"),
])
def test_a_step_belongs_to_whom_it_is_for(step: Step, owner: str) -> None:
    assert OWNERS.step(step) == owner


def _state(*columns: str) -> TableState:
    return TableState(dict.fromkeys(columns, "TEXT"), {}, {f"ix_{one}": f"CREATE INDEX ix_{one} ON t ({one})" for one in columns})


def test_of_all_others_what_was_applied_is_wanted() -> None:
    before = {"press__outlet": _state("name", "x_tier"), "press__gone": _state("id")}
    after = {"press__outlet": _state("name", "city", "x_tier", "x_level"), "press__new": _state("id"), "x__visit": _state("id")}

    plugin = narrowed(before, after, {}, "press", OWNERS)
    overlay = narrowed(before, after, {}, "overlay", OWNERS)

    assert set(plugin) == {"press__outlet", "press__new"}
    assert set(plugin["press__outlet"].columns) == {"name", "city", "x_tier"}
    assert set(overlay) == {"press__outlet", "press__gone", "x__visit"}
    assert set(overlay["press__outlet"].columns) == {"name", "x_tier", "x_level"}
    assert set(overlay["press__outlet"].indexes) == {"ix_name", "ix_x_tier", "ix_x_level"}


def test_what_is_kept_of_former_fields_is_wanted_by_nobody() -> None:
    before = {"press__outlet": _state("name", "x_old"), "press__outlet__areas": _state("areas")}
    kept = {"press__outlet": {"x_old"}, "press__outlet__areas": {""}}

    found = narrowed(before, {"press__outlet": _state("name")}, kept, "base", OWNERS)

    assert set(found) == {"press__outlet"}
    assert set(found["press__outlet"].columns) == {"name"}
