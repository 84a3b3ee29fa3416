# SPDX-License-Identifier: Apache-2.0
"""A database of very many parties, written straight into the tables: the same rows that services write, without search index."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, text
from uuid_utils import uuid7

from benchmarks.program import open_program
from tests.factories.access import add_department, add_user
from xrm.access.users import find_user
from xrm.db.engine import WRITE
from xrm.entities.models import entity, party_department
from xrm.folding import fold
from xrm.migrate.apply import apply
from xrm.roles.models import role
from xrm.runtime import Runtime
from xrm.schema.fields.money import Money
from xrm.schema.storage import stored
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
SMALL = 1_500
LARGE = 39
BATCH = 20_000
SYLLABLES = (
    "ba be bi bo bu da de di do du fa fe ga go ka ke ki la le li lo ma me mi mo na ne ni no pa ra re ri sa se si ta te va"
).split()


def is_filled(runtime: Runtime) -> bool:
    """Whether the rows are there."""
    with runtime.engine.connect() as connection:
        return connection.execute(text("SELECT 1 FROM entity LIMIT 1")).first() is not None


def open_filled(url: str, parties: int) -> Runtime:
    """The program on a database of that many parties; filled when it is empty."""
    runtime = open_program(url)
    if not is_filled(runtime):
        begin = time.perf_counter()
        fill(runtime, parties)
        print(f"  {parties:,} parties written in {time.perf_counter() - begin:.0f} s", flush=True)
    return runtime


def users(runtime: Runtime) -> tuple[Actor, Actor]:
    """An editor of the small department, and the administrator."""
    def find(uow: UnitOfWork) -> tuple[Actor, Actor]:
        return find_user(uow, "small@example.org").as_actor("test"), find_user(uow, "admin@example.org").as_actor("test")

    return runtime.read(find, system_actor())


def fill(runtime: Runtime, parties: int) -> None:
    """Write departments, users, parties and customer roles; indexes are made afterwards."""
    def first(uow: UnitOfWork) -> list[uuid.UUID]:
        small = add_department(uow, "Small")
        large = [add_department(uow, f"Department {number}") for number in range(LARGE)]
        add_user(uow, "small@example.org", {small: ["*:read", "*:create", "*:update"]})
        add_user(uow, "admin@example.org", {None: ["*:*"]}, depth="all")
        return [small, *large]

    departments = runtime.write(first, system_actor())
    tables = [entity, runtime.registry.get("organization").table, party_department, role, runtime.registry.get("customer").table]
    dropped = [index for table in tables for index in runtime.registry.table_set.tables[table.name].indexes]
    with runtime.engine.begin() as connection:
        for index in dropped:
            index.drop(connection)
    with runtime.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        for rows in batches(runtime, departments, parties):
            for table, table_rows in zip(tables, rows, strict=True):
                connection.execute(insert(table), table_rows)
    apply(runtime.engine, runtime.registry.table_set, {})
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def batches(runtime: Runtime, departments: list[uuid.UUID], parties: int) -> Iterator[list[list[dict[str, Any]]]]:
    """The rows of each table, some thousand parties at a time."""
    chance = random.Random(7)
    organization, customer = runtime.registry.get("organization"), runtime.registry.get("customer")
    small = set(chance.sample(range(parties), SMALL))
    for start in range(0, parties, BATCH):
        rows: list[list[dict[str, Any]]] = [[], [], [], [], []]
        for number in range(start, min(parties, start + BATCH)):
            home = departments[0] if number in small else departments[1 + chance.randrange(LARGE)]
            name = " ".join("".join(chance.choices(SYLLABLES, k=3)).title() for _ in range(2)) + f" {number}"
            is_customer = number in small or number % 3 == 0
            _add_party(rows, organization, home, name, BEGIN + timedelta(seconds=number))
            if is_customer:
                values = {"number": f"C{number:07}", "status": "active", "lifecycle_stage": "new",
                          "credit_limit": Money(Decimal(chance.randrange(1, 500) * 100), "EUR") if number % 4 else None}
                _add_role(rows, customer, home, values)
        yield rows


def _add_party(rows: list[list[dict[str, Any]]], organization: Any, home: uuid.UUID, name: str, at: datetime) -> None:
    one = uuid.UUID(bytes=uuid7().bytes)
    key = fold(name)
    rows[0].append({
        "id": one, "type": "organization", "title": name, "title_key": key, "department_id": home, "version": 1,
        "created_at": at, "updated_at": at,
    })
    values = {"name": name, "country": "FR"}
    rows[1].append({"id": one, "department_id": home, "title_key": key, **stored(organization, values)})
    rows[2].append({"entity_id": one, "department_id": home, "type": "organization", "title_key": key})


def _add_role(rows: list[list[dict[str, Any]]], customer: Any, home: uuid.UUID, values: dict[str, Any]) -> None:
    party = rows[0][-1]
    one = uuid.UUID(bytes=uuid7().bytes)
    rows[3].append({
        "id": one, "party_id": party["id"], "type": "customer", "department_id": home, "version": 1,
        "created_at": party["created_at"], "updated_at": party["created_at"],
    })
    rows[4].append({"id": one, "department_id": home, "title_key": party["title_key"], **stored(customer, values)})


