# SPDX-License-Identifier: Apache-2.0
"""For programs that watch this one: ``/health`` says whether it can serve, ``/metrics`` what it did."""

from __future__ import annotations

import hmac
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue

from xrm.health.examination import is_answering
from xrm_web import sessions
from xrm_web.metrics import write_metrics
from xrm_web.security import public

blueprint = Blueprint("monitoring", __name__)
WITHIN = 1.0
LOOPBACK = {"127.0.0.1", "::1"}
PASSED_ON = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Probe:
    """Asks the database in a thread of its own, one at a time: a database that hangs holds up no more than that."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="xrm-health")
        self._asked: Future[bool] | None = None

    def answers(self) -> bool:
        """Whether it answers within a second."""
        runtime = sessions.runtime()
        asked = self._asked
        if asked is None or asked.done():
            asked = self._asked = self._threads.submit(is_answering, runtime)
        try:
            return asked.result(timeout=WITHIN)
        except TooLate:
            return False


_probe = Probe()


@blueprint.get("/health")
@public
def health() -> ResponseReturnValue:
    """200 when the database answers, else 503; says nothing else, since anybody may ask."""
    if _probe.answers():
        return {"status": "ok"}
    return {"status": "unavailable"}, 503


@blueprint.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """The metrics, for who has the token; without a token in the settings, for this machine alone."""
    if not _may_read():
        abort(404)
    return Response(write_metrics(sessions.runtime(), current_app.extensions["xrm_requests"]), content_type=TEXT)


def _may_read() -> bool:
    token = sessions.runtime().settings.metrics_token
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # A proxy on this machine makes everybody look like a neighbour: what it passed on is from elsewhere.
    return request.remote_addr in LOOPBACK and not any(name in request.headers for name in PASSED_ON)
