# SPDX-License-Identifier: Apache-2.0
"""Fields that administrators add, rename and retire while the program runs."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, inspect, select

from tests.factories.access import add_user
from tests.factories.graph import Graph
from xrm.audit.models import audit_entry
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import get_entity, list_entities
from xrm.entities.service import update_entity
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.jobs.models import outbox
from xrm.overlay.changing import MOST_FIELDS
from xrm.overlay.fields import add_field, rename_field, retire_field
from xrm.overlay.models import overlay, schema_version
from xrm.runtime import Runtime
from xrm.search.queries import search
from xrm.unit_of_work import Actor

pytestmark = pytest.mark.by_turns

LABEL = {"en": "Fleet size", "fr": "Taille du parc"}
NUMBER = {"type": "integer", "min": 0, "label": LABEL}
TEXT = {"type": "text", "search": "strong", "label": LABEL}


def test_a_field_that_was_added_takes_values_and_is_filtered_by(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    key = add_field(runtime, admin, "organization", "fleet", NUMBER)
    large, _ = (graph.create("organization", {"name": name, "x_fleet": size}) for name, size in (("Large", 90), ("Small", 2)))

    query = ListQuery("organization", columns=("title", "x_fleet"), filters=(Filter("x_fleet", "gt", "50"),))
    found = graph.read(lambda uow: list_entities(uow, query)).items

    assert key == "x_fleet"
    assert [(one.id, one.fields["x_fleet"]) for one in found] == [(large, 90)]


def test_a_field_that_was_added_is_searched(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "motto", TEXT)
    one = graph.create("organization", {"name": "Acme", "x_motto": "Zebrawood forever"})

    hits = graph.read(lambda uow: search(uow, "zebrawood"))

    assert [hit.id for hit in hits] == [one]


@pytest.mark.parametrize(("declaration", "path", "said"), [
    ({"type": "chioce", "label": LABEL}, "fields.x_a.type", 'Did you mean "choice"?'),
    ({"type": "text", "lable": LABEL}, "fields.x_a.lable", 'Did you mean "label"?'),
    ({"type": "link", "label": LABEL, "to": ["persn"], "if_gone": "clear"}, "fields.x_a.to", 'Did you mean "person"?'),
    ({"type": "text", "label": LABEL, "when": "nam is filled"}, "fields.x_a", "nam"),
    ({"type": "integer", "label": LABEL, "min": 5, "max": 1}, "fields.x_a", "above"),
])
def test_a_wrong_declaration_is_refused_with_path_and_remedy(
    runtime: Runtime, admin: Actor, declaration: dict[str, Any], path: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        add_field(runtime, admin, "organization", "a", declaration)

    assert caught.value.problems[0].path == path
    assert said in str(caught.value)
    assert "x_a" not in runtime.registry.get("organization").fields


def test_a_type_that_is_not_there_is_named_with_what_was_meant(runtime: Runtime, admin: Actor) -> None:
    with pytest.raises(NotFound, match='Did you mean "organization"'):
        add_field(runtime, admin, "organisation", "fleet", NUMBER)


def test_without_the_right_everywhere_nothing_is_changed(runtime: Runtime, graph: Graph) -> None:
    grants = {graph.departments.sales: ["*:*"]}
    somebody = graph.write(lambda uow: add_user(uow, "s@example.org", grants))

    with pytest.raises(PermissionDenied, match="schema:administer"):
        add_field(runtime, somebody, "organization", "fleet", NUMBER)

    with runtime.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(overlay)) == 0
        assert "x_fleet" not in {column["name"] for column in inspect(connection).get_columns("organization")}


def test_a_change_is_audited_announced_and_counted(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", NUMBER)

    with runtime.engine.connect() as connection:
        entry = connection.execute(select(audit_entry).where(audit_entry.c.action == "schema.changed")).one()
        assert (entry.actor_id, entry.subject_type) == (admin.user_id, "organization")
        assert connection.scalar(select(func.count()).where(outbox.c.event == "schema.changed")) == 1
        assert connection.scalar(select(schema_version.c.number)) == 1


def test_a_field_that_is_there_is_not_added_again(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", NUMBER)

    with pytest.raises(Conflict, match="already"):
        add_field(runtime, admin, "organization", "x_fleet", NUMBER)


def test_a_retired_field_is_hidden_and_comes_back_with_its_values(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "fleet", NUMBER)
    one = graph.create("organization", {"name": "Acme", "x_fleet": 7})

    retire_field(runtime, admin, "organization", "fleet")
    hidden = graph.read(lambda uow: get_entity(uow, one)).fields
    add_field(runtime, admin, "organization", "fleet", NUMBER)
    back = graph.read(lambda uow: get_entity(uow, one)).fields

    assert "x_fleet" not in hidden
    assert back["x_fleet"] == 7


def test_a_retired_field_does_not_come_back_as_a_type_that_cannot_hold_its_values(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", TEXT)
    retire_field(runtime, admin, "organization", "fleet")

    with pytest.raises(InvalidInput, match=r"organization\.x_fleet was"):
        add_field(runtime, admin, "organization", "fleet", NUMBER)

    assert runtime.registry.get("organization").all_fields["x_fleet"].type == "text"


def test_a_field_that_another_needs_is_not_retired(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", NUMBER)
    add_field(runtime, admin, "organization", "garage", {**TEXT, "when": "x_fleet > 3"})

    # What needs it is left out and named, not what was asked for.
    with pytest.raises(InvalidInput, match="x_garage"):
        retire_field(runtime, admin, "organization", "fleet")


@pytest.mark.parametrize("declaration", [
    {"type": "integer", "label": LABEL},
    {"type": "text", "label": LABEL},
    {"type": "tags", "label": LABEL},
])
def test_a_field_is_renamed_with_its_values(
    runtime: Runtime, admin: Actor, graph: Graph, declaration: dict[str, Any]
) -> None:
    value = {"integer": 7, "text": "Élan", "tags": ("a", "b")}[str(declaration["type"])]
    add_field(runtime, admin, "organization", "old", declaration)
    one = graph.create("organization", {"name": "Acme", "x_old": value})

    rename_field(runtime, admin, "organization", "old", "new", label={"en": "New"})

    fields = graph.read(lambda uow: get_entity(uow, one)).fields
    assert fields["x_new"] == value
    assert "x_old" not in fields
    assert runtime.registry.get("organization").fields["x_new"].label.texts == {"en": "New", "fr": LABEL["fr"]}


def test_a_renamed_field_takes_values_under_its_new_key_only(runtime: Runtime, admin: Actor, graph: Graph) -> None:
    add_field(runtime, admin, "organization", "old", NUMBER)
    one = graph.create("organization", {"name": "Acme"})
    rename_field(runtime, admin, "organization", "old", "new")

    graph.write(lambda uow: update_entity(uow, one, {"x_new": 3}))

    with pytest.raises(InvalidInput, match="x_old"):
        graph.write(lambda uow: update_entity(uow, one, {"x_old": 3}))


def test_fields_of_a_plugin_are_left_to_the_plugin(runtime: Runtime, admin: Actor) -> None:
    with pytest.raises(InvalidInput, match="plugin base"):
        retire_field(runtime, admin, "organization", "name")


def test_a_field_that_nobody_added_is_named_with_what_was_meant(runtime: Runtime, admin: Actor) -> None:
    add_field(runtime, admin, "organization", "fleet", NUMBER)

    with pytest.raises(NotFound, match="x_fleet"):
        retire_field(runtime, admin, "organization", "fleat")


def test_a_type_takes_so_many_fields_and_no_more(runtime: Runtime, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_FIELDS == 150
    monkeypatch.setattr("xrm.overlay.changing.MOST_FIELDS", 2)
    for key in ("a", "b"):
        add_field(runtime, admin, "organization", key, NUMBER)

    with pytest.raises(InvalidInput, match="takes 2 fields"):
        add_field(runtime, admin, "organization", "c", NUMBER)
