# SPDX-License-Identifier: Apache-2.0
"""Nobody gives, takes or changes more than they have, acts on the login of somebody above, or leaves nobody in charge."""

from __future__ import annotations

import uuid

import pytest

from tests.factories.graph import Graph
from xrm.access.grants import change_depth, end_grant
from xrm.access.limits import administrators
from xrm.access.people import activate_user, change_email, rename_user
from xrm.access.permission_sets import (
    change_permission_set,
    copy_permission_set,
    delete_permission_set,
    find_set,
    restore_permission_set,
)
from xrm.access.policy import allowed
from xrm.access.service import create_permission_set, create_shipped_sets, create_user, deactivate_user, give, set_password
from xrm.access.sessions import end_sessions, list_sessions
from xrm.departments.moving import move_department
from xrm.departments.service import create_department
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.factors.queries import factors_of
from xrm.invitations.service import reset_second_factor, send_password_link
from xrm.unit_of_work import Actor, UnitOfWork

LABEL = {"en": "Own", "fr": "Propre"}
CHIEF = ["*:read", "*:create", "*:update", "*:delete", "*:link", "*:send", "*:import", "*:export", "*:administer"]


@pytest.fixture
def chief(graph: Graph) -> Actor:
    """A department administrator of sales, and the shipped sets."""
    graph.write(create_shipped_sets)
    return graph.user({graph.departments.sales: [*CHIEF, "audit:read"]})


def somebody(graph: Graph) -> uuid.UUID:
    return graph.write(lambda uow: create_user(uow, f"{uuid.uuid4()}@example.org"))


def test_a09_a_department_administrator_gives_what_they_have_where_they_have_it(graph: Graph, chief: Actor) -> None:
    user, sales = somebody(graph), graph.departments.sales

    for key in ("editor", "reader", "department_administrator"):
        graph.write(lambda uow, key=key: give(uow, user, key, department=sales), chief)  # type: ignore[misc]


@pytest.mark.parametrize(("key", "place", "depth"), [
    ("administrator", "sales", "department"), ("auditor", "press", "department"), ("editor", "press", "department"),
    ("editor", "sales", "below"), ("reader", "sales_north", "department"), ("reader", None, "all"),
])
def test_a09_more_than_ones_own_is_not_given(graph: Graph, chief: Actor, key: str, place: str | None, depth: str) -> None:
    user = somebody(graph)
    where = getattr(graph.departments, place) if place else None

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: give(uow, user, key, department=where, depth=depth), chief)


def test_a09_all_verbs_or_subjects_one_by_one_are_no_wildcard(graph: Graph) -> None:
    sales = graph.departments.sales
    verbs = [one.replace("*", "person") for one in CHIEF]
    chief = graph.user({sales: [*verbs, "organization:read", "user:administer"]})
    for key, permission in (("all_verbs", "person:*"), ("all_subjects", "*:read"), ("one", "person:read")):
        graph.write(lambda uow, key=key, one=permission: create_permission_set(uow, key, LABEL, [one]))  # type: ignore[misc]
    user = somebody(graph)

    for key in ("all_verbs", "all_subjects"):
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow, key=key: give(uow, user, key, department=sales), chief)  # type: ignore[misc]
    graph.write(lambda uow: give(uow, user, "one", department=sales), chief)


def test_a09_rights_in_each_department_below_are_not_rights_below(graph: Graph) -> None:
    """A department may move below tomorrow, and the one who gave would not have it."""
    where = graph.departments
    graph.write(create_shipped_sets)
    everywhere_today = graph.user({where.sales: CHIEF, where.sales_north: CHIEF})
    below = graph.user({where.sales: CHIEF}, depth="below")
    user = somebody(graph)

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: give(uow, user, "reader", department=where.sales, depth="below"), everywhere_today)
    graph.write(lambda uow: give(uow, user, "reader", department=where.sales_north, depth="below"), below)


def test_a09_only_who_has_all_of_a_set_everywhere_changes_it(graph: Graph, chief: Actor) -> None:
    """Neither to raise oneself by a set that one has, nor to take from those above."""
    people = graph.user({None: ["user:administer", "person:read"]}, depth="all")
    for actor in (chief, people):
        for key, wanted in (("reader", ["*:*"]), ("administrator", ["person:read"]), ("editor", ["person:read"])):
            with pytest.raises(PermissionDenied):
                graph.write(lambda uow, key=key, to=wanted: change_permission_set(uow, key, to), actor)  # type: ignore[misc]
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow: copy_permission_set(uow, "administrator", "copy", LABEL), actor)
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow: restore_permission_set(uow, "reader"), actor)
    graph.write(lambda uow: create_permission_set(uow, "mine", LABEL, ["person:read"]), people)
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: change_permission_set(uow, "mine", ["person:read", "person:delete"]), people)


def test_a09_who_may_not_give_may_not_take_or_deepen(graph: Graph, chief: Actor) -> None:
    user, where = somebody(graph), graph.departments
    above = graph.write(lambda uow: give(uow, user, "administrator", department=where.sales))
    foreign = graph.write(lambda uow: give(uow, user, "reader", department=where.press))
    own = graph.write(lambda uow: give(uow, user, "reader", department=where.sales))

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: end_grant(uow, above), chief)
    with pytest.raises(NotFound):
        graph.write(lambda uow: end_grant(uow, foreign), chief)
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: change_depth(uow, own, "below"), chief)
    graph.write(lambda uow: change_depth(uow, own, "own"), chief)
    graph.write(lambda uow: end_grant(uow, own), chief)


def test_a09_whoever_administers_people_only_does_not_take_over_the_login_of_an_administrator(graph: Graph) -> None:
    people = graph.user({None: ["user:administer"]}, depth="all")
    victim = graph.admin.user_id
    assert victim is not None

    for attack in (
        lambda uow: set_password(uow, victim, "correct horse battery"),
        lambda uow: change_email(uow, victim, "thief@example.org"),
        lambda uow: deactivate_user(uow, victim), lambda uow: rename_user(uow, victim, "Nobody"),
        lambda uow: end_sessions(uow, victim), lambda uow: activate_user(uow, victim),
    ):
        with pytest.raises(PermissionDenied):
            graph.write(attack, people)


def test_a09_department_administrators_act_on_the_logins_of_their_own_people_alone(graph: Graph, chief: Actor) -> None:
    where = graph.departments

    def one(*places: uuid.UUID, **more: str) -> uuid.UUID:
        def make(uow: UnitOfWork) -> uuid.UUID:
            user = create_user(uow, f"{uuid.uuid4()}@example.org", department=places[0])
            for place in places[1:]:
                give(uow, user, more.get("key", "reader"), department=place, depth=more.get("depth", "department"))
            return user

        return graph.write(make)

    theirs = one(where.sales, where.sales)
    others = [one(where.sales, where.press), one(where.press, where.sales), one(where.sales, where.sales, depth="below"),
              one(where.sales, where.sales, key="administrator"), one(where.press, where.press), graph.admin.user_id]
    attacks = (deactivate_user, activate_user, end_sessions, reset_second_factor, send_password_link, factors_of, list_sessions)

    for attack in attacks:
        for victim in others:
            with pytest.raises((PermissionDenied, NotFound)):
                graph.write(lambda uow, who=victim, act=attack: act(uow, who), chief)  # type: ignore[misc]
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow, act=attack: act(uow, theirs), graph.user({where.sales: ["*:read"]}))  # type: ignore[misc]
    for act in (end_sessions, reset_second_factor, factors_of, list_sessions, deactivate_user, activate_user):
        graph.write(lambda uow, act=act: act(uow, theirs), chief)  # type: ignore[misc]


def test_a09_whoever_administers_people_only_does_not_reset_the_second_factor_of_an_administrator(graph: Graph) -> None:
    people = graph.user({None: ["user:administer"]}, depth="all")
    victim = graph.admin.user_id
    assert victim is not None

    for attack in (reset_second_factor, send_password_link, end_sessions, factors_of):
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow, act=attack: act(uow, victim), people)  # type: ignore[misc]


def test_the_last_administrator_without_a_password_keeps_their_passkeys(graph: Graph) -> None:
    only = graph.admin.user_id
    assert only is not None

    with pytest.raises(Conflict, match="no password"):
        graph.write(lambda uow: reset_second_factor(uow, only))
    graph.write(lambda uow: set_password(uow, only, "correct horse battery"))
    graph.write(lambda uow: reset_second_factor(uow, only))


def test_a09_nobody_moves_a_department_to_where_it_gives_more_than_they_have(graph: Graph) -> None:
    where = graph.departments
    mover = graph.user({where.press: ["*:*"], where.service: ["department:administer"]}, depth="below")
    inside = graph.write(lambda uow: create_department(uow, "Hotline", parent=where.service))

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: move_department(uow, inside, where.press), mover)
    assert not graph.read(lambda uow: allowed(uow, "person:read", inside), mover)


def test_the_last_administrator_of_everything_stays(graph: Graph) -> None:
    graph.write(create_shipped_sets)
    first = graph.admin.user_id
    assert first is not None
    other = somebody(graph)
    given = graph.write(lambda uow: give(uow, other, "administrator", depth="all"))
    graph.write(lambda uow: deactivate_user(uow, first), Actor("user", other, "Other"))

    for refused in (
        lambda uow: end_grant(uow, given), lambda uow: deactivate_user(uow, other),
        lambda uow: change_permission_set(uow, "administrator", ["*:read"]),
    ):
        with pytest.raises(Conflict) as told:
            graph.write(refused, Actor("user", other, "Other"))
        assert told.value.code == "last_administrator"
    assert graph.read(administrators, Actor("user", other, "Other")) == {other}


def test_a_set_is_changed_copied_restored_and_deleted(graph: Graph) -> None:
    graph.write(create_shipped_sets)
    graph.write(lambda uow: change_permission_set(uow, "reader", ["person:read"], {"en": "Looks", "fr": ""}))
    graph.write(lambda uow: copy_permission_set(uow, "reader", "reader_two", LABEL))
    user = somebody(graph)
    given = graph.write(lambda uow: give(uow, user, "reader_two", department=graph.departments.sales))

    assert graph.read(lambda uow: find_set(uow, "reader")).label == {"en": "Looks", "fr": "Looks"}
    with pytest.raises(Conflict) as in_use:
        graph.write(lambda uow: delete_permission_set(uow, "reader_two"))
    graph.write(lambda uow: end_grant(uow, given))
    graph.write(lambda uow: delete_permission_set(uow, "reader_two"))
    graph.write(lambda uow: restore_permission_set(uow, "reader"))

    assert in_use.value.code == "in_use"
    assert graph.read(lambda uow: find_set(uow, "reader")).permissions == ("*:read",)
    with pytest.raises(Conflict):
        graph.write(lambda uow: delete_permission_set(uow, "reader"))
    with pytest.raises(NotFound):
        graph.read(lambda uow: find_set(uow, "reader_two"))


@pytest.mark.parametrize("permission", ["person", "person:raed", "persn:read", "person.nothing:see", "x" * 300])
def test_what_is_no_permission_is_named(graph: Graph, permission: str) -> None:
    with pytest.raises(InvalidInput):
        graph.write(lambda uow: create_permission_set(uow, "odd", LABEL, [permission]))


def test_giving_the_same_twice_gives_it_once(graph: Graph) -> None:
    graph.write(create_shipped_sets)
    user, sales = somebody(graph), graph.departments.sales

    first, second = (graph.write(lambda uow: give(uow, user, "reader", department=sales)) for _ in range(2))

    assert first == second
