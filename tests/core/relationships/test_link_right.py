# SPDX-License-Identifier: Apache-2.0
"""Linking is a right of its own: of the relationship type or of all, where an end stands, between what one sees."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

import pytest

from tests.factories.graph import Graph
from xrm.errors import NotFound, PermissionDenied
from xrm.relationships.batch import RelationshipDraft, relate_many
from xrm.relationships.service import end_relationship, relate, remove_relationship, update_relationship
from xrm.unit_of_work import UnitOfWork

USUAL = ["*:read", "*:create", "*:update", "*:delete"]
MAKES: tuple[Callable[[UnitOfWork, uuid.UUID, uuid.UUID], object], ...] = (
    lambda uow, person, firm: relate(uow, "works_for", person, firm),
    lambda uow, person, firm: relate_many(uow, [RelationshipDraft("works_for", person, firm)]),
)
CHANGES: tuple[Callable[[UnitOfWork, uuid.UUID], object], ...] = (
    lambda uow, one: update_relationship(uow, one, {"job_title": "x"}),
    lambda uow, one: end_relationship(uow, one, date(2030, 1, 1)),
    remove_relationship,
)


@pytest.mark.parametrize(
    ("right", "may"),
    [("", False), ("works_for:update", False), ("supplies:link", False), ("works_for:link", True), ("*:link", True)],
)
def test_only_the_right_to_link_makes_and_changes_relationships(graph: Graph, right: str, may: bool) -> None:
    user = graph.user({graph.departments.sales: [*USUAL, *([right] if right else [])]})
    for make in MAKES:
        person, firm = graph.person(), graph.organization()
        if may:
            graph.write(lambda uow: make(uow, person, firm), user)
        else:
            with pytest.raises(PermissionDenied):
                graph.write(lambda uow: make(uow, person, firm), user)
    for change in CHANGES:
        person, firm = graph.person(), graph.organization()
        one = graph.write(lambda uow: relate(uow, "works_for", person, firm))
        if may:
            graph.write(lambda uow: change(uow, one), user)
        else:
            with pytest.raises(PermissionDenied):
                graph.write(lambda uow: change(uow, one), user)


def test_a07_both_ends_have_to_be_seen(graph: Graph) -> None:
    where = graph.departments
    user = graph.user({where.sales: [*USUAL, "*:link"], where.press: ["*:link"]})
    mine, hidden = graph.person(), graph.organization("Hidden", where.press)
    for make in MAKES:
        with pytest.raises(NotFound):
            graph.write(lambda uow: make(uow, mine, hidden), user)
    one = graph.write(lambda uow: relate(uow, "works_for", mine, hidden))
    for change in CHANGES:
        with pytest.raises(NotFound):
            graph.write(lambda uow: change(uow, one), user)


def test_the_right_has_to_hold_where_an_end_stands_or_in_the_department_named(graph: Graph) -> None:
    where = graph.departments
    user = graph.user({where.sales: USUAL, where.service: ["*:link"]})
    person, firm = graph.person(), graph.organization()
    for department in (None, where.sales):
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow: relate(uow, "works_for", person, firm, department=department), user)
    graph.write(lambda uow: relate(uow, "works_for", person, firm, department=where.service), user)
