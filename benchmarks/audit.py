# SPDX-License-Identifier: Apache-2.0
"""Numbering and verifying the audit log, beside hashing the same bytes."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import uuid
from pathlib import Path

from sqlalchemy import select

from benchmarks.figures import Figure
from benchmarks.program import open_program
from tests.factories.access import add_department, add_user
from tests.postgres_server import NoPostgres, running_postgres
from xrm.audit.chain import START, header_of
from xrm.audit.models import audit_entry, audit_value
from xrm.audit.sequencing import new_holder, number_waiting
from xrm.audit.verification import verify_chain
from xrm.entities.service import create_entities, prepare
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

ENTRIES = int(os.environ.get("BENCH_AUDIT", "20000"))
BATCH = 1_000
SYSTEM = system_actor("bench")


def measure() -> list[Figure]:
    """Entries per second on SQLite and, where it can be started, on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(f"sqlite:///{Path(folder) / 'audit.db'}", "SQLite")
    try:
        with running_postgres() as url:
            found += _measure(url, "PostgreSQL")
    except NoPostgres as missing:
        print(f"  PostgreSQL left out: {missing}")
    return found


def _measure(url: str, label: str) -> list[Figure]:
    runtime = open_program(url)
    _fill(runtime)
    numbering = _seconds(lambda: number_waiting(runtime, new_holder()))
    verifying = min(_seconds(lambda: _verify(runtime)) for _ in range(3))
    pieces = runtime.read(_bytes_of, SYSTEM)
    hashing = min(_seconds(lambda: _hash(pieces)) for _ in range(3))
    runtime.close()
    return [
        Figure(f"{label}: number {ENTRIES} entries", f"{ENTRIES / numbering:.0f}/s"),
        Figure(
            f"{label}: verify {ENTRIES} entries", f"{ENTRIES / verifying:.0f}/s", "", None,
            f"hashing the same bytes {ENTRIES / hashing:.0f}/s", f"{verifying / hashing:.1f} × its time",
        ),
    ]


def _fill(runtime: Runtime) -> None:
    def first(uow: UnitOfWork) -> tuple[uuid.UUID, Actor]:
        where = add_department(uow, "Sales")
        return where, add_user(uow, "editor@example.org", {where: ["*:read", "*:create"]})

    where, actor = runtime.write(first, SYSTEM)
    for start in range(0, ENTRIES, BATCH):
        def make(uow: UnitOfWork, start: int = start) -> None:
            values = [{"name": f"Organization {number}", "city": "Lyon"} for number in range(start, start + BATCH)]
            create_entities(uow, [prepare(uow, "organization", one, department=where) for one in values])

        runtime.write(make, actor)


def _verify(runtime: Runtime) -> None:
    assert runtime.read(verify_chain, SYSTEM).is_whole


def _bytes_of(uow: UnitOfWork) -> list[tuple[bytes, bytes]]:
    both = audit_entry.join(audit_value)
    rows = uow.execute(select(audit_entry, audit_value.c.salt, audit_value.c.changes).select_from(both))
    return [(row.salt + row.changes.encode(), header_of(row, row.number)) for row in rows]


def _hash(pieces: list[tuple[bytes, bytes]]) -> None:
    chain = START
    for values, header in pieces:
        chain = hashlib.sha256(chain + header + hashlib.sha256(values).digest()).digest()


def _seconds(function: object) -> float:
    begin = time.perf_counter()
    function()  # type: ignore[operator]
    return time.perf_counter() - begin
