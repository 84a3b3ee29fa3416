# SPDX-License-Identifier: Apache-2.0
"""What administrators added beside what plugins declare: a broken row stops nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import text

from xrm.db.ids import new_id
from xrm.overlay.additions import Addition, Overlay
from xrm.overlay.comparison import changes_since, list_fields
from xrm.overlay.fields import add_field, base_of, retire_field
from xrm.overlay.merging import merge
from xrm.runtime import Runtime, open_runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor

LABEL = {"en": "Fleet", "fr": "Parc"}
FIELD = {"type": "integer", "label": LABEL}
VISIT = {
    "entity": "visit", "kind": "record", "title": "{subject}",
    "label": {"en": {"one": "visit", "many": "visits"}, "fr": {"one": "visite", "many": "visites", "gender": "f"}},
    "fields": {"subject": {"type": "text", "label": {"en": "Subject", "fr": "Sujet"}}},
}


def _field(key: str, declaration: Mapping[str, object], type_name: str = "organization") -> Addition:
    return Addition(new_id(), "field", type_name, key, declaration, 1)


def test_only_what_does_not_fit_is_left_out(runtime: Runtime) -> None:
    good, bad = _field("x_good", FIELD), _field("x_bad", {"type": "nothing", "label": LABEL})

    registry, misfits = runtime.assemble(Overlay(1, (bad, good)))

    assert "x_good" in registry.get("organization").fields
    assert [misfit.addition.key for misfit in misfits] == ["x_bad"]


def test_fields_that_need_each_other_stay_when_a_third_is_broken(runtime: Runtime) -> None:
    needing = _field("x_a", {**FIELD, "when": "x_b > 1"})
    registry, misfits = runtime.assemble(Overlay(1, (needing, _field("x_c", {}), _field("x_b", FIELD))))

    assert {"x_a", "x_b"} <= set(registry.get("organization").fields)
    assert [misfit.addition.key for misfit in misfits] == ["x_c"]


def test_a_field_of_a_type_that_is_gone_is_named(runtime: Runtime) -> None:
    _, misfits = runtime.assemble(Overlay(1, (_field("x_a", FIELD, "outlet"),)))

    assert "outlet" in str(misfits[0].problems[0])


def test_a_type_of_its_own_is_part_of_the_registry(runtime: Runtime) -> None:
    one = Addition(new_id(), "type", "visit", "", VISIT, 1)

    registry, misfits = runtime.assemble(Overlay(1, (one, _field("x_a", FIELD, "visit"))))

    assert misfits == ()
    assert registry.get("visit").table.name == "x__visit"
    assert list(registry.get("visit").fields) == ["subject", "x_a"]


def test_a_type_that_a_plugin_declares_too_gives_way(runtime: Runtime) -> None:
    one = Addition(new_id(), "type", "organization", "", {**VISIT, "entity": "organization"}, 1)

    registry, misfits = runtime.assemble(Overlay(1, (one,)))

    assert registry.get("organization").plugin == "base"
    assert "base" in str(misfits[0].problems[0])


def test_only_records_are_added_as_types(runtime: Runtime) -> None:
    one = Addition(new_id(), "type", "visit", "", {**VISIT, "kind": "party"}, 1)

    _, misfits = runtime.assemble(Overlay(1, (one,)))

    assert "record" in str(misfits[0].problems[0])


def test_a_broken_row_does_not_keep_the_program_from_starting(runtime: Runtime, settings: Settings, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", FIELD)
    add_field(runtime, admin, "organization", "garage", FIELD)
    with runtime.engine.begin() as connection:
        connection.execute(text("UPDATE overlay SET declaration = 'no JSON at all' WHERE key = 'x_fleet'"))

    opened = open_runtime(settings)

    assert "x_garage" in opened.registry.get("organization").fields
    assert [misfit.addition.key for misfit in opened.misfits] == ["x_fleet"]
    assert [one.state for one in list_fields(opened, admin)] == ["left out", "in use"]
    retire_field(opened, admin, "organization", "fleet")
    assert opened.misfits == ()
    opened.close()


def test_a_plugin_that_changes_a_type_leaves_what_was_added(runtime: Runtime) -> None:
    declared = runtime.host.declarations()
    (customer,) = [one for one in declared.entities if one.name == "customer"]
    upgraded = replace(customer, fields={key: field for key, field in customer.fields.items() if key != "number"}, revision=2)
    others = tuple(upgraded if one is customer else one for one in declared.entities)

    merged = merge(replace(declared, entities=others), (_field("x_a", FIELD, "customer"),), runtime.host.field_types())

    (found,) = [one for one in merged.declarations.entities if one.name == "customer"]
    assert "x_a" in found.fields
    assert "number" not in found.fields


def test_what_a_plugin_changed_since_is_shown_then_and_now(runtime: Runtime) -> None:
    then = base_of(runtime, "customer")
    now = json.loads(then)
    now["fields"]["number"]["length"] = 99
    del now["icon"]

    found = {change.path: (change.then, change.now) for change in changes_since(then, json.dumps(now))}

    assert set(found) == {"icon", "fields.number.length"}
    assert found["fields.number.length"][1] == 99
    assert found["icon"][1] is None


def test_the_list_shows_the_origin_of_each_field(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "customer", "fleet", FIELD)

    listed = {one.key: one.origin for one in list_fields(runtime, admin, "customer")}

    assert listed["x_fleet"] == "overlay"
    assert listed["number"] == "base"
