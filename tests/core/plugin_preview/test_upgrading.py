# SPDX-License-Identifier: Apache-2.0
"""An upgrade is told as the difference to what was applied, with the change of tables, before anything of it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.factories.access import Departments
from tests.factories.removable import CARGO, Harbour, write_plugin
from tests.factories.upgraded import MANIFEST, add_berth, install_first, install_second
from xrm.errors import NotFound, PermissionDenied
from xrm.migrate.upgrade import take_back
from xrm.plugin_preview.applied import list_applied
from xrm.plugin_preview.differences import differences
from xrm.plugin_preview.outline import outline_of_tables
from xrm.plugin_preview.service import note_applied
from xrm.plugin_preview.upgrade_words import upgrade_as_json, upgrade_commands, upgrade_in_words
from xrm.plugin_preview.upgrading import Upgrade, preview_upgrade
from xrm.settings import Settings
from xrm.unit_of_work import Actor, system_actor

SYSTEM = system_actor("test")


@pytest.fixture
def harbour(settings: Settings, admin: Actor, departments: Departments) -> Iterator[Harbour]:
    """An instance in which version 1.0 of the plugin was applied and runs."""
    install_first(settings)
    made = Harbour(settings, admin, departments)
    made.open()
    apply(made)
    yield made
    made.close()


def apply(harbour: Harbour) -> None:
    harbour.apply()
    harbour.runtime.write(note_applied, SYSTEM)


def look(harbour: Harbour, actor: Actor | None = None) -> Upgrade:
    return preview_upgrade(harbour.runtime, "harbour", actor or harbour.admin)


def said(upgrade: Upgrade) -> dict[str, list[str]]:
    return {str(one.heading): [str(line) for line in one.lines] for one in upgrade_in_words(upgrade)}


def test_what_is_installed_as_it_was_applied_asks_for_nothing(harbour: Harbour) -> None:
    found = look(harbour)

    assert (found.applied, found.contents.plugin.version, found.is_needed, found.needs_restart) == ("1.0", "1.0", False, False)
    assert upgrade_commands(found) == ()


def test_all_that_comes_goes_and_changes_is_told(harbour: Harbour) -> None:
    install_second(harbour.settings)

    found = look(harbour)
    told = said(found)

    assert (found.applied, found.running, found.contents.plugin.version) == ("1.0", "1.0", "2.0")
    assert told["What comes"] == [
        "berths: new field Depth.", "New: ships, with these fields: name.", "It adds a card on the home page.",
    ]
    assert told["What changes"] == ["berths: Name is called Title from then on.", "berths: State has new choices: closed."]
    assert told["What goes"] == [
        "It does not work in the background any more: tides.", "It does not call this machine any more: tides.example.org.",
    ]
    assert told["What wants attention"] == [
        "berths: the field Site is hidden from then on, and keeps its values.",
        "pilots: hidden from then on, and kept with all values.", "It asks to read: organization.",
        "It calls another machine: weather.example.org.", "It keeps a secret: key.",
        "New setting, which has to be filled in: Key of the forecast.",
    ]
    assert told["Rights"][0] == "They come: ship:read, ship:create, ship:update, ship:delete."
    assert "It is safe while people work." in told["Tables"]
    assert any(line.startswith("New tables (1): harbour__ship") for line in told["Tables"])
    assert told["To be known"] == ["Here 1.0 still runs; 2.0 is installed. It runs once xrm is started again."]
    assert upgrade_commands(found) == ("xrm schema apply --plugin harbour",)
    assert json.loads(json.dumps(upgrade_as_json(found)))["schema"]["risk"] == "safe"


def test_nothing_is_changed_by_looking_and_all_of_it_by_applying(harbour: Harbour) -> None:
    install_second(harbour.settings)
    before = harbour.content()

    look(harbour)

    assert harbour.content() == before
    harbour.open()
    apply(harbour)
    after = look(harbour)
    assert (after.is_needed, after.applied) == (False, "2.0")
    noted = harbour.runtime.read(lambda uow: list_applied(uow, "harbour"), SYSTEM)
    assert [one.outline.version for one in noted] == ["2.0", "1.0"]
    assert any(one.name == "ship" for one in differences(noted[1].outline, noted[0].outline))


def test_a_change_that_was_taken_back_waits_again(harbour: Harbour) -> None:
    install_second(harbour.settings)
    harbour.open()
    apply(harbour)

    take_back(harbour.runtime.engine, harbour.runtime.registry)
    found = look(harbour)

    assert (found.applied, found.is_needed) == ("1.0", True)
    assert any(one.name == "ship" for one in found.differences)


def test_rows_that_stand_in_the_way_are_named_before(harbour: Harbour) -> None:
    for name in ("One", "Two"):
        add_berth(harbour.runtime, name, harbour.departments.press)
    install_second(harbour.settings, unique=True)

    found = look(harbour)

    (problem,) = said(found)["To be mended first"]
    assert problem.startswith('harbour__berth.number is to be unique, and 1 value is held by several rows: "7" by')
    assert upgrade_commands(found) == ("xrm schema plan --plugin harbour",)


def test_other_plugins_that_could_not_go_on_are_named(harbour: Harbour) -> None:
    declared: dict[str, Any] = CARGO
    cargo = {**declared, "fields": {**declared["fields"], "at": {**declared["fields"]["at"], "to": ["pilot"]}}}
    write_plugin(harbour.settings.home, "freight", {"entities/cargo.yaml": cargo}, requires=("base", "harbour"))
    harbour.open()
    install_second(harbour.settings)

    found = look(harbour)

    assert [one.plugin for one in found.touches] == ["freight", "freight"]  # it requires it, and it would fail
    assert any("freight could not go on beside it" in str(one.how) for one in found.touches)


def test_a_version_that_cannot_be_read_or_does_not_fit_is_said_to_be_so(harbour: Harbour) -> None:
    manifest = {**MANIFEST, "requires": ["base", "nobody"], "version": "3.0"}
    write_plugin(harbour.settings.home, "harbour", {"plugin.yaml": manifest})

    found = look(harbour)

    assert any("nobody" in str(one) for one in found.blocked)
    assert upgrade_commands(found) == ()


def test_where_nothing_was_noted_types_and_fields_are_compared(harbour: Harbour) -> None:
    """An instance of before: only what its tables tell is known, and that says the same as the files."""
    noted = harbour.runtime.read(lambda uow: list_applied(uow, "harbour"), SYSTEM)[0].outline
    with harbour.runtime.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM plugin_applied")
    same = look(harbour)
    install_second(harbour.settings)
    found = look(harbour)

    assert (same.is_known, same.differences) == (False, ())
    assert {one.part for one in found.differences} == {"type", "field", "right"}
    assert "not noted" in said(found)["To be known"][0]
    assert differences(outline_of_tables("1.0", [*noted.types.values(), *noted.relationships.values()]), noted) == ()


def test_only_who_administers_all_departments_looks(harbour: Harbour) -> None:
    local = replace(harbour.admin, user_id=None, kind="user")

    with pytest.raises(PermissionDenied):
        look(harbour, local)
    with pytest.raises(NotFound):
        preview_upgrade(harbour.runtime, "nobody", harbour.admin)
