# SPDX-License-Identifier: Apache-2.0
"""A change that is killed goes on where it stopped, or is taken back; either way the data is as if nothing had happened."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.factories.evolving import Evolving, labels
from tests.factories.threads import run_together
from xrm.migrate.apply import rollback
from xrm.migrate.drift import find_drift
from xrm.migrate.progress import interrupted
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
BEFORE = {**NAME, "port": {"type": "text", "index": True}, "flags": {"type": "tags"},
          "length": {"type": "integer", "index": True}}
AFTER = {**NAME, "harbour": {"type": "text", "index": True}, "signals": {"type": "tags"}, "draught": {"type": "integer"},
         "length": {"type": "text", "index": True}}
RENAMED = {"renamed": {"port": "harbour", "flags": "signals"}, "revision": 2}
VESSELS = 12
ROOT = Path(__file__).parents[3]

# Ends itself as kill -9 does, before the statement of this number is run.
PROGRAM = """
import os, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
import xrm.migrate.copying
from tests.instances import BASE
from xrm.db.engine import open_engine
from xrm.migrate.apply import rollback
from xrm.migrate.upgrade import apply_changes
from xrm.plugin_host.host import PluginHost
from xrm.assembling import build
xrm.migrate.copying.BATCH = 5
home, url, moment, way = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
host = PluginHost.open(home, packages=BASE)
registry, engine, seen = build(host), open_engine(url), 0
@event.listens_for(engine, "before_cursor_execute")
def count(connection, cursor, statement, *_):
    global seen
    if statement.lstrip().split(" ")[0] in {"ALTER", "CREATE", "DROP", "UPDATE", "INSERT"}:
        seen += 1
        if seen > moment:
            os.kill(os.getpid(), 9)
apply_changes(engine, registry) if way == "forwards" else rollback(engine)
"""


def moments(*few: int) -> list[Any]:
    """These numbers of statements; all up to the end of the change in the long form of the test."""
    return [*few, *(pytest.param(one, marks=pytest.mark.deep) for one in range(1, 60) if one not in few)]


def run_until(evolving: Evolving, moment: int, way: str) -> bool:
    """Run the change in another process up to its statement of this number; whether it was killed there."""
    arguments = [str(evolving.settings.home), evolving.settings.database_url, str(moment), way]
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode in {0, -9}, ended.stderr
    return ended.returncode == -9


def content(evolving: Evolving, runtime: Runtime) -> list[object]:
    """All that the vessels hold, in the columns of the new version."""
    rows = evolving.rows(runtime)
    signals = evolving.rows(runtime, "fleet__vessel__signals", "owner_id, position")
    vessels = [(row["name"], row["harbour"], row["harbour__key"], row["draught"], row["length"]) for row in rows]
    return [vessels, [row["signals"] for row in signals]]


def fill(evolving: Evolving) -> Runtime:
    runtime = evolving.applied(BEFORE)
    for number in range(VESSELS):
        evolving.create(runtime, {"name": f"Vessel {number:02d}", "port": f"Port {number}", "flags": ["a", f"f{number}"],
                                  "length": number})
    return runtime


@pytest.mark.parametrize("moment", moments(19))
def test_a_killed_change_goes_on_where_it_stopped(evolving: Evolving, moment: int) -> None:
    first = fill(evolving)
    second = evolving.declare(AFTER, **RENAMED)

    run_until(evolving, moment, "forwards")
    apply_changes(second.engine, second.registry)

    assert content(evolving, second) == [
        [(f"Vessel {number:02d}", f"Port {number}", f"port {number}", None, str(number)) for number in range(VESSELS)],
        [flag for number in range(VESSELS) for flag in ("a", f"f{number}")],
    ]
    assert (labels(evolving.plan(second).steps), find_drift(second.engine), interrupted(second.engine)) == ([], [], None)
    assert len(evolving.rows(first)) == VESSELS


@pytest.mark.parametrize("moment", moments(12))
def test_a_killed_change_can_be_taken_back(evolving: Evolving, moment: int) -> None:
    first = fill(evolving)
    before = evolving.rows(first), evolving.rows(first, "fleet__vessel__flags", "owner_id, position")
    evolving.declare(AFTER, **RENAMED)
    was_killed = run_until(evolving, moment, "forwards")

    if was_killed and interrupted(first.engine):
        rollback(first.engine)
        assert (evolving.rows(first), evolving.rows(first, "fleet__vessel__flags", "owner_id, position")) == before
    settled = evolving.declare(BEFORE)

    assert labels(evolving.plan(settled).steps) == []
    assert find_drift(settled.engine) == []


@pytest.mark.parametrize("moment", moments(5))
def test_a_killed_rollback_goes_on_backwards(evolving: Evolving, moment: int) -> None:
    first = fill(evolving)
    evolving.applied(AFTER, **RENAMED)
    run_until(evolving, moment, "backwards")

    settled = evolving.declare(BEFORE)
    apply_changes(settled.engine, settled.registry)

    assert [row["port"] for row in evolving.rows(first)] == [f"Port {number}" for number in range(VESSELS)]
    assert (labels(evolving.plan(settled).steps), find_drift(settled.engine), interrupted(settled.engine)) == ([], [], None)


def test_of_two_operators_one_waits_and_finds_it_done(evolving: Evolving) -> None:
    fill(evolving)
    runtimes = [evolving.declare(AFTER, **RENAMED) for _ in range(2)]
    done: list[int] = []

    def run(runtime: Runtime) -> None:
        done.append(len(apply_changes(runtime.engine, runtime.registry)))

    run_together([lambda: run(runtimes[0]), lambda: run(runtimes[1])])

    assert sorted(done)[0] == 0 < sorted(done)[1]
    assert find_drift(runtimes[0].engine) == []
