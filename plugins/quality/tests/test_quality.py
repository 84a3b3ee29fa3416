# SPDX-License-Identifier: Apache-2.0
"""The value says how complete and fresh a party is, per department, and the reasons say what would improve it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from tests.factories.access import Departments, add_user
from xrm.contact_points.service import add_contact_point
from xrm.entities.models import entity
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity, update_entity
from xrm.interactions.service import record_interaction
from xrm.overlay.guarding import guard_field
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.scores.queries import Score, list_scores
from xrm.scores.running import run_models
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm_cli.main import run

SYSTEM = system_actor("test")


@pytest.fixture
def plugins() -> Mapping[str, str]:
    return {"base": "xrm_base", "quality": "xrm_quality"}


@pytest.fixture
def company(runtime: Runtime, departments: Departments) -> uuid.UUID:
    home = departments.sales
    return runtime.write(lambda uow: create_entity(uow, "organization", {"name": "Engines"}, department=home), SYSTEM)


def measured(runtime: Runtime, party: uuid.UUID, actor: Actor = SYSTEM) -> list[Score]:
    run_models(runtime, SYSTEM, "quality")
    return runtime.read(lambda uow: list_scores(uow, party), actor)


def reasons(found: Score, language: str = "en") -> list[str]:
    return [reason.message.get(language) for reason in found.reasons]  # type: ignore[union-attr]


def test_a_bare_party_is_poor_and_says_why_in_both_languages(runtime: Runtime, company: uuid.UUID) -> None:
    found = measured(runtime, company)[0]

    assert found.band is not None
    assert found.band.key == "poor"
    assert "No e-mail address" in reasons(found)
    assert "Pas d’adresse électronique" in reasons(found, "fr")
    assert any(text.startswith("Empty: ") and "City" in text for text in reasons(found))


def test_value_and_weights_of_the_reasons_add_up(runtime: Runtime, company: uuid.UUID) -> None:
    found = measured(runtime, company)[0]

    assert found.value - sum(reason.weight for reason in found.reasons) == pytest.approx(100, abs=0.3)


def test_each_thing_filled_in_raises_the_value(runtime: Runtime, company: uuid.UUID) -> None:
    def value() -> float:
        return measured(runtime, company)[0].value

    values = [value()]
    runtime.write(lambda uow: update_entity(uow, company, {"city": "Lyon"}), SYSTEM)
    values.append(value())
    for kind, address in (("email", "a@example.com"), ("phone", "+33612345678")):
        runtime.write(lambda uow, kind=kind, address=address: add_contact_point(uow, company, kind, address), SYSTEM)  # type: ignore[misc]
        values.append(value())

    assert values == sorted(set(values))


def test_what_nobody_touched_for_years_is_worth_less(runtime: Runtime, company: uuid.UUID, departments: Departments) -> None:
    fresh = measured(runtime, company)[0]

    def age(uow: UnitOfWork) -> None:
        uow.execute(update(entity).where(entity.c.id == company).values(updated_at=uow.now - timedelta(days=3 * 365 + 1)))

    runtime.write(age, SYSTEM)
    stale = measured(runtime, company)[0]
    talk = {"department": departments.sales, "participants": [company], "subject": "Hello"}
    runtime.write(lambda uow: record_interaction(uow, "call", **talk), SYSTEM)  # type: ignore[arg-type]

    assert stale.value < fresh.value
    assert "Nothing new for 3 years" in reasons(stale)
    assert measured(runtime, company)[0].value == fresh.value


def test_what_one_department_knows_does_not_show_in_the_score_of_another(
    runtime: Runtime, company: uuid.UUID, departments: Departments
) -> None:
    def write(uow: UnitOfWork) -> Actor:
        start_role(uow, company, "customer", {"number": "1"}, department=departments.press)
        add_contact_point(uow, company, "email", "secret@example.com", department=departments.press)
        return add_user(uow, "seller@example.org", {departments.sales: ["*:read"]})

    seller = runtime.write(write, SYSTEM)

    mine = measured(runtime, company, seller)

    assert [found.department for found in mine] == [departments.sales]
    assert "No e-mail address" in reasons(mine[0])
    assert len(measured(runtime, company)) == 2


def test_the_command_shows_the_label_of_the_band_in_the_language_of_the_instance(
    runtime: Runtime, company: uuid.UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime.settings = replace(runtime.settings, language="fr")
    measured(runtime, company)

    assert run(["score", "show", str(company)], runtime) == 0
    shown = capsys.readouterr().out
    assert run(["score", "show", str(company), "--json"], runtime) == 0
    item = json.loads(capsys.readouterr().out)["items"][0]

    assert "Faible" in shown
    assert "poor" not in shown
    assert (item["band"], item["band_label"]) == ("poor", "Faible")


def test_the_number_of_statements_does_not_grow_with_the_parties(runtime: Runtime, departments: Departments) -> None:
    def count() -> int:
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        event.listen(runtime.engine, "before_cursor_execute", note)
        run_models(runtime, SYSTEM, "quality")
        event.remove(runtime.engine, "before_cursor_execute", note)
        return len(statements)

    def add(uow: UnitOfWork) -> None:
        for number in range(20):
            create_entity(uow, "organization", {"name": f"Company {number}"}, department=departments.sales)

    runtime.write(add, SYSTEM)
    count()  # what is read once for the process
    few = count()
    runtime.write(add, SYSTEM)

    assert count() == few


def test_the_panel_shows_value_and_what_would_improve_it(runtime: Runtime, company: uuid.UUID, admin: Actor) -> None:
    measured(runtime, company)

    def build(uow: UnitOfWork) -> tuple[Any, ...]:
        answer = uow.host.ask("panels", uow=uow, entity=get_entity(uow, company)).items[0]
        return uow.host.build(answer.plugin, answer.value, uow)

    metric, table = runtime.read(build, admin)

    assert (metric.maximum, metric.tone) == (100, "bad")
    assert ("No e-mail address" in [row[0].get("en") for row in table.rows])
    assert table.rows[0][1].startswith("+")


def test_the_health_check_asks_for_a_first_run(runtime: Runtime, company: uuid.UUID, admin: Actor) -> None:
    def state(uow: UnitOfWork) -> str:
        return str(uow.host.ask("health_checks", uow=uow).values[0].state)

    before = runtime.read(state, admin)
    measured(runtime, company)

    assert (before, runtime.read(state, admin)) == ("warn", "good")


def test_a_guarded_field_counts_for_nothing_and_is_not_told(runtime: Runtime, admin: Actor, company: uuid.UUID) -> None:
    guard_field(runtime, admin, "organization", "city")
    empty = measured(runtime, company)[0]
    runtime.write(lambda uow: update_entity(uow, company, {"city": "Lyon"}), SYSTEM)
    filled = measured(runtime, company)[0]

    assert empty.value == filled.value
    assert not any("City" in text for text in (*reasons(empty), *reasons(filled)))
