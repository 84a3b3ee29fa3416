# SPDX-License-Identifier: Apache-2.0
"""Quarantine holds in all processes and after a restart, until an administrator lets the plugin take part again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.core.plugin_host.conftest import Clock, Strangers, place_for_strangers
from tests.factories.access import Departments, add_user
from tests.instances import open_with
from xrm.access import rights
from xrm.audit.models import audit_entry
from xrm.departments import activation, standing
from xrm.departments.activation import Activations
from xrm.errors import NotFound, PermissionDenied
from xrm.plugin_host.contributions import Panel
from xrm.plugin_host.discovery import discover_plugins
from xrm.plugin_host.host import PluginHost
from xrm.plugin_host.quarantine import Quarantined, list_quarantined
from xrm.plugin_host.service import release_plugin
from xrm.runtime import LOOK_EVERY, Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, system_actor

SYSTEM = system_actor()
FAILING = "@hookimpl\ndef menu_items(uow):\n    raise ValueError('the moon is missing\\nand more')\n"


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary and a plugin that fails whenever the menu is made."""
    with place_for_strangers(tmp_path, monkeypatch) as strangers:
        strangers.add("ant", FAILING)
        yield {"base": "xrm_base", **strangers.packages}


def fail(runtime: Runtime, times: int = 3) -> None:
    for _ in range(times):
        runtime.read(lambda uow: uow.host.ask("menu_items", uow=uow), SYSTEM)
    runtime.host.afterwards.finish()


def listed(runtime: Runtime) -> dict[str, Quarantined]:
    return runtime.read(lambda uow: list_quarantined(uow.connection), SYSTEM)


def soon(condition: Callable[[], bool], runtime: Runtime) -> bool:
    """Whether it holds within what a process needs to look again."""
    until = time.monotonic() + 4 * LOOK_EVERY + 2
    while time.monotonic() < until:
        runtime.read(lambda _uow: None, SYSTEM)
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_the_third_failure_is_written_down_with_the_last_ones(runtime: Runtime) -> None:
    fail(runtime)

    kept = listed(runtime)["ant"]

    assert kept.reason == "menu_items: ValueError: the moon is missing"
    assert [(one.what, one.line) for one in kept.incidents] == [("menu_items", "ValueError: the moon is missing")] * 3
    assert kept.reference == kept.incidents[0].reference == runtime.host.watch.failures("ant")[0].reference
    assert kept.process


def test_two_failures_are_not(runtime: Runtime) -> None:
    fail(runtime, 2)

    assert listed(runtime) == {}


def test_other_processes_and_later_ones_follow(runtime: Runtime, settings: Settings, plugins: Mapping[str, str]) -> None:
    other = open_with(settings, plugins)
    other.read(lambda _uow: None, SYSTEM)
    fail(runtime)
    later = open_with(settings, plugins)
    later.read(lambda _uow: None, SYSTEM)

    assert soon(lambda: other.host.watch.is_quarantined("ant"), other)
    assert later.host.watch.is_quarantined("ant")
    for one in (other, later):
        one.close()


def test_an_administrator_lets_it_take_part_again_everywhere(
    runtime: Runtime, settings: Settings, plugins: Mapping[str, str], admin: Actor
) -> None:
    other = open_with(settings, plugins)
    fail(runtime)
    assert soon(lambda: other.host.watch.is_quarantined("ant"), other)

    other.write(lambda uow: release_plugin(uow, "ant"), admin)

    assert listed(runtime) == {}
    for one in (runtime, other):
        assert soon(lambda: not one.host.watch.is_quarantined("ant"), one)
    actions = runtime.read(lambda uow: [row.action for row in uow.execute(audit_entry.select())], SYSTEM)
    assert {"plugin.quarantined", "plugin.released"} <= set(actions)
    other.close()


def test_it_needs_the_right_in_all_departments(runtime: Runtime, departments: Departments) -> None:
    fail(runtime)
    seller = runtime.write(lambda uow: add_user(uow, "s@example.org", {departments.sales: ["plugin:administer"]}), SYSTEM)

    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: release_plugin(uow, "ant"), seller)
    assert "ant" in listed(runtime)


def test_one_that_is_not_in_quarantine_cannot_be_let_out(runtime: Runtime, admin: Actor) -> None:
    with pytest.raises(NotFound, match="not in quarantine"):
        runtime.write(lambda uow: release_plugin(uow, "ant"), admin)


def slow_host(strangers: Strangers, clock: Clock) -> PluginHost:
    strangers.add("bee", "import builtins\n@hookimpl\ndef menu_items(uow):\n    uow.pass_by(uow.takes)\n    return []\n")
    return PluginHost(discover_plugins(packages=strangers.packages), clock=clock)


class Passing:
    """Stands where a unit of work does, and lets time pass."""

    is_write = True

    def __init__(self, clock: Clock, takes: float) -> None:
        self.pass_by, self.takes = clock.pass_by, takes
        # Nothing has to be read to know that the system may do all, and that no plugin is off.
        self.cache = {rights.__name__: rights.Access(is_system=True), standing.__name__: {activation.__name__: Activations()}}


@pytest.mark.parametrize(("takes", "times", "slow", "ends"), [(0.2, 40, 0, False), (0.4, 40, 40, False), (2.5, 9, 9, False),
                                                              (2.5, 10, 10, True), (6, 2, 2, False), (6, 3, 3, True)])
def test_time_counts(strangers: Strangers, clock: Clock, takes: float, times: int, slow: int, *, ends: bool) -> None:
    host = slow_host(strangers, clock)

    for _ in range(times):
        host.ask("menu_items", uow=Passing(clock, takes))

    assert host.watch.is_quarantined("bee") is ends
    assert {one.what: one.slow for one in host.timings()}["menu_items"] == slow


def test_a_page_does_not_wait_for_what_is_built_late(strangers: Strangers, clock: Clock) -> None:
    host = slow_host(strangers, clock)
    panel = Panel("late", "Late", build=lambda _uow: clock.pass_by(3))

    for _ in range(12):
        host.build("bee", panel, None)  # type: ignore[arg-type]

    assert not host.watch.is_quarantined("bee")
