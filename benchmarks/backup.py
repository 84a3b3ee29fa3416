# SPDX-License-Identifier: Apache-2.0
"""Backup and verification of an instance with much in its audit log, beside a plain copy of the same bytes."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from benchmarks.figures import Figure
from benchmarks.program import open_program
from tests.postgres_server import NoPostgres, running_postgres
from xrm.audit.models import audit_entry, audit_value
from xrm.backup.create import create_backup
from xrm.backup.verify import verify_backup
from xrm.db.bulk import insert_rows
from xrm.db.engine import for_writing
from xrm.db.ids import new_id
from xrm.runtime import Runtime

GOAL_SECONDS = 30  # for 1 GB
MEGABYTES = int(os.environ.get("BENCH_BACKUP_MB", "256"))
BATCH = 5_000


def measure() -> list[Figure]:
    """Seconds that 1 GB takes, on SQLite and, where it can be started, on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(f"sqlite:///{Path(folder) / 'backup.db'}", "SQLite", Path(folder))
    try:
        with running_postgres() as url, tempfile.TemporaryDirectory() as folder:
            found += _measure(url, "PostgreSQL", Path(folder))
    except NoPostgres as missing:
        print(f"  PostgreSQL left out: {missing}")
    return found


def _measure(url: str, label: str, folder: Path) -> list[Figure]:
    runtime = open_program(url)
    _fill(runtime)
    begin = time.perf_counter()
    made = create_backup(runtime, folder / "one.xrmbackup")
    created = time.perf_counter() - begin
    begin = time.perf_counter()
    assert verify_backup(made.path).is_whole
    verified = time.perf_counter() - begin
    begin = time.perf_counter()
    shutil.copyfile(made.path, folder / "plain copy")
    copied = time.perf_counter() - begin
    runtime.close()
    size = made.manifest.size / 1e6
    seconds = created * 1000 / size
    return [
        Figure(f"{label}: backup of {size:.0f} MB", f"{size / created:.0f} MB/s: 1 GB in {seconds:.0f} s", f"≤ {GOAL_SECONDS} s",
               seconds <= GOAL_SECONDS, f"plain copy of the file {size / copied:.0f} MB/s", f"{copied / created:.2f}"),
        Figure(f"{label}: verification", f"{size / verified:.0f} MB/s"),
    ]


def _fill(runtime: Runtime) -> None:
    """Rows of about a kilobyte each, as many as make the wanted size."""
    is_sqlite = runtime.engine.dialect.name == "sqlite"
    size = text("PRAGMA page_count" if is_sqlite else "SELECT pg_database_size(current_database()) / 4096")
    while True:
        with for_writing(runtime.engine.connect()) as connection, connection.begin():
            if connection.execute(size).scalar_one() * 4096 >= MEGABYTES * 1_000_000:
                return
            ids = [new_id() for _ in range(BATCH)]
            now = datetime.now(UTC)
            insert_rows(connection, audit_entry, [
                {"id": one, "at": now, "actor_kind": "system", "via": "benchmark", "action": "entity.created",
                 "subject_type": "person", "subject_id": one, "entity_id": one, "digest": secrets.token_bytes(32)}
                for one in ids
            ])
            insert_rows(connection, audit_value, [
                {"audit_entry_id": one, "salt": secrets.token_bytes(16),
                 "changes": json.dumps([{"fields": {"note": ["", secrets.token_hex(400)]}}])}
                for one in ids
            ])
