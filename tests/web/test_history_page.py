# SPDX-License-Identifier: Apache-2.0
"""The history pages: what they show to whom, putting back with undo, and the notes of who saw or exported whom."""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity, update_entity
from xrm.history.access_log import AccessLog
from xrm.history.log import Access, list_accesses
from xrm.history.queries import entity_history
from xrm.roles.service import start_role, update_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

CANARY = "Zyzzogeton"


class Company(NamedTuple):
    """A company with a role in press and one change."""

    id: uuid.UUID
    path: str
    role: uuid.UUID


@pytest.fixture
def company(runtime: Runtime, admin: Actor, departments: Departments) -> Company:
    """A company that was renamed; its role in press holds the canary."""

    def make(uow: UnitOfWork) -> tuple[uuid.UUID, uuid.UUID]:
        one = create_entity(uow, "organization", {"name": "Papier", "city": "Lyon"}, department=departments.sales)
        return one, start_role(uow, one, "customer", {"number": CANARY}, department=departments.press)

    one, role = runtime.write(make, admin)
    runtime.write(lambda uow: update_entity(uow, one, {"name": "Papier & Fils"}), admin)
    runtime.write(lambda uow: update_role(uow, role, {"number": f"{CANARY}-2"}), admin)
    return Company(one, f"/base/organization/{one}", role)


def somebody(runtime: Runtime, rights: dict[uuid.UUID, list[str]]) -> Actor:
    return runtime.write(lambda uow: add_user(uow, f"{uuid.uuid4()}@example.org", rights), system_actor())


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def title(runtime: Runtime, company: Company) -> str:
    return runtime.read(lambda uow: get_entity(uow, company.id), system_actor()).title


def entries(runtime: Runtime, company: Company) -> list[uuid.UUID]:
    return [one.id for one in runtime.read(lambda uow: entity_history(uow, company.id), system_actor()).items]


def accesses(app: Flask, runtime: Runtime, company: Company) -> list[Access]:
    log: AccessLog = app.extensions["xrm_access_log"]
    log.flush()
    return runtime.read(lambda uow: list_accesses(uow, company.id)[0], system_actor())


def test_the_record_page_leads_to_the_history(client: FlaskClient, company: Company) -> None:
    assert f'href="{company.path}/history"' in client.get(company.path).text


def test_the_history_says_from_what_to_what_in_words(client: FlaskClient, company: Company) -> None:
    page = text_of(client.get(f"{company.path}/history").text)

    assert "before Papier after Papier &amp; Fils" in page
    assert "Customer · Press" in page
    assert "Role changed" in page


def test_of_a_step_with_very_many_changes_the_first_are_shown(
    client: FlaskClient, runtime: Runtime, admin: Actor, departments: Departments, company: Company
) -> None:
    def start_many(uow: UnitOfWork) -> None:
        for number in range(25):
            start_role(uow, company.id, "customer", {"number": f"C{number:02}"}, department=departments.sales)

    runtime.write(start_many, admin)

    page = text_of(client.get(f"{company.path}/history").text)

    assert page.count("after C") == 20
    assert "and 5 more changes in the same step" in page


def test_a_value_of_another_department_is_not_in_the_history(
    sign_in: SignIn, runtime: Runtime, company: Company, departments: Departments
) -> None:
    reader = sign_in(somebody(runtime, {departments.sales: ["*:read"]}))

    for path in ("history", "history?field=number"):
        page = reader.get(f"{company.path}/{path}")
        assert (page.status_code, CANARY in page.text) == (200, False)
    assert "Papier &amp; Fils" in reader.get(f"{company.path}/history").text
    for entry in entries(runtime, company):
        assert CANARY not in reader.get(f"{company.path}/history/{entry}/moment").text


def test_who_does_not_see_it_finds_no_history(
    sign_in: SignIn, runtime: Runtime, company: Company, departments: Departments
) -> None:
    stranger = sign_in(somebody(runtime, {departments.service: ["*:*"]}))

    for path in ("history", "history/seen", f"history/{entries(runtime, company)[0]}/moment"):
        assert stranger.get(f"{company.path}/{path}").status_code == 404
    assert stranger.post(f"{company.path}/history/{entries(runtime, company)[1]}/back").status_code == 404
    assert title(runtime, company) == "Papier & Fils"


def test_a_field_is_put_back_and_the_toast_undoes_it(client: FlaskClient, runtime: Runtime, company: Company) -> None:
    entry = entries(runtime, company)[1]

    answer = client.post(f"{company.path}/history/{entry}/back", data={"field": "name", "version": "2"})
    assert (answer.status_code, title(runtime, company)) == (303, "Papier")

    page = client.get(answer.location).text
    undo = re.search(r'action="([^"]+/back\?[^"]+)"', page)
    assert undo is not None
    assert client.post(undo[1].replace("&amp;", "&")).status_code == 303
    assert title(runtime, company) == "Papier & Fils"


def test_a_field_of_a_role_is_put_back_and_the_toast_undoes_it(client: FlaskClient, runtime: Runtime, company: Company) -> None:
    entry = entries(runtime, company)[0]
    given = {"field": "number", "version": "2", "subject": str(company.role)}

    answer = client.post(f"{company.path}/history/{entry}/back", data=given)
    page = client.get(answer.location).text

    undo = re.search(r'action="([^"]+/back\?[^"]+)"', page)
    assert undo is not None
    assert client.post(undo[1].replace("&amp;", "&")).status_code == 303
    last = runtime.read(lambda uow: entity_history(uow, company.id), system_actor()).items[0]
    assert last.changes[0].fields == {"number": (CANARY, f"{CANARY}-2")}


def test_what_somebody_changed_meanwhile_is_not_written_over(client: FlaskClient, runtime: Runtime, company: Company) -> None:
    answer = client.post(f"{company.path}/history/{entries(runtime, company)[1]}/back", data={"field": "name", "version": "1"})

    assert "was changed by somebody else" in client.get(answer.location).text
    assert title(runtime, company) == "Papier & Fils"


def test_a_reader_is_offered_nothing_to_put_back(
    sign_in: SignIn, runtime: Runtime, company: Company, departments: Departments
) -> None:
    reader = sign_in(somebody(runtime, {departments.sales: ["*:read"]}))

    page = reader.get(f"{company.path}/history").text

    assert "/back" not in page
    assert "/moment" not in page
    assert reader.post(f"{company.path}/history/{entries(runtime, company)[1]}/back").status_code == 403


def test_a_moment_is_previewed_and_brought_back(client: FlaskClient, runtime: Runtime, company: Company) -> None:
    first = entries(runtime, company)[-1]
    path = f"{company.path}/history/{first}/moment"

    page = text_of(client.get(path).text)
    assert "Name Papier &amp; Fils Papier" in page
    assert title(runtime, company) == "Papier & Fils"

    assert client.post(path, data={"version": "2"}).status_code == 303
    assert title(runtime, company) == "Papier"
    assert "All fields are as they were then" in client.get(path).text


def test_looking_is_noted_without_a_write_in_the_request(
    app: Flask, client: FlaskClient, runtime: Runtime, company: Company
) -> None:
    client.get("/")
    sent: list[str] = []
    event.listen(runtime.engine, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement))

    client.get(company.path)

    assert not [one for one in sent if one.startswith(("INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE"))]
    assert [(one.user, one.kind, one.via) for one in accesses(app, runtime, company)] == [("admin", "seen", "web")]
    client.get(company.path)
    assert len(accesses(app, runtime, company)) == 1


def test_an_export_is_noted_with_its_filter_and_all_that_left(
    app: Flask, client: FlaskClient, runtime: Runtime, company: Company
) -> None:
    client.get("/base/customer.csv").get_data()

    found = {one.type: one for one in accesses(app, runtime, company)}

    assert found["customer"].count == 1
    assert found["customer"].kind == "exported"


def test_who_saw_it_is_shown_to_auditors_only(
    app: Flask, client: FlaskClient, sign_in: SignIn, runtime: Runtime, company: Company, departments: Departments
) -> None:
    client.get(company.path)
    client.get("/base/organization.csv").get_data()
    accesses(app, runtime, company)
    auditor = sign_in(somebody(runtime, {departments.sales: ["*:read", "audit:read"]}))
    reader = sign_in(somebody(runtime, {departments.sales: ["*:read"]}))

    page = text_of(auditor.get(f"{company.path}/history/seen").text)
    assert "admin Saw it" in page
    assert "admin Exported it" in page
    assert f'href="{company.path}/history/seen"' in auditor.get(f"{company.path}/history").text
    assert reader.get(f"{company.path}/history/seen").status_code == 404
    assert "history/seen" not in reader.get(f"{company.path}/history").text
