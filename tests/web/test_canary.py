# SPDX-License-Identifier: Apache-2.0
"""A word that only another department has is on no page, file, error or list that there is; nor is one of a guarded field.

The routes are those of the matrix: one that is new is looked at here without a word.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from tests.web.test_matrix import LISTED, SALES, SYSTEM, Calls, endpoints, places
from xrm.access.sessions import start_session
from xrm.audit.models import audit_entry
from xrm.contact_points.service import add_contact_point
from xrm.core_tables import metadata
from xrm.entities.service import create_entity
from xrm.files.service import attach_files, save_file
from xrm.history.access_log import record_export
from xrm.identifiers.service import set_identifier
from xrm.interactions.service import record_interaction
from xrm.jobs.service import enqueue
from xrm.overlay.guarding import guard_field
from xrm.plugin_settings.models import plugin_setting
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.sharing.service import Recipient, share_entity
from xrm.tokens.service import create_token
from xrm.unit_of_work import Actor, UnitOfWork
from xrm_web.security import guard_of

__all__ = ["places"]  # a fixture of the matrix
WORD = "zanzibar"
BEGINNING = WORD[:4]
ALL = sorted(name for names in LISTED.values() for name in names if name != "static")
WRITTEN_ASIDE = {"session", "access_entry", "access_entry_entity", "outbox", "sequence_head"}
LOOKUPS = (
    f"/search?q={BEGINNING}", f"/search?q={BEGINNING}&type=organization", f"/pick?q={BEGINNING}",
    f"/pick?type=organization&q={BEGINNING}", "/party", f"/party?q={BEGINNING}", "/party.json", "/party.csv",
    f"/base/organization?q={BEGINNING}", f"/base/organization.csv?q={BEGINNING}", f"/base/organization.json?q={BEGINNING}",
    "/base/organization.csv", "/base/organization.json", "/base/person.json", "/base/customer", "/base/customer.json",
    "/base/customer.csv?columns=number,notes", "/sales/opportunity", "/sales/opportunity?view=board",
    "/sales/opportunity.json", "/sales/opportunity.csv", "/health", "/metrics", "/help",
)


@pytest.fixture
def plugins() -> Mapping[str, str]:
    return SALES


@pytest.fixture
def planted(runtime: Runtime, admin: Actor, departments: Departments, places: dict[str, Any]) -> dict[str, Any]:
    """The word in each kind of row of press, on what press alone sees and on the company that sales sees too."""
    press = departments.press

    def write(uow: UnitOfWork) -> dict[str, Any]:
        hidden = create_entity(uow, "organization", {"name": f"Hidden {WORD}", "city": WORD}, department=press)
        person = create_entity(uow, "person", {"first_name": WORD, "last_name": WORD}, department=press)
        shared = places["entity_id"]
        role = start_role(uow, shared, "customer", {"number": WORD, "notes": WORD}, department=press)
        deal = {"name": f"Deal {WORD}", "customer": shared, "next_step": WORD}
        record = create_entity(uow, "opportunity", deal, department=press)
        set_identifier(uow, "erp", WORD, hidden)
        point = add_contact_point(uow, shared, "email", f"{WORD}@example.org", label=WORD, department=press)
        note = record_interaction(uow, "note", department=press, participants=[shared, hidden], subject=WORD, body=WORD)
        link = relate(uow, "works_for", person, shared, values={"job_title": WORD})
        relate(uow, "supplies", hidden, shared, department=press)
        files = [save_file(uow, f"{WORD}.pdf", io.BytesIO(b"%PDF-1.4 " + WORD.encode()), department=press) for _ in range(2)]
        attach_files(uow, files[:1], hidden, department=None)
        attach_files(uow, files[1:], shared, department=press)
        colleague = add_user(uow, "zora@example.org", {press: ["*:*"]})
        assert colleague.user_id is not None
        given = share_entity(uow, hidden, Recipient(user=colleague.user_id), note=WORD)
        token = create_token(uow, colleague.user_id, WORD, expires_at=None)
        start_session(uow, colleague.user_id, WORD, WORD)
        enqueue(uow, "send_message", {"message": WORD}, department=press)
        record_export(replace(uow, actor=colleague), "organization", f"q={WORD}", 1, [shared, hidden])
        setting = {"plugin": "sales", "department_id": press, "key": "anything", "value": WORD, "is_sealed": False}
        uow.execute(plugin_setting.insert().values(id=uuid.uuid4(), changed_at=uow.now, **setting))
        return places | {
            "entity_id": hidden, "role_id": role, "point_id": point, "interaction_id": note, "link_id": link, "share_id": given,
            "department_id": press, "department": press, "user_id": colleague.user_id, "token_id": token.id, "file_id": files[1],
            "record": record, "hidden": hidden, "person": person,
        }

    found = runtime.write(write, admin)
    entries = select(audit_entry.c.id).where(audit_entry.c.entity_id == found["hidden"])
    found["entry_id"] = runtime.read(lambda uow: uow.execute(entries).scalars().first(), SYSTEM)
    return found


def answers(app: Flask, client: FlaskClient, *filled: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What every route says, by its name and method, filled with these things in turn."""
    for number, things in enumerate(filled):
        calls = Calls(app, things)
        for name, method, path in calls.of([one for one in ALL if one not in {"sign_in.leave", "sign_in.enter"}]):
            answer = calls.send(client, name, method, path)
            yield f"{name} {method} {number}", answer.get_data(as_text=True) + str(answer.headers)
            answer.close()
    for path in LOOKUPS:
        answer = client.get(path)
        assert answer.status_code < 500, path
        yield path, answer.get_data(as_text=True)


@pytest.mark.parametrize("rights", [["*:*"], ["*:read"]])
def test_a_word_of_press_is_met_nowhere_by_somebody_of_sales(
    app: Flask, runtime: Runtime, sign_in: SignIn, departments: Departments, places: dict[str, Any], planted: dict[str, Any],
    rights: list[str],
) -> None:
    who = runtime.write(lambda uow: add_user(uow, "sales@example.org", {departments.sales: rights}, depth="below"), SYSTEM)

    deal = planted | {"entity_id": planted["record"], "entity": "opportunity", "owner": "sales"}
    filled = (places, planted, deal) if "*:*" in rights else (planted,)

    assert [name for name, text in answers(app, sign_in(who), *filled) if WORD in text.casefold()] == []


def test_the_word_is_there_for_who_may_see_it(client: FlaskClient, planted: dict[str, Any]) -> None:
    """Else the test above would look for nothing."""
    found = {path for path in LOOKUPS if WORD in client.get(path).get_data(as_text=True).casefold()}

    assert set(LOOKUPS) - found <= {"/health", "/metrics", "/help", "/sales/opportunity?view=board", "/base/customer"}
    for path in (f"/base/organization/{planted['hidden']}", f"/base/organization/{planted['hidden']}/history"):
        assert WORD in client.get(path).text.casefold(), path


def test_in_a_view_no_route_changes_anything(
    app: Flask, runtime: Runtime, client: FlaskClient, places: dict[str, Any]
) -> None:
    anna = runtime.write(lambda uow: add_user(uow, "anna@example.org", {None: ["*:*"]}, depth="all"), SYSTEM)
    assert client.post(f"/admin/people/{anna.user_id}/view").status_code == 303

    def rows(uow: UnitOfWork) -> dict[str, list[str]]:
        tables = [table for table in metadata.sorted_tables if table.name not in WRITTEN_ASIDE]
        return {table.name: sorted(map(repr, uow.execute(select(table)).all())) for table in tables}

    before, calls = runtime.read(rows, SYSTEM), Calls(app, places)
    inside = [name for name in endpoints(app) if guard_of(app, name) == "signed_in" and name != "admin_viewing.end"]
    for name, method, path in calls.of(sorted(inside)):
        calls.send(client, name, method, path).close()

    after = runtime.read(rows, SYSTEM)
    assert [name for name in after if after[name] != before[name]] == []
    assert "anna" in client.get("/me").text


def test_a_word_in_guarded_fields_is_met_nowhere_without_the_right_to_them(
    app: Flask, runtime: Runtime, admin: Actor, sign_in: SignIn, departments: Departments, places: dict[str, Any]
) -> None:
    sales = departments.sales

    def write(uow: UnitOfWork) -> dict[str, Any]:
        firm = create_entity(uow, "organization", {"name": "Guarded", "trade_name": WORD}, department=sales)
        role = start_role(uow, firm, "customer", {"number": WORD, "notes": WORD}, department=sales)
        deal = create_entity(uow, "opportunity", {"name": "Deal", "customer": firm, "next_step": WORD}, department=sales)
        return {"entity_id": firm, "role_id": role, "deal": deal}

    made = runtime.write(write, admin)
    for one in ("organization.trade_name", "customer.number", "customer.notes", "opportunity.next_step"):
        guard_field(runtime, admin, *one.split("."))
    entries = select(audit_entry.c.id).where(audit_entry.c.entity_id == made["entity_id"])
    entry = runtime.read(lambda uow: uow.execute(entries).scalars().first(), SYSTEM)
    firm = places | made | {"entry_id": entry}
    deal = firm | {"entity_id": made["deal"], "entity": "opportunity", "owner": "sales"}
    rights = ["*:read", "*:create", "*:update", "*:link", "*:export", "*:import", "*:administer", "audit:read"]
    who = runtime.write(lambda uow: add_user(uow, "sales@example.org", {sales: rights}), SYSTEM)

    assert [name for name, text in answers(app, sign_in(who), firm, deal) if WORD in text.casefold()] == []
