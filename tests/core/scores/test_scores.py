# SPDX-License-Identifier: Apache-2.0
"""Scores are computed for all at once, replaced as a whole, and seen only where entity, role and department may be seen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.core.plugin_host.conftest import Strangers, strangers
from tests.factories.access import Departments, add_user
from xrm.departments.switching import switch_plugin
from xrm.entities.queries import get_entity
from xrm.entities.removal import delete_entity
from xrm.entities.service import create_entity
from xrm.errors import NotFound, PermissionDenied
from xrm.jobs.service import enqueue
from xrm.jobs.worker import run_due
from xrm.overlay.guarding import guard_field
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.scores.models import score
from xrm.scores.queries import Score, list_scores, scores_for
from xrm.scores.running import ModelRun, compute_for, run_models
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm.work import KINDS

SYSTEM = system_actor("test")
MODELS = """
import sqlalchemy as sa
from xrm.plugin_api import *

asked = []

@hookimpl
def register_score_models():
    bands = (Band("long", label("Long", "Long"), 8, "good"), Band("short", label("Short", "Court"), 0))
    return [
        ScoreModel("length", label("Length", "Longueur"), "1", ("person", "organization"), length, bands),
        ScoreModel("standing", label("Standing", "Rang"), "1", ("customer",), standing),
        ScoreModel("trade", label("Trade", "Commerce"), "1", ("organization",), trade),
        ScoreModel("failing", label("Failing", "En panne"), "1", ("person",), failing),
    ]

def length(uow, type_name, entities):
    asked.append(type_name)
    rows = select(uow, type_name, ["id", "title", "department"]).subquery()
    statement = sa.select(rows) if entities is None else sa.select(rows).where(rows.c.id.in_(entities))
    for row in uow.execute(statement):
        reason = label(f"{len(row.title)} letters in {row.title}", f"{len(row.title)} lettres dans {row.title}")
        reasons = (Reason(reason, 1.5), Reason(msg("At most {most}.", most=3)))
        yield ScoreRow(row.id, len(row.title), reasons, department=row.department)

def standing(uow, type_name, entities):
    for row in uow.execute(select(uow, type_name, ["id", "party", "department"])):
        yield ScoreRow(row.party, 7, department=row.department, role=row.id)

def trade(uow, type_name, entities):
    for row in uow.execute(select(uow, type_name, ["id", "trade_name"])):
        if row.trade_name:
            yield ScoreRow(row.id, 1, (Reason(label(row.trade_name, row.trade_name)),))

def failing(uow, type_name, entities):
    for row in uow.execute(select(uow, type_name, ["id"])):
        yield ScoreRow(row.id, 1)
        raise ZeroDivisionError("a mistake of the model")
"""

__all__ = ["strangers"]


@pytest.fixture
def plugins(strangers: Strangers) -> Mapping[str, str]:
    strangers.add("measures", MODELS, requires="base", asks_for="reads: [person, organization, customer]")
    return {"base": "xrm_base", **strangers.packages}


def add(runtime: Runtime, name: str, department: uuid.UUID) -> uuid.UUID:
    return runtime.write(lambda uow: create_entity(uow, "organization", {"name": name}, department=department), SYSTEM)


def seen(runtime: Runtime, actor: Actor, one: uuid.UUID) -> list[Score]:
    return runtime.read(lambda uow: list_scores(uow, one), actor)


def run(runtime: Runtime, model: str | None = "length") -> dict[str, ModelRun]:
    return {one.model: one for one in run_models(runtime, SYSTEM, model)}


def test_a_score_keeps_value_band_and_reasons_in_both_languages(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    one = add(runtime, "Folk och fä", departments.sales)

    run(runtime)

    found = seen(runtime, admin, one)[0]
    assert (found.value, found.band and found.band.key, found.department_name, found.is_current) == (11, "long", "Sales", True)
    label = found.reasons[0].message
    assert (label.get("fr"), found.reasons[0].weight) == ("11 lettres dans Folk och fä", 1.5)  # type: ignore[union-attr]
    assert str(found.reasons[1].message) == "At most 3."


def test_a_model_is_asked_once_for_each_type(runtime: Runtime, departments: Departments) -> None:
    for number in range(5):
        add(runtime, f"Company {number}", departments.sales)
    model = runtime.host.contributed("register_score_models")[0].value

    counted = run(runtime)

    assert model.compute.__globals__["asked"] == ["person", "organization"]
    assert counted["length"].written == 5


def test_a_second_run_replaces_and_removes_what_is_gone(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    one, other = add(runtime, "Company", departments.sales), add(runtime, "Other", departments.sales)
    run(runtime)
    runtime.write(lambda uow: delete_entity(uow, other), admin)

    counted = run(runtime)["length"]

    assert (counted.written, counted.removed) == (1, 1)
    assert runtime.read(lambda uow: uow.execute(select(func.count()).select_from(score)).scalar_one(), SYSTEM) == 1
    assert len(seen(runtime, admin, one)) == 1


def test_a_model_that_fails_keeps_its_scores_and_the_others_run(runtime: Runtime, departments: Departments) -> None:
    add(runtime, "Company", departments.sales)
    runtime.write(lambda uow: create_entity(uow, "person", {"last_name": "Dupont"}, department=departments.sales), SYSTEM)

    counted = run(runtime, None)

    assert counted["failing"].failure is not None
    assert (counted["length"].written, counted["length"].failure) == (2, None)


def test_one_entity_is_computed_without_touching_the_others(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    one, other = add(runtime, "Company", departments.sales), add(runtime, "Other", departments.sales)

    compute_for(runtime, [one], "length")

    assert [len(seen(runtime, admin, each)) for each in (one, other)] == [1, 0]


def test_the_job_computes_what_its_payload_names(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    one = add(runtime, "Company", departments.sales)
    payload = {"model": "length", "entities": [str(one)]}
    runtime.write(lambda uow: enqueue(uow, "run_scores", payload, department=None), SYSTEM)

    run_due(runtime, kinds=KINDS)

    assert len(seen(runtime, admin, one)) == 1


def test_a_score_of_another_department_is_neither_listed_nor_in_a_column(
    runtime: Runtime, departments: Departments
) -> None:
    one = add(runtime, "Planted word", departments.press)

    def share(uow: UnitOfWork) -> tuple[uuid.UUID, Actor]:
        facet = start_role(uow, one, "customer", {"number": "1"}, department=departments.sales)
        return facet, add_user(uow, "seller@example.org", {departments.sales: ["*:read"]})

    facet, seller = runtime.write(share, SYSTEM)
    run(runtime, None)

    def columns(uow: UnitOfWork) -> list[Any]:
        return [scores_for(uow, [one], "length"), list(scores_for(uow, [facet], "standing"))]

    assert [(found.model.key, found.role) for found in seen(runtime, seller, one)] == [("standing", facet)]
    assert runtime.read(columns, seller) == [{}, [facet]]


def test_a_score_needs_a_right_of_its_own(runtime: Runtime, departments: Departments) -> None:
    one = add(runtime, "Company", departments.sales)
    run(runtime)
    reader = runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: ["organization:read"]}), SYSTEM)

    assert seen(runtime, reader, one) == []


def test_a_score_of_a_role_needs_sight_of_the_role(runtime: Runtime, departments: Departments) -> None:
    one = add(runtime, "Company", departments.sales)
    runtime.write(lambda uow: start_role(uow, one, "customer", {"number": "1"}, department=departments.sales), SYSTEM)
    run(runtime, None)
    rights = ["organization:read", "score:read"]
    reader = runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: rights}), SYSTEM)

    assert [found.model.key for found in seen(runtime, reader, one)] == ["length"]


def test_only_who_may_update_all_scores_computes_them(runtime: Runtime, departments: Departments) -> None:
    seller = runtime.write(lambda uow: add_user(uow, "s@example.org", {departments.sales: ["*:*"]}), SYSTEM)

    with pytest.raises(PermissionDenied):
        run_models(runtime, seller)


def test_an_unknown_model_is_named_with_the_nearest(runtime: Runtime) -> None:
    with pytest.raises(NotFound, match="length"):
        run_models(runtime, SYSTEM, "lenght")


def test_nothing_is_scored_for_a_department_where_the_plugin_is_off(runtime: Runtime, departments: Departments) -> None:
    add(runtime, "Company", departments.sales)
    add(runtime, "Journal", departments.press)
    runtime.write(lambda uow: switch_plugin(uow, "measures", [departments.press], is_on=False), SYSTEM)

    assert run(runtime)["length"].written == 1


def test_a_model_does_not_read_what_those_who_see_the_score_need_not_see(
    runtime: Runtime, admin: Actor, departments: Departments
) -> None:
    """A reason would tell the value of a guarded field to all who see the party."""
    values = {"name": "Acme", "trade_name": "Zanzibar"}
    one = runtime.write(lambda uow: create_entity(uow, "organization", values, department=departments.sales), admin)

    def told() -> str:
        run_models(runtime, SYSTEM, "trade")
        return repr(runtime.read(lambda uow: list_scores(uow, one), admin))

    before = told()
    guard_field(runtime, admin, "organization", "trade_name")
    after = told()

    assert "Zanzibar" in before
    assert "Zanzibar" not in after
    assert "trade_name" in runtime.read(lambda uow: get_entity(uow, one), SYSTEM).fields
