# SPDX-License-Identifier: Apache-2.0
"""Pages of lists by whichever way they are found: the same rows in the same order, no twin, no gap, nothing of others."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from tests.factories.access import add_department
from tests.factories.graph import Graph
from xrm.access.models import grant
from xrm.access.rights import note_changed_rights
from xrm.db.ids import new_id
from xrm.entities import paging
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.models import entity
from xrm.entities.queries import count_entities, list_entities
from xrm.entities.service import create_entities, prepare
from xrm.roles.models import role
from xrm.roles.service import start_role
from xrm.sharing.models import share
from xrm.unit_of_work import Actor, UnitOfWork

WAYS = {
    "as they come": {}, "merged": {"FEW_IN_ORDER": 99, "FEW_APART": 99},
    "along all": {"FEW_IN_ORDER": 0, "FEW_APART": 0, "REACH": 1000},
    "a short way, then merged": {"FEW_IN_ORDER": 0, "FEW_APART": 0, "REACH": 3, "SURPLUS_AT_LEAST": 0},
    "too many to merge": {"FEW_IN_ORDER": 99, "FEW_APART": 99, "MOST_IN_ORDER": 1, "MOST_APART": 1},
}  # fmt: skip
QUERIES = {
    "all parties": ListQuery("party"), "organizations": ListQuery("organization", columns=("name",)),
    "backwards": ListQuery("party", sort=("-title",)), "customers": ListQuery("customer", columns=("number",)),
    "by number": ListQuery("customer", columns=("number",), sort=("-number",)),
    "filtered": ListQuery("customer", columns=("number",), filters=(Filter("number", "starts", "C1"),)),
    "by two": ListQuery("customer", columns=("number",), sort=("status", "number")),
}


@dataclass(frozen=True)
class Row:
    """A party or facet as it was made: its title or number, and where and whose it is."""

    id: uuid.UUID
    party: uuid.UUID
    place: uuid.UUID
    owner: uuid.UUID | None
    number: str | None = None


@dataclass
class World:
    """Departments, and what stands in them."""

    graph: Graph
    places: list[uuid.UUID]
    parties: list[Row]
    facets: list[Row]
    me: Actor


@pytest.fixture
def world(graph: Graph) -> World:
    """Fifty organizations and forty customers, spread over nine departments by chance, a third of them mine."""
    chance = random.Random(11)
    places = graph.write(lambda uow: [add_department(uow, f"Place {number}") for number in range(9)])
    me = graph.user({})
    homes = [chance.choice(places) for _ in range(50)]

    def create(uow: UnitOfWork) -> list[uuid.UUID]:
        names = [{"name": f"{chance.choice('abcde')} {number}"} for number in range(50)]
        made = [prepare(uow, "organization", name, department=home) for name, home in zip(names, homes, strict=True)]
        return create_entities(uow, made)

    made = graph.write(create)
    parties = [Row(one, one, home, chance.choice([me.user_id, None, None])) for one, home in zip(made, homes, strict=True)]
    facets = graph.write(lambda uow: [
        Row(start_role(uow, one.id, "customer", {"number": code}, department=where), one.id, where,
            chance.choice([me.user_id, None, None]), code)
        for number, one in enumerate(chance.sample(parties, 40))
        for where, code in [(chance.choice(places), f"C{number:02}" if number % 3 else None)]
    ])

    def own(uow: UnitOfWork) -> None:
        for table, rows in ((entity, parties), (role, facets)):
            for row in rows:
                uow.execute(update(table).where(table.c.id == row.id).values(owner_id=row.owner))

    graph.write(own)
    return World(graph, places, parties, facets, me)


def grant_to_me(world: World, *, departments: Sequence[uuid.UUID], own: Sequence[uuid.UUID]) -> None:
    reader = world.graph.user({None: ["*:read"]})

    def change(uow: UnitOfWork) -> None:
        uow.execute(delete(grant).where(grant.c.user_id == world.me.user_id))
        bundle = uow.execute(select(grant.c.permission_set_id).where(grant.c.user_id == reader.user_id)).scalar_one()
        for where, depth in [*((one, "department") for one in departments), *((one, "own") for one in own)]:
            uow.execute(insert(grant).values(
                id=new_id(), user_id=world.me.user_id, permission_set_id=bundle, department_id=where, depth=depth))
        note_changed_rights(uow)

    world.graph.write(change)


def seen(world: World, rows: Sequence[Row], departments: Sequence[uuid.UUID], own: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """The ids of the rows that stand where I may read, or are mine where I may read those."""
    return {row.id for row in rows if row.place in departments or (row.place in own and row.owner == world.me.user_id)}


def all_rows(world: World, query: ListQuery) -> list[uuid.UUID]:
    def walk(uow: UnitOfWork) -> list[uuid.UUID]:
        found, after = [], None
        while True:
            page = list_entities(uow, replace(query, after=after, limit=15))
            found += [item.id for item in page.items]
            if (after := page.next) is None:
                return found

    return world.graph.read(walk, world.me)


def by_all_ways(world: World, monkeypatch: pytest.MonkeyPatch, query: ListQuery) -> list[list[uuid.UUID]]:
    """All rows that I get, once for each way."""
    found = []
    for numbers in WAYS.values():
        with monkeypatch.context() as patch:
            for name, value in numbers.items():
                patch.setattr(paging, name, value)
            found.append(all_rows(world, query))
    return found


def in_order(world: World, query: ListQuery, wanted: set[uuid.UUID]) -> list[uuid.UUID]:
    """The wanted ones in the order in which somebody who sees everything gets them."""
    everything = list_of(world, query)
    assert wanted <= set(everything)
    return [one for one in everything if one in wanted]


def list_of(world: World, query: ListQuery) -> list[uuid.UUID]:
    return [item.id for item in world.graph.page(replace(query, limit=500)).items]


def test_every_way_leads_to_the_same_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbered = {row.id for row in world.facets if (row.number or "").startswith("C1")}
    for many, owned in ((0, 9), (1, 0), (3, 4), (8, 0), (8, 1)):
        departments, own = world.places[:many], world.places[many:many + owned]
        grant_to_me(world, departments=departments, own=own)
        facets = seen(world, world.facets, departments, own)
        # Whoever sees a facet sees whose it is.
        parties = seen(world, world.parties, departments, own) | {row.party for row in world.facets if row.id in facets}

        for name, query in QUERIES.items():
            wanted = parties if query.type != "customer" else facets & numbered if query.filters else facets
            assert by_all_ways(world, monkeypatch, query) == [in_order(world, query, wanted)] * len(WAYS), (many, owned, name)
            counted = world.graph.read(lambda uow, query=query: count_entities(uow, query), world.me)  # type: ignore[misc]
            assert counted == len(wanted), (many, owned, name)


def test_what_is_shared_stands_among_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    departments = world.places[:3]
    grant_to_me(world, departments=departments, own=())
    given = [row.id for row in world.parties[::5]]

    def give(uow: UnitOfWork) -> None:
        for one in given:
            uow.execute(insert(share).values(
                id=new_id(), entity_id=one, user_id=world.me.user_id, action="read", created_at=uow.now,
                note="", created_by=world.me.user_id, until=uow.today + timedelta(days=3)))
        note_changed_rights(uow)

    world.graph.write(give)
    facets = seen(world, world.facets, departments, ())
    parties = seen(world, world.parties, departments, ()) | {row.party for row in world.facets if row.id in facets} | set(given)

    for query in (QUERIES["all parties"], QUERIES["organizations"], QUERIES["backwards"]):
        assert by_all_ways(world, monkeypatch, query) == [in_order(world, query, parties)] * len(WAYS)


def test_a_way_that_was_too_long_is_not_gone_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "FEW_IN_ORDER", 0)
    monkeypatch.setattr(paging, "FEW_APART", 0)
    monkeypatch.setattr(paging, "SURPLUS_AT_LEAST", 0)
    grant_to_me(world, departments=world.places[:1], own=())
    walks: list[int] = []
    walk = paging._walk

    def noting(*arguments: object) -> object:
        walks.append(1)
        return walk(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(paging, "_walk", noting)
    query = ListQuery("customer", limit=2)
    first, counted = all_pages_twice(world, query), len(walks)
    second = all_pages_twice(world, query)

    assert first == second
    assert counted > 0
    assert len(walks) == counted


def all_pages_twice(world: World, query: ListQuery) -> list[list[uuid.UUID]]:
    return [[item.id for item in world.graph.page(query, world.me).items] for _ in range(2)]
