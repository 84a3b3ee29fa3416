# SPDX-License-Identifier: Apache-2.0
"""What a process keeps between units of work, as long as the number under which it was read stands."""

from __future__ import annotations

import threading
from typing import Any


class Kept:
    """Values read under a number that only grows; whoever sees a higher one begins anew. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = -1
        self._values: dict[Any, Any] = {}

    def under(self, number: int) -> dict[Any, Any]:
        """What is kept under this number; of an older one than is known, nothing, and nothing put there is kept."""
        with self._lock:
            if number > self._number:
                self._number, self._values = number, {}
            return self._values if number == self._number else {}
