# SPDX-License-Identifier: Apache-2.0
"""Who sees what: departments, depths, roles; a word planted in each kind of row of another department is never met."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from tests.factories.graph import Graph
from xrm.access.service import create_shipped_sets, give
from xrm.contact_points.queries import find_by_value, list_contact_points
from xrm.contact_points.service import add_contact_point, update_contact_point
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import count_entities, get_entity, list_entities, titles
from xrm.entities.removal import delete_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import InvalidInput, NotFound, PermissionDenied
from xrm.identifiers.queries import find_by_identifier, list_identifiers
from xrm.identifiers.service import set_identifier
from xrm.interactions.queries import timeline
from xrm.interactions.service import delete_interaction, record_interaction, update_interaction
from xrm.relationships.queries import count_relationships, get_relationship, list_relationships
from xrm.relationships.service import relate, update_relationship
from xrm.roles.queries import get_role, list_roles_of
from xrm.roles.service import end_role, start_role, update_role
from xrm.search.queries import search, suggest
from xrm.sharing.service import Recipient, share_entity
from xrm.unit_of_work import Actor, UnitOfWork

WORD = "zanzibar"
EVERYTHING = ["*:*"]


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


@pytest.fixture
def planted(graph: Graph) -> dict[str, uuid.UUID]:
    """A party that both departments see, and the word in each kind of row of press alone."""
    press, sales = graph.departments.press, graph.departments.sales

    def write(uow: UnitOfWork) -> dict[str, uuid.UUID]:
        shared = create_entity(uow, "organization", {"name": "Shared"}, department=sales)
        start_role(uow, shared, "customer", {"number": "S1"}, department=sales)
        known = create_entity(uow, "ticket", {"name": "Known", "kept_by": shared}, department=sales)
        hidden = create_entity(uow, "organization", {"name": f"Hidden {WORD}", "city": WORD}, department=press)
        person = create_entity(uow, "person", {"first_name": "Jo", "last_name": WORD, "interests": [WORD]}, department=press)
        facet = start_role(uow, shared, "customer", {"number": WORD, "notes": WORD}, department=press)
        record = create_entity(
            uow, "ticket", {"name": f"Secret {WORD}", "code": WORD, "kept_by": shared, "watchers": [person]}, department=press
        )
        update_entity(uow, known, {"seen_by": person})
        set_identifier(uow, "erp", WORD, hidden)
        note = record_interaction(uow, "note", department=press, participants=[shared, hidden], subject=WORD, body=WORD)
        mixed = record_interaction(uow, "note", department=sales, participants=[shared, hidden], body="seen by sales")
        point = add_contact_point(uow, shared, "email", f"{WORD}@example.org", label=WORD, department=press)
        job = relate(uow, "works_for", person, shared, values={"job_title": WORD})
        of_press = relate(uow, "supplies", hidden, shared, department=press)
        return {
            "shared": shared, "known": known, "hidden": hidden, "person": person, "facet": facet, "record": record, "note": note,
            "mixed": mixed, "point": point, "job": job, "of_press": of_press,
        }

    return graph.write(write)


@pytest.fixture
def outsider(graph: Graph) -> Actor:
    """A user with every right in sales and none elsewhere."""
    return graph.user({graph.departments.sales: EVERYTHING})


READS: Mapping[str, Callable[[UnitOfWork, dict[str, uuid.UUID]], Any]] = {
    "parties": lambda uow, _: list_entities(uow, ListQuery("party")),
    "organizations": lambda uow, _: list_entities(uow, ListQuery("organization")),
    "people": lambda uow, _: list_entities(uow, ListQuery("person")),
    "customers": lambda uow, _: list_entities(uow, ListQuery("customer", all_periods=True)),
    "customers, distinct": lambda uow, _: list_entities(uow, ListQuery("customer", distinct="party")),
    "customers by number": lambda uow, _: list_entities(uow, ListQuery("customer", sort=("-number",))),
    "records": lambda uow, _: list_entities(uow, ListQuery("ticket", sort=("code",))),
    "party": lambda uow, ids: get_entity(uow, ids["shared"]),
    "titles of links": lambda uow, ids: titles(uow, ids.values()),
    "roles": lambda uow, ids: list_roles_of(uow, ids["shared"]),
    "timeline": lambda uow, ids: timeline(uow, ids["shared"]),
    "contact points": lambda uow, ids: list_contact_points(uow, ids["shared"], all_periods=True),
    "relationships": lambda uow, ids: list_relationships(uow, ids["shared"], all_periods=True),
    "all relationships": lambda uow, _: list_relationships(uow, all_periods=True),
    "identifiers": lambda uow, ids: list_identifiers(uow, ids["hidden"]),
    "search": lambda uow, _: [search(uow, text) for text in (WORD, "zanz", "hidden", "secret", "jo", f"{WORD}@example.org")],
    "suggestions": lambda uow, _: [suggest(uow, text) for text in (WORD, "zan", "hidden", "secret")],
}


def test_a_planted_word_of_another_department_is_never_met(
    graph: Graph, planted: dict[str, uuid.UUID], outsider: Actor
) -> None:
    for name, look in READS.items():
        found = repr(graph.read(lambda uow: look(uow, planted), outsider)).casefold()
        by_admin = repr(graph.read(lambda uow: look(uow, planted))).casefold()
        assert WORD not in found, name
        assert "hidden" not in found, name
        # The party itself has no such word, and of its facets that of sales comes first.
        assert name in {"party", "customers, distinct"} or WORD in by_admin, name


def test_a_share_of_one_record_opens_no_other_surface(
    graph: Graph, planted: dict[str, uuid.UUID], outsider: Actor
) -> None:
    graph.write(lambda uow: share_entity(uow, planted["record"], Recipient(user=outsider.user_id)))

    for name, look in READS.items():
        found = repr(graph.read(lambda uow: look(uow, planted), outsider)).casefold()
        assert "hidden" not in found, name
        assert (WORD in found) == (name in {"records", "titles of links", "search", "suggestions"}), name


def test_what_is_hidden_is_not_counted(graph: Graph, planted: dict[str, uuid.UUID], outsider: Actor) -> None:
    def counts(uow: UnitOfWork) -> list[int]:
        lists = [count_entities(uow, ListQuery(name)) for name in ("party", "organization", "person", "customer", "ticket")]
        return [*lists, count_relationships(uow, planted["shared"]), len(timeline(uow, planted["shared"]).items)]

    assert graph.read(counts, outsider) == [1, 1, 0, 1, 1, 0, 1]
    assert graph.read(counts) == [3, 2, 1, 2, 2, 2, 2]


@pytest.mark.usefixtures("planted")
def test_a_filter_or_expression_tells_nothing_of_hidden_rows(graph: Graph, outsider: Actor) -> None:
    queries = [
        ListQuery("customer", filters=(Filter("number", "eq", WORD),)), ListQuery("customer", where=f'contains(notes, "{WORD}")'),
        ListQuery("party", filters=(Filter("title", "contains", WORD),)),
        ListQuery("ticket", filters=(Filter("code", "eq", WORD),)),
        ListQuery("organization", filters=(Filter("department", "eq", str(graph.departments.press)),)),
    ]

    for query in queries:
        assert graph.page(query, outsider).items == (), query
        assert graph.page(query).items != (), query


def test_participants_who_are_hidden_are_not_named(graph: Graph, planted: dict[str, uuid.UUID], outsider: Actor) -> None:
    entry = graph.read(lambda uow: timeline(uow, planted["shared"]), outsider).items[0]

    assert [one.title for one in entry.participants] == ["Shared"]


def test_an_address_of_another_department_leads_to_nobody(graph: Graph, planted: dict[str, uuid.UUID], outsider: Actor) -> None:
    assert graph.read(lambda uow: find_by_value(uow, "email", f"{WORD}@example.org"), outsider) == []
    assert graph.read(lambda uow: find_by_identifier(uow, "erp", WORD), outsider) is None
    assert graph.read(lambda uow: get_role(uow, planted["facet"]), outsider) is None
    assert graph.read(lambda uow: get_relationship(uow, planted["job"]), outsider) is None


ACTIONS: Mapping[str, Callable[[UnitOfWork, uuid.UUID], object]] = {
    "hidden": get_entity,
    "person": lambda uow, one: update_entity(uow, one, {"last_name": "x"}),
    "record": delete_entity,
    "facet": lambda uow, one: update_role(uow, one, {"number": "x"}),
    "note": lambda uow, one: update_interaction(uow, one, subject="x", body=""),
    "point": lambda uow, one: update_contact_point(uow, one, label="x"),
    "job": lambda uow, one: update_relationship(uow, one, {"job_title": "x"}),
    "of_press": lambda uow, one: update_relationship(uow, one, {}),
}


def test_a_foreign_id_is_answered_like_one_that_is_not_there(
    graph: Graph, planted: dict[str, uuid.UUID], outsider: Actor
) -> None:
    for name, act in ACTIONS.items():
        answers = []
        for one in (planted[name], uuid.UUID(int=planted[name].int ^ 1)):
            with pytest.raises(NotFound) as caught:
                graph.write(lambda uow: act(uow, one), outsider)
            answers.append((caught.value.message.text, caught.value.code))
        assert answers[0] == answers[1], name


def test_nothing_can_be_hung_on_a_hidden_party(graph: Graph, planted: dict[str, uuid.UUID], outsider: Actor) -> None:
    hidden, sales = planted["hidden"], graph.departments.sales
    attempts: list[Callable[[UnitOfWork], object]] = [
        lambda uow: start_role(uow, hidden, "customer", {}, department=sales),
        lambda uow: add_contact_point(uow, hidden, "email", "a@example.org", department=sales),
        lambda uow: record_interaction(uow, "note", department=sales, participants=[hidden], body="x"),
        lambda uow: relate(uow, "supplies", planted["shared"], hidden),
        lambda uow: set_identifier(uow, "x", "1", hidden),
    ]

    for attempt in attempts:
        with pytest.raises(NotFound):
            graph.write(attempt, outsider)
    with pytest.raises(InvalidInput):
        graph.write(lambda uow: create_entity(uow, "ticket", {"name": "x", "kept_by": hidden}, department=sales), outsider)


def test_a_party_is_seen_through_any_role_of_it_open_or_ended(graph: Graph) -> None:
    press = graph.departments.press
    one = graph.organization("Acme", graph.departments.sales)
    reader = graph.user({press: ["*:read"]})
    assert graph.titles(ListQuery("party"), reader) == []

    facet = graph.role(one, department=press, since=date(2020, 1, 1))
    assert graph.titles(ListQuery("party"), reader) == ["Acme"]

    graph.write(lambda uow: end_role(uow, facet, date(2021, 1, 1)))
    assert graph.titles(ListQuery("party"), reader) == ["Acme"]
    assert graph.titles(ListQuery("customer"), reader) == []


def test_a_role_needs_its_own_right(graph: Graph) -> None:
    sales = graph.departments.sales
    one = graph.organization("Acme")
    graph.role(one, values={"number": "C1"})
    graph.role(one, "partner")
    reader = graph.user({sales: ["organization:read", "partner:read"]})

    assert graph.titles(ListQuery("customer"), reader) == []
    assert [found.type for found in graph.read(lambda uow: list_roles_of(uow, one), reader)] == ["partner"]


@pytest.mark.parametrize(
    ("depth", "seen"),
    [("department", ["Sales"]), ("below", ["North", "Sales"]), ("own", []), ("all", ["North", "Press", "Sales"])],
)
def test_a_grant_reaches_as_deep_as_it_says(graph: Graph, depth: str, seen: list[str]) -> None:
    where = graph.departments
    for name, department in (("Sales", where.sales), ("North", where.sales_north), ("Press", where.press)):
        graph.organization(name, department)
        graph.create("ticket", {"name": name}, department)
    reader = graph.user({where.sales: ["*:read"]} if depth != "all" else {None: ["*:read"]}, depth)

    assert graph.titles(ListQuery("party"), reader) == graph.titles(ListQuery("ticket"), reader) == seen


def test_who_has_rights_on_own_rows_makes_and_sees_those_alone(graph: Graph) -> None:
    sales = graph.departments.sales
    mine = graph.user({sales: EVERYTHING}, "own")
    graph.organization("Foreign")

    def write(uow: UnitOfWork) -> uuid.UUID:
        one = create_entity(uow, "organization", {"name": "Mine"}, department=sales)
        start_role(uow, one, "customer", {"number": "1"}, department=sales)
        record_interaction(uow, "note", department=sales, participants=[one], body="my own note")
        return one

    one = graph.write(write, mine)

    assert graph.titles(ListQuery("party"), mine) == graph.titles(ListQuery("organization"), mine) == ["Mine"]
    assert graph.titles(ListQuery("customer"), mine) == ["Mine"]
    assert [entry.body for entry in graph.read(lambda uow: timeline(uow, one), mine).items] == ["my own note"]
    with pytest.raises(PermissionDenied):
        graph.write(
            lambda uow: create_entity(uow, "organization", {"name": "x"}, department=sales, owner=graph.admin.user_id), mine
        )


def test_a_user_without_any_right_sees_nothing(graph: Graph, planted: dict[str, uuid.UUID]) -> None:
    nobody = graph.user({})

    for name in ("parties", "organizations", "customers", "records", "all relationships", "search"):
        found = graph.read(lambda uow: READS[name](uow, planted), nobody)
        assert "Shared" not in repr(found)


def test_nobody_grants_deeper_or_more_than_they_have(graph: Graph) -> None:
    graph.write(create_shipped_sets)
    where = graph.departments
    target = graph.user({})
    administrator = graph.user({where.sales: ["*:read", "user:administer", "department:administer"]})

    target_id = target.user_id
    assert target_id is not None
    graph.write(lambda uow: give(uow, target_id, "reader", department=where.sales), administrator)
    for key, department, depth in (("editor", where.sales, "department"), ("reader", where.sales, "below"),
                                   ("reader", where.press, "department"), ("administrator", where.sales, "department"),
                                   ("reader", None, "all")):
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow: give(uow, target_id, key, department=department, depth=depth), administrator)


def test_the_author_of_a_note_needs_the_right_to_delete_it(graph: Graph) -> None:
    sales = graph.departments.sales
    one = graph.organization()
    writer = graph.user({sales: ["*:read", "interaction:create"]})
    note = graph.write(lambda uow: record_interaction(uow, "note", department=sales, participants=[one], body="x"), writer)

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: delete_interaction(uow, note), writer)
