# SPDX-License-Identifier: Apache-2.0
"""One schema change at a time, whatever the number of operators and processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from xrm.db.engine import database_file
from xrm.errors import Conflict, msg

SCHEMA_LOCK = 7_236_917
LONGEST_WAIT = 60.0
_PAUSE = 0.05


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Hold the one right to change the schema; a process that dies gives it back.

    Raises:
        Conflict: ``busy``, when another schema change runs and does not end within a minute.
    """
    if engine.dialect.name == "postgresql":
        with _advisory(engine):
            yield
        return
    file = database_file(engine)
    if file is None:
        yield
        return
    with _locked(Path(f"{file}.schema-lock")):
        yield


@contextmanager
def _advisory(engine: Engine) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        end = time.monotonic() + LONGEST_WAIT
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": SCHEMA_LOCK}):
            _pause_until(end)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": SCHEMA_LOCK})


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl  # noqa: PLC0415  # where it is missing, only SQLite's own lock keeps changes apart

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + LONGEST_WAIT
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                _pause_until(end)
        yield
    finally:
        os.close(descriptor)


def _pause_until(end: float) -> None:
    if time.monotonic() > end:
        raise Conflict(msg("Another schema change is running. Wait for it; xrm schema status shows where it is."), code="busy")
    time.sleep(_PAUSE)
