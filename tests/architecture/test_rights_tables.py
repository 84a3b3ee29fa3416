# SPDX-License-Identifier: Apache-2.0
"""Tables that decide rights are written through ``uow.execute`` alone, which has every process read rights anew."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import ROOT, files, parse, write
from xrm.core_tables import metadata
from xrm.db.metadata import DECIDES_RIGHTS

TABLES = {table.name for table in metadata.sorted_tables if DECIDES_RIGHTS.items() <= table.info.items()}
WRITERS = {"insert", "update", "delete", "upsert", "insert_rows", "insert_columns"}


def problems(folder: Path) -> Iterator[str]:
    for path in files(folder, "*.py"):
        module = parse(path)
        told = {id(inner) for call in _calls(module, "execute") for inner in ast.walk(call)}
        for call in (one for word in WRITERS for one in _calls(module, word)):
            names = {argument.id for argument in call.args if isinstance(argument, ast.Name)} & TABLES
            if names and id(call) not in told:
                yield f"{path}:{call.lineno}: {', '.join(names)} is written past uow.execute, so that nobody reads rights anew"


def _calls(module: ast.Module, word: str) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and _name(node) == word:
            is_ours = word != "execute" or (isinstance(node.func, ast.Attribute) and called_of(node.func) == "uow")
            if is_ours:
                yield node


def called_of(function: ast.Attribute) -> str:
    return function.value.id if isinstance(function.value, ast.Name) else ""


def _name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_nothing_writes_them_past_the_unit_of_work() -> None:
    assert {"grant", "membership", "permission", "permission_set", "department", "plugin_activation", "share"} == TABLES
    assert [one for part in ("core", "cli", "web") for one in problems(ROOT / part)] == []


def test_what_goes_past_it_is_found(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "uow.connection.execute(insert(grant).values(id=1))\ninsert_rows(uow.connection, share, rows)\n")
    write(tmp_path, "b.py", "uow.execute(insert(grant).values(id=1))\nfound = uow.execute(delete(share).where(x)).rowcount\n")
    write(tmp_path, "c.py", "statement = update(membership)\nuow.execute(statement)\n")

    found = list(problems(tmp_path))
    assert len(found) == 3
    assert not any("b.py" in one for one in found)
