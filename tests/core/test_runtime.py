# SPDX-License-Identifier: Apache-2.0
"""What the program says when its database is missing, empty, locked or wrong."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.instances import BASE, open_with
from xrm.db.engine import open_engine
from xrm.entities.listing import ListQuery
from xrm.entities.queries import list_entities
from xrm.errors import ConfigurationError, Conflict
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork, system_actor


def test_an_empty_database_asks_for_its_tables(database_url: str, tmp_path: Path) -> None:
    runtime = open_with(Settings(home=tmp_path, database_url=database_url), BASE)

    for run in (runtime.read, runtime.write):
        with pytest.raises(ConfigurationError, match="xrm schema apply"):
            run(lambda uow: list_entities(uow, ListQuery("party")), system_actor())
    runtime.close()


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    runtime = open_with(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'none' / 'xrm.db'}"), BASE)

    with pytest.raises(ConfigurationError, match="xrm init"):
        runtime.read(lambda uow: list_entities(uow, ListQuery("party")), system_actor())
    runtime.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "postgresql://"])
def test_a_wrong_url_says_what_to_write(url: str) -> None:
    if url == "postgresql://":
        assert open_engine(url).dialect.name == "postgresql"
        return
    with pytest.raises(ConfigurationError):
        open_engine(url)


def test_a_writer_that_never_gets_its_turn_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "xrm.db"
    monkeypatch.setattr("xrm.runtime.LONGEST_WAIT", 0.0)
    runtime = open_with(Settings(home=tmp_path, database_url=f"sqlite:///{file}?timeout=0.1"), BASE)
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")

    with pytest.raises(Conflict) as caught:
        runtime.write(lambda uow: uow.execute(text("SELECT 1")), system_actor())

    blocker.close()
    runtime.close()
    assert caught.value.code == "busy"


def test_a_unit_of_work_that_lost_a_race_runs_again(runtime: Runtime) -> None:
    runs: list[int] = []

    def write(uow: UnitOfWork) -> str:
        runs.append(1)
        if len(runs) == 1:
            columns = "id, name, name_key, created_at"
            uow.execute(text(f"INSERT INTO department ({columns}) SELECT {columns} FROM department"))  # noqa: S608  # no input
        return "done"

    assert runtime.write(write, system_actor()) == "done"
    assert len(runs) == 2
