# SPDX-License-Identifier: Apache-2.0
"""The life of a plugin as an operator leads it: installed, upgraded, taken back, removed, installed again; nothing is lost."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import tests.acceptance.conftest
from tests.acceptance.conftest import Maker, Program
from tests.acceptance.installed import build_wheels, install, make_environment, run_pip
from tests.architecture.tree import ROOT

pytestmark = pytest.mark.by_turns

PARTIES = """\
things:
  company:
    type: organization
    identifiers: {register: no}
    fields: {name: name, country: {value: FR}}
"""
OUTLETS = """\
things:
  outlet: {type: outlet, identifiers: {media: no}, fields: {name: name}}
"""
COVERAGE = """\
things:
  coverage:
    type: coverage
    identifiers: {clippings: no}
    fields:
      headline: headline
      outlet: {refer: {system: media, key: outlet}}
      about: {refer: {system: register, key: company}}
      published_on: day
      prominence: prominence
      quote: quote
      equivalent: value
relationships: []
"""
DATA_STEP = '''
"""How many words an excerpt has."""

ENTITY = "coverage"
READS = ("quote",)
WRITES = ("words",)


def upgrade(rows):
    for row in rows:
        row["words"] = len((row["quote"] or "").split()) or None
'''
TYPES = ("outlet", "release", "coverage", "organization")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program and press as they are, and a later press: a field renamed, one widened, one filled by a data step."""
    folder = tmp_path_factory.mktemp("life")
    later = folder / "later" / "press"
    shutil.copytree(ROOT / "plugins" / "press", later, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    for name in ("pyproject.toml", "xrm_press/plugin.yaml"):
        file = later / name
        file.write_text(file.read_text().replace("0.1.0", "0.2.0"))
    file = later / "xrm_press" / "entities" / "coverage.yaml"
    text = re.sub(r"\bprominence\b", "standing", file.read_text())
    text = text.replace("kind: record\n", "kind: record\nrevision: 2\nrenamed: {prominence: standing}\n", 1)
    text = text.replace("  quote:", "  words: {type: integer, min: 0, index: true, label: {en: Words, fr: Mots}}\n  quote:", 1)
    file.write_text(text.replace("reach: {type: integer, min: 0", "reach: {type: decimal, min: 0, scale: 1", 1))
    (later / "xrm_press" / "steps").mkdir()
    (later / "xrm_press" / "steps" / "0001_count_words.py").write_text(DATA_STEP)
    build_wheels([ROOT, ROOT / "plugins" / "press"], folder / "wheels")
    build_wheels([later], folder / "later_wheels")
    return folder


@pytest.fixture
def python(wheels: Path, tmp_path: Path) -> Path:
    """An environment with xrm alone."""
    made = make_environment(tmp_path / "environment")
    install(made, wheels / "wheels", "xrm")
    return made


def write_files(folder: Path, parties: int, pieces: int) -> None:
    """Companies, outlets and coverage of them, as files to import."""
    outlets = max(2, pieces // 20)
    companies = "".join(f"{number},Company {number}\n" for number in range(parties))
    media = "".join(f"{number},Outlet {number}\n" for number in range(outlets))
    rows = "".join(
        f"{number},Headline {number},{number % outlets},{number % parties},2025-{number % 12 + 1:02d}-15,"
        f"{('front', 'main', '')[number % 3]},{'a few words of praise'[: number % 23]},{number}.50 EUR\n"
        for number in range(pieces)
    )
    files = {
        "parties": (f"no,name\n{companies}", PARTIES), "outlets": (f"no,name\n{media}", OUTLETS),
        "coverage": (f"no,headline,outlet,company,day,prominence,quote,value\n{rows}", COVERAGE),
    }
    for name, (content, mapping) in files.items():
        (folder / f"{name}.csv").write_text(content)
        (folder / f"{name}.yaml").write_text(mapping)


def change(python: Path, wheels: Path) -> None:
    """Another version in the place of the one that is there, as pip does it: none of its files stays."""
    run_pip("--python", str(python), "uninstall", "--yes", "xrm-press")
    install(python, wheels, "xrm-press")


def bring(xrm: Program, folder: Path, *names: str) -> None:
    for name in names:
        counts = xrm.asked("import", str(folder / f"{name}.csv"), "--mapping", str(folder / f"{name}.yaml"))
        assert counts["failed"] == 0, counts


def export(xrm: Program) -> list[str]:
    """All that is there, as the program gives it, letter by letter."""
    done = [xrm("entity", "list", name, "--limit", "1000000", "--json") for name in TYPES]
    return [one.out for one in done]


@pytest.mark.deep
@pytest.mark.parametrize("size", [(40, 60), (100_000, 20_000)])
def test_installed_upgraded_taken_back_removed_and_installed_again(
    python: Path, wheels: Path, database_url: str, tmp_path: Path, initialise: Maker, size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tests.acceptance.conftest, "PATIENCE", 1800)
    xrm = initialise(Program(tmp_path / "instance", python.with_name("xrm"), {"XRM_DATABASE_URL": database_url}))
    write_files(tmp_path, *size)
    bring(xrm, tmp_path, "parties")
    alone = xrm("entity", "list", "organization", "--limit", "1000000", "--json").out

    install(python, wheels / "wheels", "xrm-press")
    assert xrm("schema", "plan").code == 10
    assert xrm("schema", "apply").code == 0
    bring(xrm, tmp_path, "outlets", "coverage")
    before = export(xrm)

    change(python, wheels / "later_wheels")
    assert xrm("schema", "plan").code == 11  # a type changes: the program has to stand still for a moment
    assert xrm("schema", "apply").code == 0
    after = xrm.asked("entity", "list", "coverage", "--limit", "1000000")["items"]
    assert len(after) == size[1]
    assert {one["words"] for one in after} == {None, 1, 2, 3, 4, 5}
    assert {one["standing"] for one in after} == {"front", "main", None}

    assert xrm("schema", "rollback", "--yes").code == 0
    change(python, wheels / "wheels")
    assert export(xrm) == before
    assert xrm("schema", "check").code == 0

    removed = xrm.asked("plugin", "remove", "press", "--now", "--yes")
    assert removed["state"] == "dropped"
    run_pip("--python", str(python), "uninstall", "--yes", "xrm-press")
    assert xrm("entity", "list", "organization", "--limit", "1000000", "--json").out == alone
    assert xrm("schema", "check").code == 0

    install(python, wheels / "wheels", "xrm-press")
    assert xrm("plugin", "restore", "press").code == 0
    assert export(xrm) == before
    assert xrm("schema", "check").code == 0
