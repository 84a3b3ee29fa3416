# SPDX-License-Identifier: Apache-2.0
"""Removing, dropping and taking back are killed at any moment: the next call ends them, and nothing is lost or left behind."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.factories.removable import Harbour
from xrm.migrate.drift import find_drift
from xrm.migrate.progress import interrupted
from xrm.migrate.upgrade import plan_for
from xrm.plugin_removal.dropping import drop_due
from xrm.plugin_removal.records import DROPPED, find_removal
from xrm.plugin_removal.removing import remove_plugin
from xrm.plugin_removal.restoring import restore_plugin

ROOT = Path(__file__).parents[3]
KEPT = "kept__harbour__berth__lease"

# Ends itself as kill -9 does, before the statement of this number is run.
PROGRAM = """
import os, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
import xrm.plugin_removal.drop_steps, xrm.plugin_removal.removing
from tests.instances import BASE
from xrm.db.engine import open_engine
from xrm.plugin_host.host import PluginHost
from xrm.plugin_host.removed import load_removed
from xrm.plugin_removal.removing import remove_plugin
from xrm.plugin_removal.restoring import restore_plugin
from xrm.assembling import build
from xrm.runtime import Runtime
from xrm.settings import Settings
xrm.plugin_removal.drop_steps.BATCH = 2
xrm.plugin_removal.removing.LOOK_EVERY = 0
home, url, moment, way = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
engine, seen = open_engine(url), 0
host = PluginHost.open(home, packages=BASE, removed=load_removed(engine))
runtime = Runtime(Settings(home=home, database_url=url), engine, host, build(host))
@event.listens_for(engine, "before_cursor_execute")
def count(connection, cursor, statement, *_):
    global seen
    if statement.lstrip().split(" ")[0] in {"ALTER", "CREATE", "DROP", "UPDATE", "INSERT", "DELETE", "COPY"}:
        seen += 1
        if seen > moment:
            os.kill(os.getpid(), 9)
if way == "remove":
    remove_plugin(runtime, "harbour", actor="tester", now=True)
else:
    restore_plugin(runtime, "harbour", actor="tester")
"""


def moments(*few: int, last: int) -> list[Any]:
    """These numbers of statements; all up to the end of the work in the long form of the test."""
    return [*few, *(pytest.param(one, marks=pytest.mark.deep) for one in range(1, last) if one not in few)]


def run_until(harbour: Harbour, moment: int, way: str) -> bool:
    """Do it in another process up to its statement of this number; whether it was killed there."""
    arguments = [str(harbour.settings.home), harbour.settings.database_url, str(moment), way]
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode in {0, -9}, ended.stderr
    return ended.returncode == -9


def end_removal(harbour: Harbour) -> None:
    """What an operator does after a crash: apply, and say again what was wanted."""
    harbour.open()
    harbour.apply()
    harbour.open()
    drop_due(harbour.runtime, actor="tester")
    removal = find_removal(harbour.runtime.engine, "harbour")
    if removal is None or removal.state != DROPPED:
        remove_plugin(harbour.runtime, "harbour", actor="tester", now=True)


def is_settled(harbour: Harbour) -> bool:
    """Whether nothing waits, nothing drifted, and nothing is open."""
    engine = harbour.runtime.engine
    return (plan_for(engine, harbour.runtime.registry).steps, find_drift(engine), interrupted(engine)) == ((), [], None)


@pytest.mark.parametrize("moment", moments(4, 37, last=90))
def test_a_killed_removal_goes_on(harbour: Harbour, moment: int) -> None:
    before = harbour.content()

    run_until(harbour, moment, "remove")
    end_removal(harbour)

    gone = harbour.content()
    assert [name for name, rows in gone.items() if "berth" in str(rows) or "harbour" in name] == ["audit_entry"]
    assert list((harbour.settings.home / "files").rglob("*/*")) == []
    assert is_settled(harbour)
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    after = harbour.content()
    assert [name for name in before if name != KEPT and after[name] != before[name]] == []
    assert is_settled(harbour)


@pytest.mark.parametrize("moment", moments(9, 60, last=75))
def test_a_killed_restore_goes_on(harbour: Harbour, moment: int) -> None:
    before = harbour.content()
    remove_plugin(harbour.runtime, "harbour", actor="tester", now=True)

    run_until(harbour, moment, "restore")
    harbour.open()
    if find_removal(harbour.runtime.engine, "harbour") is not None:
        restore_plugin(harbour.runtime, "harbour", actor="tester")

    harbour.open().follow(at_once=True)
    harbour.apply()
    after = harbour.content()
    assert [name for name in before if name != KEPT and after[name] != before[name]] == []
    assert is_settled(harbour)
