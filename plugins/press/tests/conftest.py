# SPDX-License-Identifier: Apache-2.0
"""A press office: people who may and may not, an outlet, a release, a journalist."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.factories.access import Departments
from tests.factories.graph import Graph
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor

EDITOR = ("*:read", "*:create", "*:update", "*:delete", "*:link")


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The base vocabulary and the press plugin, nothing else."""
    return {"base": "xrm_base", "press": "xrm_press"}


@pytest.fixture
def graph(runtime: Runtime, admin: Actor, departments: Departments) -> Graph:
    """Short ways to write and read."""
    return Graph(runtime, admin, departments)


@dataclass(frozen=True)
class Office:
    """What a press office works with; the journalist is known to press and to sales, all else to press alone."""

    editor: Actor
    seller: Actor
    journalist: uuid.UUID
    outlet: uuid.UUID
    release: uuid.UUID


@pytest.fixture
def office(graph: Graph, departments: Departments) -> Office:
    """A press office in the department press, beside a department sales that has no right to press matters."""
    journalist = graph.person("Reporter", departments.sales)
    graph.role(journalist, "press_contact", {}, departments.press)
    return Office(
        editor=graph.user({departments.press: EDITOR}),
        seller=graph.user({departments.sales: ("person:*", "organization:*", "interaction:*")}),
        journalist=journalist,
        outlet=graph.create("outlet", {"name": "Le Courrier", "audience": 84000}, departments.press),
        release=graph.create("release", {"headline": "A new factory", "summary": "Thirty jobs."}, departments.press),
    )
