# SPDX-License-Identifier: Apache-2.0
"""The audit page: for holders of the right, in their departments, filtered, paged, as CSV, with the state of the chain."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.audit.sequencing import number_all
from xrm.audit.verification import note_verification, verify_chain
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor


@pytest.fixture
def companies(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    """A company in sales and one in press."""

    def make(uow: UnitOfWork) -> None:
        for name, where in (("Ours", departments.sales), ("Theirs", departments.press)):
            create_entity(uow, "organization", {"name": name}, department=where)

    runtime.write(make, admin)


@pytest.fixture
def auditor(runtime: Runtime, sign_in: SignIn, departments: Departments) -> FlaskClient:
    """The browser of somebody who audits sales."""
    rights = {departments.sales: ["*:read", "audit:read"]}
    return sign_in(runtime.write(lambda uow: add_user(uow, "auditor@example.org", rights), system_actor()))


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.usefixtures("companies")
def test_an_auditor_sees_their_departments_only(auditor: FlaskClient, client: FlaskClient) -> None:
    page = auditor.get("/admin/audit").text

    assert "Ours" in page
    assert "Theirs" not in page
    assert "Theirs" in client.get("/admin/audit").text


@pytest.mark.parametrize("path", ["/admin/audit", "/admin/audit.csv"])
def test_others_find_no_such_page(sign_in: SignIn, runtime: Runtime, departments: Departments, path: str) -> None:
    rights = {departments.sales: ["*:read", "*:administer"]}
    reader = sign_in(runtime.write(lambda uow: add_user(uow, "reader@example.org", rights), system_actor()))

    assert reader.get(path).status_code == 404
    assert "/admin/audit" not in reader.get("/").text


def test_the_administration_leads_there(auditor: FlaskClient) -> None:
    assert 'href="/admin/audit"' in auditor.get("/admin").text


@pytest.mark.usefixtures("companies")
def test_the_log_is_narrowed_and_what_is_wrong_is_said(client: FlaskClient) -> None:
    assert "Ours" in client.get("/admin/audit?person=admin@example.org&action=entity.created&type=organization").text
    assert "Ours" not in client.get("/admin/audit?type=person").text
    assert "Nothing matches" in client.get("/admin/audit?since=2999-01-01").text

    wrong = client.get("/admin/audit?person=nobody@example.org")
    assert wrong.status_code == 422
    assert "nobody@example.org" in text_of(wrong.text)
    assert client.get("/admin/audit?since=soon").status_code == 422


def test_pages_follow_each_other(client: FlaskClient, runtime: Runtime, admin: Actor, departments: Departments) -> None:
    for number in range(60):
        name = {"name": f"Company {number:02}"}
        runtime.write(lambda uow, name=name: create_entity(uow, "organization", name, department=departments.sales), admin)  # type: ignore[misc]

    first = client.get("/admin/audit").text
    following = re.search(r'href="([^"]+after=[^"]+)" rel="next"', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).text

    assert ("Company 59" in first, "Company 05" in first) == (True, False)
    assert ("Company 59" in second, "Company 05" in second) == (False, True)


@pytest.mark.usefixtures("companies")
def test_the_csv_holds_the_same_departments_and_no_formula(
    auditor: FlaskClient, runtime: Runtime, admin: Actor, departments: Departments
) -> None:
    evil = {"name": "=HYPERLINK(1)"}
    runtime.write(lambda uow: create_entity(uow, "organization", evil, department=departments.sales), admin)

    rows = list(csv.reader(io.StringIO(auditor.get("/admin/audit.csv").text.lstrip("\ufeff"))))

    assert rows[0][0] == "Number"
    assert [row[7] for row in rows[1:]] == ["'=HYPERLINK(1)", "Ours"]


@pytest.mark.usefixtures("companies")
def test_the_state_of_the_chain_is_shown(auditor: FlaskClient, runtime: Runtime) -> None:
    assert "Never verified" in auditor.get("/admin/audit").text

    number_all(runtime)
    found = runtime.read(verify_chain, system_actor())
    runtime.write(lambda uow: note_verification(uow, found), system_actor())
    page = text_of(auditor.get("/admin/audit").text)

    assert "Numbered up to 2 Waiting for a number 0 Chain Whole" in page
