# SPDX-License-Identifier: Apache-2.0
"""Schema changes of a large table: the plan, a new field while somebody writes, a rename that carries every value along."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from tests.factories.access import add_department
from tests.factories.evolving import Evolving
from tests.postgres_server import NoPostgres, running_postgres
from xrm.db.bulk import Same, insert_columns
from xrm.db.engine import for_writing
from xrm.db.ids import new_id
from xrm.entities.models import entity
from xrm.migrate.apply import apply
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import system_actor

ROWS = int(os.environ.get("BENCH_ROWS", "200000"))
PART = 20_000
NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
PORT = {**NAME, "port": {"type": "text"}}
TYPES = 100
GOAL = 50_000  # rows a second on SQLite


def measure() -> list[Figure]:
    """On SQLite and, where it can be started, on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder), f"sqlite:///{Path(folder) / 'change.db'}", "SQLite")
    try:
        with running_postgres() as url, tempfile.TemporaryDirectory() as folder:
            found += _measure(Path(folder), url, "PostgreSQL")
    except NoPostgres as missing:
        print(f"  PostgreSQL left out: {missing}")
    return found


def _measure(home: Path, url: str, label: str) -> list[Figure]:
    evolving = Evolving(Settings(home=home, database_url=url, secret_key="k" * 48), system_actor(), uuid.UUID(int=0))
    first = evolving.declare(PORT)
    apply(first.engine, first.registry.table_set, {})
    evolving.department = first.write(lambda uow: add_department(uow, "Sales"), system_actor())
    _fill(first, evolving.department)
    found = [_plan(evolving, label), _new_field(evolving, first, label), _rename(evolving, label), *_widen(evolving, label)]
    evolving.close()
    return found


def _fill(runtime: Runtime, department: uuid.UUID) -> None:
    table, now = runtime.registry.get("vessel").table, runtime.read(lambda uow: uow.now, system_actor())
    for start in range(0, ROWS, PART):
        ids = [new_id() for _ in range(PART)]
        names = [f"vessel {start + number}" for number in range(PART)]
        with for_writing(runtime.engine.connect()) as connection, connection.begin():
            shared: dict[str, Any] = {"id": ids, "title_key": names, "department_id": Same(department)}
            common: dict[str, Any] = {"type": Same("vessel"), "title": names, "version": Same(1)}
            common |= {"created_at": Same(now), "updated_at": Same(now)}
            own = {"name": names, "name__key": names, "port": names, "port__key": names}
            insert_columns(connection, entity, PART, {**shared, **common})
            insert_columns(connection, table, PART, {**shared, **own})


def _plan(evolving: Evolving, label: str) -> Figure:
    runtime = evolving.declare({**PORT, "draught": {"type": "integer"}})
    began = time.perf_counter()
    evolving.plan(runtime)
    spent = time.perf_counter() - began
    tables = len(runtime.registry.table_set.tables)
    return Figure(f"{label}: plan over {tables} tables", f"{spent:.2f} s", f"≤ 2 s for {TYPES} types", spent <= 2)


def _new_field(evolving: Evolving, writing: Runtime, label: str) -> Figure:
    stop, longest = threading.Event(), [0.0]

    def write() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            evolving.create(writing, {"name": "Aurora"})
            longest[0] = max(longest[0], time.perf_counter() - began)

    writer = threading.Thread(target=write)
    writer.start()
    runtime = evolving.declare({**PORT, "draught": {"type": "integer", "index": True}})
    began = time.perf_counter()
    apply_changes(runtime.engine, runtime.registry)
    spent = time.perf_counter() - began
    stop.set()
    writer.join()
    what = f"{label}: new indexed field on {ROWS:,} rows, longest wait of a writer"
    return Figure(what, f"{longest[0]:.2f} s (change {spent:.1f} s)", "< 2 s", longest[0] < 2)


def _rename(evolving: Evolving, label: str) -> Figure:
    fields = {**NAME, "harbour": {"type": "text"}, "draught": {"type": "integer", "index": True}}
    runtime = evolving.declare(fields, renamed={"port": "harbour"}, revision=2)
    began = time.perf_counter()
    apply_changes(runtime.engine, runtime.registry)
    rate = ROWS / (time.perf_counter() - began)
    what = f"{label}: rename with {ROWS:,} values carried along"
    if label != "SQLite":
        return Figure(what, f"{rate:,.0f} rows/s")
    return Figure(what, f"{rate:,.0f} rows/s", f"≥ {GOAL:,} rows/s", rate >= GOAL)


def _widen(evolving: Evolving, label: str) -> list[Figure]:
    with for_writing(evolving.runtimes[-1].engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE fleet__vessel SET draught = 7")
    fields = {**NAME, "harbour": {"type": "text"}, "draught": {"type": "text"}}
    runtime = evolving.declare(fields, renamed={"port": "harbour"}, revision=3)
    moments: dict[str, float] = {}
    began = time.perf_counter()
    apply_changes(runtime.engine, runtime.registry, told=lambda step: moments.setdefault(step.action, time.perf_counter()))
    ended = time.perf_counter()
    switched = moments["switch field"]
    return [
        Figure(f"{label}: {ROWS:,} numbers turned into text", f"{ROWS / (ended - began):,.0f} rows/s"),
        Figure(f"{label}: of it with writers waiting", f"{ended - switched:.1f} s"),
    ]
