# SPDX-License-Identifier: Apache-2.0
"""The page that gives what stands in a department to another: looked at first, done then, offered where deletion stops."""

from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.departments.moving import contents_of
from xrm.entities.service import create_entity
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

SYSTEM = system_actor()


@pytest.fixture
def company(runtime: Runtime, departments: Departments) -> uuid.UUID:
    def fill(uow: UnitOfWork) -> uuid.UUID:
        one = create_entity(uow, "organization", {"name": "Acme"}, department=departments.press)
        start_role(uow, one, "customer", {}, department=departments.press)
        add_user(uow, "press@example.org", {departments.press: ["*:read"]})
        return one

    return runtime.write(fill, SYSTEM)


@pytest.mark.usefixtures("company")
def test_the_contents_go_from_the_page_that_refuses_deletion(
    runtime: Runtime, departments: Departments, client: FlaskClient
) -> None:
    page, sales = f"/admin/departments/{departments.press}/move-contents", str(departments.sales)

    offered = client.get(f"/admin/departments/{departments.press}/delete").text
    asked = client.get(page).text
    told = client.get(page, query_string={"to": sales, "type": ["organization", "customer"]}).text
    without = client.post(page, data={"type": "organization"})
    done = client.post(page, data={"to": sales, "type": ["organization", "customer"]})
    after = client.get(page).text

    assert page in offered
    assert "Organizations" in asked
    assert "Organizations \u22121" in told
    assert "Move 2 rows to Sales" in told
    assert (without.status_code, "Choose the department that gets it." in without.text) == (422, True)
    assert done.status_code == 303
    assert "Nothing stands in Press" in after
    assert runtime.read(lambda uow: contents_of(uow, departments.press), SYSTEM).is_empty


@pytest.mark.usefixtures("company")
def test_who_administers_one_end_moves_nothing(runtime: Runtime, departments: Departments, sign_in: SignIn) -> None:
    press, sales = departments.press, departments.sales
    half = sign_in(runtime.write(lambda uow: add_user(uow, "half@example.org", {press: ["*:*"], sales: ["*:read"]}), SYSTEM))
    other = sign_in(runtime.write(lambda uow: add_user(uow, "other@example.org", {sales: ["*:*"]}), SYSTEM))
    page, form = f"/admin/departments/{press}/move-contents", {"to": str(sales), "type": "organization"}

    looked = half.get(page, query_string=form)
    tried, foreign = half.post(page, data=form), other.get(page)

    assert looked.status_code == 200
    assert "Organizations: update" not in looked.text
    assert f'<option value="{sales}"' not in looked.text
    assert (tried.status_code, foreign.status_code) == (403, 404)
    assert not runtime.read(lambda uow: contents_of(uow, press), SYSTEM).is_empty
