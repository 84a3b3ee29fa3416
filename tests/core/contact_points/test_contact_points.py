# SPDX-License-Identifier: Apache-2.0
"""Addresses of a party: shared or of one department, each open once, and bounced for everybody who uses them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.factories.graph import Graph
from xrm.contact_points.queries import list_contact_points
from xrm.contact_points.service import add_contact_point, end_contact_point, mark_bounced, update_contact_point
from xrm.entities.service import create_entity
from xrm.errors import Conflict, InvalidInput
from xrm.unit_of_work import UnitOfWork


def test_an_address_added_twice_is_one_also_on_a_party_made_just_now(graph: Graph) -> None:
    def write(uow: UnitOfWork) -> None:
        one = create_entity(uow, "organization", {"name": "A"}, department=graph.departments.sales)
        first = add_contact_point(uow, one, "email", "Info@Example.org")
        assert add_contact_point(uow, one, "email", "info@example.ORG") == first
        assert add_contact_point(uow, one, "email", "info@example.org", department=graph.departments.press) != first
        assert len(list_contact_points(uow, one)) == 2

    graph.write(write)


def test_an_address_that_ended_can_be_added_again(graph: Graph) -> None:
    one = graph.organization()
    first = graph.write(lambda uow: add_contact_point(uow, one, "phone", "06 12 34 56 78"))
    graph.write(lambda uow: end_contact_point(uow, first))

    second = graph.write(lambda uow: add_contact_point(uow, one, "phone", "+33 6 12 34 56 78"))

    assert second != first
    with pytest.raises(Conflict, match="there already"):
        graph.write(lambda uow: update_contact_point(uow, first, valid_until=None))


def test_an_address_cannot_become_the_twin_of_another(graph: Graph) -> None:
    one = graph.organization()
    graph.write(lambda uow: add_contact_point(uow, one, "email", "a@example.org"))
    second = graph.write(lambda uow: add_contact_point(uow, one, "email", "b@example.org"))

    with pytest.raises(Conflict):
        graph.write(lambda uow: update_contact_point(uow, second, value="A@example.org"))


def test_an_address_ends_after_it_began(graph: Graph) -> None:
    one = graph.organization()
    point = graph.write(lambda uow: add_contact_point(uow, one, "email", "a@example.org", valid_from=date(2026, 1, 1)))

    with pytest.raises(InvalidInput):
        graph.write(lambda uow: end_contact_point(uow, point, date(2025, 1, 1)))


def test_an_address_that_bounces_does_so_for_all_who_have_it(graph: Graph) -> None:
    one, two = graph.organization("A"), graph.organization("B")
    for party in (one, two):
        graph.write(lambda uow: add_contact_point(uow, party, "email", "info@example.org"))

    for reason in ("550 no such user", "again"):
        graph.write(lambda uow: mark_bounced(uow, "email", "info@example.org", reason))

    found = [graph.read(lambda uow: list_contact_points(uow, party)) for party in (one, two)]
    assert [point.bounced_at is not None for points in found for point in points] == [True, True]


def test_odd_values_are_refused(graph: Graph) -> None:
    one = graph.organization()
    for kind, value in (
        ("email", "nobody"), ("email", "a\x00@example.org"), ("phone", "abc"), ("url", "javascript:alert(1)"),
        ("handle:x", "a\x00"),
        ("handle:x", "\ud800"), ("handle:x", ""), ("nope", "1"), ("handle:", "a"), ("email", None), ("url", "\ud800"),
    ):
        with pytest.raises(InvalidInput):
            graph.write(lambda uow: add_contact_point(uow, one, kind, value))
    for label in ("\x00", "\ud800", "x" * 101):
        with pytest.raises(InvalidInput):
            graph.write(lambda uow: add_contact_point(uow, one, "email", "a@example.org", label=label))
