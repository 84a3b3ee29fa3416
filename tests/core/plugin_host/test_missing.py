# SPDX-License-Identifier: Apache-2.0
"""A plugin whose package is gone though its data is here: named, its data kept and readable, nothing of it changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.plugin_host.conftest import Strangers
from tests.factories.apiary import BOTH, FILES, LABEL, MANIFEST, Apiary
from tests.instances import Prepared
from xrm.backup.create import create_backup
from xrm.backup.verify import verify_backup
from xrm.entities.listing import ListQuery
from xrm.entities.queries import get_entity, list_entities
from xrm.entities.removal import delete_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import PermissionDenied
from xrm.interactions.queries import timeline
from xrm.migrate.asking import Choices
from xrm.migrate.drift import find_drift
from xrm.migrate.upgrade import apply_changes, plan_for
from xrm.plugin_removal.belongings import find_belongings
from xrm.plugin_removal.export import export_plugin
from xrm.plugin_removal.inspection import require_whole_export
from xrm.relationships.queries import list_relationships
from xrm.roles.queries import list_roles_of
from xrm.roles.service import start_role, update_role
from xrm.search.queries import search
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork

pytestmark = pytest.mark.by_turns


@pytest.fixture
def apiary(prepared: Prepared, settings: Settings) -> Iterator[Apiary]:
    """An instance with a beekeeper who keeps a hive for a company, and an inspection of it."""
    made = Apiary(settings, prepared.admin, prepared.departments.sales)
    made.install()
    made.fill()
    yield made
    made.close()


def test_it_is_named_with_its_version_and_what_to_do(apiary: Apiary) -> None:
    runtime = apiary.take_away()

    (missing,) = [plugin for plugin in runtime.host.plugins if not plugin.is_on]

    assert (missing.name, missing.version, missing.status) == ("apiary", "1.2", "missing")
    assert "Install it again" in str(missing.problem)
    assert "xrm plugin remove apiary" in str(missing.problem)


def test_nothing_of_it_is_planned_away_and_nothing_drifts(apiary: Apiary) -> None:
    runtime = apiary.take_away()

    plan = plan_for(runtime.engine, runtime.registry)
    apply_changes(runtime.engine, runtime.registry)

    assert (plan.steps, plan.later, plan.problems) == ((), (), ())
    assert find_drift(runtime.engine) == []
    assert "hive" in apiary.open().registry.entity_types


def test_a_column_that_waits_for_its_day_waits_for_the_plugin_too(apiary: Apiary) -> None:
    declared: dict[str, Any] = dict(FILES["entities/hive.yaml"])
    fields = {("burden" if key == "weight" else key): one for key, one in declared["fields"].items()}
    renamed = {**declared, "fields": fields, "renamed": {"weight": "burden"}, "revision": 2}
    apiary.install({**FILES, "entities/hive.yaml": renamed})
    there = apiary.open()
    apply_changes(there.engine, there.registry)
    waiting = plan_for(there.engine, there.registry).later
    away = apiary.take_away()

    done = apply_changes(away.engine, away.registry, choices=Choices(contract_now=True))

    assert [(step.action, step.target) for step in waiting] == [("drop field", "apiary__hive.weight")]
    assert (done, plan_for(away.engine, away.registry).later) == ([], ())


def test_its_data_is_read_in_every_place(apiary: Apiary) -> None:
    before = apiary.open()

    def read(uow: UnitOfWork) -> list[Any]:
        return [
            get_entity(uow, apiary.hive), get_entity(uow, apiary.person), list_entities(uow, ListQuery("hive")),
            list_entities(uow, ListQuery("beekeeper")), list_roles_of(uow, apiary.person),
            list_relationships(uow, entity_id=apiary.person), timeline(uow, apiary.person), search(uow, "lime"),
            search(uow, "L-77"),
        ]

    expected = before.read(read, apiary.admin)
    runtime = apiary.take_away()

    assert runtime.read(read, apiary.admin) == expected


def test_its_data_is_not_changed(apiary: Apiary) -> None:
    runtime = apiary.take_away()
    there = apiary.department
    changes = (
        lambda uow: create_entity(uow, "hive", {"name": "New"}, department=there),
        lambda uow: update_entity(uow, apiary.hive, {"name": "Other"}),
        lambda uow: delete_entity(uow, apiary.hive),
        lambda uow: start_role(uow, apiary.person, "beekeeper", {}, department=there),
        lambda uow: update_role(uow, apiary.role, {"licence": "X"}),
    )

    for change in changes:
        with pytest.raises(PermissionDenied, match="belongs to the plugin apiary"):
            runtime.write(change, apiary.admin)


def test_a_party_can_be_changed_and_deleted_whatever_it_was_to_the_plugin(apiary: Apiary) -> None:
    runtime = apiary.take_away()

    runtime.write(lambda uow: update_entity(uow, apiary.person, {"last_name": "Dupont"}), apiary.admin)
    runtime.write(lambda uow: delete_entity(uow, apiary.person), apiary.admin)

    people = runtime.read(lambda uow: list_entities(uow, ListQuery("person")), apiary.admin).items
    assert "Marie Dupont" not in [one.title for one in people]


def test_a_backup_holds_its_data(apiary: Apiary, tmp_path: Path) -> None:
    runtime = apiary.take_away()

    made = create_backup(runtime, tmp_path / "all.xrmbackup")

    assert verify_backup(made.path).is_whole
    assert made.manifest.tables["apiary__hive"] == 1


def test_installed_again_it_works_as_before(apiary: Apiary) -> None:
    runtime = apiary.take_away()
    apply_changes(runtime.engine, runtime.registry)
    apiary.install()

    again = apiary.open()

    assert plan_for(again.engine, again.registry).steps == ()
    again.write(lambda uow: update_entity(uow, apiary.hive, {"name": "At the wall"}), apiary.admin)
    assert again.read(lambda uow: get_entity(uow, apiary.hive), apiary.admin).fields["marks"] == ("old", "blue")


def test_a_name_that_another_plugin_takes_meanwhile_is_left_to_it(apiary: Apiary) -> None:
    fields = {"code": {"type": "text", "label": BOTH}}
    hive = {"entity": "hive", "kind": "record", "label": LABEL, "title": "{code}", "fields": fields}
    apiary.install({"plugin.yaml": {**MANIFEST, "plugin": "beehouse"}, "entities/hive.yaml": hive}, "beehouse")

    runtime = apiary.take_away()

    statuses = {plugin.name: plugin.status for plugin in runtime.host.plugins}
    assert statuses == {"base": "on", "beehouse": "on", "apiary": "missing"}
    assert runtime.registry.get("hive").plugin == "beehouse"
    plan = plan_for(runtime.engine, runtime.registry)
    assert (plan.problems, {step.owner for step in plan.steps}) == ((), {"beehouse"})


@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_of_two_plugins_with_a_type_of_one_name_the_one_with_data_stays(apiary: Apiary, name: str) -> None:
    fields = {"code": {"type": "text", "label": BOTH}}
    hive = {"entity": "hive", "kind": "record", "label": LABEL, "title": "{code}", "fields": fields}
    apiary.install({"plugin.yaml": {**MANIFEST, "plugin": name}, "entities/hive.yaml": hive}, name)

    runtime = apiary.open()

    assert {plugin.name: plugin.is_on for plugin in runtime.host.plugins} == {"base": True, "apiary": True, name: False}
    assert runtime.read(lambda uow: get_entity(uow, apiary.hive), apiary.admin).type == "hive"
    assert all(word in str(runtime.host.get(name).problem) for word in ("hive", "apiary", name))


def test_a_package_deleted_while_the_program_runs_fails_by_itself_where_it_reads_a_file_anew(strangers: Strangers) -> None:
    files = {"late.py": "WORDS = 'never read'\n"}
    items = "@hookimpl\ndef menu_items(uow):\n    return []\n"
    strangers.add("stayer", f"from stranger_stayer import late\n{items}", files=files)
    folder = strangers.add("goer", items.replace("return", "from stranger_goer import late; return"), files=files)
    host = strangers.host()

    shutil.rmtree(folder)
    answers = host.ask("menu_items", uow=None)

    assert [failure.plugin for failure in answers.failures] == ["goer"]
    assert [plugin.name for plugin in host.plugins if plugin.is_on] == ["goer", "stayer"]


def test_its_data_can_be_exported_without_it(apiary: Apiary, tmp_path: Path) -> None:
    runtime = apiary.take_away()
    with runtime.engine.connect() as connection, connection.begin():
        mine = find_belongings(connection, "apiary", runtime.host, runtime.registry)

    path, manifest = export_plugin(runtime, mine, tmp_path / "apiary.xrmplugin")

    assert require_whole_export(path).version == "1.2"
    assert {part.table: part.rows for part in manifest.parts}["apiary__hive"] == 1
