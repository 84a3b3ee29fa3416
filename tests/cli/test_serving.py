# SPDX-License-Identifier: Apache-2.0
"""The process that runs jobs beside the servers: another takes its place when it ends, none outlives them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from xrm_cli.serving import keep_running

PROGRAM = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()} '); time.sleep(60)"


def started(log: Path, count: int) -> list[int]:
    """The processes that were started, once there are so many."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = [int(pid) for pid in log.read_text(encoding="ascii").split()]
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"fewer than {count} were started")


def test_a_process_that_was_killed_is_replaced_and_ends_with_the_server(tmp_path: Path) -> None:
    log, stop = tmp_path / "started", threading.Event()
    log.touch()
    keeper = threading.Thread(target=keep_running, args=([sys.executable, "-c", PROGRAM, str(log)], stop))
    keeper.start()
    try:
        (first,) = started(log, 1)
        os.kill(first, signal.SIGKILL)
        second = started(log, 2)[1]
    finally:
        stop.set()
        keeper.join(timeout=30)

    assert second != first
    assert not Path(f"/proc/{second}").exists()
