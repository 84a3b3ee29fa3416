# SPDX-License-Identifier: Apache-2.0
"""The page of a party or record: what it shows to whom, and that its cost does not grow with its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.contact_points.service import add_contact_point, mark_bounced
from xrm.entities.removal import delete_entity
from xrm.entities.service import create_entity
from xrm.identifiers.service import set_identifier
from xrm.interactions.service import record_interaction
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

MOST_STATEMENTS = 15


class Company(NamedTuple):
    """A customer of two departments, with one contact person."""

    id: UUID
    path: str
    person: UUID


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The base vocabulary and sales, whose records link to parties."""
    return {"base": "xrm_base", "sales": "xrm_sales"}


@pytest.fixture
def company(runtime: Runtime, admin: Actor, departments: Departments) -> Company:
    """A company with two facets and a person who works for it."""

    def make(uow: UnitOfWork) -> Company:
        one = create_entity(uow, "organization", {"name": "Imprimerie du Centre"}, department=departments.sales)
        person = create_entity(uow, "person", {"first_name": "Nadia", "last_name": "Lefèvre"}, department=departments.sales)
        start_role(uow, one, "customer", {"number": "C-1"}, department=departments.sales, since=date(2019, 3, 1))
        start_role(uow, one, "customer", {"number": "P-2"}, department=departments.press)
        relate(uow, "works_for", person, one, values={"job_title": "Directrice"}, valid_from=date(2020, 1, 1))
        return Company(one, f"/base/organization/{one}", person)

    return runtime.write(make, admin)


def text_of(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def statements(runtime: Runtime, client: FlaskClient, path: str) -> int:
    """How many statements a page costs, those that begin a transaction left out."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(runtime.engine, "before_cursor_execute", note)
    answer = client.get(path)
    event.remove(runtime.engine, "before_cursor_execute", note)
    assert answer.status_code == 200
    return len([one for one in sent if not one.startswith(("BEGIN", "PRAGMA", "SET "))])


def test_shows_each_facet_with_its_own_number(client: FlaskClient, company: Company) -> None:
    page = text_of(client.get(company.path).text)

    assert "Imprimerie du Centre" in page
    assert "C-1" in page
    assert "P-2" in page
    assert "since 1 Mar 2019" in page


def test_shows_a_relationship_from_both_ends_in_its_words(client: FlaskClient, company: Company) -> None:
    from_company = text_of(client.get(company.path).text)
    from_person = text_of(client.get(f"/base/person/{company.person}").text)

    assert "Employs" in from_company
    assert "Nadia Lefèvre Directrice" in from_company
    assert "Works for" in from_person
    assert "Imprimerie du Centre" in from_person


def test_says_the_relationship_in_french(client: FlaskClient, company: Company) -> None:
    page = text_of(client.get(company.path, headers={"Accept-Language": "fr"}).text)

    assert "Emploie" in page


def test_leaves_out_what_another_department_noted(
    runtime: Runtime, sign_in: SignIn, admin: Actor, company: Company, departments: Departments
) -> None:
    def make(uow: UnitOfWork) -> Actor:
        record_interaction(uow, "note", department=departments.press, participants=[company.id], body="geheimwort note")
        add_contact_point(uow, company.id, "email", "geheimwort@example.org", department=departments.press)
        deal = {"name": "geheimwort deal", "customer": str(company.id), "stage": "lead"}
        create_entity(uow, "opportunity", deal, department=departments.press)
        return add_user(uow, "only-sales@example.org", {departments.sales: ["*:*"]})

    only_sales = runtime.write(make, admin)

    page = sign_in(only_sales).get(company.path).text

    assert "C-1" in page
    assert "P-2" not in page
    assert "geheimwort" not in page
    assert "geheimwort deal" in sign_in(admin).get(company.path).text


def test_answers_404_for_another_type_and_for_a_foreign_id(
    runtime: Runtime, sign_in: SignIn, client: FlaskClient, company: Company, departments: Departments
) -> None:
    stranger = runtime.write(lambda uow: add_user(uow, "service@example.org", {departments.service: ["*:*"]}), system_actor())

    assert client.get(f"/base/person/{company.id}").status_code == 404
    assert client.get(f"/sales/organization/{company.id}").status_code == 404
    assert sign_in(stranger).get(company.path).status_code == 404


def test_tells_who_may_restore_where_a_deleted_party_is(
    runtime: Runtime, sign_in: SignIn, admin: Actor, company: Company, departments: Departments
) -> None:
    reader = runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: ["*:read"]}), system_actor())
    runtime.write(lambda uow: delete_entity(uow, company.id), admin)

    mine, theirs = sign_in(admin).get(company.path), sign_in(reader).get(company.path)

    assert (mine.status_code, theirs.status_code) == (404, 404)
    assert "is in the recycle bin" in mine.text
    assert "Imprimerie" not in theirs.text


@pytest.mark.parametrize("kind", ["interactions", "relationships"])
def test_costs_the_same_with_three_and_with_three_hundred(
    runtime: Runtime, client: FlaskClient, admin: Actor, company: Company, departments: Departments, kind: str
) -> None:
    def add(count: int) -> None:
        def make(uow: UnitOfWork) -> None:
            set_identifier(uow, "test", f"k{count}", company.id)
            for number in range(count):
                if kind == "interactions":
                    people = [company.id, company.person]
                    at = datetime.now(UTC) - timedelta(hours=number)
                    record_interaction(uow, "call", department=departments.sales, participants=people, body="x", at=at)
                else:
                    values = {"first_name": f"P{number}", "last_name": f"Q{count}"}
                    one = create_entity(uow, "person", values, department=departments.sales)
                    relate(uow, "works_for", one, company.id, values={"job_title": "clerk"})

        runtime.write(make, admin)

    add(3)
    client.get(company.path)  # the first page of a program reads what is kept for all others
    few = statements(runtime, client, company.path)
    add(300)
    many = statements(runtime, client, company.path)

    assert few == many
    assert many <= MOST_STATEMENTS


def test_limits_each_group_of_relationships_and_says_how_many_there_are(
    runtime: Runtime, client: FlaskClient, admin: Actor, company: Company, departments: Departments
) -> None:
    def make(uow: UnitOfWork) -> None:
        for number in range(20):
            person = create_entity(uow, "person", {"first_name": f"P{number}", "last_name": "Many"}, department=departments.sales)
            relate(uow, "works_for", person, company.id)
        parent = create_entity(uow, "organization", {"name": "The Holding"}, department=departments.sales)
        relate(uow, "subsidiary_of", company.id, parent)

    runtime.write(make, admin)

    page = client.get(company.path).text
    rest = client.get(f"{company.path}/relationships?kind=works_for:reverse").text

    assert "Show all 21" in page
    assert page.count(" Many</a>") < 20
    assert "The Holding" in page
    assert rest.count(" Many</a>") == 20


def test_asks_the_relationships_as_of_another_day(
    runtime: Runtime, client: FlaskClient, admin: Actor, company: Company, departments: Departments
) -> None:
    def make(uow: UnitOfWork) -> None:
        old = create_entity(uow, "organization", {"name": "Former Employer"}, department=departments.sales)
        relate(uow, "works_for", company.person, old, valid_from=date(2010, 1, 1), valid_until=date(2019, 1, 1))

    runtime.write(make, admin)
    path = f"/base/person/{company.person}"

    assert "Former Employer" not in client.get(path).text
    assert "Former Employer" in client.get(f"{path}?as_of=2015-06-01").text
    assert "Imprimerie" not in client.get(f"{path}?as_of=2015-06-01").text
    assert "Former Employer" in client.get(f"{path}?ended=1").text


def test_continues_the_timeline_where_the_page_before_ended(
    runtime: Runtime, client: FlaskClient, admin: Actor, company: Company, departments: Departments
) -> None:
    def make(uow: UnitOfWork) -> None:
        for number in range(25):
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
            text = f"entry-{number:02}."
            record_interaction(uow, "note", department=departments.sales, participants=[company.id], body=text, at=at)

    runtime.write(make, admin)

    first = client.get(company.path).text
    older = re.search(r'href="([^"]*\?before=[^"]+)"', first)
    assert older is not None
    second = client.get(older.group(1).replace("&amp;", "&").split("#")[0]).text

    shown = [set(re.findall(r"entry-\d\d", page)) for page in (first, second)]
    assert shown[0].isdisjoint(shown[1])
    assert len(shown[0] | shown[1]) == 25


def test_marks_an_address_that_bounced_and_escapes_what_people_wrote(
    runtime: Runtime, client: FlaskClient, admin: Actor, company: Company, departments: Departments
) -> None:
    def make(uow: UnitOfWork) -> None:
        add_contact_point(uow, company.id, "email", "gone@example.org")
        mark_bounced(uow, "email", "gone@example.org", "550")
        record_interaction(uow, "note", department=departments.sales, participants=[company.id], body="<script>alert(1)</script>")

    runtime.write(make, admin)

    page = client.get(company.path).text

    assert "Messages to this address come back" in page
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_lists_the_records_that_link_here_and_offers_new_ones(
    runtime: Runtime, client: FlaskClient, admin: Actor, company: Company, departments: Departments
) -> None:
    values = {"name": "Spring catalogue", "customer": str(company.id), "stage": "lead"}
    runtime.write(lambda uow: create_entity(uow, "opportunity", values, department=departments.sales), admin)

    page = client.get(company.path).text

    assert "Spring catalogue" in page
    assert f"/sales/opportunity/new?customer={company.id}" in page


def test_shows_the_lines_of_a_quote_as_a_table(
    runtime: Runtime, client: FlaskClient, admin: Actor, company: Company, departments: Departments
) -> None:
    def make(uow: UnitOfWork) -> UUID:
        quote = create_entity(uow, "quote", {"number": "Q-1", "customer": str(company.id)}, department=departments.sales)
        line = {"quote": str(quote), "description": "Paper", "quantity": "3", "unit_price": "2"}
        create_entity(uow, "quote_line", line, department=departments.sales)
        return quote

    quote = runtime.write(make, admin)

    page = client.get(f"/sales/quote/{quote}").text

    assert '<table class="table"' in page
    assert "Paper" in text_of(page)
    assert "€2.00" in text_of(page)


def test_gives_the_timeline_alone_as_a_part_of_the_same_page(client: FlaskClient, company: Company) -> None:
    part = client.get(f"{company.path}?part=timeline").text

    assert 'id="timeline"' in part
    assert "<html" not in part
