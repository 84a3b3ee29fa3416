# SPDX-License-Identifier: Apache-2.0
"""Whether people are served from a database is known to other programs, and no longer when the one that served was killed."""

from __future__ import annotations

import subprocess
import sys
import time

from xrm.db.engine import open_engine
from xrm.db.presence import is_served, present

SERVING = """
import sys, time
from xrm.db.engine import open_engine
from xrm.db.presence import present
with present(open_engine(sys.argv[1])):
    print("serving", flush=True)
    time.sleep(60)
"""


def test_a_program_that_serves_is_seen_by_others_as_long_as_it_does(database_url: str) -> None:
    mine, others = open_engine(database_url), open_engine(database_url)
    seen = [is_served(others)]

    with present(mine):
        with present(mine):
            seen += [is_served(others), is_served(mine)]
        seen.append(is_served(others))
    until = time.monotonic() + 5  # the server lets go a moment after the connection was closed
    while is_served(others) and time.monotonic() < until:
        time.sleep(0.05)

    assert [*seen, is_served(others)] == [False, True, True, True, False]
    mine.dispose()
    others.dispose()


def test_one_that_was_killed_serves_no_more(database_url: str) -> None:
    engine = open_engine(database_url)
    with subprocess.Popen([sys.executable, "-c", SERVING, database_url], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "serving\n"
        seen = is_served(engine)
        program.kill()
        program.wait()

    assert seen
    end = time.monotonic() + 20  # PostgreSQL notices a moment later that the other end is gone
    while is_served(engine):
        assert time.monotonic() < end
        time.sleep(0.05)
    engine.dispose()
