# SPDX-License-Identifier: Apache-2.0
"""Modules and functions stay short, names tell, each module says what it holds, and each file does its own work only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, SOURCES, called_names, files, functions, parse, write

MODULE_LINES = 300
FUNCTION_LINES = 40
SPDX = "# SPDX-License-Identifier: Apache-2.0\n"
STRANGERS = "third_party"  # plugins as others write them: they choose their licence and their comments
BANNED_WORDS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "handlers"}
BANNED_MODULES = BANNED_WORDS | {"process", "data", "info"}
BANNED_ENDINGS = ("Manager", "Handler", "Helper", "Helpers", "Utils", "Util")
CORE_FOLDERS = {
    "access", "audit", "backup", "channels", "contact_points", "db", "departments", "entities", "factors", "files", "health",
    "history", "identifiers", "imports", "interactions", "invitations", "jobs", "merge", "migrate", "overlay", "plugin_host",
    "plugin_preview", "plugin_removal", "plugin_settings", "relationships", "relocation", "roles", "schema", "scores", "search",
    "sharing", "single_sign_on", "system_mail", "tokens", "schema/expressions", "schema/fields", "schema/grammar",
}
# What a file of this name never calls: tables hold no queries, reads never write.
FORBIDDEN_CALLS = {"models.py": {"select", "insert", "update", "delete"}, "queries.py": {"insert", "delete"}}


def length_problems(folder: Path) -> Iterator[str]:
    for path in files(folder, "*.py"):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > MODULE_LINES:
            yield f"{path}: {lines} lines; split it so that each part holds at most {MODULE_LINES}"
        for function in functions(parse(path)):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{function.lineno}: {function.name} has {length} lines; at most {FUNCTION_LINES}"


def opening_problems(folder: Path) -> Iterator[str]:
    for path in files(folder, "*.py"):
        if STRANGERS in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if path.name == "__init__.py" and not text.strip():
            continue
        if not text.startswith(SPDX):
            yield f"{path}: the first line is not {SPDX.strip()!r}"
        if not ast.get_docstring(parse(path)):
            yield f"{path}: no docstring that says what belongs in this module"


def name_problems(folder: Path) -> Iterator[str]:
    for path in files(folder, "*.py"):
        relative = path.relative_to(folder)
        for part in (*relative.parts[:-1], path.stem):
            words = set(re.split(r"[_.]", part))
            if part in BANNED_MODULES or words & BANNED_WORDS:
                yield f"{path}: the name {part!r} says nothing about what is inside"
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef) and node.name.endswith(BANNED_ENDINGS):
                yield f"{path}:{node.lineno}: the name {node.name!r} says nothing about what it does"


def core_folder_problems(core: Path) -> Iterator[str]:
    for folder in sorted({path.parent.relative_to(core).as_posix() for path in files(core, "*.py")} - {"."}):
        if folder not in CORE_FOLDERS:
            yield f"{core / folder}: not a folder of the glossary; if the concept is new, add it there and here"


def duty_problems(core: Path) -> Iterator[str]:
    for name, forbidden in FORBIDDEN_CALLS.items():
        for path in files(core, name):
            for called in sorted(called_names(parse(path)) & forbidden):
                yield f"{path}: calls {called}(); {'tables hold no queries' if name == 'models.py' else 'reads never write'}"


@pytest.mark.parametrize("folder", [*SOURCES, "tests", "benchmarks"])
def test_modules_and_functions_are_short(folder: str) -> None:
    assert list(length_problems(ROOT / folder)) == []


@pytest.mark.parametrize("folder", [*SOURCES, "tests", "benchmarks"])
def test_each_module_begins_with_its_licence_and_purpose(folder: str) -> None:
    assert list(opening_problems(ROOT / folder)) == []


@pytest.mark.parametrize("folder", SOURCES)
def test_names_of_modules_and_classes_tell_something(folder: str) -> None:
    assert list(name_problems(ROOT / folder)) == []


def test_folders_of_the_core_are_concepts_of_the_glossary() -> None:
    assert list(core_folder_problems(ROOT / "core" / "xrm")) == []


def test_tables_hold_no_queries_and_reads_never_write() -> None:
    assert list(duty_problems(ROOT / "core" / "xrm")) == []


def test_a_long_module_is_found(tmp_path: Path) -> None:
    write(tmp_path, "long.py", "x = 1\n" * (MODULE_LINES + 1))

    assert len(list(length_problems(tmp_path))) == 1


def test_a_long_function_is_found(tmp_path: Path) -> None:
    write(tmp_path, "long.py", "def compute():\n" + "    x = 1\n" * FUNCTION_LINES)

    assert len(list(length_problems(tmp_path))) == 1


def test_a_module_without_licence_and_purpose_is_found(tmp_path: Path) -> None:
    write(tmp_path, "bare.py", "x = 1\n")

    assert len(list(opening_problems(tmp_path))) == 2


@pytest.mark.parametrize("name", ["utils.py", "date_helpers.py", "common/dates.py", "data.py"])
def test_a_name_that_tells_nothing_is_found(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "x = 1\n")

    assert len(list(name_problems(tmp_path))) == 1


def test_a_class_called_manager_is_found(tmp_path: Path) -> None:
    write(tmp_path, "parties.py", "class PartyManager:\n    pass\n")

    assert len(list(name_problems(tmp_path))) == 1


def test_a_folder_outside_the_glossary_is_found(tmp_path: Path) -> None:
    write(tmp_path, "widgets/service.py", "x = 1\n")

    assert len(list(core_folder_problems(tmp_path))) == 1


@pytest.mark.parametrize(("name", "call"), [("models.py", "sa.select(1)"), ("queries.py", "delete(party)")])
def test_a_file_doing_anothers_work_is_found(tmp_path: Path, name: str, call: str) -> None:
    write(tmp_path, f"entities/{name}", f"x = {call}\n")

    assert len(list(duty_problems(tmp_path))) == 1
