# SPDX-License-Identifier: Apache-2.0
"""What a row hangs on entities of earlier files: interactions and link fields."""

from __future__ import annotations

from tests.core.imports.conftest import COMPANIES, Import, Titles
from xrm.interactions.queries import timeline
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor

TWO = "id,name\n1,Alfa\n2,Beta\n"
PEOPLE = "things: {person: {type: person, identifiers: {staff: id}, fields: {last_name: name}}}\n"


def test_interactions_are_recorded_once(run: Import, listed: Titles, runtime: Runtime, admin: Actor) -> None:
    run(TWO)
    mapping = """
interactions:
  - interaction: purchase
    identifier: {system: order, key: order}
    participants: [{system: shop, key: customer}]
    at: day
    subject: {text: "Order {order}"}
    body: remark
"""
    rows = "order,customer,day,remark\n10,1,2024-02-01,first\n11,1,2024-02-02,second\n"
    first = run(rows, mapping)

    second = run(rows.replace("second", "changed"), mapping)

    alfa = listed("organization")[0].id
    entries = runtime.read(lambda uow: timeline(uow, alfa), admin)
    assert (first.created, second.created, second.updated, second.unchanged) == (2, 0, 1, 1)
    assert [(item.subject, item.body) for item in entries.items] == [("Order 11", "changed"), ("Order 10", "first")]


def test_a_link_field_leads_to_an_entity_by_its_identifier(run: Import, listed: Titles) -> None:
    run("id,name\n7,Manager\n", PEOPLE)
    mapping = COMPANIES.replace("fields: {number: id}", "fields: {account_manager: {refer: {system: staff, key: manager}}}")

    report = run("id,name,manager\n1,Alfa,7\n2,Beta,\n", mapping)

    assert report.created == 2
    managers = [item.fields["account_manager"] for item in listed("customer", columns=("account_manager",))]
    assert managers == [listed("person")[0].id, None]
