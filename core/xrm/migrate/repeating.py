# SPDX-License-Identifier: Apache-2.0
"""Statements that take some rows at a time, run until there are no more: others write meanwhile, and a kill loses nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from xrm.db.engine import for_writing, is_retryable
from xrm.errors import Conflict, msg

TRIES = 10
REST = 0.1  # of the time of a batch, left to other writers after it


def repeat(engine: Engine, statements: Sequence[str]) -> int:
    """Run the statements again and again, each time in one transaction, until the last of them finds no row; rows in all.

    Raises:
        Conflict: (``busy``) when others hold the rows all the time; what is done so far stays done.
    """
    total = 0
    while True:
        began = time.perf_counter()
        rows = _batch(engine, statements)
        total += rows
        if not rows:
            return total
        time.sleep((time.perf_counter() - began) * REST)


def _batch(engine: Engine, statements: Sequence[str]) -> int:
    for attempt in range(TRIES):
        try:
            with for_writing(engine.connect()) as connection, connection.begin():
                if engine.dialect.name == "postgresql":
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                return [connection.exec_driver_sql(statement).rowcount for statement in statements][-1]
        except OperationalError as error:
            if not is_retryable(error):
                raise
            time.sleep(0.1 * 2**attempt)
    busy = msg("Others hold the rows all the time. Run xrm schema apply in a quieter moment; it goes on there.")
    raise Conflict(busy, code="busy")
