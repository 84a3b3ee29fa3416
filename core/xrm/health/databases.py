# SPDX-License-Identifier: Apache-2.0
"""Checks of the database itself: it answers, is new enough, keeps what it is given, and its clock goes with ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text

from xrm.audit.models import audit_entry
from xrm.db.engine import database_file
from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.migrate.apply import has_tables
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork

CLOCK = 5.0  # seconds
AHEAD = timedelta(minutes=5)
OLDEST = {"sqlite": (3, 37), "postgresql": (14,)}
# Who starts a server with such a setting on its command line wants it so: for tests, or for data that may be lost.
_UNSAFE = text(
    "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' "
    "AND source <> 'command line' ORDER BY name"
)
LARGE_LOG = 64_000_000  # bytes of SQLite's write-ahead log, which stays as large as it once was


def check_answer(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether it answers and has tables."""
    name = runtime.engine.dialect.name
    if has_tables(runtime.engine):
        yield HealthFinding("database", "good", msg("{name} answers.", name=name))
    else:
        remedy = msg("If there was data in it: xrm backup list, then xrm backup restore FILE. If it is new: xrm schema apply.")
        yield HealthFinding("database", "bad", msg("It answers, but has no tables."), remedy)


def check_database_version(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether it is one of those that the program is tested with."""
    dialect = uow.connection.dialect
    version = dialect.server_version_info or ()
    if dialect.name == "sqlite":
        version = dialect.dbapi.sqlite_version_info if dialect.dbapi is not None else ()
    if version and tuple(version) < OLDEST.get(dialect.name, ()):
        yield HealthFinding("database version", "warn", msg("{name} {version} is old.", name=dialect.name,
                                                            version=".".join(map(str, version))),
                            msg("Bring the database up to {version} or later.", version=".".join(map(str, OLDEST[dialect.name]))))


def check_database_settings(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether it waits for the disk, keeps references whole, and reads while others write."""
    if uow.connection.dialect.name == "sqlite":
        yield from _settings_of_sqlite(uow)
        return
    for row in uow.execute(_UNSAFE):
        said = msg("PostgreSQL has {name} switched off: a power cut loses what people saved.", name=row.name)
        yield HealthFinding("database settings", "warn" if row.name == "synchronous_commit" else "bad", said,
                            msg("Switch {name} on in postgresql.conf.", name=row.name), about=row.name)


def _settings_of_sqlite(uow: UnitOfWork) -> Iterator[HealthFinding]:
    if uow.execute(text("PRAGMA journal_mode")).scalar() != "wal":
        said = msg("SQLite writes without its write-ahead log: readers wait for writers.")
        yield HealthFinding("database settings", "warn", said,
                            msg("Put the instance on a disk of this machine; network drives cannot do it."), about="log")
    if not uow.execute(text("PRAGMA foreign_keys")).scalar():
        yield HealthFinding("database settings", "bad", msg("SQLite does not look after references between rows."),
                            msg("Install a SQLite that was built with foreign keys."))


def check_clock(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether program and database have the same time, and none that was written is later than now."""
    if uow.connection.dialect.name == "postgresql":
        apart = abs((uow.execute(text("SELECT clock_timestamp()")).scalar_one() - datetime.now(UTC)).total_seconds())
        if apart > CLOCK:
            said = msg("The clocks of database and program are {seconds} s apart.", seconds=int(apart))
            yield HealthFinding("clock", "warn", said, msg("Let both machines follow the same time server."))
    # Ids follow the time, so the last one is found without reading the others.
    last = uow.execute(select(audit_entry.c.at).order_by(audit_entry.c.id.desc()).limit(1)).scalar()
    if last is not None and last - uow.now > AHEAD:
        said = msg("Something was written at {moment} UTC, which is still to come: a clock went wrong.",
                   moment=f"{last:%Y-%m-%d %H:%M}")
        yield HealthFinding("clock", "warn", said, msg("Let all machines of the instance follow the same time server."))


def check_log_size(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether the write-ahead log of SQLite grew and takes up room."""
    size = _log_size(runtime)
    if size > LARGE_LOG:
        said = msg("The write-ahead log of the database takes up {megabytes} MB.", megabytes=size // 1_000_000)
        yield HealthFinding("log size", "warn", said, msg("It can be written into the database and emptied."), fix="checkpoint")


def mend_log_size(runtime: Runtime) -> Iterator[Message]:
    """Write it into the database and empty it, as far as those who read at this moment let it."""
    before = _log_size(runtime)
    if before <= LARGE_LOG:
        return
    with runtime.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is not None:
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    yield msg("The write-ahead log took up {before} MB; now it takes up {after} MB.", before=before // 1_000_000,
              after=_log_size(runtime) // 1_000_000)


def _log_size(runtime: Runtime) -> int:
    file = database_file(runtime.engine)
    log = file.with_name(f"{file.name}-wal") if file is not None else None
    return log.stat().st_size if log is not None and log.is_file() else 0
