# SPDX-License-Identifier: Apache-2.0
"""Who saw whom: noted without a write, written by one thread, once an hour for each user and entity."""

from __future__ import annotations

import time
import uuid

import pytest
from sqlalchemy import event, select

from tests.factories.graph import Graph
from xrm.audit.models import access_entry, access_entry_entity
from xrm.errors import NotFound
from xrm.history.access_log import AccessLog, record_export
from xrm.history.log import Access, list_accesses
from xrm.unit_of_work import system_actor


def accesses(graph: Graph, one: object) -> list[Access]:
    return graph.read(lambda uow: list_accesses(uow, one)[0])  # type: ignore[arg-type]


def test_looking_writes_nothing_until_it_is_flushed(graph: Graph) -> None:
    one, sent = graph.organization(), list[str]()
    log = AccessLog(graph.runtime, every=0)
    event.listen(graph.runtime.engine, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement))

    log.seen(graph.admin, one, "organization")
    log.seen(graph.admin, one, "organization")
    assert sent == []
    log.flush()

    assert [(each.user, each.kind, each.type) for each in accesses(graph, one)] == [("admin", "seen", "organization")]


def test_two_processes_tell_of_the_same_hour_once(graph: Graph) -> None:
    one = graph.organization()
    for _ in range(2):
        log = AccessLog(graph.runtime, every=0)
        log.seen(graph.admin, one, "organization")
        log.flush()

    assert len(accesses(graph, one)) == 1


def test_the_system_is_nobody_who_looks(graph: Graph) -> None:
    one = graph.organization()
    log = AccessLog(graph.runtime, every=0)
    log.seen(system_actor(), one, "organization")
    log.flush()

    assert accesses(graph, one) == []


def test_an_export_is_one_entry_with_all_that_left(graph: Graph) -> None:
    ids = [graph.organization(f"O{number}") for number in range(30)]
    log = AccessLog(graph.runtime, every=0)
    export = log.begin_export(graph.admin, "organization", "q=O")
    export.add(ids[:20])
    log.flush()
    assert [each.count for each in accesses(graph, ids[0])] == [None]
    export.add(ids[10:])
    export.end(30)
    log.flush()

    found = accesses(graph, ids[29])
    assert [(each.kind, each.type, each.filter, each.count) for each in found] == [("exported", "organization", "q=O", 30)]
    rows = graph.read(lambda uow: uow.execute(select(access_entry_entity.c.entity_id)).scalars().all())
    assert sorted(rows) == sorted(ids)


def test_an_export_that_is_whole_already_is_noted_at_once(graph: Graph) -> None:
    one = graph.organization()
    graph.write(lambda uow: record_export(uow, "sales", "", 7, [one]))

    assert [(each.type, each.count) for each in accesses(graph, one)] == [("sales", 7)]


def test_the_thread_writes_by_itself(graph: Graph) -> None:
    one = graph.organization()
    log = AccessLog(graph.runtime, every=0.05)
    log.seen(graph.admin, one, "organization")

    deadline = time.monotonic() + 20
    while not accesses(graph, one) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(accesses(graph, one)) == 1


def test_notes_are_kept_while_the_database_does_not_take_them(graph: Graph) -> None:
    one = graph.organization()
    log = AccessLog(graph.runtime, every=0)
    log.seen(graph.admin, one, "organization")

    def refuse(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO access_entry"):
            raise NotFound("the table")

    event.listen(graph.runtime.engine, "before_cursor_execute", refuse)
    with pytest.raises(NotFound):
        log.flush()
    event.remove(graph.runtime.engine, "before_cursor_execute", refuse)
    log.flush()

    assert len(accesses(graph, one)) == 1
    assert graph.read(lambda uow: len(uow.execute(select(access_entry)).all())) == 1


def test_who_saw_it_is_for_who_may_audit_its_home_department(graph: Graph) -> None:
    one = graph.organization()
    log = AccessLog(graph.runtime, every=0)
    log.seen(graph.admin, one, "organization")
    log.flush()
    sales, press = graph.departments.sales, graph.departments.press
    graph.role(one, values={"number": "1"}, department=press)

    allowed = graph.user({sales: ["audit:read", "organization:read"]})
    assert len(graph.read(lambda uow: list_accesses(uow, one)[0], allowed)) == 1
    refused: list[dict[uuid.UUID | None, list[str]]] = [
        {sales: ["*:read"]}, {press: ["audit:read", "*:read"]}, {sales: ["audit:read"]},
    ]
    for rights in refused:
        with pytest.raises(NotFound):
            graph.read(lambda uow: list_accesses(uow, one), graph.user(rights))
