# SPDX-License-Identifier: Apache-2.0
"""Whether anybody is served from a database: programs that serve say so for as long as they live."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import database_file

logger = logging.getLogger("xrm.presence")
_KEY = 7_236_919
_LOOK_EVERY = 30.0  # seconds after which a connection that was lost is made anew
_PATIENCE = 5.0
_HELD = text("""
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND classid = 0 AND objid = :key AND granted AND pid <> pg_backend_pid()
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


@contextmanager
def present(engine: Engine) -> Iterator[None]:
    """Say meanwhile that this program serves people from the database; one that dies says so no more."""
    mark = _connection if engine.dialect.name == "postgresql" else _locked_file
    stop, said = threading.Event(), threading.Event()
    keeper = threading.Thread(target=_keep, args=(mark, engine, said, stop), name="xrm-presence", daemon=True)
    keeper.start()
    said.wait(_PATIENCE)
    try:
        yield
    finally:
        stop.set()
        keeper.join(_PATIENCE)


def is_served(engine: Engine) -> bool:
    """Whether a program serves people from this database at this moment: on whatever machine; for SQLite, on this one."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            return bool(connection.scalar(_HELD, {"key": _KEY}))
    path = _file_of(engine)
    if path is None or not path.exists():
        return False
    import fcntl  # noqa: PLC0415  # where it is missing, no such file was made

    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _keep(
    mark: Callable[[Engine], AbstractContextManager[Callable[[], object]]], engine: Engine, said: threading.Event,
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        try:
            with mark(engine) as confirm:
                said.set()
                while not stop.wait(_LOOK_EVERY):
                    confirm()
        except (DBAPIError, OSError) as error:
            logger.warning("xrm schema apply cannot be told that this program serves people: %s", error)
            stop.wait(_LOOK_EVERY)


@contextmanager
def _connection(engine: Engine) -> Iterator[Callable[[], object]]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock_shared(:key)"), {"key": _KEY})
        try:
            yield lambda: connection.execute(text("SELECT 1"))
        finally:
            # Given back to the pool, the session would go on holding it.
            connection.invalidate()


@contextmanager
def _locked_file(engine: Engine) -> Iterator[Callable[[], object]]:
    import fcntl  # noqa: PLC0415  # where it is missing, nobody can be told

    path = _file_of(engine)
    if path is None:
        yield lambda: None
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield lambda: None
    finally:
        os.close(descriptor)


def _file_of(engine: Engine) -> Path | None:
    file = database_file(engine)
    return None if file is None else Path(f"{file}.served")
