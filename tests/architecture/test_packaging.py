# SPDX-License-Identifier: Apache-2.0
"""What is installed is what is in the tree: no template, entity file or static file is left behind."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import ROOT, files, write

DISTRIBUTIONS = [ROOT, *sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))]


def expected_files(distribution: Path) -> set[str]:
    """The files of the packages that the distribution's pyproject.toml names, as paths inside a wheel."""
    wheel = _configuration(distribution).get("tool", {}).get("hatch", {}).get("build", {}).get("targets", {}).get("wheel", {})
    found = set()
    for package in (distribution / name for name in wheel["packages"]):
        found |= {path.relative_to(package.parent).as_posix() for path in files(package) if path.suffix != ".pyc"}
    return found


def _configuration(distribution: Path) -> dict[str, Any]:
    return tomllib.loads((distribution / "pyproject.toml").read_text(encoding="utf-8"))


def wheel_files(distribution: Path, target: Path) -> set[str]:
    """The files inside a wheel built from the distribution, without its metadata."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    result = subprocess.run(command, cwd=distribution, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    with zipfile.ZipFile(next(target.glob("*.whl"))) as wheel:
        return {name for name in wheel.namelist() if ".dist-info/" not in name}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda path: path.name if path != ROOT else "xrm")
def test_the_wheel_equals_the_tree(distribution: Path, tmp_path: Path) -> None:
    assert wheel_files(distribution, tmp_path) == expected_files(distribution)


def test_the_wheel_holds_what_is_not_python(tmp_path: Path) -> None:
    suffixes = {Path(name).suffix for name in wheel_files(ROOT, tmp_path)}

    assert {".py", ".yaml", ".html", ".css", ".js", ".svg"} <= suffixes


def test_a_file_left_out_of_the_wheel_is_found(tmp_path: Path) -> None:
    pyproject = """\
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"
        [project]
        name = "gap"
        version = "1"
        [tool.hatch.build.targets.wheel]
        packages = ["xrm_gap"]
        exclude = ["*.yaml"]
        """
    write(tmp_path, "pyproject.toml", "\n".join(line.strip() for line in pyproject.splitlines()))
    write(tmp_path, "xrm_gap/__init__.py", "")
    write(tmp_path, "xrm_gap/plugin.yaml", "plugin: gap\n")

    left_behind = expected_files(tmp_path) - wheel_files(tmp_path, tmp_path / "out")

    assert left_behind == {"xrm_gap/plugin.yaml"}
