# SPDX-License-Identifier: Apache-2.0
"""The supervisor of the processes that answer: ends one that gives no sign of life, so that a new one takes its place."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

PARENT, THREADS, PATIENCE = "XRM_SERVE_PARENT", "XRM_SERVE_THREADS", "XRM_HANG_SECONDS"  # read by xrm_web.heartbeat
USUAL_PATIENCE = 30.0
LOOK_EVERY = 1.0
logger = logging.getLogger("xrm.serve")


@contextlib.contextmanager
def supervised(home: Path, threads: int) -> Iterator[None]:
    """Meanwhile workers that this process starts are told to give signs of life, and ended when they give none."""
    os.environ[PARENT], os.environ[THREADS] = str(os.getpid()), str(threads)
    folder = home / "run"
    _forget(folder)
    stop = threading.Event()
    patience = float(os.environ.get(PATIENCE) or USUAL_PATIENCE)
    thread = threading.Thread(target=_look, args=(folder, patience, stop), name="xrm-supervisor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        _forget(folder)


def _look(folder: Path, patience: float, stop: threading.Event) -> None:
    while not stop.wait(min(LOOK_EVERY, patience / 4)):
        for file in folder.glob(f"worker-{os.getpid()}-*.beat"):
            with contextlib.suppress(FileNotFoundError):
                silent = time.time() - file.stat().st_mtime
                if silent > patience:
                    file.unlink()
                    pid = int(file.stem.rpartition("-")[2])
                    if is_own(pid):
                        _end(pid, silent)


def is_own(pid: int) -> bool:
    """Whether a process is a child of this one: a number may have gone to somebody else's process since."""
    try:
        # The name in parentheses may hold anything; what follows the last of them are the state and the parent.
        parent = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists() and _is_there(pid)
    return int(parent) == os.getpid()


def _end(pid: int, silent: float) -> None:
    logger.error("the worker %s gave no sign of life for %.0f s; it is ended, and another takes its place", pid, silent)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _forget(folder: Path) -> None:
    """Take away what earlier servers left that are gone."""
    for file in folder.glob("worker-*.beat"):
        parent = int(file.stem.split("-")[1])
        if parent == os.getpid() or not _is_there(parent):
            file.unlink(missing_ok=True)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
