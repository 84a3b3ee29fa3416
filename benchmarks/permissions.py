# SPDX-License-Identifier: Apache-2.0
"""A question to the gate with 2,000 users of 200 grants each in a tree of departments eight deep, beside one bare SELECT."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime

from sqlalchemy import insert, select, text

from benchmarks.figures import Figure, milliseconds
from benchmarks.program import CACHE, open_program
from tests.postgres_server import NoPostgres, running_postgres
from xrm.access.models import grant, permission, permission_set, user
from xrm.access.policy import allowed
from xrm.db.ids import new_id
from xrm.departments.models import department
from xrm.departments.standing import count_up
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

USERS, GRANTS, DEPTH, SETS = 2_000, 200, 8, 20
GOAL = 0.5
DEPTHS = ("own", "department", "department", "below")


def measure() -> list[Figure]:
    """On SQLite and, where it can be started, on PostgreSQL."""
    CACHE.mkdir(exist_ok=True)
    file = CACHE / "permissions.db"
    file.unlink(missing_ok=True)
    found = _measure(f"sqlite:///{file}", "SQLite")
    try:
        with running_postgres() as url:
            found += _measure(url, "PostgreSQL")
    except NoPostgres as missing:
        print(f"  PostgreSQL left out: {missing}")
    return found


def _measure(url: str, label: str) -> list[Figure]:
    runtime = open_program(url)
    actors, places = runtime.write(_fill, system_actor())
    chance = random.Random(1)
    known = actors[0]

    def ask(actor: Actor) -> None:
        place = chance.choice(places)
        runtime.read(lambda uow: allowed(uow, "customer:update", place), actor)

    def bare() -> None:
        with runtime.engine.connect() as connection:
            connection.execute(select(department.c.name).where(department.c.id == places[0])).first()

    strangers = iter(actors[1:])
    raw = milliseconds(bare, runs=201)
    again = milliseconds(lambda: ask(known), runs=201)
    first = milliseconds(lambda: ask(next(strangers)), runs=101)
    within = _many_in_one(runtime, known, places)
    what = f"{label}, {USERS:,} users × {GRANTS} grants, tree {DEPTH} deep"
    runtime.close()
    return [
        _figure(f"{what}: a question in a unit of work of its own, of a user met before", again, raw),
        _figure(f"{what}: each further question in a unit of work", within, raw),
        Figure(f"{what}: the first question of a user", f"{first:.3f} ms", "", None, f"{raw:.3f} ms", f"{first / raw:.1f}"),
    ]


def _figure(what: str, time: float, raw: float) -> Figure:
    return Figure(what, f"{time:.3f} ms", f"≤ {GOAL} ms", time <= GOAL, f"{raw:.3f} ms", f"{time / raw:.2f}")


def _many_in_one(runtime: Runtime, actor: Actor, places: list[uuid.UUID]) -> float:
    def ask(uow: UnitOfWork) -> float:
        return milliseconds(lambda: [allowed(uow, "customer:update", place) for place in places], runs=51) / len(places)

    return runtime.read(ask, actor)


def _fill(uow: UnitOfWork) -> tuple[list[Actor], list[uuid.UUID]]:
    chance = random.Random(7)
    now = datetime.now(UTC)
    uow.execute(text("DELETE FROM department"))
    places: list[uuid.UUID] = []
    level: list[uuid.UUID | None] = [None]
    for depth in range(DEPTH):
        rows = [
            {"id": new_id(), "parent_id": parent, "name": f"D{depth}.{number}", "name_key": f"d{depth}.{number}",
             "created_at": now}
            for number, parent in enumerate(each for parent in level for each in (parent,) * (1 if depth == 0 else 2))
        ]
        uow.execute(insert(department), rows)
        level = [row["id"] for row in rows]
        places += [row["id"] for row in rows]
    sets = [new_id() for _ in range(SETS)]
    uow.execute(insert(permission_set), [{"id": one, "key": f"set{one.hex}", "label_en": "S", "label_fr": "S"} for one in sets])
    verbs, subjects = ("read", "create", "update", "delete", "link"), ("customer", "person", "organization", "interaction", "*")
    uow.execute(insert(permission), [
        {"permission_set_id": one, "permission": f"{subject}:{verb}"}
        for one in sets for subject in chance.sample(subjects, 2) for verb in verbs
    ])
    users = [new_id() for _ in range(USERS)]
    uow.execute(insert(user), [
        {"id": one, "email": f"u{number}@example.org", "email_key": f"u{number}@example.org", "name": f"U{number}",
         "is_active": True, "created_at": now} for number, one in enumerate(users)
    ])
    for start in range(0, USERS, 100):
        uow.execute(insert(grant), [
            {"id": new_id(), "user_id": one, "permission_set_id": chance.choice(sets), "department_id": chance.choice(places),
             "depth": chance.choice(DEPTHS)} for one in users[start : start + 100] for _ in range(GRANTS)
        ])
    count_up(uow)
    return [Actor("user", one, "u", via="test") for one in users], places
