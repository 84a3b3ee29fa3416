# SPDX-License-Identifier: Apache-2.0
"""Logins are changed by administrators and nobody else, and each change is felt at once."""

from __future__ import annotations

import uuid

import pytest

from tests.factories.graph import Graph
from xrm.access.directory import Search, get_person, list_grants, list_members, search_people
from xrm.access.grants import end_grant
from xrm.access.people import activate_user, change_email, remove_member, rename_user
from xrm.access.permission_sets import change_permission_set
from xrm.access.policy import allowed
from xrm.access.service import add_member, create_shipped_sets, create_user, deactivate_user, give
from xrm.access.sessions import end_sessions, find_session, start_session
from xrm.access.users import get_user
from xrm.contact_points.service import add_contact_point
from xrm.entities.service import update_entity
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

PASSWORD = "correct horse battery"


@pytest.fixture
def anna(graph: Graph) -> uuid.UUID:
    """A reader of sales."""

    def make(uow: UnitOfWork) -> uuid.UUID:
        create_shipped_sets(uow)
        one = create_user(uow, "anna@example.org", name="Anna Ek", password=PASSWORD)
        add_member(uow, one, graph.departments.sales)
        give(uow, one, "reader", department=graph.departments.sales)
        return one

    return graph.write(make)


def test_a_login_is_renamed_gets_another_address_and_is_switched(graph: Graph, anna: uuid.UUID) -> None:
    token = graph.write(lambda uow: start_session(uow, anna, "", ""))
    graph.write(lambda uow: rename_user(uow, anna, "  Anna   Berg "))
    graph.write(lambda uow: change_email(uow, anna, "Berg@example.org"))

    changed = graph.read(lambda uow: get_user(uow, anna))
    assert changed is not None
    assert (changed.name, changed.email) == ("Anna Berg", "Berg@example.org")
    assert graph.read(lambda uow: find_session(uow, token), system_actor()) is None
    graph.write(lambda uow: deactivate_user(uow, anna))
    graph.write(lambda uow: activate_user(uow, anna))
    assert graph.read(lambda uow: get_person(uow, anna)).user.is_active


def test_odd_names_and_addresses_are_refused(graph: Graph, anna: uuid.UUID) -> None:
    graph.write(lambda uow: create_user(uow, "taken@example.org"))

    for name in ("", "  ", "x" * 201, "a\x00b"):
        with pytest.raises(InvalidInput):
            graph.write(lambda uow, name=name: rename_user(uow, anna, name))  # type: ignore[misc]
    with pytest.raises(InvalidInput):
        graph.write(lambda uow: change_email(uow, anna, "nowhere"))
    with pytest.raises(Conflict):
        graph.write(lambda uow: change_email(uow, anna, "TAKEN@example.org"))
    with pytest.raises(NotFound):
        graph.write(lambda uow: rename_user(uow, uuid.uuid4(), "X"))


def test_a08_rights_on_a_contact_with_the_same_address_never_touch_the_login(graph: Graph, anna: uuid.UUID) -> None:
    contact = graph.person("Ek")
    graph.write(lambda uow: add_contact_point(uow, contact, "email", "anna@example.org"))
    sales = graph.departments.sales
    editor = graph.user({sales: ["*:read", "*:create", "*:update", "*:delete", "*:link", "*:import"]})
    before = graph.read(lambda uow: get_person(uow, anna))

    graph.write(lambda uow: update_entity(uow, contact, {"last_name": "Thief"}), editor)
    graph.write(lambda uow: add_contact_point(uow, contact, "email", "thief@example.org"), editor)
    for attack in (
        lambda uow: change_email(uow, anna, "thief@example.org"), lambda uow: rename_user(uow, anna, "Thief"),
        lambda uow: end_sessions(uow, anna), lambda uow: give(uow, anna, "reader", department=sales),
        lambda uow: remove_member(uow, anna, sales),
    ):
        with pytest.raises(PermissionDenied):
            graph.write(attack, editor)

    assert graph.read(lambda uow: get_person(uow, anna)) == before


def test_a18_a_change_of_rights_is_felt_at_the_next_request(graph: Graph, anna: uuid.UUID) -> None:
    actor, sales = Actor("user", anna, "Anna"), graph.departments.sales

    def may(action: str) -> bool:
        return graph.read(lambda uow: allowed(uow, action, sales), actor)

    assert (may("person:read"), may("person:update")) == (True, False)
    graph.write(lambda uow: change_permission_set(uow, "reader", ["*:read", "*:update"]))
    assert may("person:update")
    given = graph.read(lambda uow: list_grants(uow, users=[anna]))
    graph.write(lambda uow: end_grant(uow, given[0].id))
    assert (may("person:read"), may("person:update")) == (False, False)


def test_a18_ended_sessions_open_nothing(graph: Graph, anna: uuid.UUID) -> None:
    tokens = [graph.write(lambda uow: start_session(uow, anna, "", "")) for _ in range(2)]

    assert graph.write(lambda uow: end_sessions(uow, anna)) == 2
    assert [graph.read(lambda uow, one=one: find_session(uow, one), system_actor()) for one in tokens] == [None, None]  # type: ignore[misc]


def test_a_department_administrator_sees_people_and_grants_of_their_departments(graph: Graph, anna: uuid.UUID) -> None:
    where = graph.departments
    chief = graph.user({where.press: ["*:administer"]})
    other = graph.write(lambda uow: create_user(uow, "other@example.org", name="Zoé"))
    graph.write(lambda uow: give(uow, other, "reader", department=where.press))
    graph.write(lambda uow: give(uow, other, "editor", department=where.sales))

    found = graph.read(lambda uow: search_people(uow, Search()), chief)
    seen = graph.read(lambda uow: get_person(uow, other), chief)

    assert {one.user.email for one in found.people} == {"other@example.org", chief.name}
    assert ([one.set_key for one in seen.grants], seen.grants_elsewhere) == (["reader"], 1)
    with pytest.raises(NotFound):
        graph.read(lambda uow: get_person(uow, anna), chief)
    with pytest.raises(PermissionDenied):
        graph.read(lambda uow: list_members(uow, where.sales), chief)


@pytest.mark.usefixtures("anna")
def test_people_are_found_by_words_state_department_and_set(graph: Graph) -> None:
    off = graph.write(lambda uow: create_user(uow, "off@example.org", name="Émile"))
    graph.write(lambda uow: deactivate_user(uow, off))

    def emails(wanted: Search) -> list[str]:
        return [one.user.email for one in graph.read(lambda uow: search_people(uow, wanted)).people]

    assert emails(Search("EMILE")) == ["off@example.org"]
    assert emails(Search(state="off")) == ["off@example.org"]
    assert emails(Search("ek", department=graph.departments.sales, set_key="reader")) == ["anna@example.org"]
    assert emails(Search("ek", department=graph.departments.press)) == []


def test_a_membership_ends_and_rights_stay(graph: Graph, anna: uuid.UUID) -> None:
    sales = graph.departments.sales
    graph.write(lambda uow: remove_member(uow, anna, sales))

    person = graph.read(lambda uow: get_person(uow, anna))
    assert (person.departments, len(person.grants)) == ((), 1)
    with pytest.raises(NotFound):
        graph.write(lambda uow: remove_member(uow, anna, sales))
