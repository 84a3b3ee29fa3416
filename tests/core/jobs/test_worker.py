# SPDX-License-Identifier: Apache-2.0
"""A job committed is run; it is repeated after a failure or a kill, ends once, and never holds up the others for ever."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.factories.access import Departments, add_user
from xrm.errors import Conflict, NotFound, PermissionDenied
from xrm.jobs import leases
from xrm.jobs.kinds import Job, JobKind, Kinds, RetryLater
from xrm.jobs.models import job
from xrm.jobs.queries import JobEntry, get_job, list_jobs
from xrm.jobs.service import cancel_job, enqueue, retry_job
from xrm.jobs.worker import run_due, run_worker
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor("test")


class Kind:
    """A kind of job that notes its tries and does what the test wants."""

    def __init__(self, act: Callable[[Job], Mapping[str, Any]]) -> None:
        self._act = act
        self.tries: list[int] = []
        self.given_up: list[str] = []

    @property
    def kinds(self) -> Kinds:
        return {"test": JobKind(self._run, lambda _uow, _payload, reason: self.given_up.append(reason))}

    def _run(self, _runtime: Runtime, attempt: Job) -> Mapping[str, Any]:
        self.tries.append(attempt.tries)
        return self._act(attempt)


def put(runtime: Runtime, **options: Any) -> uuid.UUID:
    return runtime.write(lambda uow: enqueue(uow, "test", {"word": "é"}, department=None, **options), SYSTEM)


def state(runtime: Runtime, job_id: uuid.UUID) -> JobEntry:
    return runtime.read(lambda uow: get_job(uow, job_id), SYSTEM)


def make_due(runtime: Runtime) -> None:
    """Let the pause before the next try, or the lease of a killed worker, be over."""
    def shift(uow: UnitOfWork) -> None:
        past = uow.now - timedelta(seconds=1)
        uow.execute(update(job).where(job.c.state == "waiting").values(due_at=past))
        uow.execute(update(job).where(job.c.state == "running").values(leased_until=past))

    runtime.write(shift, SYSTEM)


def test_a_job_gets_its_payload_and_keeps_its_result(runtime: Runtime) -> None:
    kind = Kind(lambda attempt: {"said": attempt.payload["word"]})
    one = put(runtime)

    assert run_due(runtime, kinds=kind.kinds) == 1

    assert (state(runtime, one).state, state(runtime, one).progress, state(runtime, one).result) == ("done", 100, {"said": "é"})
    assert run_due(runtime, kinds=kind.kinds) == 0


def test_a_job_of_a_transaction_that_fails_does_not_exist(runtime: Runtime) -> None:
    def fail(uow: UnitOfWork) -> None:
        enqueue(uow, "test", {}, department=None)
        raise NotFound("no")

    with pytest.raises(NotFound):
        runtime.write(fail, SYSTEM)

    assert runtime.read(list_jobs, SYSTEM) == []


def test_a_job_waits_until_it_is_due(runtime: Runtime) -> None:
    kind = Kind(lambda _attempt: {})
    runtime.write(lambda uow: enqueue(uow, "test", {}, department=None, due_at=uow.now + timedelta(hours=1)), SYSTEM)

    assert run_due(runtime, kinds=kind.kinds) == 0


def fails_once(error: Exception) -> Callable[[Job], Mapping[str, Any]]:
    def act(attempt: Job) -> Mapping[str, Any]:
        if attempt.tries == 1:
            raise error
        return {}

    return act


@pytest.mark.parametrize("error", [RetryLater("busy"), ZeroDivisionError("a mistake"), OSError("net"), Conflict("lost")])
def test_what_may_be_over_later_is_tried_again_after_a_pause(runtime: Runtime, error: Exception) -> None:
    kind = Kind(fails_once(error))
    one = put(runtime)

    run_due(runtime, kinds=kind.kinds)
    waiting = state(runtime, one)
    assert run_due(runtime, kinds=kind.kinds) == 0
    make_due(runtime)
    run_due(runtime, kinds=kind.kinds)

    assert (waiting.state, str(error) in waiting.error) == ("waiting", True)
    assert (state(runtime, one).state, kind.tries) == ("done", [1, 2])


def test_a_refusal_is_final(runtime: Runtime) -> None:
    kind = Kind(fails_once(NotFound("gone")))
    one = put(runtime)

    run_due(runtime, kinds=kind.kinds)

    assert (state(runtime, one).state, state(runtime, one).error, kind.given_up) == ("failed", "gone", ["gone"])


def test_after_the_last_try_somebody_is_told(runtime: Runtime) -> None:
    def always(_attempt: Job) -> Mapping[str, Any]:
        raise RetryLater("still busy")

    kind = Kind(always)
    one = put(runtime, max_tries=2)

    for _ in range(3):
        run_due(runtime, kinds=kind.kinds)
        make_due(runtime)

    assert (kind.tries, state(runtime, one).state, kind.given_up) == ([1, 2], "failed", ["still busy"])


def test_a_job_whose_worker_was_killed_runs_again_when_its_lease_is_over(runtime: Runtime) -> None:
    kind = Kind(lambda _attempt: {})
    one = put(runtime)
    assert runtime.write(lambda uow: leases.lease_next(uow, "killed"), SYSTEM) is not None

    assert run_due(runtime, kinds=kind.kinds) == 0
    make_due(runtime)
    assert run_due(runtime, kinds=kind.kinds) == 1

    assert (state(runtime, one).state, kind.tries) == ("done", [2])


def test_a_job_that_kills_each_worker_is_given_up(runtime: Runtime) -> None:
    kind = Kind(lambda _attempt: {})
    one = put(runtime, max_tries=2)
    for _ in range(2):
        runtime.write(lambda uow: leases.lease_next(uow, "killed"), SYSTEM)
        make_due(runtime)

    run_due(runtime, kinds=kind.kinds)

    assert (state(runtime, one).state, kind.tries, len(kind.given_up)) == ("failed", [], 1)


def test_what_a_late_worker_says_of_a_job_that_another_has_counts_for_nothing(runtime: Runtime) -> None:
    one = put(runtime)
    late = runtime.write(lambda uow: leases.lease_next(uow, "late"), SYSTEM)
    make_due(runtime)
    runtime.write(lambda uow: leases.lease_next(uow, "other"), SYSTEM)
    assert late is not None

    assert not runtime.write(lambda uow: leases.end(uow, late, "done"), SYSTEM)

    assert state(runtime, one).state == "running"


def test_a_cancelled_job_stops_at_its_next_step(runtime: Runtime) -> None:
    steps = []

    def act(attempt: Job) -> Mapping[str, Any]:
        for percent in (10, 20, 30):
            attempt.progress(percent)
            steps.append(percent)
            if percent == 20:
                runtime.write(lambda uow: cancel_job(uow, attempt.id), SYSTEM)
        return {}

    kind = Kind(act)
    one = put(runtime)

    run_due(runtime, kinds=kind.kinds)

    assert (state(runtime, one).state, state(runtime, one).progress, steps) == ("cancelled", 20, [10, 20])


def test_a_failed_job_can_be_tried_again_and_one_that_is_done_cannot(runtime: Runtime) -> None:
    kind = Kind(fails_once(NotFound("gone")))
    one = put(runtime)
    run_due(runtime, kinds=kind.kinds)

    runtime.write(lambda uow: retry_job(uow, one), SYSTEM)
    run_due(runtime, kinds={"test": JobKind(lambda _runtime, _job: {})})

    assert state(runtime, one).state == "done"
    with pytest.raises(Conflict):
        runtime.write(lambda uow: retry_job(uow, one), SYSTEM)


def test_a_kind_that_nothing_does_fails(runtime: Runtime) -> None:
    one = put(runtime)

    run_due(runtime, kinds={})

    assert "test" in state(runtime, one).error
    assert state(runtime, one).state == "failed"


def test_a_lane_that_hangs_leaves_room_for_others(runtime: Runtime) -> None:
    for _ in range(leases.MOST_PER_LANE + 1):
        put(runtime, lane="hanging")
    other = put(runtime, lane="other")

    taken = [runtime.write(lambda uow: leases.lease_next(uow, "worker"), SYSTEM) for _ in range(leases.MOST_PER_LANE + 2)]

    assert [row.lane if row else None for row in taken] == ["hanging"] * leases.MOST_PER_LANE + ["other", None]
    assert taken[-2] is not None
    assert taken[-2].id == other


def test_the_pause_grows_and_differs() -> None:
    pauses = [leases.pause_after(tries) for tries in (1, 4, 8, 100)]

    assert all(left < right for left, right in itertools.pairwise(pauses))
    assert pauses[-1] <= leases.LONGEST_PAUSE
    assert len({leases.pause_after(3) for _ in range(20)}) > 1


def test_several_workers_run_each_job_once(runtime: Runtime) -> None:
    lock, seen = threading.Lock(), []
    stop = threading.Event()

    def act(attempt: Job) -> Mapping[str, Any]:
        with lock:
            seen.append(attempt.id)
            if len(seen) == 12:
                stop.set()
        return {}

    jobs = [put(runtime, lane=str(number % 4)) for number in range(12)]
    watch = threading.Timer(60, stop.set)
    watch.start()

    run_worker(runtime, stop, kinds=Kind(act).kinds, threads=3, pause=0.05)
    watch.cancel()

    assert sorted(seen) == sorted(jobs)
    assert {runtime.read(lambda uow, one=one: get_job(uow, one), SYSTEM).state for one in jobs} == {"done"}  # type: ignore[misc]


def test_jobs_of_other_departments_are_neither_seen_nor_touched(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    def write(uow: UnitOfWork) -> tuple[uuid.UUID, Actor]:
        one = enqueue(uow, "test", {}, department=departments.press)
        return one, add_user(uow, "seller@example.org", {departments.sales: ["*:*"]})

    one, seller = runtime.write(write, admin)

    assert runtime.read(list_jobs, seller) == []
    with pytest.raises(NotFound):
        runtime.write(lambda uow: cancel_job(uow, one), seller)


def test_who_may_only_read_jobs_cannot_cancel_them(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    def write(uow: UnitOfWork) -> tuple[uuid.UUID, Actor]:
        one = enqueue(uow, "test", {}, department=departments.press)
        return one, add_user(uow, "reader@example.org", {departments.press: ["*:read"]})

    one, reader = runtime.write(write, admin)

    assert [item.id for item in runtime.read(list_jobs, reader)] == [one]
    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: cancel_job(uow, one), reader)


def test_a_job_is_in_the_table_with_the_actor_who_asked(runtime: Runtime, admin: Actor) -> None:
    one = runtime.write(lambda uow: enqueue(uow, "test", {}, department=None), admin)

    actor_id = select(job.c.actor_id).where(job.c.id == one)
    assert runtime.read(lambda uow: uow.execute(actor_id).scalar_one(), SYSTEM) == admin.user_id
