# SPDX-License-Identifier: Apache-2.0
"""A restore that is killed, or that finds the disk full, leaves the old data or the new, never something between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.core.backup.conftest import Restore, add_company, contents_of, files_of
from tests.factories.graph import Graph
from xrm.backup.create import create_backup
from xrm.runtime import Runtime
from xrm.settings import Settings

# Stops itself at the named call, after it or before it, so that the moment of the kill is sure.
SCRIPT = """
import importlib, os, signal, sys
from pathlib import Path
from tests.core.backup.conftest import open_base
from xrm.backup.restore import prepare_restore
from xrm.settings import Settings

home, url, file, where, when, largest = sys.argv[1:]
if largest != "0":
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
if where:
    owner, _, name = where.rpartition(".")
    module, _, kind = owner.partition(":")
    target = importlib.import_module(module)
    target = getattr(target, kind) if kind else target
    real = getattr(target, name)
    def stop(*arguments, **options):
        if when == "after":
            real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(target, name, stop)
settings = Settings(home=Path(home), database_url=url, secret_key="a key for tests, long enough to be taken")
with prepare_restore(settings, Path(file), opened=open_base) as prepared:
    print("begin", flush=True)
    prepared.run()
print("done", flush=True)
"""
MOMENTS = [
    ("xrm.backup.restore:PreparedRestore._stage", "after"), ("xrm.backup.restore.apply_changes", "before"),
    ("xrm.backup.restore.rebuild", "after"), ("xrm.backup.restore.place_files", "after"),
    ("xrm.backup.restore.place_configuration", "after"),
]
AT_THE_EXCHANGE = {
    "sqlite": [("xrm.backup.live_sqlite:LiveFile._keep", "after"), ("xrm.backup.live_sqlite.sync_folder", "before"),
               ("xrm.backup.live_sqlite:LiveFile.replace", "after")],
    "postgresql": [("xrm.backup.live_postgresql:LiveDatabase._exchange", "after"),
                   ("xrm.backup.live_postgresql:LiveDatabase.replace", "after")],
}


def run(settings: Settings, file: Path, where: str = "", when: str = "", largest: int = 0) -> subprocess.Popen[str]:
    paths = os.pathsep.join(path for path in (".", "core", "entity_schemas", *sys.path) if path)
    arguments = [str(settings.home), settings.database_url, str(file), where, when, str(largest)]
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": paths})


def test_a_kill_leaves_the_old_data_or_the_new_and_the_next_restore_goes_well(
    filled: Runtime, backup: Path, graph: Graph, settings: Settings, restore: Restore, database_kind: str
) -> None:
    new = contents_of(settings.database_url)
    files = files_of(settings.home)
    seen = set()
    for where, when in [*MOMENTS, *AT_THE_EXCHANGE[database_kind]]:
        add_company(graph, "Later")
        old = contents_of(settings.database_url)
        filled.close()
        with run(settings, backup, where, when) as process:
            _, told = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, (where, told)

        found = contents_of(settings.database_url)

        assert found in (old, new), where
        assert files_of(settings.home).items() >= files.items()
        seen.add("old" if found == old else "new")
        restore(backup)
        assert contents_of(settings.database_url) == new
        assert not list(settings.home.glob("*.restoring*")) + list(settings.home.glob(".restoring"))
    assert seen == {"old", "new"}


@pytest.mark.deep
def test_a_kill_at_any_moment_leaves_the_old_data_or_the_new(
    filled: Runtime, backup: Path, graph: Graph, settings: Settings, restore: Restore
) -> None:
    new = contents_of(settings.database_url)
    for number in range(20):
        add_company(graph, "Later")
        old = contents_of(settings.database_url)
        filled.close()
        with run(settings, backup) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.03 * number)
            process.kill()
        time.sleep(0.2)  # the server notices that its client has gone

        assert contents_of(settings.database_url) in (old, new)
        restore(backup)


def test_a_full_disk_while_restoring_changes_nothing(
    filled: Runtime, backup: Path, graph: Graph, settings: Settings, database_kind: str
) -> None:
    add_company(graph, "Later")
    old = contents_of(settings.database_url)
    filled.close()
    # The database copy of SQLite does not fit; of PostgreSQL only the uploaded files lie on the disk of the instance.
    for path in (settings.home / "files").rglob("*") if database_kind == "postgresql" else ():
        if path.is_file():
            path.unlink()
    largest = 200_000 if database_kind == "sqlite" else 4

    with run(settings, backup, largest=largest) as process:
        out, told = process.communicate(timeout=60)

    assert process.returncode != 0, out
    assert "File too large" in told or "full" in told or "disk I/O" in told
    assert contents_of(settings.database_url) == old
    assert not (settings.home / ".restoring").exists()


def test_a_full_disk_while_backing_up_leaves_nothing_behind(filled: Runtime, tmp_path: Path, settings: Settings) -> None:
    script = """
import resource, signal, sys
from pathlib import Path
from tests.core.backup.conftest import open_base
from xrm.backup.create import create_backup
from xrm.settings import Settings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
runtime = open_base(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2]))
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
create_backup(runtime, Path(sys.argv[3]))
"""
    target = tmp_path / "folder" / "one.xrmbackup"
    target.parent.mkdir()
    paths = os.pathsep.join(path for path in (".", "core", "entity_schemas", *sys.path) if path)

    done = subprocess.run(
        [sys.executable, "-c", script, str(settings.home), settings.database_url, str(target)], capture_output=True, text=True,
        check=False, env={**os.environ, "PYTHONPATH": paths},
    )

    assert "ConfigurationError" in done.stderr
    assert list(target.parent.iterdir()) == []
    assert create_backup(filled, target).path == target


def test_what_a_killed_backup_left_is_removed_by_the_next(filled: Runtime, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    left = tmp_path / "folder" / f".partial-{gone.pid}-abc"
    left.mkdir(parents=True)
    mine = tmp_path / "folder" / f".partial-{os.getpid()}-abc"
    mine.mkdir()

    create_backup(filled, tmp_path / "folder" / "one.xrmbackup")

    assert not left.exists()
    assert mine.exists()
