# SPDX-License-Identifier: Apache-2.0
"""Why somebody may do something or may not: the verdict is the gate's, and the grants that are told agree with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest

from tests.factories.graph import Graph
from xrm.access.explaining import Explanation, explain
from xrm.access.service import create_shipped_sets, create_user, deactivate_user, give
from xrm.departments.service import create_department
from xrm.entities.queries import get_entity
from xrm.entities.removal import delete_entity
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput, NotFound, PermissionDenied
from xrm.unit_of_work import Actor, UnitOfWork

pytestmark = pytest.mark.by_turns

EMAIL = "explained@example.org"
VERBS = ("read", "update", "delete")


class Enough(Exception):
    """It was done; take it back."""


@dataclass
class Case:
    """A company at home in sales and customer of a department below press, and a user without rights."""

    graph: Graph
    user: uuid.UUID
    company: uuid.UUID
    places: dict[str, uuid.UUID | None]

    def explain(self, action: str, actor: Actor | None = None) -> Explanation:
        """What the administrator is told."""
        return self.graph.read(lambda uow: explain(uow, EMAIL, action, self.company), actor)

    def give(self, key: str, place: str, depth: str) -> None:
        """Grant a set to the user."""
        self.graph.write(lambda uow: give(uow, self.user, key, department=self.places[place], depth=depth))

    def may(self, verb: str) -> bool:
        """Whether the services let the user do it; nothing is kept."""

        def attempt(uow: UnitOfWork) -> None:
            if verb == "read":
                get_entity(uow, self.company)
            elif verb == "update":
                update_entity(uow, self.company, {"city": "Brest"})
            else:
                delete_entity(uow, self.company)
            raise Enough

        try:
            self.graph.runtime.write(attempt, Actor("user", self.user, "Explained"))
        except Enough:
            return True
        except (NotFound, PermissionDenied):
            return False
        raise AssertionError


@pytest.fixture
def case(graph: Graph) -> Case:
    press, sales = graph.departments.press, graph.departments.sales
    graph.write(create_shipped_sets)
    below = graph.write(lambda uow: create_department(uow, "Local press", parent=press))
    company = graph.organization("Acme", sales)
    graph.role(company, "customer", department=below)
    user = graph.write(lambda uow: create_user(uow, EMAIL, name="Explained"))
    return Case(graph, user, company, {"sales": sales, "press": press, "below": below, "everywhere": None})


@pytest.mark.parametrize(("key", "place", "depth"), [
    ("reader", "sales", "department"), ("reader", "below", "department"), ("reader", "press", "department"),
    ("reader", "press", "below"), ("reader", "everywhere", "all"), ("editor", "sales", "department"),
    ("editor", "below", "department"), ("editor", "press", "below"), ("editor", "sales", "own"), ("editor", "below", "own"),
    ("administrator", "everywhere", "all"),
])
def test_the_verdict_is_what_the_services_do_and_the_grants_say_why(case: Case, key: str, place: str, depth: str) -> None:
    case.give(key, place, depth)

    told = {verb: case.explain(verb) for verb in VERBS}

    assert {verb: one.is_allowed for verb, one in told.items()} == {verb: case.may(verb) for verb in VERBS}
    assert {verb: any(grant.gives for grant in one.asked) for verb, one in told.items()} == {
        verb: one.is_allowed for verb, one in told.items()
    }
    assert all(str(one.because).startswith("Yes" if one.is_allowed else "No") for one in told.values())


def test_two_grants_together_are_told_each_by_itself(case: Case) -> None:
    case.give("reader", "sales", "department")
    case.give("editor", "press", "department")

    told = case.explain("update")

    assert [(one.set_key, one.permission, one.gives) for one in told.asked] == [
        ("editor", "*:update", False), ("reader", "", False)
    ]
    assert [str(one.said) for one in told.asked] == [
        "Editor in Press holds *:update, but it stands in Sales, Local press.",
        "Reader in Sales holds no permission for organization:update.",
    ]
    assert [(one.name, one.as_what) for one in told.places] == [("Sales", "home"), ("Local press", "customer")]


def test_own_rows_are_told_with_their_owner(case: Case) -> None:
    case.give("editor", "sales", "own")

    told = case.explain("update")

    (grant,) = told.asked
    assert (told.is_allowed, grant.gives) == (False, False)
    assert "for what one owns" in str(grant.said)


def test_a_role_is_governed_by_its_own_department(case: Case) -> None:
    case.give("editor", "sales", "department")

    assert case.explain("update").is_allowed
    assert not case.explain("customer:update").is_allowed
    case.give("editor", "below", "department")
    assert case.explain("customer:update").is_allowed


def test_nobody_without_grants_and_nobody_switched_off(case: Case) -> None:
    bare = case.explain("read")
    case.give("administrator", "everywhere", "all")
    case.graph.write(lambda uow: deactivate_user(uow, case.user))
    off = case.explain("read")

    assert (bare.is_allowed, str(bare.because)) == (False, "No: Explained has no rights at all.")
    assert (off.is_allowed, str(off.because)) == (False, "No: the login of Explained is switched off.")


def test_who_does_not_administer_users_asks_about_nobody_else(case: Case) -> None:
    case.give("reader", "sales", "department")
    colleague = case.graph.user({case.places["sales"]: ["*:read"]})

    with pytest.raises(PermissionDenied):
        case.explain("read", colleague)
    assert case.explain("read", Actor("user", case.user, "Explained")).is_allowed


def test_grants_where_one_does_not_administer_are_counted_and_not_told(case: Case) -> None:
    case.give("reader", "sales", "department")
    case.give("reader", "below", "department")
    local = case.graph.user({case.places["below"]: ["*:read", "user:administer"]})

    told = case.explain("read", local)

    assert [(one.department_name, told.elsewhere) for one in told.asked] == [("Local press", 1)]


def test_what_the_one_who_asks_does_not_see_is_not_explained(case: Case) -> None:
    local = case.graph.user({case.places["press"]: ["*:read", "*:administer"]})

    with pytest.raises(NotFound):
        case.explain("read", local)


@pytest.mark.parametrize(("action", "meant"), [("reed", "read"), ("custmer:read", "customer")])
def test_a_word_that_is_not_known_is_told_with_what_was_meant(case: Case, action: str, meant: str) -> None:
    with pytest.raises(InvalidInput, match=meant):
        case.explain(action)
