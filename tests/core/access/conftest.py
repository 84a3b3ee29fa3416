# SPDX-License-Identifier: Apache-2.0
"""What tests of rights to fields share: guarded fields, a word in each of them, and users who see them nowhere or in places."""

from __future__ import annotations

import uuid

import pytest

from tests.factories.graph import Graph
from xrm.entities.service import create_entity
from xrm.overlay.guarding import guard_field
from xrm.roles.service import start_role
from xrm.unit_of_work import Actor, UnitOfWork

WORD = "zanzibar"
GUARDED = {"ticket": ("code", "price", "kept_by", "watchers"), "organization": ("trade_name",), "customer": ("number", "notes")}
EVERY = [f"{name}.{key}" for name, keys in GUARDED.items() for key in keys]


@pytest.fixture
def guarded(graph: Graph) -> Graph:
    """Fields of a record, a party and a role that need a right of their own."""
    for name, keys in GUARDED.items():
        for key in keys:
            guard_field(graph.runtime, graph.admin, name, key)
    return graph


@pytest.fixture
def planted(guarded: Graph) -> dict[str, uuid.UUID]:
    """The word in each guarded field, in sales and in press."""
    def write(uow: UnitOfWork) -> dict[str, uuid.UUID]:
        found = {}
        for name, place in guarded.departments._asdict().items():
            firm = create_entity(uow, "organization", {"name": f"Firm {name}", "trade_name": WORD}, department=place)
            found[f"firm_{name}"] = firm
            found[f"role_{name}"] = start_role(uow, firm, "customer", {"number": WORD, "notes": WORD}, department=place)
            values = {"name": f"Ticket {name}", "code": f"{WORD} {name}", "price": "12.50", "count": 2, "kept_by": firm}
            found[f"ticket_{name}"] = create_entity(uow, "ticket", values, department=place)
        return found

    return guarded.write(write)


@pytest.fixture
def reader(guarded: Graph) -> Actor:
    """Reads and updates all of sales and press, and sees no guarded field."""
    rights = ["*:read", "*:create", "*:update", "*:delete", "*:link", "*:import", "*:export"]
    return guarded.user({guarded.departments.sales: rights, guarded.departments.press: rights})


@pytest.fixture
def half(guarded: Graph) -> Actor:
    """Reads sales and press, and sees the guarded fields in sales alone."""
    where = guarded.departments
    return guarded.user({where.sales: ["*:read", *(f"{one}:see" for one in EVERY)], where.press: ["*:read"]})
