# SPDX-License-Identifier: Apache-2.0
"""A confidential party is met on no surface by those who are not named, and on all of them by those who are."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from tests.factories.access import Departments, add_user
from tests.factories.graph import Graph
from xrm.access.explaining import explain
from xrm.access.models import user
from xrm.access.previewing import preview_grant
from xrm.access.service import create_shipped_sets
from xrm.access.sessions import start_session
from xrm.contact_points.service import add_contact_point
from xrm.departments.switching import switch_plugin
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities, get_entity, list_entities
from xrm.entities.removal import delete_entity, restore_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import NotFound
from xrm.history.queries import entity_history
from xrm.interactions.service import record_interaction
from xrm.plugin_api import select as select_as_plugin
from xrm.relationships.queries import list_relationships
from xrm.relationships.service import relate
from xrm.roles.queries import list_roles_of
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.search.queries import search, suggest
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm_web.app import create_app

WORD = "Quicksilver"
EDITOR = ("*:read", "*:create", "*:update", "*:delete", "*:link", "*:export")


@pytest.fixture
def plugins() -> Mapping[str, str]:
    return {"base": "xrm_base", "confidential": "xrm_confidential"}


@pytest.fixture
def graph(runtime: Runtime, admin: Actor, departments: Departments) -> Graph:
    return Graph(runtime, admin, departments)


@dataclass(frozen=True)
class House:
    """Who owns the confidential party, who is named, who keeps restrictions, and a colleague with the rights of the owner."""

    graph: Graph
    people: dict[str, Actor]
    ids: dict[str, uuid.UUID]

    def read(self, look: Callable[[UnitOfWork], Any], who: str) -> Any:
        """What one of the people finds."""
        return self.graph.read(look, self.people[who])

    def sees(self, who: str) -> bool:
        """Whether one of them opens the party."""
        try:
            self.read(lambda uow: get_entity(uow, self.ids["party"]), who)
        except NotFound:
            return False
        return True


@pytest.fixture
def house(graph: Graph) -> House:
    where = graph.departments.sales
    people = {name: graph.user({where: EDITOR}) for name in ("owner", "colleague", "named")}
    people["keeper"] = graph.user({where: (*EDITOR, "restriction:administer")})
    address = graph.read(lambda uow: uow.execute(select(user.c.email).where(user.c.id == people["named"].user_id)).scalar_one())

    def fill(uow: UnitOfWork) -> dict[str, uuid.UUID]:
        party = create_entity(uow, "organization", {"name": f"{WORD} Ltd"}, department=where)
        open_one = create_entity(uow, "organization", {"name": "Open Ltd"}, department=where)
        worker = create_entity(uow, "person", {"last_name": "Worker"}, department=where)
        start_role(uow, party, "customer", {"number": WORD}, department=where)
        add_contact_point(uow, party, "email", f"{WORD}@example.org".lower(), department=where)
        relate(uow, "works_for", worker, party, department=where)
        record_interaction(uow, "note", department=where, participants=[party], subject=WORD)
        record_interaction(uow, "note", department=where, participants=[party, worker], subject="Call")
        values = {"about": party, "reason": f"{WORD} talks", "readers": [address.upper()]}
        restriction = create_entity(uow, "restriction", values, department=where)
        return {"party": party, "open": open_one, "worker": worker, "restriction": restriction}

    return House(graph, people, graph.write(fill, people["owner"]))


SURFACES: Mapping[str, Callable[[UnitOfWork, dict[str, uuid.UUID]], Any]] = {
    "list": lambda uow, _: [one.title for one in list_entities(uow, ListQuery("organization")).items],
    "roles": lambda uow, _: [one.title for one in list_entities(uow, ListQuery("customer")).items],
    "restrictions": lambda uow, _: [one.title for one in list_entities(uow, ListQuery("restriction")).items],
    "search": lambda uow, _: [(hit.title, hit.subtitle) for word in (WORD, "worker") for hit in search(uow, word)],
    "suggestions": lambda uow, _: [hit.title for hit in suggest(uow, WORD[:4])],
    "graph": lambda uow, ids: repr(list_relationships(uow, ids["worker"])),
    "plugin": lambda uow, _: [row.title for row in uow.execute(select_as_plugin(uow, "organization", ["title"]))],
}


def test_it_is_on_no_surface_but_for_those_who_may(house: House) -> None:
    for who, is_seen in (("owner", True), ("named", True), ("keeper", True), ("colleague", False)):
        for name, look in SURFACES.items():
            found = repr(house.read(lambda uow: look(uow, house.ids), who))  # noqa: B023
            assert (WORD in found) is is_seen, (who, name)
        counted = house.read(lambda uow: count_entities(uow, ListQuery("organization")), who)
        assert (counted, house.sees(who)) == ((2, True) if is_seen else (1, False)), who

    assert house.read(lambda uow: list_roles_of(uow, house.ids["party"]), "colleague") == []
    with pytest.raises(NotFound):
        house.read(lambda uow: entity_history(uow, house.ids["party"]), "colleague")
    with pytest.raises(NotFound):
        house.graph.write(lambda uow: update_entity(uow, house.ids["party"], {"city": "Brest"}), house.people["colleague"])


def test_it_ends_with_its_day_its_deletion_and_where_the_plugin_is_off(house: House) -> None:
    graph, restriction = house.graph, house.ids["restriction"]
    tomorrow = graph.read(lambda uow: uow.today + timedelta(days=1))

    def ends(on: object) -> None:
        graph.write(lambda uow: update_entity(uow, restriction, {"ends_on": on}), house.people["owner"])

    ends(graph.read(lambda uow: uow.today).isoformat())
    assert house.sees("colleague")
    ends(tomorrow.isoformat())
    assert not house.sees("colleague")
    graph.write(lambda uow: delete_entity(uow, restriction), house.people["owner"])
    assert house.sees("colleague")
    graph.write(lambda uow: restore_entity(uow, restriction), house.people["owner"])
    assert not house.sees("colleague")
    graph.write(lambda uow: switch_plugin(uow, "confidential", [graph.departments.sales], is_on=False))
    assert house.sees("colleague")


def test_the_explanation_names_the_plugin_and_previews_count_what_is_seen(house: House) -> None:
    graph, colleague = house.graph, house.people["colleague"]
    assert colleague.user_id is not None
    email = graph.read(lambda uow: uow.execute(select(user.c.email).where(user.c.id == colleague.user_id)).scalar_one())

    told = graph.read(lambda uow: explain(uow, email, "find", house.ids["party"]))
    seen = graph.read(lambda uow: explain(uow, email, "find", house.ids["open"]))

    assert (told.is_allowed, "the plugin confidential hides it" in str(told.because)) == (False, True)
    assert (seen.is_allowed, [one.holds for one in seen.reasons if one.kind == "narrowing"]) == (True, [True])
    with pytest.raises(NotFound):
        graph.read(lambda uow: explain(uow, email, "read", house.ids["party"]), colleague)
    new = graph.write(lambda uow: add_user(uow, "new@example.org", {})).user_id
    assert new is not None
    graph.write(create_shipped_sets)
    preview = graph.read(lambda uow: preview_grant(uow, new, "reader", department=graph.departments.sales))
    assert {rows.type.name: rows.gained for rows in preview.people[0].rows}["organization"] == 1


def test_the_number_of_statements_does_not_grow_with_rows(house: House) -> None:
    graph, owner = house.graph, house.people["owner"]

    def statements() -> int:
        seen: list[str] = []
        note = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(graph.runtime.engine, "before_cursor_execute", note)
        house.read(lambda uow: [look(uow, house.ids) for look in SURFACES.values()], "colleague")
        event.remove(graph.runtime.engine, "before_cursor_execute", note)
        return len(seen)

    statements()
    before = statements()

    def more(uow: UnitOfWork) -> None:
        for number in range(10):
            one = create_entity(uow, "organization", {"name": f"{WORD} {number}"}, department=graph.departments.sales)
            create_entity(uow, "restriction", {"about": one, "reason": WORD}, department=graph.departments.sales)

    graph.write(more, owner)
    assert statements() == before


def test_pages_and_files_of_the_web_show_it_to_those_who_may(house: House) -> None:
    app = create_app(house.graph.runtime, testing=True)
    paths = {
        f"/base/organization/{house.ids['party']}": 404, f"/base/organization/{house.ids['party']}/history": 404,
        f"/confidential/restriction/{house.ids['restriction']}": 404, "/base/organization": 200, "/base/organization.json": 200,
        "/base/organization.csv": 200, "/base/customer.csv": 200, "/confidential/restriction": 200, f"/search?q={WORD[:5]}": 200,
        f"/base/person/{house.ids['worker']}": 200,
    }
    for who, is_seen in (("owner", True), ("colleague", False)):
        user_id = house.people[who].user_id
        assert user_id is not None
        token = house.graph.runtime.write(lambda uow: start_session(uow, user_id, "127.0.0.1", "test"), system_actor())  # noqa: B023
        client = app.test_client()
        client.set_cookie("xrm_session", token)
        for path, refused in paths.items():
            answer = client.get(path)
            assert answer.status_code == (200 if is_seen else refused), (who, path)
            assert (WORD in answer.text) is is_seen, (who, path)
    assert "Only the owner and those named" not in client.get(f"/base/organization/{house.ids['open']}").text
