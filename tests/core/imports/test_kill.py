# SPDX-License-Identifier: Apache-2.0
"""An import that is killed is started again, and each row is there once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.core.imports.conftest import COMPANIES, Import
from tests.factories.access import Departments
from xrm.contact_points.models import contact_point
from xrm.entities.models import entity
from xrm.roles.models import role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork

ROWS = "id,name,mail\n" + "".join(f"{number},Firm {number},m{number}@firm.example\n" for number in range(1500)) + "7,Firm 7,\n"
SCRIPT = """
import sys, uuid
from pathlib import Path
from xrm.imports.run import run_import
from xrm.settings import Settings
from xrm.unit_of_work import Actor
from tests.instances import BASE, open_with

home, url, user, department, rows, mapping = sys.argv[1:]
runtime = open_with(Settings(home=Path(home), database_url=url, secret_key="a key for tests, long enough to be taken"), BASE)
actor = Actor(kind="user", user_id=uuid.UUID(user), via="test")
print("begin", flush=True)
run_import(runtime, actor, Path(rows), Path(mapping), department=uuid.UUID(department),
           progress=lambda done, part: print(done, flush=True))
"""


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_after_a_kill_the_next_run_completes_and_doubles_nothing(
    batches: int, run: Import, runtime: Runtime, admin: Actor, departments: Departments, tmp_path: Path
) -> None:
    (tmp_path / "killed.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "killed.yaml").write_text(COMPANIES, encoding="utf-8")
    arguments = [
        str(runtime.settings.home), runtime.settings.database_url, str(admin.user_id), str(departments.sales),
        str(tmp_path / "killed.csv"), str(tmp_path / "killed.yaml"),
    ]
    with subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], stdout=subprocess.PIPE, env=_paths()) as process:
        assert process.stdout is not None
        for _ in range(batches + 1):
            process.stdout.readline()
        time.sleep(0.15)
        process.send_signal(signal.SIGKILL)
    report = run(ROWS)

    assert (report.failed, report.created + report.unchanged + report.updated) == (0, 1501)
    assert runtime.read(_counts, admin) == [1500, 1500, 1500]


def _counts(uow: UnitOfWork) -> list[int]:
    return [uow.execute(select(func.count()).select_from(table)).scalar_one() for table in (entity, role, contact_point)]


def _paths() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in (".", "core", "entity_schemas", *sys.path) if path)}
