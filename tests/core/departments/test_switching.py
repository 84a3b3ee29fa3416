# SPDX-License-Identifier: Apache-2.0
"""Who may switch plugins on and off, what goes with them, and what becomes of decisions made at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.core.plugin_host.conftest import Strangers, place_for_strangers
from tests.factories.graph import Graph
from tests.factories.hives import FILES, HOOKS
from tests.factories.threads import run_together
from xrm.access.explaining import explain
from xrm.access.models import user
from xrm.departments.activation import Chosen, chosen, off_in
from xrm.departments.service import create_department
from xrm.departments.switching import offer_plugin, switch_plugin
from xrm.errors import Conflict, NotFound, PermissionDenied, XrmError
from xrm.unit_of_work import UnitOfWork


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Strangers]:
    with place_for_strangers(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def plugins(strangers: Strangers) -> Mapping[str, str]:
    strangers.add("apiary", HOOKS, requires="base", files=FILES)
    strangers.add("honey", requires="apiary")
    return {"base": "xrm_base", **strangers.packages}


def test_what_it_requires_goes_on_with_it_and_is_not_taken_from_under_it(graph: Graph) -> None:
    press = graph.departments.press
    with pytest.raises(Conflict, match="honey requires apiary"):
        graph.write(lambda uow: switch_plugin(uow, "apiary", [press], is_on=False))
    graph.write(lambda uow: switch_plugin(uow, "honey", [press], is_on=False))
    graph.write(lambda uow: switch_plugin(uow, "apiary", [press], is_on=False))

    done = graph.write(lambda uow: switch_plugin(uow, "honey", [press], is_on=True))

    assert (done.departments, done.along) == ((press,), ("apiary",))
    assert graph.read(lambda uow: off_in(uow, "apiary")) == frozenset()


def test_the_vocabulary_all_build_on_stays_on(graph: Graph) -> None:
    with pytest.raises(Conflict, match="build on"):
        graph.write(lambda uow: switch_plugin(uow, "base", [graph.departments.press], is_on=False))


def test_of_two_who_decide_at_once_one_is_told(graph: Graph) -> None:
    press = graph.departments.press
    anna = graph.user({None: ["*:*"]}, depth="all")
    graph.write(lambda uow: switch_plugin(uow, "honey", [press], is_on=False, expected={press: 0}), anna)

    with pytest.raises(Conflict, match="switched honey off in Press"):
        graph.write(lambda uow: switch_plugin(uow, "honey", [press], is_on=False, expected={press: 0}))


def test_a_new_department_takes_over_from_the_one_above(graph: Graph) -> None:
    graph.write(lambda uow: switch_plugin(uow, "honey", [graph.departments.press], is_on=False))

    below = graph.write(lambda uow: create_department(uow, "Radio", parent=graph.departments.press))
    beside = graph.write(lambda uow: create_department(uow, "Events"))

    assert graph.read(lambda uow: off_in(uow, "honey")) == {graph.departments.press, below}
    assert beside not in graph.read(lambda uow: off_in(uow, "honey"))


def test_a20_who_administers_a_department_switches_there_alone_and_what_is_offered(graph: Graph) -> None:
    press, sales = graph.departments.press, graph.departments.sales
    local = graph.user({press: ["*:administer", "*:read"]})
    reader = graph.user({press: ["*:read", "*:update"]})
    graph.write(lambda uow: switch_plugin(uow, "honey", [press, sales], is_on=False))
    graph.write(lambda uow: switch_plugin(uow, "apiary", [press, sales], is_on=False))

    for actor, name, where in (
        (reader, "honey", press), (local, "honey", sales), (local, "apiary", press),
        (local, "honey", press),  # what it requires has code, and is not offered
    ):
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow: switch_plugin(uow, name, [where], is_on=True), actor)
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: offer_plugin(uow, "apiary", is_offered=True), local)
    graph.write(lambda uow: offer_plugin(uow, "apiary", is_offered=True))

    graph.write(lambda uow: switch_plugin(uow, "honey", [press], is_on=True), local)

    assert graph.read(lambda uow: off_in(uow, "apiary")) == {sales}


def test_what_was_decided_and_taken_back_changes_nothing_for_others(graph: Graph) -> None:
    def fail(uow: UnitOfWork) -> None:
        switch_plugin(uow, "honey", [graph.departments.press], is_on=False)
        assert off_in(uow, "honey") == {graph.departments.press}
        raise XrmError("no")

    with pytest.raises(XrmError, match="no"):
        graph.write(fail)

    assert graph.read(lambda uow: off_in(uow, "honey")) == frozenset()


@pytest.mark.parametrize("is_mixed", [False, True])
def test_f29_of_several_at_once_one_is_accepted_and_the_others_are_told(graph: Graph, is_mixed: bool) -> None:
    press = graph.departments.press
    for turn in range(6):
        before = graph.read(lambda uow: chosen(uow, "honey").get(press, Chosen()))
        outcomes: list[str] = []

        def attempt(is_on: bool, version: int = before.version, told: list[str] = outcomes) -> None:
            try:
                done = graph.write(lambda uow: switch_plugin(uow, "honey", [press], is_on=is_on, expected={press: version}))
            except Conflict as error:
                told.append(error.code)
            else:
                told.append("done" if done.departments else "nothing to do")

        run_together([partial(attempt, (not before.is_on) ^ (is_mixed and number % 2 == 1)) for number in range(4)])

        after = graph.read(lambda uow: chosen(uow, "honey").get(press, Chosen()))
        assert (after.is_on, after.version, outcomes.count("done")) == (not before.is_on, before.version + 1, 1), turn
        assert set(outcomes) <= {"done", "nothing to do", "changed"}, turn


def test_an_explanation_names_the_plugin_that_is_off(graph: Graph) -> None:
    press, sales = graph.departments.press, graph.departments.sales
    one = graph.create("hive", {"name": "One"}, press)
    reader = graph.user({press: ["*:read"]})
    for name in ("honey", "apiary"):
        graph.write(lambda uow: switch_plugin(uow, name, [press], is_on=False))
    email = graph.read(lambda uow: uow.execute(select(user.c.email).where(user.c.id == reader.user_id)).scalar_one())

    told = graph.read(lambda uow: explain(uow, email, "read", one))

    assert (told.is_allowed, str(told.because)) == (False, "No: its plugin apiary is off in Press.")
    for actor in (graph.user({sales: ["*:*"]}), reader):
        with pytest.raises((NotFound, PermissionDenied)):
            graph.read(lambda uow: explain(uow, email, "read", one), actor)
