# SPDX-License-Identifier: Apache-2.0
"""A plugin that fails in every way, in every hook: other pages live, it ends in quarantine, what it decides stays closed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.conftest import Program, Visitor, open_inside, visiting
from tests.acceptance.stranger import install
from xrm.errors import NotFound
from xrm.plugin_host.hookspecs import HOOKS
from xrm.plugin_host.host import PluginHost
from xrm.plugin_host.service import release_plugin
from xrm.schema.registry import Registry
from xrm.unit_of_work import system_actor

ARGUMENTS = {
    "panels": "uow, entity", "actions": "uow, entity", "menu_items": "uow", "dashboard_cards": "uow", "health_checks": "uow",
    "validate_entities": "uow, changes", "narrow_visibility": "uow, types",
}
SAMPLE = ("raise Exception('no')", "raise KeyboardInterrupt", "return 42")
OTHERS = ("raise SystemExit(3)", "raise RecursionError", "raise MemoryError", "return ['text']", "return None")
WAYS = (*SAMPLE, *(pytest.param(way, marks=pytest.mark.deep) for way in OTHERS))
SHOWN = ("panels", "actions", "menu_items", "dashboard_cards")
# What it does comes from a file, so that one server serves for all ways.
HEAD = """\
import os, pathlib, time
from xrm.plugin_api import Panel, hookimpl

def ways(hook):
    wanted, _, code = pathlib.Path(os.environ["SABOTAGE"]).read_text().partition(" ")
    if wanted != hook:
        return []
    inside = {"time": time}
    exec("def act():\\n    " + code, inside)
    return inside["act"]()
"""
HOOK = "\n@hookimpl\ndef {hook}({arguments}):\n    return ways('{hook}')\n"


@dataclass
class Scene:
    """A served instance with the saboteur, somebody signed in, and the page of a person."""

    xrm: Program
    visitor: Visitor
    person: str
    order: Path

    def sabotage(self, hook: str, way: str) -> None:
        """Let the saboteur do this from now on."""
        self.order.write_text(f"{hook} {way}", encoding="utf-8")

    def pages(self) -> list[tuple[int, bool]]:
        """Status of the pages of others, and whether they hold what they are for."""
        pages = {
            "/": "Last changed", "/admin/health": "What plugins cost", f"/base/person/{self.person}": "Byron",
            "/base/person": "Byron", "/search?q=byron": "Byron",
        }
        found = [(self.visitor.get(path), words) for path, words in pages.items()]
        return [(status, words in text) for (status, text), words in found]

    def release(self) -> None:
        """Let the saboteur take part again, if it is in quarantine, and wait until the server knows."""
        self.order.write_text("none", encoding="utf-8")
        assert self.xrm.inside is not None
        self.xrm.inside.read(lambda _uow: None, system_actor())
        time.sleep(0.3)  # what the server noted is written in a moment
        with suppress(NotFound):
            self.xrm.inside.write(lambda uow: release_plugin(uow, "saboteur"), system_actor())
            time.sleep(1)


@pytest.fixture(scope="module")
def scene(
    made_home: Path, tmp_path_factory: pytest.TempPathFactory, vocabulary: tuple[PluginHost, Registry]
) -> Iterator[Scene]:
    """One server for all tests of this module."""
    root = tmp_path_factory.mktemp("saboteur")
    xrm = Program(root / "instance")
    shutil.copytree(made_home, xrm.home)
    hooks = HEAD + "".join(HOOK.format(hook=hook, arguments=ARGUMENTS[hook]) for hook in ARGUMENTS)
    install(xrm, "saboteur", hooks, more="asks_for: {narrows: [organization]}")
    order = root / "order.txt"
    order.write_text("none", encoding="utf-8")
    xrm.variables["SABOTAGE"] = str(order)
    department = ("--department", "Sales")
    person = xrm.asked("entity", "create", "person", "--set", "first_name=Ada", "--set", "last_name=Byron", *department)["id"]
    xrm.inside = open_inside(xrm, vocabulary)
    xrm.asked("entity", "create", "organization", "--set", "name=Acme Hives", *department)
    with visiting(xrm) as visitor:
        yield Scene(xrm, visitor, person, order)
    xrm.inside.close()


def test_every_hook_has_its_sabotage() -> None:
    assert {hook for hook in HOOKS if not hook.startswith("register_")} == set(ARGUMENTS)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("hook", SHOWN)
def test_no_page_of_others_is_taken_down(scene: Scene, hook: str, way: str) -> None:
    scene.sabotage(hook, way)

    pages = scene.pages()

    scene.release()
    assert pages == [(200, True)] * 5


def test_it_ends_in_quarantine_and_is_let_out_again(scene: Scene) -> None:
    scene.sabotage("menu_items", "raise Exception('the moon is missing')")
    for _ in range(3):
        scene.visitor.get("/")
    until = time.monotonic() + 10
    while not (listed := [one for one in scene.xrm.asked("plugin", "list")["items"] if one["quarantine"]]):
        assert time.monotonic() < until
        time.sleep(0.2)
    examined = scene.xrm("doctor", "--json")

    assert [(one["name"], one["status"]) for one in listed] == [("saboteur", "on")]
    assert "the moon is missing" in listed[0]["quarantine"]
    assert "xrm plugin release saboteur" in examined.out
    assert scene.pages() == [(200, True)] * 5
    scene.release()
    assert [one["quarantine"] for one in scene.xrm.asked("plugin", "list")["items"] if one["name"] == "saboteur"] == [""]
    assert "neither in quarantine" in scene.xrm.refused("plugin", "release", "saboteur", code=4)


@pytest.mark.parametrize("way", WAYS)
def test_what_it_decides_stops_the_work_and_nothing_is_written(scene: Scene, way: str) -> None:
    scene.sabotage("validate_entities", way)

    typed = {"first_name": "Grace", "last_name": "Hopper", "_anyway": "1"}
    status, page = scene.visitor.post("/base/person/new", typed)
    refused = scene.xrm("entity", "create", "person", "--set", "last_name=Hopper", "--department", "Sales")

    scene.release()
    assert status == 422, page
    assert "Hopper" in page
    assert refused.code not in {0, 2}
    assert scene.xrm.asked("entity", "list", "person", "--count") == {"count": 1}


@pytest.mark.parametrize("way", WAYS)
def test_what_it_hides_when_it_fails_are_the_rows_it_may_hide_and_no_others(scene: Scene, way: str) -> None:
    before = scene.visitor.get("/base/organization")
    scene.sabotage("narrow_visibility", way)

    pages = scene.pages()
    hidden = scene.visitor.get("/base/organization")

    scene.release()
    assert pages == [(200, True)] * 5
    assert (before[0], hidden[0]) == (200, 200)
    assert "Acme Hives" in before[1]
    assert "Acme Hives" not in hidden[1]


def test_what_is_slow_costs_its_own_time_only_and_counts(scene: Scene) -> None:
    scene.sabotage("dashboard_cards", "time.sleep(5.5); return []")

    begin = time.monotonic()
    other = scene.visitor.get(f"/base/person/{scene.person}")
    others_took = time.monotonic() - begin
    statuses = [scene.visitor.get("/")[0] for _ in range(4)]

    took = time.monotonic() - begin
    scene.release()
    assert (other[0], statuses) == (200, [200] * 4)
    assert others_took < 5
    assert took < 5.5 * 4  # the fourth page does not wait any more
