# SPDX-License-Identifier: Apache-2.0
"""Who writes guarded fields: refused before anything is written, left as they are by whoever may not see them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.core.access.conftest import WORD
from tests.factories.graph import Graph
from xrm.access.field_rights import mask_changes, visible_fields
from xrm.entities.listing import ListQuery
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import PermissionDenied
from xrm.imports.run import run_import
from xrm.overlay.guarding import guard_field
from xrm.plugin_api import select
from xrm.roles.service import start_role, update_role
from xrm.unit_of_work import Actor, UnitOfWork


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


WRITES: Mapping[str, Callable[[UnitOfWork, dict[str, uuid.UUID], uuid.UUID], object]] = {
    "create": lambda uow, _, place: create_entity(uow, "ticket", {"name": "x", "price": "1"}, department=place),
    "empty at creation": lambda uow, _, place: create_entity(uow, "ticket", {"name": "x", "code": None}, department=place),
    "update": lambda uow, ids, _: update_entity(uow, ids["ticket_sales"], {"name": "x", "price": "1"}),
    "the same": lambda uow, ids, _: update_entity(uow, ids["ticket_sales"], {"price": "12.50"}),
    "empty": lambda uow, ids, _: update_entity(uow, ids["ticket_sales"], {"code": None}),
    "party": lambda uow, ids, _: update_entity(uow, ids["firm_sales"], {"trade_name": "x"}),
    "start": lambda uow, ids, place: start_role(uow, ids["firm_sales"], "customer", {"number": "x"}, department=place),
    "role": lambda uow, ids, _: update_role(uow, ids["role_sales"], {"notes": "x"}),
}


def test_a01_a_hidden_field_is_refused_before_anything_is_written(
    guarded: Graph, planted: dict[str, uuid.UUID], reader: Actor, half: Actor
) -> None:
    tables = [table.name for table in guarded.runtime.registry.table_set.tables.values()]

    def snapshot(uow: UnitOfWork) -> dict[str, list[Any]]:
        return {name: sorted(map(repr, uow.execute(text(f'SELECT * FROM "{name}"')))) for name in tables}  # noqa: S608

    before = guarded.read(snapshot)
    for name, write in WRITES.items():
        for actor in (reader, half):
            with pytest.raises(PermissionDenied) as caught:
                guarded.write(lambda uow: write(uow, planted, guarded.departments.sales), actor)
            if actor is reader:
                assert ":edit" in str(caught.value.message), name
    assert guarded.read(snapshot) == before


def test_a11_what_is_not_sent_stays_also_when_a_rule_would_empty_it(guarded: Graph, reader: Actor) -> None:
    guard_field(guarded.runtime, guarded.admin, "ticket", "limit")
    one = guarded.create("ticket", {"name": "A", "urgent": True, "limit": 5, "price": "2", "count": 3})

    guarded.write(lambda uow: update_entity(uow, one, {"urgent": False, "count": 4}), reader)

    found = guarded.read(lambda uow: get_entity(uow, one)).fields
    assert (found["urgent"], found["limit"], found["price"]) == (False, 5, Decimal(2))
    assert found["total"] == Decimal(8)


def test_what_is_made_of_a_guarded_field_is_guarded_with_it(guarded: Graph, reader: Actor) -> None:
    guards = guarded.runtime.registry.guards["ticket"]
    assert guards["total"] == {"price"}
    user = guarded.user({guarded.departments.sales: ["*:read", "ticket.price:see"]})

    assert guarded.read(lambda uow: not visible_fields(uow, "ticket")["total"].is_empty, user)
    assert guarded.read(lambda uow: visible_fields(uow, "ticket")["total"].is_empty, reader)


def test_changes_are_shown_without_those_of_hidden_fields(guarded: Graph, half: Actor) -> None:
    where = guarded.departments
    changes = {"name": ("a", "b"), "code": (None, WORD), "total": (1, 2)}

    def masked(place: uuid.UUID) -> set[str]:
        return set(guarded.read(lambda uow: mask_changes(uow, "ticket", [place], changes), half))

    assert masked(where.sales) == {"name", "code", "total"}
    assert masked(where.press) == {"name"}


def test_own_rows_only(guarded: Graph) -> None:
    sales = guarded.departments.sales
    user = guarded.user({sales: ["ticket:read", "organization:read", "ticket:create", "organization:create"]})
    assert user.user_id is not None
    mine = guarded.user({sales: ["ticket:*", "organization:*"]}, "own")
    for values in ({"name": "Theirs", "price": "1"}, {"name": "Mine", "price": "2"}):
        owner = mine if values["name"] == "Mine" else guarded.admin
        guarded.write(lambda uow: create_entity(uow, "ticket", values, department=sales), owner)
        firm = {"name": values["name"], "trade_name": WORD}
        guarded.write(lambda uow: create_entity(uow, "organization", firm, department=sales), owner)
    both = replace(mine)
    guarded.runtime.write(lambda uow: _give_reading(uow, both, sales), guarded.admin)

    tickets = {item.title: item.fields.get("price") for item in guarded.page(ListQuery("ticket"), both).items}
    firms = {item.title: item.fields.get("trade_name") for item in guarded.page(ListQuery("organization"), both).items}
    rows = guarded.read(lambda uow: uow.execute(select(uow, "organization", ("title", "trade_name"))).all(), both)

    assert tickets == {"Theirs": None, "Mine": Decimal(2)}
    assert firms == {"Theirs": None, "Mine": WORD}
    assert {row.title: row.trade_name for row in rows} == firms


def _give_reading(uow: UnitOfWork, actor: Actor, department: uuid.UUID) -> None:
    from xrm.access.service import create_shipped_sets, give  # noqa: PLC0415  # of this one helper alone

    create_shipped_sets(uow)
    assert actor.user_id is not None
    give(uow, actor.user_id, "reader", department=department)


def test_an_import_needs_the_right_to_write_and_to_match(guarded: Graph, reader: Actor, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("name,code\nA,1\n", encoding="utf-8")
    written = "things:\n  one: {type: ticket, identifiers: {x: name}, fields: {name: name, code: code}}\n"
    matched = "things:\n  one: {type: organization, match: [trade_name], fields: {name: name, trade_name: code}}\n"
    for mapping in (written, matched):
        file = tmp_path / "mapping.yaml"
        file.write_text(mapping, encoding="utf-8")
        with pytest.raises(PermissionDenied):
            run_import(guarded.runtime, reader, rows, file, department=guarded.departments.sales)
        assert run_import(guarded.runtime, guarded.admin, rows, file, department=guarded.departments.sales).failed == 0
    assert guarded.page(ListQuery("ticket"), reader).items[0].fields.get("code") is None
