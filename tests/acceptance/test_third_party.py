# SPDX-License-Identifier: Apache-2.0
"""Plugins of strangers, pip-installed into a clean environment: two YAML files, a score of one file, a channel of one file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import Maker, Program, visiting
from tests.acceptance.installed import THIRD_PARTY, build_wheels, install, make_environment, run_pip
from tests.architecture.tree import ROOT

STRANGERS = ("beekeeping", "recency", "pigeon", "neighbours")
OURS = ("press", "quality", "email", "sales", "service", "campaigns")
MAPPING = """\
things:
  hive:
    type: hive
    identifiers: {apiary: no}
    fields: {name: name, honey: kilos}
"""


@pytest.fixture(scope="session")
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with xrm, one plugin of ours, and the plugins of strangers."""
    folder = tmp_path_factory.mktemp("clean")
    sources = [ROOT, ROOT / "plugins" / "sales", *(THIRD_PARTY / name for name in STRANGERS)]
    wheels = build_wheels(sources, folder / "wheels")
    python = make_environment(folder / "environment")
    install(python, wheels, "xrm", "xrm-sales", *(f"xrm-{name}" for name in STRANGERS))
    return python


@pytest.fixture(scope="session")
def made_strange(clean_environment: Path, tmp_path_factory: pytest.TempPathFactory, initialise: Maker) -> Path:
    """The folder of an instance made in the clean environment."""
    program = Program(tmp_path_factory.mktemp("strange") / "instance", command=clean_environment.with_name("xrm"))
    return initialise(program).home


@pytest.fixture
def strange(clean_environment: Path, made_strange: Path, tmp_path: Path) -> Program:
    """The command of the clean environment on an instance of its own."""
    shutil.copytree(made_strange, tmp_path / "instance")
    return Program(tmp_path / "instance", command=clean_environment.with_name("xrm"))


def test_what_is_installed_appears_and_nothing_else(strange: Program) -> None:
    plugins = {one["name"]: one["status"] for one in strange.asked("plugin", "list")["items"]}

    assert plugins == dict.fromkeys(("base", "sales", *STRANGERS), "on")


def test_two_yaml_files_give_list_search_and_import(strange: Program, tmp_path: Path) -> None:
    code = list((THIRD_PARTY / "beekeeping").rglob("*.py"))
    mapping, file = tmp_path / "hives.yaml", tmp_path / "hives.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    file.write_text("no,name,kilos\n1,Söderhöjden,12.5\n2,By the oak,\n", encoding="utf-8")

    counts = strange.asked("import", str(file), "--mapping", str(mapping))
    listed = strange.asked("entity", "list", "hive", "--where", "honey > 12")
    found = strange.asked("search", "soderh")

    assert code == []
    assert (counts["created"], counts["failed"]) == (2, 0)
    assert [(one["title"], one["honey"]) for one in listed["items"]] == [("Söderhöjden", "12.5")]
    assert [(one["type"], one["title"]) for one in found["items"]] == [("hive", "Söderhöjden")]


def test_two_yaml_files_give_form_list_and_page_in_the_browser(strange: Program) -> None:
    with visiting(strange) as visitor:
        status, form = visitor.get("/beekeeping/hive/new")
        department = strange.asked("department", "list")["items"][0]["id"]
        made = visitor.post("/beekeeping/hive/new", {"name": "Under the lime", "honey": "7.5", "_department": department})
        listed = visitor.get("/beekeeping/hive")

    assert (status, made[0], listed[0]) == (200, 200, 200), made[1]
    assert "Queen since" in form
    assert "Under the lime" in made[1]
    assert "Under the lime" in listed[1]


def test_a_score_of_one_python_file_is_computed_with_reasons(strange: Program) -> None:
    person = strange.made("entity", "create", "person", "--set", "first_name=Ada", "--set", "last_name=Lovelace")
    strange.made("interaction", "add", "call", person, "--subject", "Engines")

    ran = strange.asked("score", "run", "recency")
    shown = strange.asked("score", "show", person)

    assert [(one["model"], one["written"], one["failure"]) for one in ran["items"]] == [("recency", 1, None)]
    (score,) = [one for one in shown["items"] if one["model"] == "recency"]
    assert (score["value"], score["band"]) == (100, "warm")
    assert score["reasons"][0]["text"] == "The last contact was 0 days ago."


def test_a_channel_of_one_python_file_is_there(strange: Program) -> None:
    shown = strange.asked("plugin", "show", "pigeon")

    assert shown["status"] == "on"
    assert (THIRD_PARTY / "pigeon" / "xrm_pigeon" / "hooks.py").is_file()
    assert len(list((THIRD_PARTY / "pigeon").rglob("*.py"))) == 1
    assert "pigeon" in str(shown)


@pytest.mark.deep
def test_pip_installs_everything_from_the_source_folders(tmp_path: Path, initialise: Maker) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    assert subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=False).returncode == 0
    folders = [str(ROOT), *(str(ROOT / "plugins" / name) for name in OURS), str(THIRD_PARTY / "beekeeping")]
    run_pip("--python", str(python), "install", *folders)

    program = initialise(Program(tmp_path / "instance", command=python.with_name("xrm")))

    plugins = {one["name"]: one["status"] for one in program.asked("plugin", "list")["items"]}
    assert plugins == dict.fromkeys(("base", *OURS, "beekeeping"), "on")
