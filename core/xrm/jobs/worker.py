# SPDX-License-Identifier: Apache-2.0
"""The worker: takes jobs whose time has come, runs them, and writes what became of them, whatever they raise."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from xrm.audit.sequencing import run_sequencer
from xrm.errors import ConfigurationError, Conflict, PluginError, XrmError, msg
from xrm.jobs.kinds import Job, JobCancelled, JobKind, Kinds, RetryLater
from xrm.jobs.leases import end, extend, has_due, lease_next, put_back
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime

logger = logging.getLogger("xrm.jobs")
THREADS = 4
PAUSE = 1.0
# Errors of these kinds may be over later; every other refusal of ours will be the same next time.
_PASSING = (ConfigurationError, Conflict, PluginError, RetryLater)


def run_worker(
    runtime: Runtime, stop: threading.Event, *, kinds: Kinds, threads: int = THREADS, pause: float = PAUSE
) -> None:
    """Run jobs, and number what is committed, until ``stop`` is set and those begun are done.

    Several threads, so that one that hangs holds up few others.
    """
    crew = [
        threading.Thread(target=_work, args=(runtime, stop, kinds, pause), name=f"xrm-worker-{number}", daemon=True)
        for number in range(threads)
    ]
    crew.append(threading.Thread(target=run_sequencer, args=(runtime, stop), name="xrm-sequencer", daemon=True))
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()


def _work(runtime: Runtime, stop: threading.Event, kinds: Kinds, pause: float) -> None:
    while not stop.is_set():
        turn: Future[int] = Future()
        _resolve(turn, lambda: run_due(runtime, limit=1, kinds=kinds))
        error = turn.exception()
        if error is not None:
            # The database may be away for a while: the worker outlives it.
            in_words = isinstance(error, XrmError)
            logger.error("the worker could not take or end a job: %s", error, exc_info=None if in_words else error)
        if error is not None or turn.result() == 0:
            # What only an operator can mend takes its time.
            stop.wait(pause * 30 if isinstance(error, ConfigurationError) else pause)


def run_due(runtime: Runtime, *, limit: int = 100, kinds: Kinds) -> int:
    """Run up to ``limit`` jobs whose time has come, one after the other, and return how many were run."""
    worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    actor = system_actor("job")
    for count in range(limit):
        row = runtime.write(lambda uow: lease_next(uow, worker), actor) if runtime.read(has_due, actor) else None
        if row is None:
            return count
        _run(runtime, row, kinds.get(row.kind), actor)
    return limit


def _run(runtime: Runtime, row: Row[Any], kind: JobKind | None, actor: Actor) -> None:
    outcome: Future[Any] = Future()
    if kind is None:
        outcome.set_exception(XrmError(msg("Nothing here does jobs of the kind {kind}.", kind=row.kind)))
    elif row.tries > row.max_tries:
        outcome.set_exception(XrmError(msg("It was begun {tries} times and never came to an end.", tries=row.max_tries)))
    else:
        attempt = Job(
            row.id, row.kind, json.loads(row.payload), row.department_id, row.actor_id, row.tries, row.max_tries,
            partial(_report, runtime, row, actor),
        )
        _resolve(outcome, lambda: kind.run(runtime, attempt))
    runtime.write(lambda uow: _record(uow, row, kind, outcome), actor)


def _resolve(outcome: Future[Any], function: Any) -> None:
    """Run a function and keep what it returns or raises, as a thread pool does."""
    try:
        outcome.set_result(function())
    except BaseException as error:
        outcome.set_exception(error)
        if not isinstance(error, Exception):
            raise


def _report(runtime: Runtime, row: Row[Any], actor: Actor, percent: int) -> None:
    if not runtime.write(lambda uow: extend(uow, row.id, row.leased_by, percent), actor):
        raise JobCancelled(msg("This job was cancelled."))


def _record(uow: UnitOfWork, row: Row[Any], kind: JobKind | None, outcome: Future[Any]) -> None:
    error = outcome.exception()
    if error is None:
        end(uow, row, "done", result=outcome.result())
        return
    if isinstance(error, JobCancelled):
        return
    text = str(error) if isinstance(error, XrmError) else f"{type(error).__name__}: {error}"
    if not isinstance(error, XrmError):
        logger.error("job %s (%s) failed in try %s", row.id, row.kind, row.tries, exc_info=error)
    may_pass = not isinstance(error, XrmError) or isinstance(error, _PASSING)
    if may_pass and row.tries < row.max_tries:
        put_back(uow, row, text, getattr(error, "after", None))
    elif end(uow, row, "failed", error=text) and kind is not None and kind.gave_up is not None:
        kind.gave_up(uow, json.loads(row.payload), text)
