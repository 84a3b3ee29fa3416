# SPDX-License-Identifier: Apache-2.0
"""How many rows a step touches and how long it will take, from the sizes of tables."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, inspect, select, table, text
from sqlalchemy.sql.functions import count

from xrm.migrate.steps import Step

# Rows a second, measured on two slow cores; a plan says how long, not how fast.
REBUILT = 150_000
COPIED, INDEXED, DROPPED, WALKED, COMPARED, MADE_ANEW = 60_000, 400_000, 300_000, 25_000, 60_000, 2_000


class Sizes:
    """Rows per table, counted once each; PostgreSQL's own estimate where a table is large."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, int] = {}
        self._present = set(inspect(connection).get_table_names())

    def is_there(self, name: str) -> bool:
        """Whether the database has a table of this name."""
        return name in self._present

    def rows(self, name: str) -> int:
        """The rows of a table; 0 when it is not there yet."""
        if name not in self._present:
            return 0
        if name not in self._known:
            self._known[name] = self._count(name)
        return self._known[name]

    def _count(self, name: str) -> int:
        if self._connection.dialect.name == "postgresql":
            estimate = text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(quote_ident(:name))")
            found = self._connection.scalar(estimate, {"name": name})
            if found is not None and found > 100_000:
                return int(found)
        return int(self._connection.scalar(select(count()).select_from(table(name))) or 0)

    def estimate(self, step: Step) -> Step:
        """The step with rows and seconds filled in."""
        if step.rebuild is not None:
            rows = self.rows(step.rebuild.table)
            return replace(step, rows=rows, seconds=round(rows / REBUILT, 1))
        if step.copy is not None:
            rows = self.rows(step.copy.table.strip('"'))
            return replace(step, rows=rows, seconds=round(rows / COPIED, 1))
        if step.walk is not None:
            rows = self.rows(step.walk.table)
            return replace(step, rows=rows, seconds=round(rows / (COMPARED if step.walk.is_catch_up else WALKED), 1))
        if step.action in {"make anew", "create index"}:
            rows, rate = (self.rows(step.note), INDEXED) if step.action == "create index" else (self.rows(step.target), MADE_ANEW)
            return replace(step, rows=rows, seconds=round(rows / rate, 1))
        if step.phase == "contract":
            rows = self.rows(step.target.partition(".")[0])
            return replace(step, rows=rows, seconds=round(rows / DROPPED, 1))
        return step
