# SPDX-License-Identifier: Apache-2.0
"""A removal is told in full before: what goes, of which department, what becomes empty, where it is kept; nothing is done."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

import xrm.plugin_removal.removing
from tests.core.plugin_host.conftest import Strangers, place_for_strangers
from tests.factories.hives import FILES
from tests.factories.removable import CARGO, Harbour, write_plugin
from xrm.errors import NotFound, PermissionDenied
from xrm.plugin_preview.removal_words import removal_as_json, removal_commands, removal_in_words
from xrm.plugin_preview.removing import Leaving, preview_removal
from xrm.plugin_removal.removing import remove_plugin


def look(harbour: Harbour, name: str = "harbour") -> Leaving:
    return preview_removal(harbour.runtime, name, harbour.admin)


def test_all_that_goes_is_told_and_nothing_is_done(harbour: Harbour) -> None:
    before = harbour.content()

    found = look(harbour)
    told = {str(one.heading): [str(line) for line in one.lines] for one in removal_in_words(found)}

    assert harbour.content() == before
    assert told["What goes"] == ["berths: 5", "pilots: 1", "moors at: 1", "pilotage: 1"]
    assert told["By department"] == ["Press, berths: 5", "Sales, pilots: 1"]
    assert {"uploaded files: 5", "addresses and numbers: 1", "identifiers: 1"} <= set(told["What goes with it"])
    assert any(line.startswith("freight__cargo") for line in told["What becomes empty elsewhere"])
    assert any(f"xrm plugin restore {found.plugin.name}" in line for line in told["What is kept"])
    assert found.archive.parent == harbour.settings.home / "removed"
    assert removal_commands(found) == ("xrm plugin remove harbour",)
    assert json.loads(json.dumps(removal_as_json(found)))["inventory"]["entity_types"] == {"berth": 5}


def test_what_others_need_and_what_is_part_of_all_cannot_be_removed(harbour: Harbour) -> None:
    write_plugin(harbour.settings.home, "freight", {"entities/cargo.yaml": CARGO}, requires=("base", "harbour"))
    harbour.open()

    needed, base = look(harbour), look(harbour, "base")

    assert [str(one) for one in needed.blocked] == ["freight cannot be without harbour. Remove first: freight."]
    assert (base.inventory, [str(one) for one in base.blocked]) == (
        None, ["base is part of every instance and cannot be removed."]
    )
    assert (removal_commands(needed), removal_commands(base)) == ((), ())


def test_one_that_was_removed_says_until_when_it_comes_back(harbour: Harbour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xrm.plugin_removal.removing, "LOOK_EVERY", 0)
    removal = remove_plugin(harbour.runtime, "harbour", actor="test")

    found = look(harbour)

    assert (found.archive, found.goes_on) == (removal.archive, removal.due_at)
    assert any("removed already" in str(line) for one in removal_in_words(found) for line in one.lines)


def test_only_who_administers_all_departments_looks(harbour: Harbour) -> None:
    with pytest.raises(PermissionDenied):
        preview_removal(harbour.runtime, "harbour", replace(harbour.admin, user_id=None, kind="user"))
    with pytest.raises(NotFound):
        look(harbour, "nobody")


WATCHED = """
import json, sys
from pathlib import Path

touched = []
root, home = Path(sys.argv[1]), Path(sys.argv[2])
sys.path.insert(0, str(root))

from xrm.assembling import build
from xrm.db.engine import open_engine
from xrm.migrate.upgrade import apply_changes
from xrm.plugin_host.host import PluginHost
from xrm.plugin_preview.removing import preview_removal
from xrm.plugin_preview.service import note_applied
from xrm.plugin_preview.upgrading import preview_upgrade
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import system_actor

url = f"sqlite:///{home / 'xrm.db'}"
host = PluginHost.open(home, packages={"base": "xrm_base", "apiary": "stranger_apiary"})
settings = Settings(home=home, database_url=url, secret_key="a key for tests, long enough")
runtime = Runtime(settings, open_engine(url), host, build(host))
apply_changes(runtime.engine, runtime.registry)
runtime.write(note_applied, system_actor())

folder = root / "stranger_apiary"
(folder / "hooks.py").write_text("raise SystemExit('must not run')")
(folder / "steps").mkdir()
(folder / "steps" / "0001_honey.py").write_text("raise SystemExit('must not run')")
manifest = folder / "plugin.yaml"
manifest.write_text(manifest.read_text().replace("1.2.3", "2.0.0"))
import stranger_apiary.hooks
stranger_apiary.hooks.CALLS.clear()

def watch(event, arguments):
    if event == "import" and str(arguments[0]).startswith("stranger_"):
        touched.append(["import", arguments[0]])
    if event == "open" and str(arguments[0]).startswith(str(root)) and str(arguments[0]).endswith((".py", ".pyc")):
        touched.append(["open", str(arguments[0])])
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.spawn", "os.system")):
        touched.append([event])

sys.addaudithook(watch)
upgrade = preview_upgrade(runtime, "apiary", system_actor())
removal = preview_removal(runtime, "apiary", system_actor())
print(json.dumps({
    "touched": touched, "calls": stranger_apiary.hooks.CALLS, "version": upgrade.contents.plugin.version,
    "applied": upgrade.applied, "steps": upgrade.data_steps, "scores": dict(removal.inventory.score_models),
    "changed": [one.name for one in upgrade.differences],
}))
"""
COUNTING = """
CALLS = []

from xrm.plugin_api import Band, ScoreModel, label

@hookimpl
def register_score_models():
    CALLS.append("register_score_models")
    bands = (Band("some", label("a", "b"), 0),)
    return [ScoreModel("stings", label("Stings", "Piqûres"), "1", ("person",), lambda *_: (), bands)]

@hookimpl
def menu_items(uow):
    CALLS.append("menu_items")
    return []
"""


def test_nothing_of_the_plugin_is_imported_opened_as_code_or_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of the version that runs, nor of the one that lies on the disk."""
    home = tmp_path / "home"
    home.mkdir()
    with place_for_strangers(tmp_path, monkeypatch) as place:
        strangers: Strangers = place
        strangers.add("apiary", dedent(COUNTING), requires="base", files=FILES)

        done = subprocess.run([sys.executable, "-c", WATCHED, str(strangers.root), str(home)], capture_output=True, text=True,
                              check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["touched"], found["calls"]) == ([], [])
    assert (found["applied"], found["version"], found["steps"]) == ("1.2.3", "2.0.0", ["0001_honey"])
    assert found["changed"] == ["steps/0001_honey.py", "hooks.py"]
    assert found["scores"] == {"stings": 0}
