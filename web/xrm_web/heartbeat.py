# SPDX-License-Identifier: Apache-2.0
"""A worker process says that it lives: a file that its supervisor looks at, and that goes stale when the interpreter is held.

A process all of whose threads hang in requests ends itself, and its server starts another one. A request that hangs alone counts
against the plugin whose code it hangs in.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xrm.plugin_host.guard import TooSlow
from xrm.plugin_host.watch import Running
from xrm.runtime import Runtime

PARENT, THREADS, PATIENCE = "XRM_SERVE_PARENT", "XRM_SERVE_THREADS", "XRM_HANG_SECONDS"
USUAL_PATIENCE = 30.0
LOOK_EVERY = 1.0
logger = logging.getLogger("xrm.serve")
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Busy:
    """The requests that are being answered: thread → since when."""

    since: dict[int, float] = field(default_factory=dict)

    def around(self, application: Application) -> Application:
        """The same application, its requests noted."""

        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            thread = threading.get_ident()
            self.since[thread] = time.monotonic()
            try:
                return application(environ, start_response)
            finally:
                self.since.pop(thread, None)

        return answer

    def hanging(self, patience: float) -> set[int]:
        """The threads that have been at one request for longer."""
        now = time.monotonic()
        return {thread for thread, since in list(self.since.items()) if now - since > patience}


def beat_file(home: Path, parent: int, pid: int) -> Path:
    """Where a worker says that it lives."""
    return home / "run" / f"worker-{parent}-{pid}.beat"


def keep_beating(runtime: Runtime, busy: Busy) -> None:
    """Begin to look after the requests of this process and, if a supervisor started it, to say that it lives."""
    parent, patience = int(os.environ.get(PARENT) or 0), float(os.environ.get(PATIENCE) or USUAL_PATIENCE)
    heart = Heart(runtime, busy, parent if parent == os.getppid() else 0, int(os.environ.get(THREADS) or 1), patience)
    threading.Thread(target=heart.run, name="xrm-heartbeat", daemon=True).start()


class Heart:
    """What the thread does that looks after the requests; without ``parent`` (a supervisor) it ends nothing."""

    def __init__(self, runtime: Runtime, busy: Busy, parent: int, threads: int, patience: float) -> None:
        self._runtime = runtime
        self._busy = busy
        self._parent = parent
        self._threads = threads
        self._patience = patience
        self._file = beat_file(runtime.settings.home, parent, os.getpid())
        self._told: set[Running] = set()

    def run(self) -> None:
        """Look and beat until the supervisor is gone."""
        while not self._parent or os.getppid() == self._parent:
            hanging = self._busy.hanging(self._patience)
            self._tell(hanging)
            if self._parent:
                self._beat(is_stuck=len(hanging) >= self._threads)
            time.sleep(min(LOOK_EVERY, self._patience / 4))
        # Whoever started this is gone without a word: nobody else would end it, and the port would stay taken.
        self._end()

    def _beat(self, *, is_stuck: bool) -> None:
        if is_stuck:
            logger.error("all %s threads hang in requests for more than %g s: this worker ends", self._threads, self._patience)
            self._runtime.host.afterwards.finish()  # whom it was put down to must be known to the next one
            self._end()
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file.touch()
        except OSError as error:
            logger.warning("no sign of life can be given: %s", error)

    def _end(self) -> None:
        self._file.unlink(missing_ok=True)
        os.kill(os.getpid(), signal.SIGKILL)

    def _tell(self, hanging: set[int]) -> None:
        """Count a request that hangs against the plugin whose code it hangs in, once."""
        running = {one for one in self._runtime.host.watch.running() if one.thread in hanging}
        for one in running - self._told:
            self._runtime.host.note(one.plugin, one.what, TooSlow(f"a request hangs in it for more than {self._patience:g} s"))
        self._told = running
