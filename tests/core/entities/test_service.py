# SPDX-License-Identifier: Apache-2.0
"""Entities are created and changed whole or not at all, and no change of another is lost."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tests.factories.graph import Graph
from tests.factories.threads import run_together
from xrm.entities.listing import ListQuery
from xrm.entities.models import entity, party_department
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import Conflict, InvalidInput, NotFound
from xrm.jobs.models import outbox
from xrm.roles.models import role
from xrm.unit_of_work import UnitOfWork


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


def test_defaults_and_formulas_fill_a_new_entity(graph: Graph) -> None:
    ticket = graph.create("ticket", {"name": "A", "price": "0.10", "count": 3})

    fields = graph.read(lambda uow: get_entity(uow, ticket)).fields

    assert fields["total"] == Decimal("0.30")
    assert fields["double"] == 6
    assert fields["stage"] == "new"
    assert fields["due"] == datetime.now(UTC).date() + timedelta(days=7)


def test_a_required_field_must_be_filled_in(graph: Graph) -> None:
    with pytest.raises(InvalidInput) as caught:
        graph.create("ticket", {"code": "1"})

    assert [problem.path for problem in caught.value.problems] == ["name"]


def test_columns_of_the_table_cannot_be_assigned(graph: Graph) -> None:
    one = graph.organization()

    for key in (
        "id", "is_admin", "role_ids", "department_id", "owner_id", "created_by", "version", "title_key", "score", "deleted_at",
    ):
        with pytest.raises(InvalidInput):
            graph.write(lambda uow: update_entity(uow, one, {key: str(uuid.uuid4())}))

    assert graph.read(lambda uow: get_entity(uow, one)).version == 1


def test_a_computed_field_cannot_be_set(graph: Graph) -> None:
    with pytest.raises(InvalidInput, match="computed"):
        graph.create("ticket", {"name": "A", "total": "5"})


def test_a_value_is_dropped_when_its_condition_does_not_hold(graph: Graph) -> None:
    ticket = graph.create("ticket", {"name": "A", "urgent": True, "limit": 0})

    graph.write(lambda uow: update_entity(uow, ticket, {"urgent": False}))

    assert graph.read(lambda uow: get_entity(uow, ticket)).fields["limit"] is None


def test_a_stage_moves_only_as_declared_and_asks_what_it_needs(graph: Graph) -> None:
    ticket = graph.create("ticket", {"name": "A"})

    with pytest.raises(InvalidInput, match="cannot go from New to Closed"):
        graph.write(lambda uow: update_entity(uow, ticket, {"stage": "closed", "reason": "done"}))
    graph.write(lambda uow: update_entity(uow, ticket, {"stage": "open"}))
    with pytest.raises(InvalidInput) as caught:
        graph.write(lambda uow: update_entity(uow, ticket, {"stage": "closed"}))

    assert [problem.path for problem in caught.value.problems] == ["reason"]


def test_a_change_that_changes_nothing_keeps_the_version(graph: Graph) -> None:
    ticket = graph.create("ticket", {"name": "A", "count": 2})

    version = graph.write(lambda uow: update_entity(uow, ticket, {"name": "A", "count": "2"}))

    assert version == 1


def test_a_unique_value_belongs_to_one_entity(graph: Graph) -> None:
    graph.create("ticket", {"name": "A", "code": "X-1"})

    with pytest.raises(Conflict, match="Code is taken"):
        graph.create("ticket", {"name": "B", "code": "X-1"})


def test_an_identifier_belongs_to_one_entity(graph: Graph) -> None:
    where = graph.departments.sales

    def create(uow: UnitOfWork) -> uuid.UUID:
        return create_entity(uow, "organization", {"name": "A"}, department=where, identifiers={"erp": "1"})

    graph.write(create)

    with pytest.raises(Conflict, match="belongs to another"):
        graph.write(create)


def test_a_change_of_an_older_version_is_refused(graph: Graph) -> None:
    one = graph.organization()
    graph.write(lambda uow: update_entity(uow, one, {"name": "First"}, version=1))

    with pytest.raises(Conflict):
        graph.write(lambda uow: update_entity(uow, one, {"name": "Second"}, version=1))

    assert graph.read(lambda uow: get_entity(uow, one)).title == "First"


def test_no_update_of_many_writers_is_lost(graph: Graph) -> None:
    one = graph.create("ticket", {"name": "Counter", "count": 0})

    def step(uow: UnitOfWork) -> None:
        before = get_entity(uow, one)
        update_entity(uow, one, {"count": before.fields["count"] + 1}, version=before.version)

    def count_up() -> None:
        done = 0
        while done < 5:
            with suppress(Conflict):
                graph.write(step)
                done += 1

    run_together([count_up] * 8)

    assert graph.read(lambda uow: get_entity(uow, one)).fields["count"] == 40


def test_sixteen_writers_on_one_database_all_get_their_turn(graph: Graph) -> None:
    def write() -> None:
        for number in range(4):
            graph.organization(f"Writer {number}")

    run_together([write] * 16)

    assert graph.read(lambda uow: uow.execute(select(func.count()).select_from(entity)).scalar_one()) == 64


def test_a_new_name_reaches_every_copy_of_the_sort_key(graph: Graph) -> None:
    one = graph.organization("Alpha")
    facet = graph.role(one, department=graph.departments.press)

    graph.write(lambda uow: update_entity(uow, one, {"name": "Émile & Zoë"}))

    def keys(uow: UnitOfWork) -> set[str]:
        customer, organization = (uow.registry.get(name).table for name in ("customer", "organization"))
        found = set(uow.execute(select(party_department.c.title_key).where(party_department.c.entity_id == one)).scalars())
        found.add(uow.execute(select(customer.c.title_key).where(customer.c.id == facet)).scalar_one())
        found.add(uow.execute(select(organization.c.title_key).where(organization.c.id == one)).scalar_one())
        return found

    assert graph.read(keys) == {"emile & zoe"}
    assert graph.titles(ListQuery("customer")) == ["Émile & Zoë"]


def test_nothing_is_kept_of_a_unit_of_work_that_fails(graph: Graph) -> None:
    def fail(uow: UnitOfWork) -> None:
        create_entity(uow, "organization", {"name": "A"}, department=graph.departments.sales)
        create_entity(uow, "organization", {"name": ""}, department=graph.departments.sales)

    with pytest.raises(InvalidInput):
        graph.write(fail)

    def rows(uow: UnitOfWork) -> list[int]:
        tables = (entity, party_department, role, outbox)
        return [uow.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]

    assert graph.read(rows) == [0, 0, 0, 0]


def test_an_unknown_department_or_owner_is_said_so(graph: Graph) -> None:
    missing = uuid.uuid4()

    with pytest.raises(NotFound, match="no department"):
        graph.organization(department=missing)
    with pytest.raises(Conflict, match="not there any more"):
        graph.write(
            lambda uow: create_entity(uow, "organization", {"name": "A"}, department=graph.departments.sales, owner=missing)
        )


def test_a_link_to_the_wrong_type_or_to_nothing_is_refused(graph: Graph) -> None:
    organization = graph.organization()

    with pytest.raises(InvalidInput) as caught:
        graph.create("ticket", {"name": "A", "seen_by": str(organization), "kept_by": str(uuid.uuid4())})

    assert {problem.path for problem in caught.value.problems} == {"seen_by", "kept_by"}


def test_several_problems_of_a_batch_name_their_rows(graph: Graph) -> None:
    with pytest.raises(InvalidInput) as caught:
        graph.create("ticket", {"name": "A", "count": "many", "price": "dear"})

    assert [problem.path for problem in caught.value.problems] == ["count", "price"]
