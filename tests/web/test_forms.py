# SPDX-License-Identifier: Apache-2.0
"""Forms: nothing typed is lost, nobody's change is overwritten, and the way back leads nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from xrm.contact_points.queries import list_contact_points
from xrm.entities.queries import Entity, get_entity
from xrm.entities.service import create_entity
from xrm.roles.queries import list_roles_of
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor

SYSTEM = system_actor()


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The vocabulary, and sales for records that link to parties."""
    return {"base": "xrm_base", "sales": "xrm_sales"}


@pytest.fixture
def ada(runtime: Runtime, departments: Departments) -> UUID:
    """A person."""
    values = {"first_name": "Ada", "last_name": "Byron", "city": "London", "occupation": "Writer"}
    return runtime.write(lambda uow: create_entity(uow, "person", values, department=departments.sales), SYSTEM)


def stored(runtime: Runtime, entity_id: UUID) -> Entity:
    """What the database has."""
    return runtime.read(lambda uow: get_entity(uow, entity_id), SYSTEM)


def hidden(page: str, name: str) -> str:
    """The value of a hidden input."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1).replace("&#34;", '"')


def opened(client: FlaskClient, path: str) -> dict[str, str]:
    """What an opened form sends by itself."""
    return carried(client.get(path).text)


def carried(page: str) -> dict[str, str]:
    """What the form of a page carries along."""
    return {"_version": hidden(page, "_version"), "_seen": hidden(page, "_seen")}


def test_every_form_opens_for_every_type(client: FlaskClient, runtime: Runtime) -> None:
    for item in runtime.registry.entity_types.values():
        answer = client.get(f"/{item.plugin}/{item.name}/new")
        assert answer.status_code == 200, item.name
        for key, field in item.fields.items():
            assert (f'data-field="{key}"' in answer.text) == (not field.formula and not field.read_only), (item.name, key)


def test_a_person_is_created_with_contact_points_and_shown(
    client: FlaskClient, runtime: Runtime, departments: Departments
) -> None:
    data = {
        "_department": str(departments.press), "first_name": "Grace", "last_name": "Hopper", "birth_date": "1906-12-09",
        "interests": "navy, compilers", "_email": "grace@example.org", "_phone": "+33 6 12 34 56 78",
    }

    answer = client.post("/base/person/new", data=data)

    found = stored(runtime, UUID(answer.location.rsplit("/", 1)[1]))
    points = runtime.read(lambda uow: list_contact_points(uow, found.id), SYSTEM)
    assert (answer.status_code, found.title, found.department) == (303, "Grace Hopper", departments.press)
    assert found.fields["interests"] == ("navy", "compilers")
    assert {point.kind for point in points} == {"email", "phone"}


def test_what_was_typed_comes_back_with_each_error_at_its_field(client: FlaskClient, departments: Departments) -> None:
    data = {"_department": str(departments.sales), "first_name": "Grace", "birth_date": "yesterday-ish", "_email": "grace"}

    answer = client.post("/base/person/new", data=data)

    assert answer.status_code == 422
    assert 'value="Grace"' in answer.text
    assert 'value="yesterday-ish"' in answer.text
    assert 'value="grace"' in answer.text
    for name in ("last_name", "birth_date"):
        assert f'<a href="#f-{name}">' in answer.text
        assert f'id="f-{name}-error"' in answer.text


def test_a_wrong_address_undoes_the_whole_creation(client: FlaskClient, departments: Departments) -> None:
    data = {"_department": str(departments.sales), "last_name": "Nobody", "_email": "nobody at all"}

    answer = client.post("/base/person/new", data=data)

    assert answer.status_code == 422
    assert 'href="#f-_email"' in answer.text
    assert client.get("/base/person.json").get_json()["items"] == []


def test_a_namesake_is_shown_before_another_is_made(client: FlaskClient, departments: Departments, ada: UUID) -> None:
    data = {"_department": str(departments.sales), "first_name": "ada", "last_name": "BYRON"}

    warned = client.post("/base/person/new", data=data)
    created = client.post("/base/person/new", data={**data, "_anyway": "1"})

    assert warned.status_code == 409
    assert f"/base/person/{ada}" in warned.text
    assert 'name="_anyway"' in warned.text
    assert created.status_code == 303


def test_and_another_opens_an_empty_form_in_the_same_department(client: FlaskClient, departments: Departments) -> None:
    data = {"_department": str(departments.service), "last_name": "One", "_then": "another", "back": "/base/person?sort=city"}

    answer = client.post("/base/person/new", data=data)
    page = client.get(answer.location).text

    assert answer.location.startswith("/base/person/new?")
    assert f'<option value="{departments.service}" selected>' in page
    assert hidden(page, "back") == "/base/person?sort=city"


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"])
def test_the_way_back_never_leaves_the_site(client: FlaskClient, departments: Departments, ada: UUID, back: str) -> None:
    created = client.post("/base/person/new", data={"_department": str(departments.sales), "last_name": "Two", "back": back})
    saved = client.post(f"/base/person/{ada}/edit", data={"city": "Paris", "back": back})
    deleted = client.post(f"/base/person/{ada}/delete", data={"back": back})

    for answer in (created, saved, deleted):
        assert answer.status_code == 303
        assert answer.location.startswith("/base/person")


def test_after_a_change_the_reader_is_where_they_were(client: FlaskClient, runtime: Runtime, ada: UUID) -> None:
    back = "/base/person?f=city:eq:London&sort=-city"

    path = f"/base/person/{ada}/edit"
    answer = client.post(path, data={**opened(client, path), "city": "Paris", "back": back})

    assert answer.location == back
    assert stored(runtime, ada).fields["city"] == "Paris"


def test_two_who_change_different_fields_both_win_after_a_look(client: FlaskClient, runtime: Runtime, ada: UUID) -> None:
    path = f"/base/person/{ada}/edit"
    mine = opened(client, path) | {"first_name": "Ada", "last_name": "Byron", "city": "Paris", "occupation": "Writer"}
    client.post(path, data={**opened(client, path), "occupation": "Countess"})

    shown = client.post(path, data=mine)
    again = {**carried(shown.text), "city": "Paris", "occupation": "Countess"}
    saved = client.post(path, data=again)

    assert shown.status_code == 409
    assert re.search(r'name="occupation"[^>]* value="Countess"', shown.text)
    assert re.search(r'name="city"[^>]* value="Paris"', shown.text)
    assert 'value="occupation"' not in shown.text
    assert saved.status_code == 303
    assert (stored(runtime, ada).fields["city"], stored(runtime, ada).fields["occupation"]) == ("Paris", "Countess")


def test_where_both_changed_the_same_the_reader_chooses(client: FlaskClient, runtime: Runtime, ada: UUID) -> None:
    path = f"/base/person/{ada}/edit"
    mine = opened(client, path) | {"occupation": "Programmer"}
    client.post(path, data={**opened(client, path), "occupation": "Countess"})

    shown = client.post(path, data=mine).text
    again = {**carried(shown), "occupation": "Programmer", "_theirs": "occupation"}
    client.post(path, data=again)

    assert "Countess" in shown
    assert re.search(r'name="occupation"[^>]* value="Programmer"', shown)
    assert 'name="_theirs" value="occupation"' in shown
    assert stored(runtime, ada).fields["occupation"] == "Countess"


def test_a_role_is_given_with_its_period_and_changed(
    client: FlaskClient, runtime: Runtime, departments: Departments, ada: UUID
) -> None:
    data = {
        "_department": str(departments.press), "party": str(ada), "number": "P-1", "_since": "2020-01-01",
        "credit_limit__amount": "1,250.50", "credit_limit__currency": "EUR",
    }

    answer = client.post("/base/customer/new", data=data)
    role = runtime.read(lambda uow: list_roles_of(uow, ada), SYSTEM)[0]
    path = f"/base/customer/{role.id}/edit"
    client.post(path, data={**opened(client, path), "number": "P-2", "_since": "2020-01-01", "_until": "2030-01-01"})
    changed = runtime.read(lambda uow: list_roles_of(uow, ada), SYSTEM)[0]

    assert answer.location == f"/base/person/{ada}"
    assert str(role.fields["credit_limit"].amount) == "1250.50"
    assert (changed.fields["number"], str(changed.until)) == ("P-2", "2030-01-02"), "the day after the last one"
    assert str(changed.fields["credit_limit"].amount) == "1250.50"


def test_a_role_without_a_party_asks_whose_it_is(client: FlaskClient, departments: Departments) -> None:
    answer = client.post("/base/customer/new", data={"_department": str(departments.press), "number": "P-1"})

    assert answer.status_code == 422
    assert 'href="#f-party"' in answer.text


def test_numbers_are_read_in_the_language_of_the_page(
    client: FlaskClient, runtime: Runtime, departments: Departments, ada: UUID
) -> None:
    data = {
        "_department": str(departments.press), "party": str(ada), "credit_limit__amount": "1 250,50",
        "credit_limit__currency": "EUR",
    }

    client.post("/base/customer/new", data=data, headers={"Accept-Language": "fr"})

    role = runtime.read(lambda uow: list_roles_of(uow, ada), SYSTEM)[0]
    shown = client.get(f"/base/customer/{role.id}/edit", headers={"Accept-Language": "fr"}).text
    assert str(role.fields["credit_limit"].amount) == "1250.50"
    assert 'value="1250,50"' in shown or 'value="1250,5"' in shown


def test_without_javascript_a_link_is_found_by_a_button(client: FlaskClient, departments: Departments, ada: UUID) -> None:
    data = {"_department": str(departments.sales), "name": "Deal", "_find": "customer", "customer__search": "byr"}

    answer = client.post("/sales/opportunity/new", data=data)

    assert answer.status_code == 200
    assert f'<option value="{ada}"' in answer.text
    assert 'value="Deal"' in answer.text


def test_fields_that_do_not_apply_are_named(client: FlaskClient) -> None:
    blocked = client.post("/base/customer/conditions", data={"status": "blocked"}).get_json()
    active = client.post("/base/customer/conditions", data={"status": "active"}).get_json()

    assert "blocked_reason" not in blocked["hidden"]
    assert "blocked_reason" in active["hidden"]


def test_a_deleted_entity_comes_back_by_undo(client: FlaskClient, runtime: Runtime, ada: UUID) -> None:
    deleted = client.post(f"/base/person/{ada}/delete", data={"back": "/base/person?sort=city"})
    page = client.get(deleted.location).text
    undo = re.search(r'action="([^"]*restore[^"]*)"', page)
    assert undo is not None
    restored = client.post(undo.group(1).replace("&amp;", "&"))

    assert deleted.location == "/base/person?sort=city"
    assert restored.location == "/base/person?sort=city"
    assert stored(runtime, ada).title == "Ada Byron"


def test_only_departments_where_one_may_create_are_offered(
    sign_in: Callable[[Any], FlaskClient], runtime: Runtime, departments: Departments, ada: UUID
) -> None:
    rights = {departments.press: ["*:read", "*:create", "*:update"], departments.service: ["*:read"]}
    browser = sign_in(runtime.write(lambda uow: add_user(uow, "p@example.org", rights), SYSTEM))

    page = browser.get("/base/person/new").text
    refused = browser.post("/base/person/new", data={"_department": str(departments.sales), "last_name": "X"})

    assert f'<option value="{departments.press}"' in page
    assert f'<option value="{departments.service}"' not in page
    assert refused.status_code == 403
    assert browser.get(f"/base/person/{ada}/edit").status_code == 404
    assert browser.post(f"/base/person/{ada}/delete").status_code == 404


def test_without_the_right_there_is_no_form(
    sign_in: Callable[[Any], FlaskClient], runtime: Runtime, departments: Departments, ada: UUID
) -> None:
    browser = sign_in(runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: ["*:read"]}), SYSTEM))

    assert browser.get("/base/person/new").status_code == 403
    assert browser.get(f"/base/person/{ada}/edit").status_code == 403
    assert browser.post(f"/base/person/{ada}/delete").status_code == 403


def test_a_form_without_its_token_changes_nothing(app: Flask, client: FlaskClient, runtime: Runtime, ada: UUID) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    answer = client.post(f"/base/person/{ada}/edit", data={"city": "Paris"})

    assert answer.status_code == 400
    assert stored(runtime, ada).fields["city"] == "London"
