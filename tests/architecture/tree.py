# SPDX-License-Identifier: Apache-2.0
"""The files of the repository, as the tests about the code walk them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("core", "cli", "web", "entity_schemas", "plugins")
_NOT_OURS = {".git", "__pycache__", "instance", "node_modules", "dist", "build"}


def files(folder: Path, pattern: str = "*") -> Iterator[Path]:
    """The files below ``folder`` that belong to the repository: no caches, environments, instances or build results."""
    for path in sorted(folder.rglob(pattern)):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(_is_foreign(part) for part in parts[:-1]):
            yield path


def _is_foreign(name: str) -> bool:
    return name in _NOT_OURS or name.startswith(".venv") or name.endswith((".egg-info", "_cache")) or name == ".hypothesis"


def parse(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(module: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module, inner ones too."""
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def called_names(node: ast.AST) -> set[str]:
    """The last name of everything called below ``node``: ``require`` for both ``require(…)`` and ``policy.require(…)``."""
    called = [inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    attributes = {function.attr for function in called if isinstance(function, ast.Attribute)}
    return attributes | {function.id for function in called if isinstance(function, ast.Name)}


def write(folder: Path, name: str, text: str) -> Path:
    """A file with ``text`` below ``folder``, made for a planted violation."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
