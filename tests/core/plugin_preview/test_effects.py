# SPDX-License-Identifier: Apache-2.0
"""What a switch would do is told in full, from files alone: nothing of the plugin is imported, and no address is called."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from tests.core.plugin_host.conftest import Strangers, place_for_strangers
from tests.factories.graph import Graph
from tests.factories.hives import FILES
from xrm.departments.switching import switch_plugin
from xrm.entities.service import create_entity
from xrm.errors import PermissionDenied
from xrm.plugin_preview.effects import Effects, preview
from xrm.plugin_preview.words import as_json, in_words
from xrm.unit_of_work import Actor

WATCHED = """
import json, sys
from pathlib import Path

touched = []
root = sys.argv[1]

def watch(event, arguments):
    if event == "import" and str(arguments[0]).startswith("stranger_"):
        touched.append(["import", arguments[0]])
    if event == "open" and str(arguments[0]).startswith(root) and str(arguments[0]).endswith((".py", ".pyc")):
        touched.append(["open", str(arguments[0])])
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.spawn", "os.system")):
        touched.append([event])

sys.path.insert(0, root)
from xrm.plugin_host.discovery import discover_plugins
from xrm.plugin_preview.contents import read_contents
sys.addaudithook(watch)
for plugin in discover_plugins(packages={"apiary": "stranger_apiary"}):
    contents = read_contents(plugin)
print(json.dumps({"touched": touched, "types": [one.name for one in contents.declared.entities]}))
"""


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Strangers]:
    with place_for_strangers(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def plugins(strangers: Strangers) -> Mapping[str, str]:
    strangers.add("apiary", "", requires="base", files=FILES)
    strangers.add("honey", requires="apiary")
    return {"base": "xrm_base", **strangers.packages}


def look(graph: Graph, name: str, department: uuid.UUID, actor: Actor | None = None) -> Effects:
    return graph.read(lambda uow: preview(uow, uow.host.get(name), department), actor)


def test_it_says_who_is_concerned_and_what_comes_and_goes(graph: Graph) -> None:
    press, sales = graph.departments.press, graph.departments.sales
    graph.user({press: ["hive:read"]})
    graph.user({sales: ["*:read"]})
    graph.user({press: ["organization:read"]})
    for name in ("One", "Two"):
        graph.write(lambda uow: create_entity(uow, "hive", {"name": name}, department=press))

    found = look(graph, "honey", press), look(graph, "apiary", press)

    assert [one.change for one in found] == ["disable", "disable"]
    assert found[1].rows == {"beekeeper": 0, "hive": 2}
    assert found[1].people == 2  # the administrator, and who reads hives there
    assert [str(one) for one in found[1].blocked] == ["honey requires it and is on there. Switch honey off first."]
    assert {one.plugin for one in found[1].touches} == {"base", "honey"}
    told = as_json(found[1], None)
    assert [one["name"] for one in told["entity_types"]] == ["beekeeper", "hive"]
    assert told["entity_types"][1]["fields"][0] == {"key": "name", "label": {"en": "Name", "fr": "Nom"}, "type": "text"}
    assert "hive:create" in told["rights"]
    assert json.dumps(told)


def test_what_is_off_says_what_comes_with_it_and_is_seen_again(graph: Graph) -> None:
    press = graph.departments.press
    graph.write(lambda uow: create_entity(uow, "hive", {"name": "One"}, department=press))
    for name in ("honey", "apiary"):
        graph.write(lambda uow: switch_plugin(uow, name, [press], is_on=False))

    found = look(graph, "honey", press)
    again = look(graph, "apiary", press)

    assert (found.change, found.is_on, found.also, found.blocked) == ("enable", False, ("apiary",), ())
    lines = [str(line) for paragraph in in_words(again, None) for line in paragraph.lines]
    assert "hives: 1 stored there from before, seen again." in lines


def test_only_who_administers_plugins_there_looks(graph: Graph) -> None:
    local = graph.user({graph.departments.sales: ["*:administer"]})

    assert look(graph, "honey", graph.departments.sales, local).change == "disable"
    with pytest.raises(PermissionDenied):
        look(graph, "honey", graph.departments.press, local)


def test_nothing_of_the_plugin_is_imported_opened_as_code_or_called(strangers: Strangers) -> None:
    strangers.add("apiary", dedent("""
        import socket
        raise SystemExit("must not run")
    """), requires="base", files=FILES)

    done = subprocess.run([sys.executable, "-c", WATCHED, str(strangers.root)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"touched": [], "types": ["beekeeper", "hive"]}
