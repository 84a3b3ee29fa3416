# SPDX-License-Identifier: Apache-2.0
"""What the press plugin refuses to have written, and what it reports as forgotten."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from plugins.press.tests.conftest import Office
from tests.factories.access import Departments
from tests.factories.graph import Graph
from xrm.entities.service import create_entity, update_entity
from xrm.errors import InvalidInput
from xrm.plugin_api import HealthCheck, Label, UnitOfWork
from xrm.unit_of_work import Actor


def refused(graph: Graph, office: Office, write: Any) -> list[str]:
    """The fields that were refused."""
    with pytest.raises(InvalidInput) as caught:
        graph.write(write, office.editor)
    return [problem.path for problem in caught.value.problems]


def move(graph: Graph, office: Office, release: uuid.UUID, *stages: str) -> None:
    """Take a release from stage to stage."""
    for stage in stages:
        values = {"stage": stage}
        graph.write(partial(update_entity, entity_id=release, raw=values), office.editor)


def test_coverage_cannot_lie_in_the_future(graph: Graph, office: Office, departments: Departments) -> None:
    def write(uow: UnitOfWork) -> uuid.UUID:
        values = {"headline": "Soon", "outlet": office.outlet, "published_on": uow.today + timedelta(days=1)}
        return create_entity(uow, "coverage", values, department=departments.press)

    assert refused(graph, office, write) == ["published_on"]


def test_coverage_of_today_is_fine(graph: Graph, office: Office, departments: Departments) -> None:
    def write(uow: UnitOfWork) -> uuid.UUID:
        values = {"headline": "Now", "outlet": office.outlet, "published_on": uow.today}
        return create_entity(uow, "coverage", values, department=departments.press)

    assert graph.write(write, office.editor)


def test_an_embargo_must_lie_ahead(graph: Graph, office: Office, departments: Departments) -> None:
    def write(uow: UnitOfWork) -> uuid.UUID:
        values = {"headline": "Late", "embargo_until": uow.now - timedelta(minutes=1)}
        return create_entity(uow, "release", values, department=departments.press)

    assert refused(graph, office, write) == ["embargo_until"]


def test_a_release_without_text_cannot_be_sent(graph: Graph, office: Office, departments: Departments) -> None:
    empty = graph.create("release", {"headline": "Empty"}, departments.press)
    move(graph, office, empty, "review", "approved")

    assert refused(graph, office, lambda uow: update_entity(uow, empty, {"stage": "sent", "sent_on": uow.today})) == ["summary"]


def test_a_release_with_text_is_sent_stage_by_stage(graph: Graph, office: Office) -> None:
    move(graph, office, office.release, "review", "approved")

    version = graph.write(lambda uow: update_entity(uow, office.release, {"stage": "sent", "sent_on": uow.today}), office.editor)

    assert version == 4


def test_what_is_not_changed_is_not_judged_again(graph: Graph, office: Office) -> None:
    forget(graph, office)

    assert graph.write(lambda uow: update_entity(uow, office.release, {"headline": "A factory"}), office.editor) == 2


def forget(graph: Graph, office: Office) -> None:
    """Let the embargo of the release pass."""

    def pass_by(uow: UnitOfWork) -> None:
        table = uow.registry.get("release").table
        uow.execute(update(table).where(table.c.id == office.release).values(embargo_until=uow.now - timedelta(days=1)))

    graph.write(pass_by)


def checks(graph: Graph, actor: Actor) -> list[HealthCheck]:
    """What the press plugin reports of itself."""
    return list(graph.read(lambda uow: uow.host.ask("health_checks", uow=uow).values, actor))


def test_a_release_forgotten_after_its_embargo_is_reported(graph: Graph, office: Office, admin: Actor) -> None:
    before = [check.state for check in checks(graph, admin)]
    forget(graph, office)

    (after,) = checks(graph, admin)

    assert before == ["good"]
    assert isinstance(after.message, Label)
    assert (after.state, after.message.get("en"), after.message.get("fr")) == ("warn", "1 never sent.", "1 jamais diffusé.")
    assert after.remedy
