# SPDX-License-Identifier: Apache-2.0
"""The tree of departments and who may change it."""

from __future__ import annotations

import uuid

import pytest

from tests.factories.graph import Graph
from xrm.departments.queries import get_tree
from xrm.departments.service import create_department, rename_department
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied


def test_the_tree_knows_what_lies_below(graph: Graph) -> None:
    where = graph.departments
    deepest = graph.write(lambda uow: create_department(uow, "Deep", parent=where.sales_north))

    tree = graph.read(get_tree)

    assert tree.below(where.sales) == {where.sales, where.sales_north, deepest}
    assert [item.name for item in tree.by_id.values()] == ["Press", "Sales", "Sales North", "Deep", "Service"]
    assert tree.by_id[deepest].depth == 2


def test_names_are_unique_below_one_parent_whatever_case_and_accents(graph: Graph) -> None:
    graph.write(lambda uow: create_department(uow, "Été"))

    with pytest.raises(Conflict):
        graph.write(lambda uow: create_department(uow, "  ETE "))
    graph.write(lambda uow: create_department(uow, "Ete", parent=graph.departments.press))


def test_odd_names_and_parents_are_refused(graph: Graph) -> None:
    for name in ("", "  ", "x" * 121, "a\x00b", "\ud800"):
        with pytest.raises(InvalidInput):
            graph.write(lambda uow: create_department(uow, name))
    with pytest.raises(NotFound):
        graph.write(lambda uow: create_department(uow, "A", parent=uuid.uuid4()))
    with pytest.raises(NotFound):
        graph.write(lambda uow: rename_department(uow, uuid.uuid4(), "A"))


def test_a_department_is_found_by_name_or_id(graph: Graph) -> None:
    tree = graph.read(get_tree)

    assert tree.find("sales").id == tree.find(str(graph.departments.sales)).id == graph.departments.sales
    with pytest.raises(NotFound, match="Known are"):
        tree.find("nowhere")


def test_only_who_administers_departments_changes_them(graph: Graph) -> None:
    editor = graph.user({graph.departments.sales: ["*:read", "*:create", "*:update"]})

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: create_department(uow, "Mine"), editor)
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: rename_department(uow, graph.departments.sales, "Mine"), editor)
