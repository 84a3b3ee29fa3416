# SPDX-License-Identifier: Apache-2.0
"""The launcher of the test server finds binaries in a stated order and starts them whoever runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.postgres_server import NoPostgres, copy_server, find_binaries, running_postgres


def test_a_folder_named_in_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("initdb", "postgres"):
        (tmp_path / program).touch()
    monkeypatch.setenv("XRM_TEST_PG_BIN", str(tmp_path))

    assert find_binaries() == tmp_path


def test_without_any_server_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XRM_TEST_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("tests.postgres_server.importlib.util.find_spec", lambda _name: None)

    with pytest.raises(NoPostgres, match=r"XRM_TEST_PG_BIN.*--database sqlite"):
        find_binaries()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server over to another account")
def test_a_server_below_a_private_folder_starts_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = tmp_path / "home"
    binaries = copy_server(find_binaries(), private)
    private.chmod(0o700)
    monkeypatch.setenv("XRM_TEST_PG_BIN", str(binaries))

    with running_postgres() as url:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            folder = Path(connection.scalar(sa.text("SHOW data_directory")) or "")
        engine.dispose()
        assert folder.exists()

    assert not folder.parent.exists()
