# SPDX-License-Identifier: Apache-2.0
"""The sequencer: every committed entry gets one number, in order, whoever writes meanwhile and whoever is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import event, select, update

from tests.factories.graph import Graph
from tests.factories.threads import run_together
from xrm.audit.models import audit_entry, sequence_head
from xrm.audit.sequencing import has_waiting, new_holder, number_all, number_batch, number_waiting
from xrm.audit.verification import read_head, verify_chain
from xrm.entities.service import create_entity
from xrm.jobs.models import outbox
from xrm.unit_of_work import UnitOfWork, system_actor

SYSTEM = system_actor("test")
PROGRAM = """
import sys
from pathlib import Path
from tests.instances import open_with
from xrm.audit.sequencing import new_holder, number_waiting
from xrm.settings import Settings
runtime = open_with(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2], secret_key="x" * 40), {"base": "xrm_base"})
print("ready", flush=True)
from datetime import timedelta
number_waiting(runtime, new_holder(), batch=3, lease=timedelta(seconds=1))
"""


def numbers(graph: Graph, table: object = audit_entry) -> list[int | None]:
    statement = select(table.c.number).order_by(table.c.number)  # type: ignore[attr-defined]
    return list(graph.read(lambda uow: uow.execute(statement).scalars().all()))


def make_many(graph: Graph, count: int) -> None:
    def write(uow: UnitOfWork) -> None:
        for number in range(count):
            create_entity(uow, "organization", {"name": f"O{number}"}, department=graph.departments.sales)

    graph.write(write)


def test_what_is_written_waits_and_is_numbered_without_gaps(graph: Graph) -> None:
    make_many(graph, 7)
    assert numbers(graph) == [None] * 7

    assert number_waiting(graph.runtime, new_holder(), batch=3) >= 7

    assert numbers(graph) == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(graph, outbox) == [1]
    assert graph.read(verify_chain).is_whole


def test_threads_write_and_number_at_once(graph: Graph) -> None:
    def write(number: int) -> None:
        for each in range(8):
            graph.organization(f"O{number}-{each}")

    def sequence() -> None:
        holder = new_holder()
        for _ in range(6):
            number_waiting(graph.runtime, holder, batch=4)
            time.sleep(0.01)

    run_together([partial(write, number) for number in range(3)] + [sequence, sequence])
    number_all(graph.runtime)

    assert numbers(graph) == list(range(1, 25))
    assert numbers(graph, outbox) == list(range(1, 25))
    found = graph.read(verify_chain)
    assert (found.is_whole, found.verified, found.waiting) == (True, 24, 0)


def test_only_one_sequencer_works_until_its_lease_is_over(graph: Graph) -> None:
    make_many(graph, 5)
    lease = timedelta(seconds=0.5)
    assert graph.runtime.write(lambda uow: number_batch(uow, "audit", "first", batch=2, lease=lease), SYSTEM) == 2

    assert graph.runtime.write(lambda uow: number_batch(uow, "audit", "second", batch=2), SYSTEM) is None
    time.sleep(0.6)
    assert graph.runtime.write(lambda uow: number_batch(uow, "audit", "second", batch=9), SYSTEM) == 3

    assert numbers(graph) == [1, 2, 3, 4, 5]
    # The second found nothing more and let go of the lease.
    assert graph.read(lambda uow: uow.execute(select(sequence_head.c.leased_until)).scalars().first()) is None


def test_a_sequencer_that_fails_in_the_middle_leaves_nothing_behind(graph: Graph) -> None:
    make_many(graph, 4)

    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE sequence_head SET number"):
            raise KeyError("killed")

    event.listen(graph.runtime.engine, "before_cursor_execute", fail)
    with pytest.raises(KeyError):
        number_waiting(graph.runtime, new_holder())
    event.remove(graph.runtime.engine, "before_cursor_execute", fail)

    assert numbers(graph) == [None] * 4
    assert number_all(graph.runtime) >= 4
    assert numbers(graph) == [1, 2, 3, 4]


def test_another_goes_on_after_a_sequencer_was_killed(graph: Graph) -> None:
    make_many(graph, 300)
    settings = graph.runtime.settings
    command = [sys.executable, "-c", PROGRAM, str(settings.home), settings.database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        while not any(numbers(graph)):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=10) != 0

    assert graph.read(has_waiting)
    number_all(graph.runtime, patience=20)

    assert numbers(graph) == list(range(1, 301))
    assert graph.read(verify_chain).is_whole


def test_numbering_adds_no_statement_to_a_unit_of_work(graph: Graph) -> None:
    sent: list[str] = []
    event.listen(graph.runtime.engine, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement))

    graph.organization()

    assert not [one for one in sent if "sequence_head" in one or ("number" in one and "access_version" not in one)]


def test_numbers_go_on_where_the_head_stands(graph: Graph) -> None:
    make_many(graph, 1)
    number_all(graph.runtime)
    graph.runtime.write(lambda uow: uow.execute(update(sequence_head).values(leased_by="gone", leased_until=uow.now)), SYSTEM)
    make_many(graph, 2)

    number_all(graph.runtime)

    assert numbers(graph) == [1, 2, 3]
    assert graph.read(read_head).number == 3
