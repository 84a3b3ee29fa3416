# SPDX-License-Identifier: Apache-2.0
"""Imports go in one direction: the contracts in pyproject.toml hold, and each of them would notice a breach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

ROOTS = ("core", "cli", "web", *(f"plugins/{path.parent.name}" for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))))
# A line that breaks the rule, the file to put it into, and the contract that must notice.
BREACHES = [
    ("core/xrm/settings.py", "import xrm_web", "Core knows nothing above it"),
    ("core/xrm/entities/queries.py", "import flask", "Core knows nothing above it"),
    ("core/xrm/runtime.py", "import xrm_press", "Core knows nothing above it"),
    ("cli/xrm_cli/main.py", "import xrm_web", "Web, command line and plugins do not know each other"),
    ("web/xrm_web/app.py", "import xrm_press", "Web, command line and plugins do not know each other"),
    ("plugins/press/xrm_press/hooks.py", "import xrm_quality", "Web, command line and plugins do not know each other"),
    ("plugins/press/xrm_press/hooks.py", "import xrm.db.engine", "A plugin imports xrm.plugin_api and nothing else of ours"),
    ("core/xrm/entities/models.py", "import xrm.schema.registry", "Tables know tables and nothing else"),
    ("core/xrm/entities/queries.py", "import xrm.runtime", "Inside core there is one order of layers"),
    ("core/xrm/planted.py", "", "Inside core there is one order of layers"),
]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says about the tree below ``root`` under the contracts of its pyproject.toml."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(root / name) for name in ROOTS)}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Python files of the product in a folder where a test may break the rules."""
    for name in ROOTS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_go_in_one_direction() -> None:
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_contract_has_a_breach_that_it_must_notice() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]

    assert {contract["name"] for contract in contracts} == {name for _, _, name in BREACHES}


@pytest.mark.parametrize(("file", "line", "contract"), BREACHES, ids=[f"{name}: {line}" for name, line, _ in BREACHES])
def test_a_breach_is_noticed(copy: Path, file: str, line: str, contract: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as module:
        module.write(line + "\n")

    result = lint(copy)

    assert result.returncode == 1
    assert f"{contract} BROKEN" in " ".join(result.stdout.split()), result.stdout + result.stderr
