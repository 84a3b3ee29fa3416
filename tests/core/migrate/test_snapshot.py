# SPDX-License-Identifier: Apache-2.0
"""The copy of a SQLite database from before a change: whole under its name, or not there."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.factories.evolving import Evolving
from xrm.errors import ConfigurationError
from xrm.migrate.apply import rollback
from xrm.migrate.progress import interrupted
from xrm.migrate.upgrade import apply_changes

NAME = {"name": {"type": "text", "required": True}}


@pytest.fixture(autouse=True)
def only_on_sqlite(database_kind: str) -> None:
    """PostgreSQL has backups of its own."""
    if database_kind != "sqlite":
        pytest.skip("a copy is made of SQLite databases only")


def copies(evolving: Evolving) -> Path:
    """Where they lie."""
    return Path(str(evolving.runtimes[-1].engine.url.database)).parent / "snapshots"


def test_it_holds_what_was_there_before_and_three_are_kept(evolving: Evolving) -> None:
    first = evolving.applied({**NAME, "port": {"type": "integer"}})
    evolving.create(first, {"name": "Aurora", "port": 7})
    for _ in range(4):
        second = evolving.applied({**NAME, "port": {"type": "text"}}, revision=2)
        rollback(second.engine)

    files = sorted(copies(evolving).iterdir())

    assert [file.suffix for file in files] == [".db"] * 3
    with sqlite3.connect(files[-1]) as copy:
        assert copy.execute("SELECT name, port FROM fleet__vessel").fetchall() == [("Aurora", 7)]


def test_what_a_killed_run_left_is_cleared_away(evolving: Evolving) -> None:
    first = evolving.applied({**NAME, "port": {"type": "integer"}})
    evolving.create(first, {"name": "Aurora", "port": 7})
    copies(evolving).mkdir()
    left = [copies(evolving) / name for name in ("before-plan-2.db.partial", "before-plan-2.db.partial-journal")]
    for file in left:
        file.write_bytes(b"half")

    evolving.applied({**NAME, "port": {"type": "text"}}, revision=2)

    assert [file.suffix for file in copies(evolving).iterdir()] == [".db"]


def test_without_it_nothing_is_begun(evolving: Evolving) -> None:
    first = evolving.applied({**NAME, "port": {"type": "integer"}})
    evolving.create(first, {"name": "Aurora", "port": 7})
    second = evolving.declare({**NAME, "port": {"type": "text"}}, revision=2)
    copies(evolving).mkdir()
    copies(evolving).joinpath("before-plan-2.db.partial").mkdir()  # what stands there cannot be written

    with pytest.raises((ConfigurationError, OSError)):
        apply_changes(second.engine, second.registry)

    assert interrupted(second.engine) is None
