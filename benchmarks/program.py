# SPDX-License-Identifier: Apache-2.0
"""The program on a database of its own, with the base vocabulary alone, and what it sends to the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from xrm.assembling import build
from xrm.db.engine import open_engine
from xrm.migrate.apply import apply
from xrm.plugin_host.host import PluginHost
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, UnitOfWork

CACHE = Path(__file__).parent / ".cache"


def open_program(url: str) -> Runtime:
    """A runtime on this database; tables that are missing are made."""
    host = PluginHost.open(packages={"base": "xrm_base"})
    CACHE.mkdir(exist_ok=True)
    settings = Settings(home=CACHE, database_url=url, secret_key="a key for measuring, long enough to be taken")  # noqa: S106
    runtime = Runtime(settings, open_engine(url), host, build(host))
    apply(runtime.engine, runtime.registry.table_set, {})
    return runtime


@contextmanager
def statements_of(runtime: Runtime) -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its parameters that runs meanwhile."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if not statement.startswith("BEGIN"):
            found.append((statement, parameters))

    event.listen(runtime.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(runtime.engine, "before_cursor_execute", note)


def database_milliseconds(
    runtime: Runtime, function: Callable[[UnitOfWork], object], actor: Actor, *, runs: int = 15
) -> tuple[float, list[tuple[str, Any]]]:
    """The median time that the database needs for all statements of a call (rights included), and those statements."""
    with statements_of(runtime) as statements:
        runtime.read(function, actor)
    connection = runtime.engine.raw_connection()
    is_sqlite = runtime.engine.dialect.name == "sqlite"
    try:
        cursor = connection.cursor()
        times = [
            sum(_seconds(cursor, statement, parameters, is_sqlite) for statement, parameters in statements)
            for _ in range(runs + 1)
        ]
        connection.rollback()
    finally:
        connection.close()
    return sorted(times[1:])[runs // 2] * 1000, statements


def _seconds(cursor: Any, statement: str, parameters: Any, is_sqlite: bool) -> float:
    """The time of one statement: by the clock on SQLite, which runs inside this process, else as the server says."""
    if is_sqlite:
        begin = time.perf_counter()
        cursor.execute(statement, parameters)
        cursor.fetchall()
        return time.perf_counter() - begin
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters)
    plan = cursor.fetchall()[0][0][0]
    return float(plan["Planning Time"] + plan["Execution Time"]) / 1000


def explain(runtime: Runtime, statements: list[tuple[str, Any]]) -> str:
    """How the database answers the statements."""
    prefix = "EXPLAIN QUERY PLAN " if runtime.engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS) "
    connection = runtime.engine.raw_connection()
    try:
        cursor = connection.cursor()
        lines = []
        for statement, parameters in statements:
            lines.append(statement)
            cursor.execute(prefix + statement, parameters)
            lines += ["    " + str(row[-1]) for row in cursor.fetchall()]
        connection.rollback()
    finally:
        connection.close()
    return "\n".join(lines)
