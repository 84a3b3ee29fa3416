# SPDX-License-Identifier: Apache-2.0
"""What people change from the page of a party or record, by forms that work without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.contact_points.queries import list_contact_points
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity
from xrm.interactions.queries import timeline
from xrm.relationships.queries import list_relationships
from xrm.relationships.service import relate
from xrm.roles.queries import list_roles_of
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor


class Scene(NamedTuple):
    """A company with a customer role, a person, and an opportunity."""

    company: UUID
    path: str
    role: UUID
    person: UUID
    opportunity: UUID


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The base vocabulary and sales."""
    return {"base": "xrm_base", "sales": "xrm_sales"}


@pytest.fixture
def scene(runtime: Runtime, admin: Actor, departments: Departments) -> Scene:
    """What the tests change."""

    def make(uow: UnitOfWork) -> Scene:
        company = create_entity(uow, "organization", {"name": "Ernst Handel"}, department=departments.sales)
        person = create_entity(uow, "person", {"first_name": "Ana", "last_name": "Trujillo"}, department=departments.sales)
        role = start_role(uow, company, "customer", {"number": "C-1"}, department=departments.sales, since=date(2020, 1, 1))
        values = {"name": "Deal", "customer": str(company), "stage": "lead"}
        deal = create_entity(uow, "opportunity", values, department=departments.sales)
        return Scene(company, f"/base/organization/{company}", role, person, deal)

    return runtime.write(make, admin)


def test_adds_a_call_to_the_timeline(runtime: Runtime, client: FlaskClient, admin: Actor, scene: Scene) -> None:
    sent = {"kind": "call", "body": "Rings back", "subject": "Price", "duration": "12", "at": "2026-01-31T14:30"}

    answer = client.post(f"{scene.path}/interactions", data=sent)

    [entry] = runtime.read(lambda uow: timeline(uow, scene.company), admin).items
    assert answer.status_code == 303
    assert (entry.kind, entry.body, entry.subject, entry.duration) == ("call", "Rings back", "Price", 12)
    assert entry.at.isoformat() == "2026-01-31T14:30:00+00:00"


def test_gives_htmx_the_timeline_with_the_new_entry(client: FlaskClient, scene: Scene) -> None:
    answer = client.post(f"{scene.path}/interactions?part=timeline", data={"kind": "note", "body": "A word"})

    assert answer.status_code == 200
    assert "A word" in answer.text
    assert "<html" not in answer.text


def test_keeps_what_was_typed_when_an_entry_is_refused(client: FlaskClient, scene: Scene) -> None:
    answer = client.post(f"{scene.path}/interactions", data={"kind": "note", "body": "Long story", "duration": "soon"})

    assert answer.status_code == 422
    assert "Long story" in answer.text
    assert "Write the minutes as a whole number." in answer.text


def test_takes_an_entry_back_and_restores_it(runtime: Runtime, client: FlaskClient, admin: Actor, scene: Scene) -> None:
    client.post(f"{scene.path}/interactions", data={"kind": "note", "body": "A word"})
    [entry] = runtime.read(lambda uow: timeline(uow, scene.company), admin).items

    client.post(f"{scene.path}/interactions/{entry.id}/delete")
    after_delete = client.get(scene.path).text
    client.post(f"{scene.path}/interactions/{entry.id}/restore")

    assert "A word" not in after_delete
    assert f"/interactions/{entry.id}/restore" in after_delete
    assert "A word" in client.get(scene.path).text


def test_ends_a_role_and_starts_it_again_as_a_second_period(
    runtime: Runtime, client: FlaskClient, admin: Actor, departments: Departments, scene: Scene
) -> None:
    client.post(f"{scene.path}/roles/{scene.role}/end", data={"last_day": "2024-12-31"})
    answer = client.post(
        f"{scene.path}/roles/{scene.role}/again",
        data={"department": str(departments.sales), "since": "2026-01-01", "number": "C-1"},
    )

    roles = runtime.read(lambda uow: list_roles_of(uow, scene.company), admin)
    assert answer.status_code == 303
    assert {(one.since, one.until) for one in roles} == {
        (date(2020, 1, 1), date(2025, 1, 1)),
        (date(2026, 1, 1), None),
    }


def test_adds_a_role_in_a_department_with_its_fields(
    runtime: Runtime, client: FlaskClient, admin: Actor, departments: Departments, scene: Scene
) -> None:
    sent = {"role": "customer", "department": str(departments.press), "since": "2026-02-01", "number": "P-9"}

    answer = client.post(f"{scene.path}/roles/add", data=sent)

    roles = runtime.read(lambda uow: list_roles_of(uow, scene.company), admin)
    assert answer.status_code == 303
    assert ("P-9", departments.press) in {(one.fields["number"], one.department) for one in roles}


def test_offers_only_roles_and_departments_where_the_reader_may(
    runtime: Runtime, sign_in: SignIn, departments: Departments, scene: Scene
) -> None:
    rights: dict[UUID | None, list[str]] = {departments.sales: ["*:read", "partner:create"]}
    reader = runtime.write(lambda uow: add_user(uow, "some@example.org", rights), system_actor())
    browser = sign_in(reader)

    roles = browser.get(f"{scene.path}/roles/add").text
    form = browser.get(f"{scene.path}/roles/add?role=partner").text

    assert 'value="partner"' in roles
    assert 'value="customer"' not in roles
    assert str(departments.sales) in form
    assert str(departments.press) not in form


def test_relates_two_parties_from_the_reverse_side(runtime: Runtime, client: FlaskClient, admin: Actor, scene: Scene) -> None:
    sent = {"kind": "works_for:reverse", "other": str(scene.person), "job_title": "Buyer", "valid_from": "2021-05-01"}

    answer = client.post(f"{scene.path}/relationships/add", data=sent)

    [link] = runtime.read(lambda uow: list_relationships(uow, scene.company), admin)
    assert answer.status_code == 303
    assert (link.source, link.target, link.fields["job_title"]) == (scene.person, scene.company, "Buyer")


def test_finds_the_other_end_without_javascript(client: FlaskClient, scene: Scene) -> None:
    sent = {"kind": "works_for:reverse", "_find": "other", "other__search": "truj"}

    answer = client.post(f"{scene.path}/relationships/add", data=sent)

    assert f'<option value="{scene.person}"' in answer.text


def test_ends_and_removes_a_relationship(runtime: Runtime, client: FlaskClient, admin: Actor, scene: Scene) -> None:
    link = runtime.write(lambda uow: relate(uow, "works_for", scene.person, scene.company), admin)

    ended = client.post(f"{scene.path}/relationships/{link}/end", data={"last_day": "2025-12-31"})
    [found] = runtime.read(lambda uow: list_relationships(uow, scene.company, all_periods=True), admin)
    removed = client.post(f"{scene.path}/relationships/{link}/remove")

    assert (ended.status_code, removed.status_code) == (303, 303)
    assert found.valid_until == date(2026, 1, 1)
    assert runtime.read(lambda uow: list_relationships(uow, scene.company, all_periods=True), admin) == []


def test_answers_404_for_a_role_or_relationship_of_another_party(
    runtime: Runtime, client: FlaskClient, admin: Actor, departments: Departments, scene: Scene
) -> None:
    stranger = runtime.write(
        lambda uow: create_entity(uow, "organization", {"name": "Stranger"}, department=departments.sales), admin
    )
    link = runtime.write(lambda uow: relate(uow, "works_for", scene.person, scene.company), admin)

    assert client.get(f"/base/organization/{stranger}/roles/{scene.role}/end").status_code == 404
    assert client.post(f"/base/organization/{stranger}/relationships/{link}/remove").status_code == 404


def test_adds_contact_points_of_every_kind_and_refuses_what_is_none(
    runtime: Runtime, client: FlaskClient, admin: Actor, scene: Scene
) -> None:
    path = f"{scene.path}/contact-points/add"

    client.post(path, data={"kind": "email", "value": "a@example.org", "preferred": "true"})
    client.post(path, data={"kind": "postal", "address__city": "Tours", "address__country": "FR"})
    refused = client.post(path, data={"kind": "email", "value": "nobody"})

    points = runtime.read(lambda uow: list_contact_points(uow, scene.company), admin)
    assert [(one.kind, one.preferred) for one in points] == [("email", True), ("postal", False)]
    assert refused.status_code == 422
    assert 'value="nobody"' in refused.text


def test_asks_for_what_a_stage_needs_before_it_moves_there(
    runtime: Runtime, client: FlaskClient, admin: Actor, scene: Scene
) -> None:
    path = f"/sales/opportunity/{scene.opportunity}/stage"

    asked = client.post(path, data={"stage": "lost"})
    stage_then = runtime.read(lambda uow: get_entity(uow, scene.opportunity).fields["stage"], admin)
    sent = {"stage": "lost", "asked": "1", "lost_reason": "price", "closed_on": "2026-11-02"}
    moved = client.post(path, data=sent)

    assert asked.status_code == 200
    assert stage_then == "lead"
    assert 'name="lost_reason"' in asked.text
    assert moved.status_code == 303
    assert runtime.read(lambda uow: get_entity(uow, scene.opportunity).fields["stage"], admin) == "lost"


def test_refuses_a_move_that_the_path_does_not_have(client: FlaskClient, scene: Scene) -> None:
    answer = client.post(f"/sales/opportunity/{scene.opportunity}/stage", data={"stage": "won"})

    assert answer.status_code == 422


def test_hides_changes_from_whoever_may_only_read(
    runtime: Runtime, sign_in: SignIn, departments: Departments, scene: Scene
) -> None:
    reader = runtime.write(lambda uow: add_user(uow, "reader@example.org", {departments.sales: ["*:read"]}), system_actor())
    browser = sign_in(reader)

    page = browser.get(scene.path).text
    note = {"kind": "note", "body": "A word", "department": str(departments.sales)}
    answer = browser.post(f"{scene.path}/interactions", data=note)

    assert "Ernst Handel" in page
    for door in ("/interactions", "/roles/add", "/relationships/add", "/contact-points/add", "/delete", "/edit"):
        assert door not in page, door
    assert answer.status_code == 403


def test_asks_before_a_role_holds_twice_at_the_same_time(
    runtime: Runtime, client: FlaskClient, admin: Actor, departments: Departments, scene: Scene
) -> None:
    client.post(f"{scene.path}/roles/{scene.role}/end", data={"last_day": "2024-12-31"})
    again = f"{scene.path}/roles/{scene.role}/again"
    sent = {"department": str(departments.sales), "since": "2024-06-01", "number": "C-1"}

    asked = client.post(again, data=sent)
    other = client.post(again, data={**sent, "since": "2025-01-01", "until": "2025-02-28"})
    confirmed = client.post(again, data={**sent, "_anyway": "true"})

    assert asked.status_code == 422
    assert "1 Jan 2020 – 31 Dec 2024" in asked.text
    assert "since 1 Jun 2024" in asked.text
    assert 'name="_anyway"' in asked.text
    assert (other.status_code, confirmed.status_code) == (303, 303)
    assert len(runtime.read(lambda uow: list_roles_of(uow, scene.company), admin)) == 3


def test_names_the_last_day_wherever_a_period_is_shown(
    runtime: Runtime, client: FlaskClient, admin: Actor, scene: Scene
) -> None:
    client.post(f"{scene.path}/roles/{scene.role}/end", data={"last_day": "2024-12-31"})
    link = {"kind": "works_for:reverse", "other": str(scene.person), "valid_from": "2020-01-01", "valid_until": "2090-06-30"}
    client.post(f"{scene.path}/relationships/add", data=link)
    found = runtime.read(lambda uow: list_relationships(uow, scene.company), admin)[0]

    page = client.get(scene.path).text
    form = client.get(f"/base/customer/{scene.role}/edit").text
    rows = client.get("/base/customer?periods=all&cols=until&f=until:after:2024-12-30").text

    assert "– 31 Dec 2024" in page
    assert "1 Jan 2020 – 30 Jun 2090" in page
    assert found.valid_until == date(2090, 7, 1)
    assert 'value="2024-12-31"' in form
    assert "31 Dec 2024" in rows
    assert "Nothing matches" in client.get("/base/customer?periods=all&cols=until&f=until:after:2024-12-31").text
