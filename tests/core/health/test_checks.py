# SPDX-License-Identifier: Apache-2.0
"""Each check sees what it is for, on an instance that is broken for real; and where it names a repair, that mends it."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.health.breaking import BREAKS
from tests.core.health.conftest import wrong
from tests.core.health.scene import Scene
from tests.core.plugin_host.conftest import place_for_strangers
from tests.factories.access import Departments, add_user
from tests.instances import BASE
from xrm.audit.models import audit_entry
from xrm.db.engine import open_engine
from xrm.errors import NotFound, PermissionDenied
from xrm.health.checks import Ground
from xrm.health.examination import examine
from xrm.health.findings import HealthFinding
from xrm.health.registry import CHECKS, OF_SURROUNDINGS, OF_THE_PROGRAM
from xrm.health.repairs import REPAIRS, mend_all, repair
from xrm.overlay.additions import Overlay
from xrm.plugin_host.host import PluginHost
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor

SEVERITY = {one.key: one.severity for one in CHECKS}
SEEN_ELSEWHERE = {"tables", "icons", "own fields", "database", "plugins themselves"}  # each with a test of its own below


@pytest.fixture
def scene(
    runtime: Runtime, departments: Departments, admin: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Scene]:
    """A whole instance, about to be broken."""
    assert admin.user_id is not None
    made = Scene(runtime, departments, admin.user_id, monkeypatch, tmp_path)
    yield made
    made.runtime.engine.dispose()
    zoneinfo.reset_tzpath()


# The same on both databases: a turn on each will do.
WITHOUT_DATABASE = {one.key for one in (*OF_THE_PROGRAM, *OF_SURROUNDINGS)} | {"plugins", "slow plugins", "translations"}
CASES = [
    pytest.param(*one, id=f"{one[1]} {one[3].__name__}", marks=[pytest.mark.by_turns] if one[0] in WITHOUT_DATABASE else [])
    for one in BREAKS
]


def by_one(scene: Scene, key: str) -> list[HealthFinding]:
    """What this check finds on the instance as it is now."""
    checks = [one for one in CHECKS if one.key == key]
    return [one for one in examine(Ground(scene.runtime), deep=True, checks=checks) if one.state != "good"]


@pytest.mark.parametrize(("by", "check", "state", "break_it", "only_on"), CASES)
def test_what_is_broken_is_seen_with_its_remedy_and_mended_where_that_is_safe(
    scene: Scene, admin: Actor, by: str, check: str, state: str, break_it: Callable[[Scene], None], only_on: str
) -> None:
    if only_on and only_on != scene.runtime.engine.dialect.name:
        assert by in SEVERITY  # it cannot come about on the other database
        return
    break_it(scene)

    found = [one for one in by_one(scene, by) if one.check == check]

    assert found, by_one(scene, by)
    assert state in {"", found[0].state}
    assert SEVERITY[by] == "bad" or found[0].state == "warn"
    assert found[0].remedy is not None
    fixes = {one.fix for one in found if one.fix}
    for fix in fixes:
        said = [str(one.message) for one in repair(scene.runtime, fix, admin)]
        assert said, fix
        assert [one for one in by_one(scene, by) if one.fix == fix] == []
        noted = scene.runtime.read(lambda uow: list(uow.execute(audit_entry.select())), system_actor())
        assert "health.repaired" in {one.action for one in noted}
        assert repair(scene.runtime, fix, admin) == []


def test_every_check_is_broken_once() -> None:
    assert {one[0] for one in BREAKS} | SEEN_ELSEWHERE == {one.key for one in CHECKS}


def test_each_repair_mends_something_of_the_table(runtime: Runtime) -> None:
    source = Path(__file__).parents[3] / "core" / "xrm" / "health"
    named = {name for name in REPAIRS for path in source.glob("*.py") if f'fix="{name}"' in path.read_text(encoding="utf-8")}

    assert named | {"missing_indexes"} == set(REPAIRS)
    assert list(mend_all(runtime)) == []


def test_types_that_wait_for_a_schema_change_are_named(runtime: Runtime) -> None:
    host = PluginHost.open(packages={**BASE, "press": "xrm_press"})
    waiting = replace(runtime, host=host)
    waiting.registry, _ = waiting.assemble(Overlay())

    found = [one for one in wrong(waiting, deep=False) if one.by == "tables"]

    assert [(one.check, one.state, str(one.remedy)) for one in found] == [("tables", "bad", "Run xrm schema apply.")]


def test_an_icon_that_is_not_there_is_named_where_icons_are_known(runtime: Runtime) -> None:
    found = [one for one in wrong(runtime, icons=frozenset({"usr", "user-x"})) if one.by == "icons"]

    assert {one.check for one in found} == {"plugin base"}
    assert [one for one in wrong(runtime, icons=frozenset()) if one.by == "icons"] == []


def test_a_database_without_tables_is_one_finding(runtime: Runtime, database_url: str) -> None:
    empty = replace(runtime, engine=open_engine(database_url))

    found = [one for one in examine(Ground(empty)) if one.state != "good"]
    empty.engine.dispose()

    assert [(one.check, one.state) for one in found] == [("database", "bad")]


def test_a_plugin_says_of_itself_what_is_wrong(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with place_for_strangers(tmp_path, monkeypatch) as strangers:
        strangers.add("ant", '''
            @hookimpl
            def health_checks(uow):
                return [HealthCheck("moon", "Moon", "warn", "It is waning.", "Wait.")]
        ''')
        told = replace(runtime, host=PluginHost.open(packages={**BASE, **strangers.packages}))
        found = [one for one in wrong(told) if one.by == "plugins themselves"]

    assert [(one.check, one.state, str(one.message), str(one.remedy)) for one in found] == [
        ("ant.moon", "warn", "It is waning.", "Wait.")
    ]


def test_repairs_are_for_who_administers_the_whole_instance(runtime: Runtime, departments: Departments, scene: Scene) -> None:
    somebody = runtime.write(lambda uow: add_user(uow, "a@example.org", {departments.sales: ["*:*"]}), system_actor())
    runtime.settings.home.chmod(0o755)

    with pytest.raises(PermissionDenied):
        repair(runtime, "folder_mode", somebody)
    with pytest.raises(NotFound):
        repair(runtime, "nonsense", Actor("user", scene.admin))
    assert runtime.settings.home.stat().st_mode & 0o777 == 0o755
