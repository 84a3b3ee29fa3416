# SPDX-License-Identifier: Apache-2.0
"""Rights that are kept are read anew by every process after whatever changed them, whether or not its writer thought of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, update

from tests.factories.graph import Graph
from xrm.access.models import grant, membership, permission
from xrm.access.policy import allowed, visible_entity
from xrm.access.rights import access_of
from xrm.core_tables import metadata
from xrm.db.ids import new_id
from xrm.db.metadata import DECIDES_RIGHTS
from xrm.departments.activation import activations
from xrm.departments.models import department, plugin_activation
from xrm.departments.queries import get_tree
from xrm.departments.service import rename_department
from xrm.entities.listing import ListQuery
from xrm.entities.queries import list_entities
from xrm.runtime import Runtime
from xrm.sharing.models import share
from xrm.unit_of_work import Actor, UnitOfWork


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


@pytest.fixture
def other(graph: Graph) -> Runtime:
    """Another process on the same database."""
    return Runtime(graph.runtime.settings, graph.runtime.engine, graph.runtime.host, graph.runtime.registry)


# Each writes one table and says nothing to anybody.
CHANGES: Mapping[str, Callable[[UnitOfWork, Actor, uuid.UUID], Any]] = {
    "grant": lambda _, who, __: delete(grant).where(grant.c.user_id == who.user_id),
    "permission": lambda _, __, ___: delete(permission).where(permission.c.permission == "ticket:read"),
    "share": lambda _, __, one: delete(share).where(share.c.entity_id == one),
    "membership": lambda _, who, __: delete(membership).where(membership.c.user_id == who.user_id),
    "activation": lambda uow, _, __: insert(plugin_activation).values(
        [{"plugin": "trial", "department_id": one, "is_on": False} for one in get_tree(uow).by_id]
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whoever_writes_a_table_that_decides_rights_is_felt_in_every_process(graph: Graph, other: Runtime, name: str) -> None:
    sales, press = graph.departments.sales, graph.departments.press
    who = graph.user({sales: ["ticket:read"]})
    graph.create("ticket", {"name": "Mine"}, sales)
    lent = graph.create("ticket", {"name": "Lent"}, press)
    graph.write(lambda uow: uow.execute(insert(share).values(
        id=new_id(), entity_id=lent, department_id=sales, action="read", note="", created_at=uow.now)))

    def titles(uow: UnitOfWork) -> list[str]:
        return [one.title for one in list_entities(uow, ListQuery("ticket")).items]

    before = [each.read(titles, who) for each in (graph.runtime, other)]
    graph.write(lambda uow: uow.execute(CHANGES[name](uow, who, lent)))
    after = [each.read(titles, who) for each in (graph.runtime, other)]

    left = {"grant": ["Lent"], "permission": ["Lent"], "share": ["Mine"], "membership": ["Mine"], "activation": []}[name]
    assert before == [["Lent", "Mine"]] * 2
    assert after == [left] * 2


def test_the_same_unit_of_work_feels_its_own_change(graph: Graph) -> None:
    who = graph.user({graph.departments.sales: ["*:*"]})

    def change(uow: UnitOfWork) -> tuple[bool, bool, str]:
        before = allowed(uow, "ticket:read")
        uow.execute(update(department).where(department.c.id == graph.departments.sales).values(name="Other"))
        uow.execute(delete(grant).where(grant.c.user_id == who.user_id))
        return before, allowed(uow, "ticket:read"), get_tree(uow).by_id[graph.departments.sales].name

    assert graph.write(change, who) == (True, False, "Other")


def test_a_change_that_fails_leaves_no_trace_in_what_is_kept(graph: Graph) -> None:
    who = graph.user({graph.departments.sales: ["*:*"]})

    def change(uow: UnitOfWork) -> None:
        uow.execute(delete(grant).where(grant.c.user_id == who.user_id))
        assert not allowed(uow, "ticket:read")
        raise LookupError

    assert graph.read(lambda uow: allowed(uow, "ticket:read"), who)
    with pytest.raises(LookupError):
        graph.write(change, who)
    assert graph.read(lambda uow: allowed(uow, "ticket:read"), who)


def test_every_table_that_is_read_for_what_is_kept_is_one_that_decides_rights(graph: Graph) -> None:
    """Whoever keeps more than today has to mark the table it comes from; this fails until they do."""
    who = graph.user({graph.departments.sales: ["*:read"]})
    graph.write(lambda uow: rename_department(uow, graph.departments.press, "Newsroom"))
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement.replace('"', "").replace("\n", " "))

    event.listen(graph.runtime.engine, "before_cursor_execute", note)
    try:
        graph.read(lambda uow: (access_of(uow), get_tree(uow), activations(uow), visible_entity(uow)), who)
    finally:
        event.remove(graph.runtime.engine, "before_cursor_execute", note)

    names = {one.name for one in metadata.sorted_tables}
    read = {word for text in sent for word in text.replace(",", " ").replace(")", " ").split() if word in names}
    decide = {one.name for one in metadata.sorted_tables if DECIDES_RIGHTS.items() <= one.info.items()}
    assert read >= {"grant", "permission", "share", "membership", "department", "plugin_activation"}
    assert read - {"access_version"} <= decide
