# SPDX-License-Identifier: Apache-2.0
"""Guarded fields: who sees them where; no list, filter or plugin tells about one that is hidden."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.core.access.conftest import EVERY, WORD
from tests.factories.graph import Graph
from xrm.entities.grouping import list_groups
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import count_entities, get_entity, list_entities
from xrm.entities.service import update_entity
from xrm.errors import PermissionDenied
from xrm.history.queries import entity_history
from xrm.plugin_api import select
from xrm.roles.queries import list_roles_of
from xrm.search.queries import search, suggest
from xrm.unit_of_work import Actor, UnitOfWork


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


READS: Mapping[str, Callable[[UnitOfWork, dict[str, uuid.UUID]], Any]] = {
    "organizations": lambda uow, _: list_entities(uow, ListQuery("organization")),
    "customers": lambda uow, _: list_entities(uow, ListQuery("customer")),
    "customers by name": lambda uow, _: list_entities(uow, ListQuery("customer", columns=("number", "notes"), distinct="party")),
    "tickets": lambda uow, _: list_entities(uow, ListQuery("ticket", columns=("code", "price", "total", "kept_by"))),
    "board": lambda uow, _: list_groups(uow, ListQuery("ticket"), "stage"),
    "party": lambda uow, ids: get_entity(uow, ids["firm_sales"]),
    "party by type": lambda uow, ids: get_entity(uow, ids["firm_sales"], "organization"),
    "ticket": lambda uow, ids: get_entity(uow, ids["ticket_sales"]),
    "roles": lambda uow, ids: list_roles_of(uow, ids["firm_sales"]),
    "history": lambda uow, ids: [entity_history(uow, ids[one]) for one in ("firm_sales", "ticket_sales")],
    "search": lambda uow, _: [search(uow, word) for word in (WORD, "zanz", "firm", "ticket")],
    "suggestions": lambda uow, _: [suggest(uow, word) for word in (WORD, "zan", "firm")],
    "plugin": lambda uow, _: [
        uow.execute(select(uow, name, columns)).all()
        for name, columns in (("ticket", ("title", "code", "price")), ("customer", ("number", "notes")),
                              ("organization", ("name", "trade_name")))
    ],
}


def test_a_hidden_value_is_met_on_no_surface(guarded: Graph, planted: dict[str, uuid.UUID], reader: Actor) -> None:
    for name, look in READS.items():
        found = repr(guarded.read(lambda uow: look(uow, planted), reader))
        assert WORD not in found, name
        assert "12.5" not in found, name
        assert "Decimal('25" not in found, name
        if name not in {"search", "suggestions", "board"}:
            assert WORD in repr(guarded.read(lambda uow: look(uow, planted))), name


def test_a_value_is_seen_in_those_departments_alone_where_the_right_holds(
    guarded: Graph, planted: dict[str, uuid.UUID], half: Actor
) -> None:
    def codes(uow: UnitOfWork) -> dict[str, Any]:
        return {item.title: item.fields.get("code") for item in list_entities(uow, ListQuery("ticket")).items}

    def by_plugin(uow: UnitOfWork) -> dict[str, Any]:
        rows = uow.execute(select(uow, "ticket", ("title", "code", "total"))).all()
        return {row.title: (row.code, row.total) for row in rows}

    assert guarded.read(codes, half) == {"Ticket sales": f"{WORD} sales", "Ticket press": None}
    seen = guarded.read(by_plugin, half)
    assert seen["Ticket press"] == (None, None)
    assert seen["Ticket sales"][0] == f"{WORD} sales"
    assert Decimal(str(seen["Ticket sales"][1])) > 0
    firm = guarded.read(lambda uow: get_entity(uow, planted["firm_press"]), half)
    assert "trade_name" not in firm.fields
    assert firm.fields["name"] == "Firm press"


def test_a_field_of_a_party_is_seen_from_any_department_where_the_party_stands(
    guarded: Graph, planted: dict[str, uuid.UUID], half: Actor
) -> None:
    guarded.role(planted["firm_press"], "partner", department=guarded.departments.sales)

    listed = guarded.page(ListQuery("organization"), half).items
    rows = guarded.read(lambda uow: uow.execute(select(uow, "organization", ("title", "trade_name"))).all(), half)

    assert {item.title: item.fields.get("trade_name") for item in listed} == {"Firm press": WORD, "Firm sales": WORD}
    assert {row.title: row.trade_name for row in rows} == {"Firm press": WORD, "Firm sales": WORD}
    # A role keeps to its own department.
    found = guarded.read(lambda uow: list_roles_of(uow, planted["firm_press"]), half)
    assert [one.fields.get("number") for one in found if one.type == "customer"] == [None]


@pytest.mark.parametrize(
    ("rights", "sees", "writes"),
    [
        (["ticket:read", "ticket:update"], False, False), (["*:read", "*:update"], False, False),
        (["*:read", "*:update", "ticket.code:see"], True, False), (["*:read", "*:update", "ticket.code:edit"], True, True),
        (["*:read", "*:update", "ticket.code:*"], True, True), (["ticket:*"], True, True), (["*:*"], True, True),
        (["*:read", "*:update", "ticket.price:edit"], False, False), (["*:read", "ticket.code:edit"], True, False),
    ],
)
def test_only_rights_to_the_field_or_to_all_of_its_type_reach_it(
    guarded: Graph, planted: dict[str, uuid.UUID], rights: list[str], sees: bool, writes: bool
) -> None:
    user = guarded.user({guarded.departments.sales: rights})
    one = planted["ticket_sales"]

    assert ("code" in guarded.read(lambda uow: get_entity(uow, one), user).fields) is sees
    if writes:
        guarded.write(lambda uow: update_entity(uow, one, {"code": "new"}), user)
        assert guarded.read(lambda uow: get_entity(uow, one)).fields["code"] == "new"
    else:
        with pytest.raises(PermissionDenied):
            guarded.write(lambda uow: update_entity(uow, one, {"code": "new"}), user)


OPERATORS = {
    "code": ("eq", "ne", "contains", "starts", "in", "empty", "filled"),
    "price": ("eq", "gt", "lt", "ge", "le", "between", "empty"),
    "kept_by": ("eq", "ne", "empty", "filled"), "watchers": ("has", "has_any", "has_none", "empty"), "total": ("gt", "empty"),
}
EXPRESSIONS = (
    f'code == "{WORD} sales"', f'contains(code, "{WORD}")', "price > 1", "price is empty", "not (price < 1)", "total > 1",
    "if(price > 1, urgent, not urgent)", "count > 1 or price > 1", "kept_by is filled",
)


def test_a03_no_operator_on_a_hidden_field_changes_what_is_found(
    guarded: Graph, planted: dict[str, uuid.UUID], reader: Actor, half: Actor
) -> None:
    operands = {"kept_by": str(planted["firm_sales"]), "watchers": str(planted["firm_sales"]), "price": "1", "total": "1"}
    queries = [
        ListQuery("ticket", filters=(Filter(field, name, "1..2" if name == "between" else operands.get(field, WORD)),))
        for field, names in OPERATORS.items() for name in names
    ]
    queries += [ListQuery("ticket", where=where) for where in EXPRESSIONS]
    queries += [ListQuery("ticket", sort=(sort,)) for sort in ("code", "-price", "total")]
    queries += [ListQuery("organization", filters=(Filter("trade_name", "eq", WORD),)), ListQuery("customer", sort=("number",)),
                ListQuery("customer", where=f'number == "{WORD}"')]
    for query in queries:
        for actor in (reader, half):
            for ask in (list_entities, count_entities):
                with pytest.raises(PermissionDenied):
                    guarded.read(lambda uow: ask(uow, query), actor)
        guarded.read(lambda uow: count_entities(uow, query))


@pytest.mark.usefixtures("planted")
def test_a03_groups_and_sums_and_expressions_of_plugins_are_refused_like_filters(guarded: Graph, half: Actor) -> None:
    attempts: list[Callable[[UnitOfWork], object]] = [
        lambda uow: list_groups(uow, ListQuery("ticket"), "code"),
        lambda uow: list_groups(uow, ListQuery("ticket"), "stage", sum_of="price"),
        lambda uow: select(uow, "ticket", ("id",), "price > 1"),
        lambda uow: select(uow, "customer", (), f'number == "{WORD}"'),
    ]
    for attempt in attempts:
        with pytest.raises(PermissionDenied):
            guarded.read(attempt, half)


@pytest.mark.usefixtures("planted")
def test_who_sees_the_field_wherever_they_read_may_filter_and_sort_by_it(guarded: Graph) -> None:
    sales = guarded.departments.sales
    user = guarded.user({sales: ["*:read", *(f"{one}:see" for one in EVERY)]})

    assert guarded.titles(ListQuery("ticket", where="price > 1", sort=("-code",)), user) == ["Ticket sales"]
    assert guarded.titles(ListQuery("organization", filters=(Filter("trade_name", "eq", WORD),)), user) == ["Firm sales"]
