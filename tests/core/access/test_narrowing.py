# SPDX-License-Identifier: Apache-2.0
"""A plugin hides rows on top of all rights, on every surface; what it cannot say is hidden, and nobody else is concerned."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.factories.access import Departments, add_user
from xrm.departments.switching import switch_plugin
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities, get_entity, list_entities
from xrm.entities.service import create_entity
from xrm.errors import NotFound
from xrm.plugin_api import select
from xrm.plugin_host.host import PluginHost
from xrm.roles.queries import list_roles_of
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.schema.registry import ANY_PARTY
from xrm.search.queries import search, suggest
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

PLACE = Path(__file__).parents[2] / "third_party" / "discretion"
SYSTEM = system_actor()


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary and a plugin that hides notices before their day, secret advisors and people called Nobody."""
    monkeypatch.syspath_prepend(str(PLACE))
    yield {"base": "xrm_base", "discretion": "xrm_discretion"}
    for name in [name for name in sys.modules if name.partition(".")[0] == "xrm_discretion"]:
        del sys.modules[name]


@pytest.fixture
def planted(runtime: Runtime, departments: Departments) -> dict[str, uuid.UUID]:
    """Of each kind one row that is seen and one that is hidden, all in the department sales."""

    def write(uow: UnitOfWork) -> dict[str, uuid.UUID]:
        def make(kind: str, **fields: object) -> uuid.UUID:
            return create_entity(uow, kind, fields, department=departments.sales)

        later = (uow.today + timedelta(days=3)).isoformat()
        found = {
            "seen": make("notice", name="Obvious"), "hidden": make("notice", name="Obscure", shown_from=later),
            "past": make("notice", name="Old", shown_from=uow.today.isoformat()),
            "ada": make("person", first_name="Ada", last_name="Obvious"),
            "nobody": make("person", first_name="Ada", last_name="Nobody"),
        }
        found["open"] = start_role(uow, found["ada"], "advisor", {"subject": "bees"}, department=departments.sales)
        found["secret"] = start_role(uow, found["ada"], "advisor", {"subject": "secret"}, department=departments.sales)
        found["of_nobody"] = start_role(uow, found["nobody"], "advisor", {"subject": "wasps"}, department=departments.sales)
        return found

    return runtime.write(write, SYSTEM)


@pytest.fixture
def everywhere(admin: Actor) -> Actor:
    """A user with all rights."""
    return admin


@pytest.fixture
def somewhere(runtime: Runtime, departments: Departments) -> Actor:
    """A user with the rights of one department."""
    return runtime.write(lambda uow: add_user(uow, "seller@example.org", {departments.sales: ["*:*"]}), SYSTEM)


def titles(uow: UnitOfWork, kind: str) -> list[str]:
    return [one.title for one in list_entities(uow, ListQuery(kind)).items]


def shown(uow: UnitOfWork, planted: Mapping[str, uuid.UUID]) -> dict[str, Any]:
    """What somebody finds on each surface."""

    def opens(name: str) -> bool:
        try:
            get_entity(uow, planted[name])
        except NotFound:
            return False
        return True

    return {
        "notices": titles(uow, "notice"), "people": titles(uow, "person"), "parties": titles(uow, ANY_PARTY),
        "advisors": [one.id for one in list_entities(uow, ListQuery("advisor")).items],
        "count": count_entities(uow, ListQuery("notice")),
        "opens": [name for name in ("seen", "hidden", "past", "ada", "nobody") if opens(name)],
        "roles": [one.id for one in list_roles_of(uow, planted["ada"])],
        "found": sorted(hit.title for word in ("obvious", "obscure", "nobody") for hit in search(uow, word)),
        "by role": [hit.title for word in ("secret", "wasps") for hit in search(uow, word)],
        "suggested": [hit.title for hit in suggest(uow, "ob")],
        "selected": sorted(row.title for row in uow.execute(select(uow, "notice", ["title"]))),
    }


@pytest.mark.parametrize("who", ["everywhere", "somewhere"])
def test_hidden_rows_are_on_no_surface(
    runtime: Runtime, planted: dict[str, uuid.UUID], who: str, request: pytest.FixtureRequest
) -> None:
    found = runtime.read(lambda uow: shown(uow, planted), request.getfixturevalue(who))

    assert found == {
        "notices": ["Obvious", "Old"], "people": ["Ada Obvious"], "parties": ["Ada Obvious"], "advisors": [planted["open"]],
        "count": 2, "opens": ["seen", "past", "ada"], "roles": [planted["open"]], "found": ["Ada Obvious", "Obvious"],
        "by role": [], "suggested": ["Obvious", "Ada Obvious"], "selected": ["Obvious", "Old"],
    }


@pytest.mark.usefixtures("planted")
def test_the_system_sees_all(runtime: Runtime) -> None:
    assert runtime.read(lambda uow: titles(uow, "notice"), SYSTEM) == ["Obscure", "Obvious", "Old"]


@pytest.mark.parametrize("sabotage", ["raises", "none", "nonsense", "reads"])
def test_what_fails_hides_and_is_counted(
    runtime: Runtime, planted: dict[str, uuid.UUID], admin: Actor, monkeypatch: pytest.MonkeyPatch, sabotage: str
) -> None:
    monkeypatch.setenv("DISCRETION", sabotage)

    found = runtime.read(lambda uow: shown(uow, planted), admin)

    assert (found["notices"], found["people"], found["advisors"], found["selected"]) == ([], [], [], [])
    assert {failure.what for failure in runtime.host.watch.failures("discretion")} == {"narrow_visibility"}
    assert runtime.read(lambda uow: titles(uow, "organization"), admin) == []


@pytest.mark.usefixtures("planted")
def test_quarantine_and_safe_mode_lift_nothing(
    runtime: Runtime, admin: Actor, plugins: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCRETION", "raises")
    for _ in range(4):
        runtime.read(lambda uow: titles(uow, "notice"), admin)
    assert runtime.host.watch.is_quarantined("discretion")
    in_quarantine = runtime.read(lambda uow: titles(uow, "notice"), admin)
    monkeypatch.delenv("DISCRETION")
    after = runtime.read(lambda uow: titles(uow, "notice"), admin)
    runtime.host = PluginHost.open(packages=plugins, safe=True)
    safe = runtime.read(lambda uow: titles(uow, "notice"), admin)

    assert (in_quarantine, after, safe) == ([], ["Obvious", "Old"], [])


@pytest.mark.usefixtures("planted")
def test_rows_of_departments_without_the_plugin_are_seen(
    runtime: Runtime, admin: Actor, departments: Departments
) -> None:
    def write(uow: UnitOfWork) -> None:
        create_entity(uow, "person", {"last_name": "Nobody", "first_name": "Here"}, department=departments.sales)
        create_entity(uow, "person", {"last_name": "Nobody", "first_name": "There"}, department=departments.press)
        switch_plugin(uow, "discretion", [departments.press], is_on=False)

    runtime.write(write, SYSTEM)

    found = runtime.read(lambda uow: titles(uow, "person"), admin)
    assert any("There" in one for one in found)
    assert not any("Here" in one for one in found)


def test_without_such_a_plugin_the_gate_is_as_it_was(runtime: Runtime, admin: Actor) -> None:
    runtime.host = PluginHost.open(packages={"base": "xrm_base"})
    ask: Callable[[UnitOfWork], bool] = lambda uow: uow.host.is_narrowing  # noqa: E731

    assert runtime.read(ask, admin) is False
