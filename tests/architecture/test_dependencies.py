# SPDX-License-Identifier: Apache-2.0
"""Each library the product depends on is used, and has its reason in the decisions."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.tree import ROOT, files, parse, write

DECISION = "docs/decisions/0001-dependencies.md"
# Where the name to import is not the name to install.
MODULES = {
    "argon2-cffi": "argon2", "email-validator": "email_validator", "flask-babel": "flask_babel", "flask-wtf": "flask_wtf",
    "phonenumberslite": "phonenumbers", "pyyaml": "yaml", "uuid-utils": "uuid_utils", "python-calamine": "python_calamine",
    "python-stdnum": "stdnum",
}
# Used without an import of ours, with the way it is used.
NOT_IMPORTED: Mapping[str, str] = {"psycopg": "SQLAlchemy loads it for a URL that begins with postgresql://"}


def dependency_problems(root: Path, not_imported: Mapping[str, str]) -> Iterator[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    core = [_name(line) for line in project["dependencies"]]
    optional = [_name(line) for extra, lines in extras.items() if extra != "dev" for line in lines]
    imported = {module for folder in ("core", "cli", "web", "plugins") for module in _imported(root / folder)}
    for name in [*core, *optional]:
        if (MODULES.get(name, name) in imported) == (name in not_imported):
            yield f"pyproject.toml: {name} is " + ("imported; remove its exemption" if name in not_imported else "never imported")
    text = (root / DECISION).read_text(encoding="utf-8")
    everything = {*core, *optional, *(_name(line) for line in extras.get("dev", []))} - {project["name"]}
    reasons = set(re.findall(r"[\w-]+", " ".join(_first_cells(text))))
    for name in sorted(everything - {word.lower() for word in reasons}):
        yield f"{DECISION}: no line says why {name} is there"


def _first_cells(page: str) -> Iterator[str]:
    # The library is named in the first column of the first table and in the second one of the table of extras.
    yield from (" ".join(line.split("|")[1:3]) for line in page.splitlines() if line.startswith("|"))


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower()


def _imported(folder: Path) -> Iterator[str]:
    for path in files(folder, "*.py"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.split(".")[0]


def test_each_dependency_is_used_and_has_its_reason() -> None:
    assert list(dependency_problems(ROOT, NOT_IMPORTED)) == []


def test_an_unused_dependency_without_reason_is_found(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[project]\nname = "x"\ndependencies = ["flask>=3", "numpy"]\n')
    write(tmp_path, "web/pages.py", "import flask\n")
    write(tmp_path, DECISION, "| flask | the web | – |\n")

    assert len(list(dependency_problems(tmp_path, {}))) == 2
