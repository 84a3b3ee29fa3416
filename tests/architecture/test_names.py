# SPDX-License-Identifier: Apache-2.0
"""No file of the repository names a path of somebody's machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import ROOT, files, write

# Written in pieces, so that this file does not find itself.
MACHINE_PATHS = re.compile("|".join(["/" + "root/", "/" + "work/", "/" + r"home/\w+/", "/" + r"Users/\w+/", "/" + "tmp/w/"]))
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".txt", ".cfg", ".sh", ".po", ".json", ".sql", ""}
PLACES = ("core", "cli", "web", "entity_schemas", "plugins", "tests", "benchmarks", "docs", "changelog.d", ".ci")


def machine_paths(folder: Path) -> Iterator[str]:
    for path in files(folder):
        if path.suffix in TEXT:
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if MACHINE_PATHS.search(line):
                    yield f"{path}:{number}: names a path of one machine: {line.strip()[:80]}"


def test_no_file_names_a_path_of_one_machine() -> None:
    assert [problem for place in PLACES for problem in machine_paths(ROOT / place)] == []


def test_no_file_at_the_top_names_a_path_of_one_machine() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT}

    assert [name for name, text in texts.items() if MACHINE_PATHS.search(text)] == []


def test_a_path_of_one_machine_is_found(tmp_path: Path) -> None:
    write(tmp_path, "notes.md", "see /" + "home/ada/notes\n")

    assert len(list(machine_paths(tmp_path))) == 1
