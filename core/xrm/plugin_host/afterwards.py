# SPDX-License-Identifier: Apache-2.0
"""Small things to write that must not be part of the work they came up in: done soon after, by a thread of their own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from xrm.errors import XrmError
from xrm.unit_of_work import Actor, UnitOfWork

Note = Callable[[UnitOfWork], object]
Write = Callable[[Note, Actor], object]
MOST = 1000  # waiting ones; what comes on top of them is in the log only
logger = logging.getLogger("xrm.plugins")


class Afterwards:
    """Writes what it is given, one after the other; without a database (``attach`` was never called) nothing is kept."""

    def __init__(self) -> None:
        self._write: Write | None = None
        self._waiting: deque[tuple[Note, Actor, Callable[[], object] | None]] = deque(maxlen=MOST)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def attach(self, write: Write) -> None:
        """Write by this function (``runtime.write``) from now on."""
        self._write = write

    def do(self, note: Note, actor: Actor, then: Callable[[], object] | None = None) -> None:
        """Write this soon, in a unit of work of its own, and call ``then`` when it is written; nobody waits for it."""
        if self._write is None:
            return
        with self._lock:
            self._waiting.append((note, actor, then))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="xrm-afterwards", daemon=True)
                self._thread.start()

    def finish(self, seconds: float = 5.0) -> None:
        """Wait until everything is written, at most so long."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or self._write is None:
                    self._thread = None
                    return
                note, actor, then = self._waiting.popleft()
            try:
                self._write(note, actor)
                if then is not None:
                    then()
            except Exception as error:  # noqa: BLE001  # a thread has nobody else to tell; the rest is still to be written
                said = error.message if isinstance(error, XrmError) else error
                logger.warning("this could not be noted in the database: %s", said)
