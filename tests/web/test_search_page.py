# SPDX-License-Identifier: Apache-2.0
"""The search page: groups, reasons, marked words, and what it says when there is nothing."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments
from xrm.contact_points.service import add_contact_point
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_web.pages.search import marked


@pytest.fixture
def marie(runtime: Runtime, departments: Departments) -> UUID:
    """A person with an address and a number, and a firm of a similar name."""

    def make(uow: UnitOfWork) -> UUID:
        person = create_entity(uow, "person", {"first_name": "Marie", "last_name": "Lefèvre"}, department=departments.sales)
        create_entity(uow, "organization", {"name": "Lefevre & Fils"}, department=departments.sales)
        add_contact_point(uow, person, "email", "marie@presse.example")
        add_contact_point(uow, person, "phone", "+33 2 38 44 12 34")
        return person

    return runtime.write(make, system_actor())


@pytest.mark.usefixtures("marie")
def test_hits_are_grouped_by_type_and_marked(client: FlaskClient) -> None:
    page = client.get("/search?q=lefevre").text

    assert 'id="hits-person"' in page
    assert 'id="hits-organization"' in page
    assert "<mark>Lefèvre</mark>" in page


@pytest.mark.parametrize(("text", "reason"), [("marie@presse", "E-mail"), ("0238441234", "Phone")])
def test_an_address_finds_its_owner_and_is_named_as_the_reason(client: FlaskClient, marie: UUID, text: str, reason: str) -> None:
    page = client.get("/search", query_string={"q": text}).text

    assert f"/base/person/{marie}" in page
    assert reason in page


def test_enter_opens_the_only_hit(client: FlaskClient, marie: UUID) -> None:
    assert client.get("/search?q=marie+lefevre&go=1").location == f"/base/person/{marie}"


@pytest.mark.parametrize(("query", "sentence"), [("", "Find anybody and anything"), ("?q=zzzz", "Nothing found")])
def test_nothing_is_a_state_of_its_own(client: FlaskClient, query: str, sentence: str) -> None:
    answer = client.get(f"/search{query}")

    assert answer.status_code == 200
    assert sentence in answer.text


@pytest.mark.parametrize("text", ["<script>", "\0", "%", '"', "x" * 5000])
def test_any_text_can_be_searched(client: FlaskClient, text: str) -> None:
    answer = client.get("/search", query_string={"q": text})

    assert answer.status_code == 200
    assert "<script>" not in answer.text.replace('<script type="module"', "").replace("<script defer", "")


def test_marking_escapes_what_it_does_not_mark() -> None:
    assert marked("<b> Élodie", "elo") == "&lt;b&gt; <mark>Élodie</mark>"


def test_pickers_give_what_they_show(client: FlaskClient, marie: UUID) -> None:
    items = client.get("/pick?type=person&q=lef").get_json()["items"]

    assert [(item["id"], item["title"], item["note"]) for item in items] == [(str(marie), "Marie Lefèvre", "Person")]
