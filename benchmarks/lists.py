# SPDX-License-Identifier: Apache-2.0
"""Pages of lists with a million parties, as a user of one small department and as administrator: time in the database."""

from __future__ import annotations

import os
from dataclasses import replace

from benchmarks.figures import Figure
from benchmarks.million import open_filled, users
from benchmarks.program import CACHE, database_milliseconds, explain
from tests.postgres_server import NoPostgres, running_postgres
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import count_entities, list_entities
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork

GOAL = 10
PARTIES = int(os.environ.get("BENCH_PARTIES", "1000000"))
PARTIES_POSTGRESQL = int(os.environ.get("BENCH_PARTIES_POSTGRESQL", "200000"))
COLUMNS = ("number", "status", "credit_limit")
LISTS = {
    "parties, first page": ListQuery("party"),
    "organizations by name, first page": ListQuery("organization", columns=("city", "country")),
    "customers by name, first page": ListQuery("customer", columns=COLUMNS),
    "customers by number, first page": ListQuery("customer", columns=COLUMNS, sort=("number",)),
    "customers by credit limit, largest first": ListQuery("customer", columns=COLUMNS, sort=("-credit_limit",)),
    "customers whose number begins with C00": ListQuery(
        "customer", columns=COLUMNS, sort=("number",), filters=(Filter("number", "starts", "C00"),)
    ),
}
DEEP = ("parties, first page", "customers by name, first page", "customers by credit limit, largest first")


def measure() -> list[Figure]:
    """The lists on SQLite and, where it can be started, on PostgreSQL."""
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
    found: list[Figure] = []
    for who, actor in zip((f"one department of {1500:,}", "administrator"), users(runtime), strict=True):
        for what, query in LISTS.items():
            found.append(_figure(runtime, actor, f"{label}, {parties:,} parties, {who}: {what}", query))
            if what in DEEP:
                deep, rows = _deep(runtime, actor, query)
                title = what.partition(",")[0] + f", page behind row {rows:,}"
                found.append(_figure(runtime, actor, f"{label}, {parties:,} parties, {who}: {title}", deep))
        counted = f"{label}, {parties:,} parties, {who}: customers counted to 10,000+"
        found.append(_timed(runtime, actor, counted, ListQuery("customer")))
    runtime.close()
    return found


def _figure(runtime: Runtime, actor: Actor, what: str, query: ListQuery) -> Figure:
    time, statements = database_milliseconds(runtime, lambda uow: list_entities(uow, query), actor)
    if time > GOAL:
        print(f"  {what}: {time:.1f} ms\n{explain(runtime, statements)}", flush=True)
    return Figure(what, f"{time:.2f} ms, {len(statements)} statements", f"≤ {GOAL} ms", time <= GOAL)


def _timed(runtime: Runtime, actor: Actor, what: str, query: ListQuery) -> Figure:
    time, _ = database_milliseconds(runtime, lambda uow: count_entities(uow, query, at_most=10_000), actor)
    return Figure(what, f"{time:.2f} ms")


def _deep(runtime: Runtime, actor: Actor, query: ListQuery) -> tuple[ListQuery, int]:
    def walk(uow: UnitOfWork) -> tuple[str | None, int]:
        after, rows = None, 0
        for _ in range(20):
            page = list_entities(uow, replace(query, after=after, limit=1000 if actor.name == "admin" else 40))
            if page.next is None:
                break
            after, rows = page.next, rows + len(page.items)
        return after, rows

    after, rows = runtime.read(walk, actor)
    return replace(query, after=after), rows
