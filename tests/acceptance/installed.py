# SPDX-License-Identifier: Apache-2.0
"""A clean virtual environment with xrm and its plugins installed from wheels, as pip does it for a stranger."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterable
from pathlib import Path

from tests.architecture.tree import ROOT

THIRD_PARTY = ROOT / "tests" / "third_party"


def build_wheels(sources: Iterable[Path], target: Path) -> Path:
    """The folder with one wheel for each of these source folders, built without network."""
    copies = []
    for source in sources:
        # Building must leave no trace in the tree.
        copy = target.parent / f"source-{source.name}"
        ignored = shutil.ignore_patterns(".*", "tests", "instance", "node_modules", "__pycache__", "benchmarks")
        shutil.copytree(source, copy, ignore=ignored, dirs_exist_ok=True)
        copies.append(str(copy))
    run_pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(target), *copies)
    return target


def run_pip(*arguments: str) -> None:
    """Run pip of this environment without asking any index."""
    common = ("--disable-pip-version-check", "--quiet", "--no-cache-dir")
    done = subprocess.run([sys.executable, "-m", "pip", *arguments, *common], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def make_environment(folder: Path) -> Path:
    """The Python of a new virtual environment that has our dependencies, lent by that of the tests, and nothing of ours."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = next((folder / "lib").glob("python*/site-packages"))
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "xrm" not in entry.name and entry.suffix != ".pth":
            (packages / entry.name).symlink_to(entry)
    return folder / "bin" / "python"


def install(python: Path, wheels: Path, *names: str) -> None:
    """Install distributions from a folder of wheels into the environment of ``python``."""
    arguments = ("--no-index", "--no-deps", "--ignore-installed", "--find-links", str(wheels))
    run_pip("--python", str(python), "install", *arguments, *names)
