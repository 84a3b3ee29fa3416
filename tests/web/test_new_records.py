# SPDX-License-Identifier: Apache-2.0
"""Something new begins with what it is made from: its whole, its department, its place, its currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments
from xrm.entities.service import create_entity, update_entity
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

SYSTEM = system_actor()


class Deal(NamedTuple):
    """A company, an opportunity and a quote with one line, all of the press department."""

    company: UUID
    opportunity: UUID
    quote: UUID


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The vocabulary, and sales for quotes with lines."""
    return {"base": "xrm_base", "sales": "xrm_sales"}


@pytest.fixture
def deal(runtime: Runtime, departments: Departments) -> Deal:
    """What the new records are made from."""

    def make(uow: UnitOfWork) -> Deal:
        place = departments.press
        company = create_entity(uow, "organization", {"name": "Papier"}, department=place)
        values = {"name": "Catalogue", "customer": company, "amount": "1000 USD"}
        opportunity = create_entity(uow, "opportunity", values, department=place)
        quote = create_entity(uow, "quote", {"number": "Q-1", "customer": company}, department=place)
        line = {"quote": quote, "position": 4, "description": "Paper", "quantity": "3", "unit_price": "2 USD"}
        create_entity(uow, "quote_line", line, department=place)
        return Deal(company, opportunity, quote)

    return runtime.write(make, SYSTEM)


def test_a_line_belongs_to_the_department_of_its_whole_and_comes_last(
    client: FlaskClient, departments: Departments, deal: Deal
) -> None:
    page = client.get(f"/sales/quote_line/new?quote={deal.quote}").text

    assert f'<option value="{departments.press}" selected>' in page
    assert 'name="position" value="5"' in page


def test_the_next_line_keeps_the_quote_and_counts_on(client: FlaskClient, departments: Departments, deal: Deal) -> None:
    data = {
        "_department": str(departments.press), "quote": str(deal.quote), "position": "5", "description": "Ink", "quantity": "1",
        "_then": "another",
    }

    following = client.get(client.post("/sales/quote_line/new", data=data).location).text

    assert f'<option value="{deal.quote}" selected>' in following
    assert 'name="position" value="6"' in following


@pytest.mark.parametrize("path", ["/base/organization/{}/roles/add?role=partner", "/base/partner/new?party={}"])
def test_a_role_begins_in_the_department_of_its_party(
    client: FlaskClient, departments: Departments, deal: Deal, path: str
) -> None:
    assert f'<option value="{departments.press}" selected>' in client.get(path.format(deal.company)).text


def test_amounts_made_of_money_are_shown_in_its_currency(client: FlaskClient, deal: Deal) -> None:
    quote = client.get(f"/sales/quote/{deal.quote}").text
    rows = client.get("/sales/opportunity?cols=weighted_amount").text

    assert "$6.00" in quote
    assert "$100.00" in rows


def test_the_probability_goes_with_the_stage(client: FlaskClient, runtime: Runtime, deal: Deal) -> None:
    runtime.write(lambda uow: update_entity(uow, deal.opportunity, {"stage": "qualified"}), SYSTEM)

    assert "$200.00" in client.get(f"/sales/opportunity/{deal.opportunity}").text


def test_all_that_is_wrong_with_a_new_party_is_said_at_once(client: FlaskClient, departments: Departments) -> None:
    data = {"_department": str(departments.sales), "name": "Wrong", "_email": "nobody", "_phone": "call me"}

    answer = client.post("/base/organization/new", data=data)

    assert answer.status_code == 422
    assert 'id="f-_email-error"' in answer.text
    assert 'id="f-_phone-error"' in answer.text


def test_french_names_something_new_by_its_gender(client: FlaskClient) -> None:
    client.set_cookie("xrm_language", "fr")

    assert "Nouvelle organisation" in client.get("/base/organization/new").text
    assert "Nouveau client" in client.get("/base/customer/new").text


def test_the_pages_of_a_list_lead_back_one_by_one(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    def fill(uow: UnitOfWork) -> None:
        for number in range(101):
            create_entity(uow, "organization", {"name": f"Firm {number:03}"}, department=departments.sales)

    runtime.write(fill, SYSTEM)

    def step(page: str, rel: str) -> str:
        before = page.split(f'" rel="{rel}"', maxsplit=1)[0]
        return client.get(before.rsplit('href="', 1)[1].replace("&amp;", "&")).text

    second = step(client.get("/base/organization").text, "next")
    third = step(second, "next")

    assert "Firm 100" in third
    assert "Firm 050" in step(third, "prev")
    assert "Firm 000" in step(step(third, "prev"), "prev")
