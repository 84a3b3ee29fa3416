# SPDX-License-Identifier: Apache-2.0
"""Verification: whatever is changed in the log by hand is found and named; what is erased by the program is no break."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from tests.factories.graph import Graph
from xrm.audit.chain import START, link
from xrm.audit.models import audit_entry, audit_value, sequence_head
from xrm.audit.sequencing import number_all
from xrm.audit.verification import Head, Verification, parse_head, read_head, verify_chain
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput, NotFound, PermissionDenied
from xrm.history.service import erase_values
from xrm.unit_of_work import UnitOfWork, system_actor

SYSTEM = system_actor("test")
TAMPERED: Mapping[str, Any] = {
    "id": uuid.UUID(int=7), "at": datetime(2020, 1, 1, tzinfo=UTC), "actor_kind": "system", "actor_id": uuid.UUID(int=1),
    "via": "web", "action": "entity.seen", "subject_type": "person", "subject_id": uuid.UUID(int=2),
    "entity_id": uuid.UUID(int=3), "department_id": uuid.UUID(int=4), "digest": bytes(32), "chain": bytes(32), "number": 99,
}


@pytest.fixture
def log(graph: Graph) -> Graph:
    """Five entries, numbered."""
    for number in range(5):
        graph.organization(f"O{number}")
    number_all(graph.runtime)
    return graph


def execute(graph: Graph, *statements: Any) -> None:
    graph.runtime.write(lambda uow: [uow.execute(one) for one in statements] and None, SYSTEM)


def verify(graph: Graph, noted: Head | None = None) -> Verification:
    return graph.read(lambda uow: verify_chain(uow, noted))


def test_a_log_as_it_was_written_is_whole(log: Graph) -> None:
    found = verify(log)

    assert (found.is_whole, found.verified, found.erased, found.waiting, found.head.number) == (True, 5, 0, 0, 5)


@pytest.mark.parametrize("column", sorted(TAMPERED))
def test_each_column_of_an_entry_that_is_changed_is_found(log: Graph, column: str) -> None:
    third = audit_entry.c.number == 3
    if column == "id":  # its values point to it
        its_id = select(audit_entry.c.id).where(third).scalar_subquery()
        execute(log, delete(audit_value).where(audit_value.c.audit_entry_id == its_id))
    execute(log, update(audit_entry).where(third).values({column: TAMPERED[column]}))

    found = verify(log)

    assert not found.is_whole
    assert 3 in {one.number for one in found.breaks}


@pytest.mark.parametrize(("column", "value"), [("changes", "[]"), ("salt", bytes(16))])
def test_a_value_that_is_changed_is_found_at_its_entry(log: Graph, column: str, value: object) -> None:
    second = select(audit_entry.c.id, audit_entry.c.at).where(audit_entry.c.number == 2)
    row = log.read(lambda uow: uow.execute(second).one())
    execute(log, update(audit_value).where(audit_value.c.audit_entry_id == row.id).values({column: value}))

    found = verify(log)

    assert [(one.number, one.id, one.at) for one in found.breaks] == [(2, row.id, row.at)]
    assert "digest" in str(found.breaks[0].message)


def test_every_column_is_tampered_with_here() -> None:
    assert set(TAMPERED) == set(audit_entry.c.keys())
    assert set(audit_value.c.keys()) == {"audit_entry_id", "salt", "changes"}


def test_an_entry_that_is_taken_out_leaves_a_gap(log: Graph) -> None:
    execute(log, delete(audit_entry).where(audit_entry.c.number.in_([2, 3])))

    found = verify(log)

    assert "Entries are missing: 2 to 3." in [str(one.message) for one in found.breaks]


def test_a_tail_that_is_cut_off_is_missed(log: Graph) -> None:
    execute(log, delete(audit_entry).where(audit_entry.c.number > 3))

    assert [str(one.message) for one in verify(log).breaks] == ["Entries are missing: 4 to 5."]


def test_a_tail_and_head_that_are_cut_off_are_missed_by_who_noted_the_head(log: Graph) -> None:
    noted = log.read(read_head)
    third = log.read(lambda uow: uow.execute(select(audit_entry.c.chain).where(audit_entry.c.number == 3)).scalar_one())
    values = {"number": 3, "chain": third}
    execute(log, delete(audit_entry).where(audit_entry.c.number > 3), update(sequence_head).values(values))

    assert verify(log).is_whole
    assert not verify(log, noted).is_whole


def test_a_tail_written_anew_is_found_by_who_noted_the_head(log: Graph) -> None:
    noted = log.read(read_head)
    assert verify(log, noted).is_whole

    def forge(uow: UnitOfWork) -> None:
        chain = START
        uow.execute(update(audit_entry).where(audit_entry.c.number == 4).values(via="cli"))
        for row in uow.execute(select(audit_entry).order_by(audit_entry.c.number)).all():
            chain = link(chain, row, row.number)
            uow.execute(update(audit_entry).where(audit_entry.c.id == row.id).values(chain=chain))
        uow.execute(update(sequence_head).where(sequence_head.c.name == "audit").values(chain=chain))

    log.runtime.write(forge, SYSTEM)

    assert verify(log).is_whole
    assert [one.number for one in verify(log, noted).breaks] == [5]


def test_an_entry_behind_the_head_is_found(log: Graph) -> None:
    row = log.read(lambda uow: uow.execute(select(audit_entry).where(audit_entry.c.number == 5)).mappings().one())
    execute(log, insert(audit_entry).values({**row, "id": uuid.UUID(int=9), "number": 6}))

    assert [str(one.message) for one in verify(log).breaks] == ["There are entries after the head that is kept."]


def test_erased_values_leave_the_chain_whole(log: Graph) -> None:
    one = log.organization("Canary Ltd")
    log.write(lambda uow: update_entity(uow, one, {"name": "Other"}))
    number_all(log.runtime)

    assert log.write(lambda uow: erase_values(uow, one, reason="asked for")) == 2

    number_all(log.runtime)
    found = verify(log)
    assert (found.is_whole, found.verified, found.erased) == (True, 8, 2)
    texts = log.read(lambda uow: uow.execute(select(audit_value.c.changes)).scalars().all())
    assert not [text for text in texts if "Canary" in text]


def test_values_are_erased_by_who_administers_the_log_everywhere(log: Graph) -> None:
    one = log.organization()
    local = log.user({log.departments.sales: ["*:read", "*:administer", "audit:administer"]})

    with pytest.raises(PermissionDenied):
        log.write(lambda uow: erase_values(uow, one), local)
    with pytest.raises(NotFound):
        log.write(lambda uow: erase_values(uow, uuid.UUID(int=5)))


def test_a_head_is_read_as_it_was_printed(log: Graph) -> None:
    head = log.read(read_head)

    assert parse_head(str(head)) == head
    with pytest.raises(InvalidInput):
        parse_head("12")
