# SPDX-License-Identifier: Apache-2.0
"""One entry per entity and unit of work, with a digest of its values; events leave only what was committed."""

from __future__ import annotations

import hashlib
import json
import uuid

import pytest
from sqlalchemy import select

from tests.factories.graph import Graph
from xrm.audit.models import audit_entry, audit_value
from xrm.contact_points.service import add_contact_point
from xrm.entities.service import create_entity, update_entity
from xrm.jobs.models import outbox
from xrm.roles.service import start_role
from xrm.unit_of_work import UnitOfWork


def test_all_that_one_unit_of_work_does_to_an_entity_is_one_entry(graph: Graph) -> None:
    where = graph.departments.sales

    def write(uow: UnitOfWork) -> uuid.UUID:
        one = create_entity(uow, "organization", {"name": "Acme"}, department=where)
        start_role(uow, one, "customer", {"number": "C1"}, department=where)
        add_contact_point(uow, one, "email", "info@example.org")
        update_entity(uow, one, {"name": "Acme & Söhne"})
        return one

    one = graph.write(write)

    statement = select(audit_entry, audit_value.c.salt, audit_value.c.changes).join(audit_value)
    entries = graph.read(lambda uow: uow.execute(statement).all())
    assert [(row.entity_id, row.action, row.actor_id) for row in entries] == [(one, "entity.created", graph.admin.user_id)]
    assert entries[0].digest == hashlib.sha256(entries[0].salt + entries[0].changes.encode()).digest()
    actions = [change["action"] for change in json.loads(entries[0].changes)]
    assert actions == ["entity.created", "role.started", "contact_point.added", "entity.updated"]


def test_events_of_one_kind_share_a_row_of_up_to_a_thousand_ids(graph: Graph) -> None:
    where = graph.departments.sales

    def write(uow: UnitOfWork) -> list[uuid.UUID]:
        return [create_entity(uow, "organization", {"name": f"O{number}"}, department=where) for number in range(3)]

    ids = graph.write(write)

    rows = graph.read(lambda uow: uow.execute(select(outbox).where(outbox.c.event == "entity.created")).all())
    assert [json.loads(row.payload)["ids"] for row in rows] == [[str(one) for one in ids]]


def test_a_unit_of_work_that_fails_leaves_neither_entry_nor_event(graph: Graph) -> None:
    def write(uow: UnitOfWork) -> None:
        create_entity(uow, "organization", {"name": "A"}, department=graph.departments.sales)
        raise KeyError("plugin")

    with pytest.raises(KeyError):
        graph.write(write)

    found = graph.read(lambda uow: [uow.execute(select(table)).all() for table in (audit_entry, audit_value, outbox)])
    assert found == [[], [], []]
