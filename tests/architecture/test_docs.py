# SPDX-License-Identifier: Apache-2.0
"""The documentation speaks of files, links and verbs that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files, write


def tree_problems(root: Path) -> Iterator[str]:
    """Each path of the first fenced tree in README.md exists; each folder at the top and each concept of core is in it."""
    named = list(_tree_paths((root / "README.md").read_text(encoding="utf-8")))
    for path in named:
        if not (root / path).exists():
            yield f"README.md names {path}, which does not exist"
    tops = {path.split("/")[0] for path in named}
    for folder in sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        if folder not in tops and folder not in {"instance", "dist", "build", "__pycache__"}:
            yield f"README.md does not name the folder {folder}/"
    for folder in sorted({path.parent.relative_to(root).as_posix() for path in files(root, "core/xrm/*/*.py")} - set(named)):
        yield f"README.md does not name the folder {folder}/"


def _tree_paths(readme: str) -> Iterator[str]:
    tree = re.search(r"```text\n(.*?)```", readme, re.DOTALL)
    parents: list[str] = []
    for line in tree.group(1).splitlines() if tree else []:
        if match := re.match(r"( *)([\w./-]+)", line):
            depth = len(match.group(1)) // 2
            parents[depth:] = [match.group(2).rstrip("/")]
            yield "/".join(parents)


def link_problems(root: Path) -> Iterator[str]:
    """Each relative link of a page leads to a file."""
    for page in _pages(root):
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
                yield f"{page}: the link {target} leads nowhere"


def verb_problems(root: Path) -> Iterator[str]:
    """Each ``make`` verb a page speaks of is in the Makefile."""
    verbs = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in _pages(root):
        for verb in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")):
            if verb not in verbs:
                yield f"{page}: there is no verb `make {verb}`"


def _pages(root: Path) -> Iterator[Path]:
    yield from (path for path in root.glob("*.md"))
    for folder in ("docs", "plugins", "changelog.d"):
        yield from files(root / folder, "*.md")


@pytest.mark.parametrize("problems", [tree_problems, link_problems, verb_problems])
def test_the_documentation_speaks_of_what_exists(problems: object) -> None:
    assert callable(problems)
    assert list(problems(ROOT)) == []


def test_a_missing_path_and_an_unnamed_folder_are_found(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "```text\ncore/   the core\n  xrm/  the package\nplugins/\n```\n")
    (tmp_path / "core" / "xrm").mkdir(parents=True)
    (tmp_path / "web").mkdir()
    write(tmp_path, "core/xrm/tolls/service.py", "")

    assert list(tree_problems(tmp_path)) == [
        "README.md names plugins, which does not exist", "README.md does not name the folder web/",
        "README.md does not name the folder core/xrm/tolls/",
    ]


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    write(tmp_path, "docs/page.md", "[a](gone.md) and [b](https://example.org) and [c](page.md#top)\n")

    assert len(list(link_problems(tmp_path))) == 1


def test_an_unknown_verb_is_found(tmp_path: Path) -> None:
    write(tmp_path, "Makefile", "run:\n\techo\n")
    write(tmp_path, "README.md", "`make run`, then `make coffee`\n")

    assert len(list(verb_problems(tmp_path))) == 1
