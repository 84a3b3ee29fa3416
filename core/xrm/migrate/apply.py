# SPDX-License-Identifier: Apache-2.0
"""Running a plan: every step in one transaction with its line in the ledger, then the declarations now in force."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, MetaData, delete, func, insert, inspect, select, text

from xrm.db.engine import for_writing
from xrm.db.ids import new_id
from xrm.db.locks import lock_schema
from xrm.migrate.models import schema_applied, schema_ledger
from xrm.migrate.planner import Step, plan


def pending(engine: Engine, declared: MetaData) -> list[Step]:
    """The steps that wait; nothing is changed."""
    with engine.connect() as connection, connection.begin():
        return plan(connection, declared)


def apply(
    engine: Engine, declared: MetaData, declarations: Mapping[str, object], *, actor: str = "system",
    told: Callable[[Step], None] | None = None,
) -> list[Step]:
    """Create what is missing and return the steps done; all of them or none. ``told`` hears of each as it runs."""
    with for_writing(engine.connect()) as connection, connection.begin():
        lock_schema(connection)
        steps = plan(connection, declared)
        done: list[tuple[Step, int]] = []
        for step in steps:
            if told is not None:
                told(step)
            begin = time.perf_counter()
            connection.execute(text(step.statement.replace(":", r"\:")))
            done.append((step, round((time.perf_counter() - begin) * 1000)))
        _write_ledger(connection, done, actor)
        _write_declarations(connection, declarations)
        return steps


def _write_ledger(connection: Connection, done: list[tuple[Step, int]], actor: str) -> None:
    if not done:
        return
    position = connection.scalar(select(func.coalesce(func.max(schema_ledger.c.position), 0))) or 0
    now = datetime.now(UTC)
    connection.execute(
        insert(schema_ledger),
        [
            {
                "id": new_id(), "position": position + number, "owner": step.owner, "action": step.action,
                "target": step.target, "statement": step.statement, "reverse": step.reverse, "checksum": step.checksum,
                "duration_ms": duration, "actor": actor, "at": now,
            }
            for number, (step, duration) in enumerate(done, start=1)
        ],
    )


def _write_declarations(connection: Connection, declarations: Mapping[str, object]) -> None:
    now = datetime.now(UTC)
    known = {row.owner: row.checksum for row in connection.execute(select(schema_applied.c.owner, schema_applied.c.checksum))}
    for owner, declaration in declarations.items():
        canonical = json.dumps(declaration, ensure_ascii=False, sort_keys=True, default=str)
        checksum = hashlib.sha256(canonical.encode()).hexdigest()
        if known.get(owner) == checksum:
            continue
        connection.execute(delete(schema_applied).where(schema_applied.c.owner == owner))
        connection.execute(
            insert(schema_applied).values(owner=owner, declaration=canonical, checksum=checksum, applied_at=now)
        )


def has_tables(engine: Engine) -> bool:
    """Whether the database has been prepared at all."""
    with engine.connect() as connection:
        return "schema_ledger" in inspect(connection).get_table_names()
