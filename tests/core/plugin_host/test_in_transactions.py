# SPDX-License-Identifier: Apache-2.0
"""A plugin that fails inside a transaction spoils neither the page nor the data."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.core.plugin_host.conftest import Strangers
from tests.factories.access import Departments
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities, get_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import InvalidInput, PluginError
from xrm.plugin_host.answers import Answers
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork

HOOKS = """
from sqlalchemy import text

@hookimpl
def menu_items(uow):
    uow.execute(text("SELECT nothing FROM nowhere"))

@hookimpl
def validate_entities(uow, changes):
    wanted = {change.after["first_name"] for change in changes if change.type == "person"}
    if "Bad" in wanted:
        uow.execute(text("SELECT nothing FROM nowhere"))
    return [Refusal(change, msg("Not him."), "first_name") for change in changes if change.after["first_name"] == "Bob"]
"""


@pytest.fixture
def plugins(strangers: Strangers) -> Mapping[str, str]:
    """The base vocabulary and a saboteur."""
    strangers.add("saboteur", HOOKS)
    return {"base": "xrm_base"} | strangers.packages


def count_people(uow: UnitOfWork) -> int:
    return count_entities(uow, ListQuery("person"))


def test_the_page_goes_on_after_a_statement_of_a_plugin_that_failed(runtime: Runtime, admin: Actor) -> None:
    def page(uow: UnitOfWork) -> tuple[int, Answers, int]:
        return count_people(uow), uow.host.ask("menu_items", uow=uow), count_people(uow)

    before, answers, after = runtime.read(page, admin)

    assert before == after
    assert [failure.plugin for failure in answers.failures] == ["saboteur"]


@pytest.mark.parametrize(("name", "error"), [("Bad", PluginError), ("Bob", InvalidInput)])
def test_nothing_is_written_when_validation_fails_or_refuses(
    runtime: Runtime, admin: Actor, departments: Departments, name: str, error: type[Exception]
) -> None:
    def write(uow: UnitOfWork) -> None:
        create_entity(uow, "person", {"first_name": "Ada", "last_name": "L"}, department=departments.sales)
        create_entity(uow, "person", {"first_name": name, "last_name": "L"}, department=departments.sales)

    with pytest.raises(error):
        runtime.write(write, admin)

    assert runtime.read(count_people, admin) == 0


def test_an_update_is_validated_too(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    values = {"first_name": "Ada", "last_name": "L"}
    person = runtime.write(lambda uow: create_entity(uow, "person", values, department=departments.sales), admin)

    with pytest.raises(InvalidInput, match="Not him"):
        runtime.write(lambda uow: update_entity(uow, person, {"first_name": "Bob"}), admin)

    assert runtime.read(lambda uow: get_entity(uow, person), admin).fields["first_name"] == "Ada"
