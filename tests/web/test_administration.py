# SPDX-License-Identifier: Apache-2.0
"""The pages of departments, people and permission sets: who opens which, and what their forms do."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.access.directory import get_person, list_grants
from xrm.access.models import grant, user
from xrm.access.permission_sets import find_set
from xrm.access.service import add_member, create_shipped_sets, create_user, give
from xrm.departments.queries import get_tree
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SETS = {"department_administrator": "sales", "editor": "sales", "reader": "sales", "auditor": "sales"}


@dataclass
class House:
    """The departments, a client per kind of person, and Anna of sales whom they look at."""

    runtime: Runtime
    where: Departments
    clients: dict[str, FlaskClient]
    anna: uuid.UUID
    grant: uuid.UUID
    company: uuid.UUID

    def paths(self) -> dict[str, str]:
        """Pages to open, by name."""
        return {
            "departments": "/admin/departments", "department": f"/admin/departments/{self.where.sales}",
            "foreign department": f"/admin/departments/{self.where.press}",
            "edit department": f"/admin/departments/{self.where.sales}/edit",
            "delete department": f"/admin/departments/{self.where.sales}/delete", "people": "/admin/people",
            "person": f"/admin/people/{self.anna}",
            "help": f"/admin/people/{self.anna}/help/off", "invite": "/admin/people/invite",
            "new person": "/admin/people/new", "sets": "/admin/permission-sets",
            "set": "/admin/permission-sets/editor", "edit set": "/admin/permission-sets/editor/edit",
            "end": f"/admin/people/{self.anna}/rights/{self.grant}/end", "why": f"/admin/why?what={self.company}",
        }


@pytest.fixture
def house(runtime: Runtime, departments: Departments, sign_in: SignIn, admin: Actor) -> House:
    def fill(uow: UnitOfWork) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID, dict[str, uuid.UUID]]:
        create_shipped_sets(uow)
        anna = create_user(uow, "anna@example.org", name="Anna Ek")
        add_member(uow, anna, departments.sales)
        given = give(uow, anna, "reader", department=departments.sales)
        company = create_entity(uow, "organization", {"name": "Acme"}, department=departments.sales)
        people = {key: create_user(uow, f"{key}@example.org", name=f"A {key}") for key in (*SETS, "nobody")}
        for key in SETS:
            give(uow, people[key], key, department=departments.sales)
        return anna, given, company, people

    anna, given, company, people = runtime.write(fill, system_actor())
    clients = {key: sign_in(Actor("user", one, key)) for key, one in people.items()}
    return House(runtime, departments, {**clients, "administrator": sign_in(admin)}, anna, given, company)


OPEN = {
    "administrator": {"*"},
    "department_administrator": {"departments", "department", "edit department", "delete department", "people", "person", "help",
                                 "invite", "sets",
                                 "set", "end", "why"},
    "editor": {"why"}, "reader": {"why"}, "auditor": {"why"}, "nobody": set[str](),
}


@pytest.mark.parametrize("who", OPEN)
def test_each_kind_of_person_opens_what_is_theirs(house: House, who: str) -> None:
    for name, path in house.paths().items():
        status = house.clients[who].get(path).status_code
        expected = {200} if "*" in OPEN[who] or name in OPEN[who] else {403, 404}
        assert status in expected, (name, status)


def posts(house: House) -> dict[str, dict[str, str]]:
    """Every form of these pages, as an attacker would send it."""
    sales, press, anna = house.where.sales, house.where.press, house.anna
    person = f"/admin/people/{anna}"
    return {
        "/admin/departments/new": {"name": "Taken", "parent": str(press)},
        f"/admin/departments/{press}/edit": {"name": "Taken", "parent": str(sales)},
        f"/admin/departments/{house.where.service}/delete": {},
        f"/admin/departments/{press}/members": {"email": "anna@example.org"},
        "/admin/people/new": {"email": "new@example.org", "set": "administrator", "depth": "all"},
        f"{person}/login": {"name": "Thief", "email": "thief@example.org"},
        f"{person}/departments": {"department": str(press)},
        "/admin/people/invite": {"email": "new@example.org", "set": "administrator", "depth": "all"},
        "/admin/people/invite/preview": {"email": "new@example.org", "set": "administrator", "department": str(press)},
        f"{person}/view": {}, f"{person}/rights/give": {"set": "administrator", "department": str(sales), "depth": "department"},
        f"{person}/rights/{house.grant}/depth": {"depth": "below"},
        "/admin/permission-sets/new": {"key": "mine", "label_en": "Mine"},
        "/admin/permission-sets/reader": {"permission": "*:*"}, "/admin/permission-sets/editor/preview": {"permission": "*:*"},
        "/admin/permission-sets/reader/restore": {}, "/admin/permission-sets/reader/delete": {},
    }


@pytest.mark.parametrize("who", ["department_administrator", "editor", "reader", "auditor", "nobody"])
def test_a20_a09_no_form_gives_anybody_more_than_is_theirs(house: House, who: str) -> None:
    def state(uow: UnitOfWork) -> object:
        people = uow.execute(select(user.c.id, user.c.email, user.c.name, user.c.is_active).order_by(user.c.id)).all()
        grants = uow.execute(select(grant).order_by(grant.c.id)).all()
        return people, grants, find_set(uow, "reader"), [*get_tree(uow).by_id.values()]

    before = house.runtime.read(state, system_actor())
    for path, form in posts(house).items():
        status = house.clients[who].post(path, data=form).status_code
        assert status in (403, 404, 422), (path, status)

    assert house.runtime.read(state, system_actor()) == before


def test_departments_are_made_renamed_moved_and_deleted(house: House) -> None:
    client = house.clients["administrator"]
    made = client.post("/admin/departments/new", data={"name": "Hotline", "parent": str(house.where.service)})
    path = made.location
    twin = client.post("/admin/departments/new", data={"name": "hotline", "parent": str(house.where.service)})
    moved = client.post(f"{path}/edit", data={"name": "Help line", "parent": str(house.where.press)})
    one = uuid.UUID(path.rpartition("/")[2])
    found = house.runtime.read(get_tree, system_actor()).by_id[one]
    gone = client.post(f"{path}/delete")

    assert (made.status_code, twin.status_code, moved.status_code, gone.status_code) == (303, 422, 303, 303)
    assert 'value="hotline"' in twin.text
    assert (found.name, found.parent_id) == ("Help line", house.where.press)
    assert client.get(path).status_code == 404


def test_a_department_that_is_not_empty_says_what_is_in_it(house: House) -> None:
    client, path = house.clients["administrator"], f"/admin/departments/{house.where.sales}/delete"

    refused = client.post(path)
    shown = client.get(path)

    assert refused.location == path
    assert "Department Sales North below it" in shown.text
    assert "at home there" in shown.text


def test_members_come_by_address_and_go(house: House) -> None:
    client, path = house.clients["department_administrator"], f"/admin/departments/{house.where.sales}"

    unknown = client.post(f"{path}/members", data={"email": "who@example.org"})
    known = client.post(f"{path}/members", data={"email": "reader@example.org"})
    shown = client.get(path).text
    left = client.post(f"{path}/members/{house.anna}/remove")

    assert (unknown.status_code, known.status_code, left.status_code) == (422, 303, 303)
    assert "who@example.org" in unknown.text
    assert "A reader" in shown


def test_a_login_is_made_with_its_first_rights_and_changed(house: House) -> None:
    client = house.clients["administrator"]
    form = {"name": "Berg", "email": "berg@example.org", "department": str(house.where.press), "set": "editor", "depth": "below"}
    wrong = client.post("/admin/people/new", data={**form, "email": "nowhere"})
    made = client.post("/admin/people/new", data=form)
    one = uuid.UUID(made.location.rpartition("/")[2])
    saved = client.post(f"{made.location}/login", data={"name": "Berger", "email": "berger@example.org"})
    taken = client.post(f"{made.location}/login", data={"name": "Berger", "email": "ANNA@example.org"})
    off = client.post(f"{made.location}/help/off")

    person = house.runtime.read(lambda uow: get_person(uow, one), system_actor())
    assert [answer.status_code for answer in (wrong, made, saved, taken, off)] == [422, 303, 303, 422, 303]
    assert 'value="Berg"' in wrong.text
    assert (person.user.name, person.user.email, person.user.is_active) == ("Berger", "berger@example.org", False)
    assert [(one.set_key, one.department_name, one.depth) for one in person.grants] == [("editor", "Press", "below")]
    assert client.post(f"{made.location}/help/on").status_code == 303


def test_rights_are_shown_before_they_are_given_or_ended(house: House) -> None:
    client, person = house.clients["department_administrator"], f"/admin/people/{house.anna}"
    form = {"set": "editor", "department": str(house.where.sales), "depth": "department"}

    asked = client.get(f"{person}/rights/give", query_string=form)
    nowhere = client.get(f"{person}/rights/give", query_string={**form, "department": ""})
    given = client.post(f"{person}/rights/give", data=form)
    ending = client.get(f"{person}/rights/{house.grant}/end")
    ended = client.post(f"{person}/rights/{house.grant}/end")

    assert (asked.status_code, nowhere.status_code, given.status_code) == (200, 303, 303)
    assert "Anna Ek gets Editor: Sales" in asked.text
    assert "sees the same as before" in asked.text
    assert "Anna Ek loses Reader" in ending.text
    assert ended.status_code == 303
    grants = house.runtime.read(lambda uow: list_grants(uow, users=[house.anna]), system_actor())
    assert [one.set_key for one in grants] == ["editor"]


def test_a_set_is_changed_after_a_look_at_what_it_would_do(house: House) -> None:
    client, path = house.clients["administrator"], "/admin/permission-sets/reader"
    form = {"permission": ["person:read", "person:update"], "label_en": "Looks", "label_fr": "Regarde"}

    matrix = client.get(f"{path}/edit").text
    looked = client.post(f"{path}/preview", data=form).text
    back = client.post(f"{path}/edit", data=form).text
    wrong = client.post(f"{path}/preview", data={"permission": "person:raed"})
    saved = client.post(path, data=form)

    assert re.search(r'value="\*:read"[^>]*checked', matrix)
    assert "Anna Ek" in looked
    assert "Organizations \u22121" in looked
    assert re.search(r'value="person:update"[^>]*checked', back)
    assert (wrong.status_code, saved.status_code) == (422, 303)
    assert house.runtime.read(lambda uow: find_set(uow, "reader"), system_actor()).permissions == ("person:read", "person:update")
    assert "Back to what it came with" in client.get(path).text
    assert client.post(f"{path}/restore").status_code == 303


def test_a_set_is_copied_and_deleted(house: House) -> None:
    client = house.clients["administrator"]
    form = {"of": "editor", "key": "editor_two", "label_en": "Second editor"}

    made = client.post("/admin/permission-sets/new", data=form)
    twice = client.post("/admin/permission-sets/new", data=form)
    gone = client.post("/admin/permission-sets/editor_two/delete")

    assert (made.status_code, twice.status_code, gone.status_code) == (303, 422, 303)
    assert client.get("/admin/permission-sets/editor_two").status_code == 404


def test_a18_a_changed_set_is_felt_at_the_next_click(house: House) -> None:
    before = house.clients["reader"].get(f"/base/organization/{house.company}").status_code
    house.clients["administrator"].post("/admin/permission-sets/reader", data={"permission": "person:read", "label_en": "Reader"})

    assert (before, house.clients["reader"].get(f"/base/organization/{house.company}").status_code) == (200, 404)


def test_why_is_answered_for_oneself_and_for_those_whom_one_administers(house: House) -> None:
    mine = house.clients["reader"].get(f"/admin/why?what={house.company}&action=update").text
    other = house.clients["reader"].get(f"/admin/why?who=anna@example.org&what={house.company}").text
    pasted = {"who": "anna@example.org", "what": f"https://xrm.example.org/base/organization/{house.company}"}
    asked = house.clients["department_administrator"].get("/admin/why", query_string=pasted)
    found = house.clients["administrator"].get("/admin/why?what=acme").text
    missing = house.clients["administrator"].get(f"/admin/why?what={uuid.uuid4()}")

    assert "No: A reader sees it" in mine
    assert "A department_administrator" in mine
    assert "Anna Ek" not in other
    assert "Yes: Anna Ek has the right organization:read" in asked.text
    assert str(house.company) in found
    assert missing.status_code == 404


def test_a_refusal_names_who_can_give_the_right(house: House) -> None:
    answer = house.clients["reader"].get("/admin/people")

    assert answer.status_code == 403
    assert "A department_administrator" in answer.text


def test_a_view_as_somebody_else_reads_writes_nothing_and_is_told(house: House) -> None:
    client, anna = house.clients["administrator"], f"/admin/people/{house.anna}"
    client.post(f"{anna}/view")
    during, people = client.get("/").text, client.get("/admin/people").status_code
    refused = client.post("/base/organization/new", data={"name": "Written"})
    settings = client.post("/me", data={"language": "fr", "time_zone": "", "theme": "dark", "density": "normal"}).status_code
    ended = client.post("/view/end")

    assert "You see the pages as Anna Ek sees them" in during
    assert (people, refused.status_code, settings) == (403, 403, 403)
    assert ended.location == anna
    assert client.get("/admin/people").status_code == 200
    told = house.runtime.read(lambda uow: uow.execute(select(func.count()).select_from(user)).scalar(), system_actor())
    assert told == 7


def test_who_was_viewed_reads_it_in_their_settings(house: House, sign_in: SignIn) -> None:
    house.clients["administrator"].post(f"/admin/people/{house.anna}/view")

    assert "Your view was opened by admin on" in sign_in(Actor("user", house.anna, "Anna")).get("/me").text


def test_a_view_ends_on_sign_out(house: House, sign_in: SignIn, runtime: Runtime, admin: Actor) -> None:
    second = runtime.write(lambda uow: add_user(uow, "second@example.org", {None: ["*:*"]}, depth="all"), system_actor())
    client = sign_in(second)
    client.post(f"/admin/people/{house.anna}/view")
    client.post("/out")

    assert client.get("/").status_code == 302
    assert "Anna" not in sign_in(second).get("/").text
    assert admin.user_id != second.user_id
