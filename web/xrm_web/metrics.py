# SPDX-License-Identifier: Apache-2.0
"""What this process did since it started, counted for monitoring, and written as the text that Prometheus reads."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping

from flask import Flask, Response, g, request
from sqlalchemy import func, select

from xrm.access.models import session
from xrm.jobs.models import job
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]


class Requests:
    """Requests by endpoint and status, and how long they took; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statuses: dict[tuple[str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def count(self, endpoint: str, status: int, seconds: float) -> None:
        """Note one request that was answered."""
        with self._lock:
            self._statuses[endpoint, status] = self._statuses.get((endpoint, status), 0) + 1
            self._seconds[endpoint] = self._seconds.get(endpoint, 0.0) + seconds
            buckets = self._buckets.setdefault(endpoint, [0] * (len(BUCKETS) + 1))
            buckets[next((number for number, limit in enumerate(BUCKETS) if seconds <= limit), len(BUCKETS))] += 1

    def samples(self) -> Iterator[Sample]:
        """All counters as they are now."""
        with self._lock:
            statuses, seconds = dict(self._statuses), dict(self._seconds)
            buckets = {endpoint: list(counts) for endpoint, counts in self._buckets.items()}
        for (endpoint, status), number in sorted(statuses.items()):
            yield "xrm_requests_total", {"endpoint": endpoint, "status": str(status)}, number
        for endpoint, counts in sorted(buckets.items()):
            below = 0
            for limit, number in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                below += number
                yield "xrm_request_seconds_bucket", {"endpoint": endpoint, "le": limit}, below
            yield "xrm_request_seconds_sum", {"endpoint": endpoint}, seconds[endpoint]
            yield "xrm_request_seconds_count", {"endpoint": endpoint}, below


def init_metrics(app: Flask) -> None:
    """Count every request of this app."""
    requests = app.extensions["xrm_requests"] = Requests()

    def begin() -> None:
        g.begun = time.perf_counter()

    def end(response: Response) -> Response:
        if "begun" in g:
            # What nobody declared is one series, whatever strangers ask for.
            requests.count(request.endpoint or "none", response.status_code, time.perf_counter() - g.begun)
        return response

    app.before_request(begin)
    app.after_request(end)


def write_metrics(runtime: Runtime, requests: Requests) -> str:
    """All metrics of this process as text; what the database knows is the same in each process."""
    of_process = {"process": str(os.getpid())}
    lines = [
        *_described("xrm_requests_total", "counter", "Requests answered."),
        *_described("xrm_request_seconds", "histogram", "Seconds from a request to its answer."),
        *_lines(requests.samples(), of_process),
        *_described("xrm_plugin_calls_total", "counter", "Calls of plugin code."),
        *_described("xrm_plugin_failures_total", "counter", "Calls of plugin code that failed."),
        *_described("xrm_plugin_seconds_total", "counter", "Seconds spent in plugin code."),
        *_lines(_of_plugins(runtime), of_process),
        *_described("xrm_jobs", "gauge", "Jobs by state."), *_described("xrm_sessions", "gauge", "Sessions that are open."),
        *_described("xrm_plugins_quarantined", "gauge", "Plugins in quarantine."),
        *_described("xrm_info", "gauge", "What this instance runs on."),
        *_lines(runtime.read(lambda uow: list(_of_database(uow)), system_actor()), {}),
    ]
    return "\n".join(lines) + "\n"


def _of_plugins(runtime: Runtime) -> Iterator[Sample]:
    for one in runtime.host.timings():
        labels = {"plugin": one.plugin, "hook": one.what}
        yield "xrm_plugin_calls_total", labels, one.calls
        yield "xrm_plugin_failures_total", labels, one.failures
        yield "xrm_plugin_seconds_total", labels, one.total


def _of_database(uow: UnitOfWork) -> Iterator[Sample]:
    wanted = ("waiting", "running", "failed")
    counted = select(job.c.state, func.count().label("number")).where(job.c.state.in_(wanted)).group_by(job.c.state)
    states = {row.state: row.number for row in uow.execute(counted)}
    for state in wanted:
        yield "xrm_jobs", {"state": state}, states.get(state, 0)
    is_open = select(func.count()).select_from(session).where(session.c.expires_at > uow.now)
    yield "xrm_sessions", {}, uow.execute(is_open).scalar_one()
    quarantined = [plugin.name for plugin in uow.host.plugins if uow.host.watch.is_quarantined(plugin.name)]
    yield "xrm_plugins_quarantined", {}, len(quarantined)
    yield "xrm_info", {"database": uow.connection.dialect.name}, 1


def _described(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _lines(samples: Iterable[Sample], more: Labels) -> Iterator[str]:
    for name, labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in {**labels, **more}.items())
        yield f"{name}{{{inside}}} {value:g}" if inside else f"{name} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
