# SPDX-License-Identifier: Apache-2.0
"""Guarded fields in the browser: not offered, not shown, not writable, on page, list, board, file, form and conflict."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity, update_entity
from xrm.overlay.guarding import guard_field
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor()
WORD = "4711"
RIGHTS = ["*:read", "*:create", "*:update", "*:delete", "*:link", "*:export"]
KEYS = {"opportunity": ("amount", "next_step"), "customer": ("credit_limit", "number"), "organization": ("employees",)}


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The vocabulary, and sales for records with a board."""
    return {"base": "xrm_base", "sales": "xrm_sales"}


@pytest.fixture
def made(runtime: Runtime, admin: Actor, departments: Departments) -> dict[str, UUID]:
    """A firm that is a customer, and an opportunity with it, each with a value that only some may see."""
    def write(uow: UnitOfWork) -> dict[str, UUID]:
        sales = departments.sales
        firm = create_entity(uow, "organization", {"name": "Firm", "employees": int(WORD)}, department=sales)
        facet = start_role(uow, firm, "customer", {"number": WORD, "credit_limit": f"{WORD} EUR"}, department=sales)
        values = {"name": "Deal", "customer": firm, "amount": f"{WORD} EUR", "next_step": f"call {WORD}"}
        return {"firm": firm, "facet": facet, "deal": create_entity(uow, "opportunity", values, department=sales)}

    found = runtime.write(write, SYSTEM)
    for name, keys in KEYS.items():
        for key in keys:
            guard_field(runtime, admin, name, key)
    return found


@pytest.fixture
def outside(runtime: Runtime, departments: Departments, sign_in: SignIn) -> FlaskClient:
    """The browser of somebody with every usual right in sales and none to guarded fields."""
    return sign_in(runtime.write(lambda uow: add_user(uow, "reader@example.org", {departments.sales: RIGHTS}), SYSTEM))


@pytest.fixture
def looking(runtime: Runtime, departments: Departments, sign_in: SignIn) -> FlaskClient:
    """The browser of somebody who sees guarded fields and may not change them."""
    see = [f"{name}.{key}:see" for name, keys in KEYS.items() for key in keys]
    return sign_in(runtime.write(lambda uow: add_user(uow, "looking@example.org", {departments.sales: RIGHTS + see}), SYSTEM))


def pages(made: dict[str, UUID]) -> list[str]:
    """Addresses that show the values to those who may see them."""
    deal, firm, facet = f"/sales/opportunity/{made['deal']}", f"/base/organization/{made['firm']}", made["facet"]
    columns = "cols=amount,next_step"
    return [
        deal, f"{deal}/edit", "/sales/opportunity", f"/sales/opportunity?{columns}", f"/sales/opportunity?{columns}&as=list",
        f"/sales/opportunity.json?{columns}", f"/sales/opportunity.csv?{columns}", firm, f"{firm}/edit",
        "/base/organization?cols=employees", "/base/customer?cols=number,credit_limit", "/base/customer.csv?cols=number",
        f"/base/customer/{facet}/edit", "/search?q=Firm", "/",
    ]


def test_a_hidden_value_stands_on_no_page(made: dict[str, UUID], outside: FlaskClient, client: FlaskClient) -> None:
    shown = 0
    for address in pages(made):
        page, all_of_it = (text_of(browser.get(address)) for browser in (outside, client))
        assert not shows(page), address
        shown += shows(all_of_it)
    assert shown >= 11


def text_of(answer: TestResponse) -> str:
    """What a page says, without ids and marks in which the digits may stand by chance."""
    assert answer.status_code == 200
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|/static/\S+|[0-9a-f]{10,}|nonce=\S+", "", answer.text)


def shows(page: str) -> bool:
    """Whether a page has the value, as it is stored or as people read it."""
    return any(word in page for word in (WORD, "4,711"))


@pytest.mark.usefixtures("made")
def test_hidden_fields_are_offered_neither_as_column_nor_as_filter(outside: FlaskClient, client: FlaskClient) -> None:
    for address in ("/sales/opportunity?as=list", "/base/customer"):
        mine, all_of_it = outside.get(address).text, client.get(address).text
        for key in ("amount", "next_step") if "sales" in address else ("number", "credit_limit"):
            offered = rf'value="{key}"|add={key}\b(?!_)'
            assert not re.search(offered, mine), (address, key)
            assert re.search(offered, all_of_it)


@pytest.mark.usefixtures("made")
def test_a03_an_address_that_filters_or_sorts_by_a_hidden_field_is_403(outside: FlaskClient, client: FlaskClient) -> None:
    for wish in ("f=amount:ge:1", "f=amount:empty", f"f=next_step:contains:{WORD}", "sort=amount", "sort=-next_step",
                 "add=amount&op=ge&value=1"):
        for suffix in ("", ".json", ".csv"):
            address = f"/sales/opportunity{suffix}?{wish}"
            if suffix and "add=" in wish:
                continue
            assert outside.get(address).status_code == 403, address
            assert client.get(address).status_code in (200, 303), address


def test_forms_leave_out_what_is_hidden_and_lock_what_may_not_be_changed(
    made: dict[str, UUID], outside: FlaskClient, looking: FlaskClient
) -> None:
    for address, key in ((f"/sales/opportunity/{made['deal']}/edit", "next_step"),
                         (f"/base/organization/{made['firm']}/edit", "employees"),
                         (f"/base/customer/{made['facet']}/edit", "number")):
        hidden, locked = outside.get(address).text, looking.get(address).text
        assert f'name="{key}"' not in hidden
        assert f"&#34;{key}&#34;" not in hidden
        assert f'name="{key}"' not in locked
        assert f'name="_locked-{key}"' in locked
        assert shows(locked)
    for address in ("/sales/opportunity/new", "/base/organization/new"):
        assert 'name="next_step"' not in outside.get(address).text
        assert 'name="employees"' not in outside.get(address).text


def test_a11_a_form_that_did_not_show_a_field_neither_empties_nor_writes_it(
    runtime: Runtime, admin: Actor, made: dict[str, UUID], outside: FlaskClient, looking: FlaskClient
) -> None:
    address = f"/sales/opportunity/{made['deal']}/edit"

    def stored() -> dict[str, object]:
        return dict(runtime.read(lambda uow: get_entity(uow, made["deal"]), admin).fields)

    for browser in (outside, looking):
        before = stored()
        version = runtime.read(lambda uow: get_entity(uow, made["deal"]), admin).version
        answer = browser.post(address, data={"name": "Deal", "_version": str(version), "next_step": "forged"})
        assert answer.status_code == 403
        assert "next_step" in answer.text
        assert stored() == before
        answer = browser.post(address, data={"name": f"Deal {version}", "_version": str(version)})
        assert answer.status_code == 303
        assert stored() == {**before, "name": f"Deal {version}"}


def test_the_conflict_screen_shows_no_hidden_field(
    runtime: Runtime, admin: Actor, made: dict[str, UUID], outside: FlaskClient
) -> None:
    runtime.write(lambda uow: update_entity(uow, made["deal"], {"next_step": f"mail {WORD}", "name": "Theirs"}), admin)

    answer = outside.post(f"/sales/opportunity/{made['deal']}/edit", data={"name": "Mine", "_version": "1", "_seen": "{}"})

    assert answer.status_code == 409
    assert "Theirs" in answer.text
    assert f"mail {WORD}" not in answer.text


def test_something_new_takes_the_field_where_it_may_be_written(
    runtime: Runtime, departments: Departments, made: dict[str, UUID], sign_in: SignIn
) -> None:
    rights = {departments.sales: [*RIGHTS, "opportunity.next_step:edit"], departments.press: RIGHTS}
    browser = sign_in(runtime.write(lambda uow: add_user(uow, "both@example.org", rights), SYSTEM))
    assert 'name="next_step"' in browser.get("/sales/opportunity/new").text

    def post(department: UUID, step: str) -> int:
        data = {"name": f"New {step}", "customer": str(made["firm"]), "_department": str(department), "next_step": step}
        return browser.post("/sales/opportunity/new", data=data).status_code

    assert post(departments.sales, "call") == 303
    assert post(departments.press, "") == 303
    assert post(departments.press, "call") == 403


def test_a_view_that_needs_a_hidden_field_is_left_out_of_the_tabs(
    runtime: Runtime, admin: Actor, outside: FlaskClient, client: FlaskClient
) -> None:
    guard_field(runtime, admin, "opportunity", "close_date")

    assert outside.get("/sales/opportunity").status_code == 200
    assert "view=closing" not in outside.get("/sales/opportunity").text
    assert "view=closing" in client.get("/sales/opportunity").text
    for view in runtime.registry.get("opportunity").declaration.views:
        assert outside.get(f"/sales/opportunity?view={view}").status_code == 200, view
