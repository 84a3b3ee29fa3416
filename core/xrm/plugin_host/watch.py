# SPDX-License-Identifier: Apache-2.0
"""What plugins cost and how often they fail: time per plugin and hook, recent failures, quarantine."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from xrm.errors import Message

FAILURES_UNTIL_QUARANTINE = 3
OVERRUNS_UNTIL_QUARANTINE = 10
WITHIN = timedelta(minutes=10)
SLOW = 0.3  # seconds after which something that is shown is noted as slow
OVERRUN = 2.0  # seconds after which it is an overrun, many of which lead to quarantine


@dataclass(frozen=True)
class Failure:
    """One failure of one plugin: what it was doing, the reference under which the log tells more, and a sentence for people.

    ``line`` is the first line of what went wrong, for administrators.
    """

    plugin: str
    what: str
    reference: str
    message: Message
    line: str = ""
    at: datetime | None = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Running:
    """What a plugin does in a thread at this moment, since when by the clock of the watch."""

    plugin: str
    what: str
    since: float
    thread: int


@dataclass(frozen=True)
class Timing:
    """What one plugin's part in one hook has cost since the start, in seconds."""

    plugin: str
    what: str
    calls: int = 0
    failures: int = 0
    total: float = 0.0
    longest: float = 0.0
    slow: int = 0

    @property
    def mean(self) -> float:
        """Seconds per call."""
        return self.total / self.calls if self.calls else 0.0


class Watch:
    """Counts calls, time and failures; safe to use from several threads. ``clock`` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._timings: dict[tuple[str, str], Timing] = {}
        self._recent: dict[str, deque[float]] = {}
        self._failures: deque[Failure] = deque(maxlen=100)
        self._quarantined: set[str] = set()
        self._overruns: dict[str, deque[float]] = {}
        self._running: dict[int, list[Running]] = {}
        self.on_quarantine: Callable[[str, str], object] | None = None  # told the plugin and why, outside of the lock

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
                longest=max(old.longest, seconds), slow=old.slow + (seconds > SLOW),
            )

    def begin(self, plugin: str, what: str) -> None:
        """Note what runs in this thread from now on."""
        thread = threading.get_ident()
        self._running.setdefault(thread, []).append(Running(plugin, what, self._clock(), thread))

    def end(self) -> None:
        """Note that what began last in this thread has ended."""
        thread = threading.get_ident()
        running = self._running.get(thread, [])
        if running:
            running.pop()
        if not running:
            self._running.pop(thread, None)

    def running(self) -> tuple[Running, ...]:
        """What plugins do at this moment, the innermost of each thread."""
        return tuple(calls[-1] for calls in list(self._running.values()) if calls)

    def keep(self, failure: Failure) -> bool:
        """Note one failure; True when it is the one that puts the plugin in quarantine."""
        with self._lock:
            self._failures.append(failure)
            is_new = self._adds_up(self._recent, failure.plugin, FAILURES_UNTIL_QUARANTINE)
        if is_new:
            self._tell(failure.plugin, f"{failure.what}: {failure.line}" if failure.line else failure.what)
        return is_new

    def overran(self, plugin: str, what: str) -> bool:
        """Note that a page had to wait for a plugin; True when it is the time that puts the plugin in quarantine."""
        with self._lock:
            is_new = self._adds_up(self._overruns, plugin, OVERRUNS_UNTIL_QUARANTINE)
        if is_new:
            self._tell(plugin, f"{what}: pages waited for it {OVERRUNS_UNTIL_QUARANTINE} times for more than {OVERRUN:g} s")
        return is_new

    def _adds_up(self, noted: dict[str, deque[float]], plugin: str, most: int) -> bool:
        now = self._clock()
        recent = noted.setdefault(plugin, deque(maxlen=most))
        recent.append(now)
        is_new = len(recent) == most and now - recent[0] <= WITHIN.total_seconds() and plugin not in self._quarantined
        if is_new:
            self._quarantined.add(plugin)
        return is_new

    def _tell(self, plugin: str, reason: str) -> None:
        if self.on_quarantine is not None:
            self.on_quarantine(plugin, reason)

    def follow(self, quarantined: Collection[str]) -> None:
        """Take over which plugins are in quarantine; those that are not any more begin with a clean slate."""
        for plugin in self._quarantined - set(quarantined):
            self.release(plugin)
        with self._lock:
            self._quarantined.update(quarantined)

    def is_quarantined(self, plugin: str) -> bool:
        """Whether the plugin is kept from showing anything until it is released."""
        return plugin in self._quarantined

    def release(self, plugin: str) -> None:
        """Let the plugin take part again, with a clean slate."""
        with self._lock:
            self._quarantined.discard(plugin)
            self._recent.pop(plugin, None)
            self._overruns.pop(plugin, None)

    def timings(self) -> tuple[Timing, ...]:
        """All measurements, the most expensive first."""
        with self._lock:
            return tuple(sorted(self._timings.values(), key=lambda timing: -timing.total))

    def failures(self, plugin: str = "") -> tuple[Failure, ...]:
        """The last failures (of one plugin), the latest first."""
        with self._lock:
            return tuple(failure for failure in reversed(self._failures) if plugin in {"", failure.plugin})
