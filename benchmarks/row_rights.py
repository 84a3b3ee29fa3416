# SPDX-License-Identifier: Apache-2.0
"""The same page of a list of a million parties with row rights and without: how much the gate costs, whoever looks."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import replace

from benchmarks.figures import Figure
from benchmarks.million import open_filled
from benchmarks.program import CACHE
from tests.factories.access import add_user
from tests.postgres_server import NoPostgres, running_postgres
from xrm.access.users import find_user
from xrm.departments.queries import get_tree
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import list_entities
from xrm.errors import NotFound
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

GOAL = 1.3
ROUNDS = 41
PARTIES = int(os.environ.get("BENCH_PARTIES", "1000000"))
PARTIES_POSTGRESQL = int(os.environ.get("BENCH_PARTIES_POSTGRESQL", "200000"))
COLUMNS = ("number", "status", "credit_limit")
LISTS = {
    "parties by name": ListQuery("party"),
    "organizations by name": ListQuery("organization", columns=("city", "country")),
    "customers by name": ListQuery("customer", columns=COLUMNS),
    "customers by number, from the end": ListQuery("customer", columns=COLUMNS, sort=("-number",)),
    "customers by credit limit, largest first": ListQuery("customer", columns=COLUMNS, sort=("-credit_limit",)),
    "customers whose number begins with C00": ListQuery(
        "customer", columns=COLUMNS, sort=("number",), filters=(Filter("number", "starts", "C00"),)
    ),
}
# How many of the forty departments somebody may read, the small one of 1,500 parties first; the last one reads own rows too.
PEOPLE = {"one small department": 1, "two departments": 2, "ten departments": 10, "all departments but one": 39}


def measure() -> list[Figure]:
    """On SQLite and, where it can be started, on PostgreSQL."""
    CACHE.mkdir(exist_ok=True)
    found = _measure(f"sqlite:///{CACHE / f'million_{PARTIES}.db'}", PARTIES, "SQLite")
    try:
        with running_postgres() as url:
            found += _measure(url, PARTIES_POSTGRESQL, "PostgreSQL")
    except NoPostgres as missing:
        print(f"  PostgreSQL left out: {missing}")
    return found


def _measure(url: str, parties: int, label: str) -> list[Figure]:
    runtime = open_filled(url, parties)
    everything = runtime.read(lambda uow: find_user(uow, "admin@example.org").as_actor("test"), system_actor())
    found = []
    for who, count in PEOPLE.items():
        actor = _reader(runtime, count)
        for what, query in LISTS.items():
            for page, asked in (("first page", query), ("a page further on", _further(runtime, query, actor))):
                with_rights, without = _beside(runtime, asked, actor, everything)
                found.append(_figure(f"{label}, {parties:,} parties, {who}: {what}, {page}", with_rights, without))
    runtime.close()
    return found


def _reader(runtime: Runtime, count: int) -> Actor:
    """Somebody who may read so many departments, each by a grant of its own."""
    email = f"reads{count}@example.org"

    def find(uow: UnitOfWork) -> Actor:
        return find_user(uow, email).as_actor("test")

    def add(uow: UnitOfWork) -> Actor:
        return add_user(uow, email, {one.id: ["*:read"] for one in list(get_tree(uow).by_id.values())[:count]})

    try:
        return runtime.read(find, system_actor())
    except NotFound:
        return runtime.write(add, system_actor())


def _further(runtime: Runtime, query: ListQuery, actor: Actor) -> ListQuery:
    """The page behind the first 400 rows that this person sees."""
    after = None
    for _ in range(10):
        page = runtime.read(lambda uow, after=after: list_entities(uow, replace(query, after=after, limit=40)), actor)  # type: ignore[misc]
        after = page.next or after
    return replace(query, after=after)


def _beside(runtime: Runtime, query: ListQuery, actor: Actor, everything: Actor) -> tuple[float, float]:
    """The median times of one page in milliseconds, rights and all: of this person, and of who reads everything; by turns."""
    times: dict[str, list[float]] = {actor.name: [], everything.name: []}
    for _ in range(ROUNDS):
        for one in (actor, everything):
            begin = time.perf_counter()
            runtime.read(lambda uow: list_entities(uow, query), one)
            times[one.name].append((time.perf_counter() - begin) * 1000)
    return statistics.median(times[actor.name]), statistics.median(times[everything.name])


def _figure(what: str, with_rights: float, without: float) -> Figure:
    ratio = with_rights / without
    return Figure(what, f"{with_rights:.2f} ms", f"≤ {GOAL} ×", ratio <= GOAL, f"{without:.2f} ms", f"{ratio:.2f}")
