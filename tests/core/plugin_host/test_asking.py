# SPDX-License-Identifier: Apache-2.0
"""A plugin gets from plugin_api what its manifest asks for, and no more; core and tests are not held to anything."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.core.plugin_host.conftest import place_for_strangers
from tests.factories.access import Departments, add_user
from xrm import plugin_api
from xrm.audit.models import audit_entry
from xrm.contact_points.models import contact_point
from xrm.contact_points.service import add_contact_point
from xrm.entities.service import create_entity
from xrm.errors import PluginError
from xrm.plugin_host.guard import PluginFailed
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor()
NEST = """\
entity: nest
kind: record
label: {en: {one: nest, many: nests}, fr: {one: nid, many: nids, gender: m}}
title: "{name}"
fields:
  name: {type: text, required: true, label: {en: Name, fr: Nom}}
"""
CHANNEL = """
@hookimpl
def register_channels():
    from xrm.channels.contract import Channel, SendResult
    return [Channel("song", "Song", ("email",), lambda message, settings: SendResult.sent(), has_subject=False)]
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary, a plugin that asks for nothing, one for some things, one for everything."""
    with place_for_strangers(tmp_path, monkeypatch) as strangers:
        strangers.add("bare", CHANNEL, requires="base", files={"entities/nest.yaml": NEST})
        strangers.add("some", "", asks_for="reads: [party, score], writes: [interaction, person], system: [counting]")
        strangers.add("every", "", asks_for="reads: ['*'], writes: ['*'], sends: ['*']")
        yield {"base": "xrm_base", **strangers.packages}


@pytest.fixture
def person(runtime: Runtime, departments: Departments) -> uuid.UUID:
    """A person of the department sales."""

    def write(uow: UnitOfWork) -> uuid.UUID:
        made = create_entity(uow, "person", {"first_name": "Ada", "last_name": "Byron"}, department=departments.sales)
        add_contact_point(uow, made, "email", "ada@example.org", department=departments.sales)
        return made

    return runtime.write(write, SYSTEM)


def asks(runtime: Runtime, plugin: str, function: Callable[[UnitOfWork], object], actor: Actor = SYSTEM) -> str:
    """What the plugin is told when its code does this; empty when it may."""
    try:
        runtime.write(lambda uow: uow.host.call(plugin, "trial", object, function, uow), actor)
    except PluginFailed:
        raise
    except PluginError as error:
        return str(error) if error.plugin == plugin else f"blames {error.plugin}"
    return ""


def calls(departments: Departments, person: uuid.UUID) -> dict[str, Callable[[UnitOfWork], Any]]:
    def address(uow: UnitOfWork) -> uuid.UUID:
        found: uuid.UUID = uow.execute(select(contact_point.c.id)).scalar_one()
        return found

    sales, name = departments.sales, {"first_name": "Bob", "last_name": "Byron"}
    return {
        "select person": lambda uow: plugin_api.select(uow, "person"),
        "select customer": lambda uow: plugin_api.select(uow, "customer"),
        "select nest": lambda uow: plugin_api.select(uow, "nest"),
        "select contact_point": lambda uow: plugin_api.select(uow, "contact_point"),
        "select relationship": lambda uow: plugin_api.select(uow, type="relationship"),
        "list_scores": lambda uow: plugin_api.list_scores(uow, person),
        "create person": lambda uow: plugin_api.create_entity(uow, "person", name, department=sales),
        "create organization": lambda uow: plugin_api.create_entity(uow, "organization", {"name": "A"}, department=sales),
        "create nest": lambda uow: plugin_api.create_entity(uow, "nest", {"name": "A"}, department=sales),
        "update person": lambda uow: plugin_api.update_entity(uow, person, {"first_name": "Eve"}),
        "record_interaction": lambda uow: plugin_api.record_interaction(
            uow, "call", department=sales, participants=[person], subject="Hello"),
        "relate": lambda uow: plugin_api.relate(
            uow, "works_for", person, create_entity(uow, "organization", {"name": "B"}, department=sales)),
        "write_message": lambda uow: plugin_api.write_message(uow, "song", person, to=address(uow), body="La"),
    }


ALLOWED = {
    "bare": {"select nest", "create nest", "write_message"},
    "some": {"select person", "list_scores", "create person", "update person", "record_interaction"},
}


@pytest.mark.parametrize("plugin", ["bare", "some", "every"])
def test_what_the_manifest_does_not_name_is_refused(
    runtime: Runtime, departments: Departments, person: uuid.UUID, plugin: str
) -> None:
    tried = calls(departments, person)

    told = {name: asks(runtime, plugin, call) for name, call in tried.items()}

    assert {name for name, said in told.items() if not said} == ALLOWED.get(plugin, set(tried))


def test_the_refusal_says_what_to_add_and_where(runtime: Runtime) -> None:
    told = asks(runtime, "bare", lambda uow: plugin_api.select(uow, "contact_point"))

    assert "bare uses contact_point" in told
    assert "stranger_bare/plugin.yaml: asks_for: {reads: [contact_point]}" in told


def test_core_is_not_held_to_a_manifest(runtime: Runtime, departments: Departments, person: uuid.UUID) -> None:
    for call in calls(departments, person).values():
        runtime.write(call, SYSTEM)


def test_what_a_plugin_yields_row_by_row_is_held_to_its_manifest(runtime: Runtime) -> None:
    def rows(uow: UnitOfWork) -> Iterator[object]:
        yield 1
        yield plugin_api.select(uow, "person")

    with pytest.raises(PluginFailed) as caught:
        runtime.read(lambda uow: list(uow.host.stream("bare", "score", lambda: rows(uow))), SYSTEM)

    assert isinstance(caught.value.__cause__, PluginError)
    assert runtime.read(lambda uow: plugin_api.select(uow, "person"), SYSTEM) is not None


def test_settings_of_other_plugins_are_not_read(runtime: Runtime, settings: Settings) -> None:
    own = {"bare": {"key": "mine"}, "some": {"key": "theirs"}}
    runtime.settings = Settings(settings.home, settings.database_url, plugins=own)

    told = asks(runtime, "bare", lambda uow: uow.settings.plugins.get("some"))

    assert "bare reads the settings of some" in told
    assert asks(runtime, "bare", lambda uow: uow.settings.plugins["bare"]) == ""
    assert runtime.settings.plugins["some"] == {"key": "theirs"}


def test_the_rights_of_the_system_are_asked_for_by_name_and_noted(runtime: Runtime, person: uuid.UUID) -> None:
    nobody = runtime.write(lambda uow: add_user(uow, "nobody@example.org", {}), SYSTEM)

    def count(uow: UnitOfWork) -> object:
        everything = plugin_api.as_system(uow, "counting")
        plugin_api.update_entity(everything, person, {"first_name": "Eve"})
        return (len(uow.execute(plugin_api.select(uow, "person")).all()),
                len(everything.execute(plugin_api.select(everything, "person")).all()))

    seen = runtime.write(lambda uow: uow.host.call("some", "trial", object, count, uow), nobody)
    told = asks(runtime, "every", lambda uow: plugin_api.as_system(uow, "counting"), nobody)
    entries = runtime.read(lambda uow: uow.execute(audit_entry.select()).all(), SYSTEM)

    assert seen == (0, 1)
    assert "asks_for: {system: [counting]}" in told
    noted = [one for one in entries if one.action == "plugin.acted_as_system"]
    assert [one.actor_id for one in noted] == [nobody.user_id]
    assert "entity.updated" in {one.action for one in entries}


@pytest.mark.usefixtures("person")
def test_reading_with_the_rights_of_the_system_is_noted_too(runtime: Runtime) -> None:
    nobody = runtime.write(lambda uow: add_user(uow, "nobody@example.org", {}), SYSTEM)

    def count(uow: UnitOfWork) -> object:
        return uow.execute(plugin_api.select(plugin_api.as_system(uow, "counting"), "person")).all()

    for _ in range(2):
        runtime.read(lambda uow: uow.host.call("some", "trial", object, count, uow), nobody)
    runtime.host.afterwards.finish()

    entries = runtime.read(lambda uow: uow.execute(audit_entry.select()).all(), SYSTEM)
    assert [one.actor_id for one in entries if one.action == "plugin.acted_as_system"] == [nobody.user_id] * 2


def test_core_itself_does_not_use_the_door_for_plugins(runtime: Runtime) -> None:
    with pytest.raises(PluginError):
        runtime.read(lambda uow: plugin_api.as_system(uow, "counting"), SYSTEM)
