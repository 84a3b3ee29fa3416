# SPDX-License-Identifier: Apache-2.0
"""Lists: their state in the address, what they show to whom, as page, JSON and CSV, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, insert

from tests.factories.access import Departments, add_user
from xrm.db.ids import new_id
from xrm.entities.service import create_entity
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.scores.models import score
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_web.list_files import guarded

SYSTEM = system_actor()
MOST_STATEMENTS = 15


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The vocabulary, and sales for records with a board."""
    return {"base": "xrm_base", "sales": "xrm_sales"}


def add_customers(runtime: Runtime, department: UUID, count: int, prefix: str = "Firm") -> list[UUID]:
    """Organizations, each a customer with a number, an account manager and a limit, in a department."""

    def make(uow: UnitOfWork) -> list[UUID]:
        found = []
        for at in range(count):
            manager = create_entity(uow, "person", {"first_name": "Ada", "last_name": f"Nr{at:03}"}, department=department)
            firm = create_entity(uow, "organization", {"name": f"{prefix} {at:03}"}, department=department)
            values = {"number": f"{prefix[0]}{at:03}", "account_manager": manager, "credit_limit": f"{at * 100}.50 EUR"}
            start_role(uow, firm, "customer", values, department=department)
            found.append(firm)
        return found

    return runtime.write(make, SYSTEM)


def names(page: str) -> list[str]:
    """The titles of the rows of a list page."""
    return re.findall(r'<th scope="row" class="first">.*?<span>([^<]*)</span></a>', page)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that run inside."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/party", "/base/person", "/base/organization", "/base/customer", "/sales/opportunity"])
def test_every_type_has_a_list_that_says_when_it_is_empty(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert "Nothing here yet" in answer.text or "Nothing in this view" in answer.text


def test_a_page_needs_few_statements_however_many_rows_it_has(
    client: FlaskClient, runtime: Runtime, departments: Departments
) -> None:
    costs = []
    for path in ("/base/customer", "/base/organization", "/party"):
        add_customers(runtime, departments.sales, 5, f"Few{path[-3:]}")
        with counted(runtime.engine) as few:
            client.get(path)
        add_customers(runtime, departments.sales, 60, f"Many{path[-3:]}")
        with counted(runtime.engine) as many:
            page = client.get(path).text
        assert len(names(page)) == 50
        costs.append((path, len(few), len(many)))

    assert all(many <= MOST_STATEMENTS for _, _, many in costs), costs
    # The second page's count is the one statement more that a long list has.
    assert all(many <= few + 1 for _, few, many in costs), costs


def test_the_pages_of_a_list_hold_each_row_once(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    add_customers(runtime, departments.sales, 120)

    found, path = [], "/base/customer?sort=-credit_limit"
    while path:
        page = client.get(path).text
        found += names(page)
        following = re.search(r'href="([^"]*)" rel="next"', page)
        path = following.group(1).replace("&amp;", "&") if following else ""

    assert found == [f"Firm {at:03}" for at in reversed(range(120))]


def test_a_filter_is_added_by_a_plain_form_and_removed_by_its_chip(
    client: FlaskClient, runtime: Runtime, departments: Departments
) -> None:
    add_customers(runtime, departments.sales, 12)

    added = client.get("/base/customer?add=credit_limit&op=between&value=200&to=400")
    page = client.get(added.location).text
    removal = re.search(r'href="([^"]*)" aria-label="Remove the filter “Credit limit”"', page)

    assert names(page) == ["Firm 002", "Firm 003"]
    assert "is between" in page
    assert removal is not None
    assert len(names(client.get(removal.group(1)).text)) == 12


def test_a_chip_says_the_filter_in_words(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    add_customers(runtime, departments.sales, 1)

    page = client.get("/base/customer?f=status:in:active,on_hold").text

    assert "Active, On hold" in page


@pytest.mark.parametrize("query", ["f=nonsense:eq:1", "f=credit_limit:gt:abc", "sort=nonsense", "after=xyz"])
def test_an_address_that_makes_no_sense_shows_why_and_the_way_out(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/base/customer?{query}")

    assert answer.status_code == 422
    assert "This list cannot be shown" in answer.text
    assert 'href="/base/customer"' in answer.text


def test_a_wrong_value_in_the_filter_form_is_kept_and_explained(client: FlaskClient) -> None:
    page = client.get("/base/customer?add=credit_limit&op=ge&value=lots").text

    assert 'value="lots"' in page
    assert "is not a number" in page


def test_chosen_columns_and_order_stand_in_the_address(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    add_customers(runtime, departments.sales, 3)

    page = client.get("/base/customer?cols=number&cols=credit_limit&sort=-number").text

    assert names(page) == ["Firm 002", "Firm 001", "Firm 000"]
    assert 'aria-sort="descending"' in page
    assert re.findall(r'<th scope="col" class="[^"]*right[^"]*"[^>]*><a [^>]*>([^<]*)<', page) == ["Credit limit"]
    assert "€100.50" in page


def test_somebody_of_one_department_never_meets_another(
    sign_in: Any, runtime: Runtime, departments: Departments
) -> None:
    add_customers(runtime, departments.sales, 2, "Visible")
    add_customers(runtime, departments.press, 2, "Hidden")
    reader = runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: ["*:read"]}), SYSTEM)
    browser = sign_in(reader)

    lists = ("/party", "/base/organization", "/base/customer", "/base/customer.json")
    for path in (*lists, "/pick?type=party&q=", "/search?q=hidden"):
        text = browser.get(path).text
        assert "Hidden 0" not in text, path
    assert "Visible 000" in browser.get("/base/customer").text


def test_a_list_without_the_right_is_refused(sign_in: Any, runtime: Runtime, departments: Departments) -> None:
    reader = runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: ["person:read"]}), SYSTEM)
    browser = sign_in(reader)

    assert browser.get("/base/person").status_code == 200
    assert browser.get("/base/customer").status_code == 403
    assert browser.get("/base/person.csv").status_code == 403


@pytest.mark.parametrize("path", ["/base/nonsense", "/press/customer", "/base/nonsense.json", "/sales/customer.csv"])
def test_an_unknown_list_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_json_gives_the_same_rows_and_the_cursor_of_the_next(
    client: FlaskClient, runtime: Runtime, departments: Departments
) -> None:
    add_customers(runtime, departments.sales, 60)

    first = client.get("/base/customer.json?sort=-number").get_json()
    second = client.get(f"/base/customer.json?sort=-number&after={first['next']}").get_json()

    assert [item["number"] for item in first["items"] + second["items"]] == [f"F{at:03}" for at in reversed(range(60))]
    assert second["next"] is None


def test_csv_holds_the_whole_list_and_no_formula(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    add_customers(runtime, departments.sales, 60)
    add_customers(runtime, departments.sales, 1, '=HYPERLINK("http://evil")')

    answer = client.get("/base/customer.csv?cols=number,credit_limit,account_manager")

    lines = answer.text.splitlines()
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(lines) == 62
    assert lines[0].startswith("\N{ZERO WIDTH NO-BREAK SPACE}Name,Customer number,Credit limit,Account manager")
    assert not any(line.lstrip('"').startswith("=") for line in lines)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-1+cmd|x", "'-1+cmd|x"), ("-12.50", "-12.50"), ("+33 2 38", "+33 2 38"),
        ("a=b", "a=b"),
    ],
)
def test_what_a_spreadsheet_would_run_is_guarded(text: str, written: str) -> None:
    assert guarded(text) == written


def test_a_board_counts_and_adds_up_and_moves_a_card(
    client: FlaskClient, runtime: Runtime, departments: Departments
) -> None:
    firm = add_customers(runtime, departments.sales, 1)[0]

    def add_deals(uow: UnitOfWork) -> list[UUID]:
        given = [{"name": f"Deal {at}", "customer": firm, "amount": "100 EUR"} for at in range(3)]
        return [create_entity(uow, "opportunity", values, department=departments.sales) for values in given]

    deal = runtime.write(add_deals, SYSTEM)[0]
    before = client.get("/sales/opportunity?view=board").text
    moved = client.post(
        f"/sales/opportunity/{deal}/move", data={"field": "stage", "value": "qualified", "back": "/sales/opportunity?view=board"}
    )
    after = client.get(moved.location).text

    assert "€300.00" in before
    assert moved.location == "/sales/opportunity?view=board"
    assert "€200.00" in after
    assert "€100.00" in after


def test_a_move_that_needs_more_leads_to_the_form(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    firm = add_customers(runtime, departments.sales, 1)[0]
    values = {"name": "Deal", "customer": firm}
    deal = runtime.write(lambda uow: create_entity(uow, "opportunity", values, department=departments.sales), SYSTEM)

    answer = client.post(f"/sales/opportunity/{deal}/move", data={"field": "stage", "value": "lost", "back": "//evil.example"})

    assert answer.location.startswith(f"/sales/opportunity/{deal}/edit?stage=lost&back=%2Fsales%2Fopportunity")
    assert "lost_reason" in answer.location


class TestScores:
    """The columns of score models, which plugins register."""

    @pytest.fixture
    def plugins(self) -> Mapping[str, str]:
        """The vocabulary, and a score model."""
        return {"base": "xrm_base", "quality": "xrm_quality"}

    def test_a_score_is_a_column_of_lists_of_parties_and_of_their_roles(
        self, client: FlaskClient, runtime: Runtime, departments: Departments
    ) -> None:
        firm = add_customers(runtime, departments.sales, 1)[0]
        row = {"entity_id": firm, "model": "quality", "value": 83.0, "reasons": "[]", "model_version": "1"}
        runtime.write(lambda uow: uow.execute(insert(score).values(id=new_id(), computed_at=uow.now, **row)), SYSTEM)

        for path in ("/base/organization", "/party?cols=score.quality", "/base/customer?cols=score.quality"):
            assert re.search(r'<span class="number">83</span>', client.get(path).text), path
