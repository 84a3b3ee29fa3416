# SPDX-License-Identifier: Apache-2.0
"""What plugins cost and how often they fail: time per plugin and hook, recent failures, quarantine."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from xrm.errors import Message

FAILURES_UNTIL_QUARANTINE = 3
WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Failure:
    """One failure of one plugin: what it was doing, the reference under which the log tells more, and a sentence for people."""

    plugin: str
    what: str
    reference: str
    message: Message


@dataclass(frozen=True)
class Timing:
    """What one plugin's part in one hook has cost since the start, in seconds."""

    plugin: str
    what: str
    calls: int = 0
    failures: int = 0
    total: float = 0.0
    longest: float = 0.0


class Watch:
    """Counts calls, time and failures; safe to use from several threads. ``clock`` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._timings: dict[tuple[str, str], Timing] = {}
        self._recent: dict[str, deque[float]] = {}
        self._failures: deque[Failure] = deque(maxlen=100)
        self._quarantined: set[str] = set()

    def now(self) -> float:
        """The clock's seconds."""
        return self._clock()

    def count(self, plugin: str, what: str, since: float, *, has_failed: bool) -> None:
        """Note one call that began at ``since``."""
        seconds = max(self._clock() - since, 0.0)
        with self._lock:
            old = self._timings.get((plugin, what), Timing(plugin, what))
            self._timings[plugin, what] = replace(
                old, calls=old.calls + 1, failures=old.failures + has_failed, total=old.total + seconds,
                longest=max(old.longest, seconds),
            )

    def keep(self, failure: Failure) -> bool:
        """Note one failure; True when it is the one that puts the plugin in quarantine."""
        now = self._clock()
        with self._lock:
            self._failures.append(failure)
            recent = self._recent.setdefault(failure.plugin, deque(maxlen=FAILURES_UNTIL_QUARANTINE))
            recent.append(now)
            is_new = (
                len(recent) == FAILURES_UNTIL_QUARANTINE
                and now - recent[0] <= WITHIN.total_seconds()
                and failure.plugin not in self._quarantined
            )
            if is_new:
                self._quarantined.add(failure.plugin)
            return is_new

    def is_quarantined(self, plugin: str) -> bool:
        """Whether the plugin is kept from showing anything until it is released."""
        return plugin in self._quarantined

    def release(self, plugin: str) -> None:
        """Let the plugin take part again, with a clean slate."""
        with self._lock:
            self._quarantined.discard(plugin)
            self._recent.pop(plugin, None)

    def timings(self) -> tuple[Timing, ...]:
        """All measurements, the most expensive first."""
        with self._lock:
            return tuple(sorted(self._timings.values(), key=lambda timing: -timing.total))

    def failures(self, plugin: str = "") -> tuple[Failure, ...]:
        """The last failures (of one plugin), the latest first."""
        with self._lock:
            return tuple(failure for failure in reversed(self._failures) if plugin in {"", failure.plugin})
