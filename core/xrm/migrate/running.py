# SPDX-License-Identifier: Apache-2.0
"""Running one step forwards or backwards: each with its line in the ledger in one transaction, or noted batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from xrm.db.engine import for_writing
from xrm.errors import Conflict, msg
from xrm.migrate.copying import carry
from xrm.migrate.ledger import DONE, REVERTED, RUNNING, set_step, step_states, write_steps
from xrm.migrate.meanings import note_between
from xrm.migrate.rebuilding import rebuild
from xrm.migrate.repeating import repeat
from xrm.migrate.steps import Step
from xrm.migrate.turning import Tools, Turning
from xrm.migrate.walking import catch_up, walk_backwards, walk_forwards

LOCK_TRIES = 10
_LOCK_NOT_AVAILABLE = "55P03"


def run_step(engine: Engine, plan: int, number: int, step: Step, actor: str, tools: Tools) -> None:
    """Do a step that is not done yet, from where it was interrupted; its line in the ledger says so at the same moment."""
    with engine.connect() as connection:
        line = step_states(connection, plan).get(number)
    if line is not None and line.state == DONE:
        return
    began = time.perf_counter()
    if step.rebuild is not None:
        rebuild(engine, step.rebuild.table, step.rebuild.forwards, lambda connection: write_steps(
            connection, plan, [(number, step, _since(began))], actor
        ), first=step.statements)
        return
    if step.is_at_once:
        _in_one(engine, step.statements, lambda connection: write_steps(
            connection, plan, [(number, step, _since(began))], actor
        ), _before(step, tools))
        return
    if line is None:
        _in_one(engine, (), lambda connection: write_steps(connection, plan, [(number, step, 0)], actor, RUNNING))
    if step.copy is not None:
        carry(engine, step.copy, (line.progress or "") if line is not None else "", lambda connection, last: set_step(
            connection, plan, number, progress=last
        ))
    elif step.walk is not None:
        walk_forwards(engine, Turning(step, step.walk, tools), (line.progress or "") if line is not None else "",
                      lambda connection, last: set_step(connection, plan, number, progress=last))
    elif step.is_repeated:
        repeat(engine, step.statements)
    else:
        _outside(engine, step)
    _in_one(engine, (), lambda connection: set_step(connection, plan, number, state=DONE, duration_ms=_since(began)))


def _before(step: Step, tools: Tools) -> Callable[[Connection], None]:
    turning = Turning(step, step.walk, tools) if step.walk is not None else None

    def do(connection: Connection) -> None:
        if step.is_switch:
            note_between(connection)
        if turning is not None:
            catch_up(connection, turning)

    return do


def revert_step(engine: Engine, plan: int, number: int, step: Step, tools: Tools) -> None:
    """Undo a step that was done or begun."""
    with engine.connect() as connection:
        line = step_states(connection, plan).get(number)
    if line is None or line.state == REVERTED:
        return
    if step.copy_back is not None and (line.state == DONE or line.progress):
        # Beyond the last batch nothing was carried over, and nothing may come back.
        carry(engine, step.copy_back, "", _noted_nowhere, until="" if line.state == DONE else line.progress)
    if step.walk is not None and not step.walk.is_catch_up and (line.state == DONE or line.progress):
        walk_backwards(engine, Turning(step, step.walk, tools), _noted_nowhere, until="" if line.state == DONE else line.progress)
    if step.rebuild is not None:
        rebuild(engine, step.rebuild.table, step.rebuild.backwards, lambda connection: set_step(
            connection, plan, number, state=REVERTED
        ), then=step.reverse)
        return
    undo = step.reverse
    if not step.is_transactional:
        # It may have been made, made in part, or not at all.
        undo = tuple(statement.replace("DROP INDEX ", "DROP INDEX IF EXISTS ", 1) for statement in undo)
    _in_one(engine, undo, lambda connection: set_step(connection, plan, number, state=REVERTED),
            note_between if step.is_switch else None)


def _noted_nowhere(_connection: Connection, _last: str) -> None:
    """Going over all rows again changes nothing that is equal already."""


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)


def _in_one(
    engine: Engine, statements: Sequence[str], note: Callable[[Connection], None],
    first: Callable[[Connection], None] | None = None,
) -> None:
    for attempt in range(LOCK_TRIES):
        try:
            with for_writing(engine.connect()) as connection, connection.begin():
                if engine.dialect.name == "postgresql":
                    # Waiting for a lock makes all others wait behind: give up soon, let them pass, try again.
                    connection.execute(text("SET LOCAL lock_timeout = '1s'"))
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                if first is not None:
                    first(connection)
                for statement in statements:
                    connection.exec_driver_sql(statement)
                note(connection)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
            time.sleep(0.1 * 2**attempt)
        else:
            return
    busy = msg("A table is in use all the time. Run xrm schema apply again in a quieter moment; it goes on there.")
    raise Conflict(busy, code="busy")


def _outside(engine: Engine, step: Step) -> None:
    """Statements that cannot be part of a transaction; what an interrupted run left is removed first."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for statement in step.reverse:
            connection.exec_driver_sql(statement.replace("DROP INDEX ", "DROP INDEX IF EXISTS ", 1))
        for statement in step.statements:
            connection.exec_driver_sql(statement)
        connection.execute(text("RESET statement_timeout"))
