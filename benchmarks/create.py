# SPDX-License-Identifier: Apache-2.0
"""Creates through the services, one unit of work each: an organization, its role, a contact point; beside bare inserts."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from benchmarks.figures import Figure
from benchmarks.program import open_program
from tests.factories.access import add_department, add_user
from tests.postgres_server import NoPostgres, running_postgres
from xrm.contact_points.service import add_contact_point
from xrm.db.engine import for_writing
from xrm.entities.service import create_entity
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

GOAL = 150
CREATES = int(os.environ.get("BENCH_CREATES", "60"))
ROUNDS = 5
KEYS = ("entity_id", "party_id", "audit_entry_id")


def measure() -> list[Figure]:
    """Creates per second on SQLite and, where it can be started, on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(f"sqlite:///{Path(folder) / 'create.db'}", "SQLite")
    try:
        with running_postgres() as url:
            found += _measure(url, "PostgreSQL")
    except NoPostgres as missing:
        print(f"  PostgreSQL left out: {missing}")
    return found


def _measure(url: str, label: str) -> list[Figure]:
    runtime = open_program(url)

    def first(uow: UnitOfWork) -> tuple[uuid.UUID, Actor]:
        where = add_department(uow, "Sales")
        return where, add_user(uow, "editor@example.org", {where: ["*:read", "*:create", "*:update"]})

    where, actor = runtime.write(first, system_actor())
    through, bare, cpu = [], [], []
    rows = _rows_of(runtime, lambda number: _create(runtime, actor, where, number))
    for round_number in range(ROUNDS):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        for number in range(CREATES):
            _create(runtime, actor, where, 1 + round_number * CREATES + number)
        through.append(CREATES / (time.perf_counter() - begin))
        cpu.append((time.process_time() - begin_cpu) / CREATES * 1000)
        begin = time.perf_counter()
        for _ in range(CREATES):
            _insert(runtime, rows)
        bare.append(CREATES / (time.perf_counter() - begin))
    runtime.close()
    speed, reference = statistics.median(through), statistics.median(bare)
    return [
        Figure(f"{label}: create organization, customer role, e-mail", f"{speed:.0f}/s, {statistics.median(cpu):.1f} CPU ms",
               f"≥ {GOAL}/s", speed >= GOAL, f"bare Core inserts of the same rows {reference:.0f}/s", f"{speed / reference:.2f}")
    ]


def _create(runtime: Runtime, actor: Actor, where: uuid.UUID, number: int) -> None:
    def write(uow: UnitOfWork) -> None:
        one = create_entity(uow, "organization", {"name": f"Organization {number}", "city": "Lyon"}, department=where)
        start_role(uow, one, "customer", {"number": f"C{number}", "credit_limit": "1000"}, department=where)
        add_contact_point(uow, one, "email", f"info{number}@example.org")

    runtime.write(write, actor)


Rows = list[tuple[str, Any]]


def _rows_of(runtime: Runtime, create: Callable[[int], None]) -> Rows:
    """Which rows one create writes: table name and values, those that are in the database after it and were not before."""
    before = _contents(runtime)
    create(0)
    return [(name, values) for name, rows in _contents(runtime).items() for values in rows if values not in before[name]]


def _contents(runtime: Runtime) -> dict[str, list[dict[str, Any]]]:
    with runtime.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in runtime.registry.table_set.sorted_tables
        }


def _insert(runtime: Runtime, rows: Rows) -> None:
    """The same rows under new ids, by Core alone."""
    fresh: dict[uuid.UUID, uuid.UUID] = {}
    with for_writing(runtime.engine.connect()) as connection, connection.begin():
        for name, values in rows:
            table = runtime.registry.table_set.tables[name]
            keys = {key for key in values if key == "id" or key.endswith(KEYS)}
            new = {
                key: fresh.setdefault(one, uuid.uuid4()) if key in keys and isinstance(one, uuid.UUID) else one
                for key, one in values.items()
            }
            if name == "search_document":
                del new["key"]
            connection.execute(insert(table), [new])
