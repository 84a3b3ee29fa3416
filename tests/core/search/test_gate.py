# SPDX-License-Identifier: Apache-2.0
"""Words of other departments: neither found nor shown, and without a trace in the order."""

from __future__ import annotations

import uuid

import pytest

from tests.core.search.conftest import Create, Search
from tests.factories.access import Departments, add_user
from xrm.contact_points.service import add_contact_point
from xrm.entities.service import create_entity
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.search.queries import suggest
from xrm.unit_of_work import Actor

CANARY = "kanarienvogel"


@pytest.fixture
def shared(create: Create, runtime: Runtime, admin: Actor, departments: Departments) -> uuid.UUID:
    """An organization of sales that press sees too, by a role."""
    party = create("organization", name="Shared House")
    runtime.write(lambda uow: start_role(uow, party, "partner", {}, department=departments.press), admin)
    return party


def test_an_entity_of_another_department_is_not_found(create: Create, find: Search, press_reader: Actor) -> None:
    create("organization", name=CANARY)

    assert find(CANARY, press_reader) == []
    assert len(find(CANARY)) == 1


def test_a_field_of_a_role_is_found_only_by_who_reads_the_role(
    find: Search, runtime: Runtime, admin: Actor, departments: Departments, shared: uuid.UUID, press_reader: Actor,
    sales_reader: Actor,
) -> None:
    runtime.write(lambda uow: start_role(uow, shared, "customer", {"number": CANARY}, department=departments.sales), admin)

    assert find(CANARY, press_reader) == []
    assert [str(hit.why) for hit in find(CANARY, sales_reader)] == [f"Customer number: {CANARY}"]


def test_a_contact_point_of_a_department_is_found_only_there(
    find: Search, runtime: Runtime, admin: Actor, departments: Departments, shared: uuid.UUID, press_reader: Actor,
    sales_reader: Actor,
) -> None:
    address = f"{CANARY}@example.org"
    runtime.write(lambda uow: add_contact_point(uow, shared, "email", address, department=departments.sales), admin)

    assert find(CANARY, press_reader) == []
    assert len(find(CANARY, sales_reader)) == 1


def test_a_shared_contact_point_needs_the_right_to_read_contact_points(
    find: Search, runtime: Runtime, admin: Actor, departments: Departments, shared: uuid.UUID, press_reader: Actor
) -> None:
    runtime.write(lambda uow: add_contact_point(uow, shared, "email", f"{CANARY}@example.org"), admin)
    narrow = runtime.write(lambda uow: add_user(uow, "n@example.org", {departments.press: ["organization:read"]}), admin)

    assert len(find(CANARY, press_reader)) == 1
    assert find(CANARY, narrow) == []
    assert len(find("shared", narrow)) == 1


def test_hidden_words_do_not_complete_visible_ones(
    find: Search, runtime: Runtime, admin: Actor, departments: Departments, shared: uuid.UUID, press_reader: Actor
) -> None:
    runtime.write(lambda uow: start_role(uow, shared, "customer", {"number": CANARY}, department=departments.sales), admin)

    assert find(f"shared {CANARY}", press_reader) == []
    assert len(find(f"shared {CANARY}")) >= 1


def test_hidden_words_do_not_change_the_order(
    create: Create, find: Search, runtime: Runtime, admin: Actor, departments: Departments, press_reader: Actor
) -> None:
    parties = [create("organization", name=f"House {name}", department=departments.press) for name in ("one", "two", "three")]
    before = [hit.id for hit in find("house", press_reader)]
    runtime.write(lambda uow: start_role(uow, parties[0], "customer", {"number": "house"}, department=departments.sales), admin)

    after = find("house", press_reader)

    assert [hit.id for hit in after] == before
    assert {str(hit.why) for hit in after} == {"Name"}


def test_a_relationship_does_not_lead_to_what_is_hidden(
    create: Create, find: Search, runtime: Runtime, admin: Actor, departments: Departments, press_reader: Actor
) -> None:
    person = create("person", last_name="Dupont", department=departments.press)
    hidden = create("organization", name=CANARY)
    runtime.write(lambda uow: relate(uow, "works_for", person, hidden), admin)

    assert [hit.title for hit in find("dupont", press_reader)] == ["Dupont"]


def test_a_picker_suggests_only_what_is_visible(
    create: Create, runtime: Runtime, departments: Departments, press_reader: Actor
) -> None:
    create("person", last_name="Martin")
    create("person", last_name="Martineau", department=departments.press)

    hits = runtime.read(lambda uow: suggest(uow, "mart", ("person",)), press_reader)

    assert [hit.title for hit in hits] == ["Martineau"]


def test_who_reads_only_their_own_finds_only_their_own(
    create: Create, find: Search, runtime: Runtime, admin: Actor, departments: Departments
) -> None:
    rights = {departments.sales: ["organization:read"]}
    owner = runtime.write(lambda uow: add_user(uow, "own@example.org", rights, depth="own"), admin)
    create("organization", name="House of others")
    values = {"name": "My house"}
    runtime.write(
        lambda uow: create_entity(uow, "organization", values, department=departments.sales, owner=owner.user_id), admin
    )

    assert [hit.title for hit in find("house", owner)] == ["My house"]


def test_who_may_read_nothing_finds_nothing(create: Create, find: Search, runtime: Runtime, admin: Actor) -> None:
    nobody = runtime.write(lambda uow: add_user(uow, "nobody@example.org", {}), admin)
    create("organization", name="House")

    assert find("house", nobody) == []
