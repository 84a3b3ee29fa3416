# SPDX-License-Identifier: Apache-2.0
"""The history of an entity: only what the reader may read, and putting fields or a moment back."""

from __future__ import annotations

import json
import uuid
from datetime import date

import pytest
from sqlalchemy import select

from tests.factories.graph import Graph
from xrm.audit.models import audit_entry, audit_value
from xrm.contact_points.service import add_contact_point
from xrm.entities.queries import get_entity
from xrm.entities.removal import delete_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import Conflict, NotFound, PermissionDenied
from xrm.history.queries import HistoryEntry, entity_history
from xrm.history.restoring import differences_since
from xrm.history.service import erase_values, put_back, restore_moment
from xrm.interactions.service import record_interaction
from xrm.relationships.service import relate, remove_relationship
from xrm.roles.service import delete_role, start_role, update_role
from xrm.unit_of_work import Actor, UnitOfWork

CANARY = "Zyzzogeton"
READER = ["organization:read", "person:read", "customer:read", "contact_point:read", "interaction:read", "works_for:read"]


def history(graph: Graph, one: uuid.UUID, actor: Actor | None = None, field: str = "") -> list[HistoryEntry]:
    return list(graph.read(lambda uow: entity_history(uow, one, field=field), actor).items)


def actions(entries: list[HistoryEntry]) -> list[str]:
    return [change.action for entry in entries for change in entry.changes]


def rename(graph: Graph, one: uuid.UUID, *names: str) -> None:
    for name in names:
        graph.write(lambda uow, name=name: update_entity(uow, one, {"name": name}))  # type: ignore[misc]


def test_tells_who_changed_what_from_what_to_what_newest_first(graph: Graph) -> None:
    one = graph.organization("Acme")
    rename(graph, one, "Acme Ltd")

    entries = history(graph, one)

    assert actions(entries) == ["entity.updated", "entity.created"]
    assert entries[0].changes[0].fields == {"name": ("Acme", "Acme Ltd")}
    assert (entries[0].actor, entries[0].via) == ("admin", graph.admin.via)


def test_what_others_may_not_see_is_not_there(graph: Graph) -> None:
    one = graph.organization("Acme")
    other = graph.person("Seen")
    press = graph.departments.press

    def plant(uow: UnitOfWork) -> None:
        role = start_role(uow, one, "customer", {"number": CANARY}, department=press)
        gone = start_role(uow, one, "distributor", {}, department=press)
        update_role(uow, role, {"number": f"{CANARY}2"})
        delete_role(uow, gone)
        add_contact_point(uow, one, "email", f"{CANARY}@example.org", department=press)
        record_interaction(uow, "note", department=press, participants=[one], subject=CANARY)
        link = relate(uow, "works_for", other, one, values={"job_title": CANARY}, department=press)
        remove_relationship(uow, link)
        # One unit of work that touches both departments keeps them apart.
        update_entity(uow, one, {"name": "Acme Ltd"})

    graph.write(plant)
    reader = graph.user({graph.departments.sales: READER})

    entries = history(graph, one, reader)

    assert actions(entries) == ["entity.updated", "entity.created"]
    assert CANARY not in repr(entries)
    assert CANARY in repr(history(graph, one))


def test_entries_of_two_departments_are_kept_apart_in_the_log(graph: Graph) -> None:
    sales, press = graph.departments.sales, graph.departments.press

    def write(uow: UnitOfWork) -> uuid.UUID:
        one = create_entity(uow, "organization", {"name": "A"}, department=sales)
        start_role(uow, one, "customer", {"number": CANARY}, department=press)
        return one

    one = graph.write(write)
    statement = select(audit_entry.c.department_id, audit_value.c.changes).join(audit_value).where(audit_entry.c.entity_id == one)
    rows = graph.read(lambda uow: uow.execute(statement).all())

    kept = {row.department_id: [change["action"] for change in json.loads(row.changes)] for row in rows}
    assert kept == {sales: ["entity.created"], press: ["role.started"]}


def test_roles_that_are_shown_stay_in_the_history_after_they_were_removed(graph: Graph) -> None:
    one = graph.organization()
    role = graph.role(one, values={"number": "C1"})
    graph.write(lambda uow: delete_role(uow, role))

    reader = graph.user({graph.departments.sales: READER})

    assert actions(history(graph, one, reader)) == ["role.deleted", "role.started", "entity.created"]
    without = graph.user({graph.departments.sales: ["organization:read"]})
    assert actions(history(graph, one, without)) == ["entity.created"]


def test_who_does_not_see_the_entity_sees_no_history(graph: Graph) -> None:
    one = graph.organization(CANARY)
    stranger = graph.user({graph.departments.press: READER})

    with pytest.raises(NotFound):
        history(graph, one, stranger)
    graph.write(lambda uow: delete_entity(uow, one))
    with pytest.raises(NotFound):
        history(graph, one)


def test_pages_follow_each_other_and_a_field_is_filtered(graph: Graph) -> None:
    one = graph.organization("0")
    rename(graph, one, "1", "2", "3")
    graph.write(lambda uow: update_entity(uow, one, {"city": "Lyon"}))

    first = graph.read(lambda uow: entity_history(uow, one, limit=3))
    second = graph.read(lambda uow: entity_history(uow, one, limit=3, before=first.next))

    assert [len(first.items), len(second.items), second.next] == [3, 2, None]
    assert actions(history(graph, one, field="city")) == ["entity.updated"]
    assert len(history(graph, one, field="name")) == 4
    assert history(graph, one, field="nothing") == []


def test_pages_are_full_although_entries_between_are_hidden(graph: Graph) -> None:
    one = graph.organization("0")
    press = graph.departments.press
    for _ in range(5):
        graph.write(lambda uow: record_interaction(uow, "note", department=press, participants=[one], subject="x"))
    rename(graph, one, "1", "2")
    reader = graph.user({graph.departments.sales: READER})

    page = graph.read(lambda uow: entity_history(uow, one, limit=2), reader)
    rest = graph.read(lambda uow: entity_history(uow, one, limit=2, before=page.next), reader)

    assert (len(page.items), actions(list(rest.items))) == (2, ["entity.created"])


def test_a_field_is_put_back_and_that_can_be_undone(graph: Graph) -> None:
    one = graph.organization("Acme")
    graph.write(lambda uow: update_entity(uow, one, {"name": "Typo", "city": "Lyon"}))
    entry = history(graph, one)[0]

    graph.write(lambda uow: put_back(uow, one, entry.id, fields=["name"], version=2))
    found = graph.read(lambda uow: get_entity(uow, one))
    assert (found.title, found.fields["city"], found.version) == ("Acme", "Lyon", 3)

    again = history(graph, one)[0]
    graph.write(lambda uow: put_back(uow, one, again.id, version=3))
    assert graph.read(lambda uow: get_entity(uow, one)).title == "Typo"


def test_putting_back_asks_for_the_version_and_the_right(graph: Graph) -> None:
    one = graph.organization("Acme")
    rename(graph, one, "Typo")
    entry = history(graph, one)[0]
    reader = graph.user({graph.departments.sales: READER})

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: put_back(uow, one, entry.id), reader)
    with pytest.raises(Conflict):
        graph.write(lambda uow: put_back(uow, one, entry.id, version=1))
    with pytest.raises(Conflict):
        graph.write(lambda uow: put_back(uow, one, history(graph, one)[-1].id))


def test_a_field_of_a_role_is_put_back(graph: Graph) -> None:
    one = graph.organization()
    role = graph.role(one, values={"number": "C1"}, since=date(2020, 1, 1))
    graph.write(lambda uow: update_role(uow, role, {"number": "C2"}))
    entry = history(graph, one)[0]

    graph.write(lambda uow: put_back(uow, one, entry.id, subject=role, fields=["number"], version=2))

    assert history(graph, one)[0].changes[0].fields == {"number": ("C2", "C1")}


def test_a_moment_is_shown_before_it_is_brought_back(graph: Graph) -> None:
    one = graph.organization("First")
    graph.write(lambda uow: update_entity(uow, one, {"name": "Second", "city": "Lyon"}))
    moment = history(graph, one)[0]
    rename(graph, one, "Third", "Fourth")
    graph.write(lambda uow: update_entity(uow, one, {"city": None}))

    shown = graph.read(lambda uow: differences_since(uow, one, moment.id))
    assert {each.key: (each.now, each.then) for each in shown} == {"name": ("Fourth", "Second"), "city": (None, "Lyon")}

    graph.write(lambda uow: restore_moment(uow, one, moment.id, version=5))
    found = graph.read(lambda uow: get_entity(uow, one))
    assert (found.title, found.fields["city"]) == ("Second", "Lyon")
    assert graph.read(lambda uow: differences_since(uow, one, moment.id)) == []


def test_erased_values_are_told_as_erased_and_nothing_is_brought_back_past_them(graph: Graph) -> None:
    one = graph.organization("First")
    moment = history(graph, one)[0]
    rename(graph, one, "Second")
    graph.write(lambda uow: erase_values(uow, one, reason=CANARY))

    entries = history(graph, one)

    assert [(entry.action, entry.is_erased) for entry in entries] == [
        ("audit.erased", False), ("entity.updated", True), ("entity.created", True)
    ]
    assert CANARY not in repr(entries)
    with pytest.raises(Conflict):
        graph.read(lambda uow: differences_since(uow, one, moment.id))
