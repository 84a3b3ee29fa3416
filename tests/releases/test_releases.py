# SPDX-License-Identifier: Apache-2.0
"""The database of every release is opened by this program: brought to its schema, with every value as it was."""

from __future__ import annotations

import json
import lzma
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.conftest import Xrm
from tests.databases import PostgresDatabases
from tests.releases.make import CONTENTS, DUMP, FOLDER, KINDS, contents_of
from xrm.backup.create import create_backup
from xrm.backup.restore import prepare_restore
from xrm.runtime import open_runtime
from xrm.settings import load_settings

RELEASES = sorted(path.name for path in FOLDER.iterdir() if (path / KINDS[0]).is_dir())


def content(release: str, kind: str, name: str) -> str:
    """The text of a file that was kept."""
    return lzma.decompress((FOLDER / release / kind / name).read_bytes()).decode()


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    """A release whose database is kept."""
    return str(request.param)


@pytest.fixture
def opened(
    release: str, database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Xrm]:
    """Commands of this program on the database of a release, with all plugins of ours."""
    home = tmp_path / "instance"
    home.mkdir(mode=0o700)
    url = f"sqlite:///{home / 'xrm.db'}"
    script = content(release, database_kind, DUMP)
    if database_kind == "sqlite":
        connection = sqlite3.connect(home / "xrm.db")
        connection.executescript(script)
        connection.close()
    else:
        databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
        plain = databases.create()
        with psycopg.connect(plain, autocommit=True) as server:
            server.execute(script.encode())
        url = plain
    monkeypatch.setenv("XRM_HOME", str(home))
    monkeypatch.setenv("XRM_DATABASE_URL", url)
    monkeypatch.setenv("XRM_SECRET_KEY", "a key for tests, long enough to be taken")
    yield Xrm(capsys)
    if database_kind == "postgresql":
        databases.drop(url)


def different(kept: Any, now: Any, path: str = "") -> Iterator[str]:
    """Where what a release gave is not given any more; what came in addition is no difference."""
    if isinstance(kept, dict) and isinstance(now, dict):
        for key, value in kept.items():
            yield from different(value, now.get(key), f"{path}.{key}")
    elif kept != now:
        yield f"{path}: {kept!r} is {now!r}"


def test_a_release_is_kept() -> None:
    assert RELEASES


def test_every_value_is_as_it_was_and_nothing_waits_or_drifts(opened: Xrm, release: str, database_kind: str) -> None:
    kept = json.loads(content(release, database_kind, CONTENTS))

    assert opened("schema", "apply", "--yes").code == 0

    assert list(different(kept, contents_of(opened.given))) == []
    plan, check = opened("schema", "plan", "--json"), opened("schema", "check", "--json")
    assert (plan.json["steps"], plan.json["problems"]) == ([], [])
    assert (check.json["drift"], check.code) == ([], 0)
    assert opened.given("search", "Parti")["items"] == []


def test_it_can_be_written_backed_up_and_restored(opened: Xrm, tmp_path: Path) -> None:
    assert opened("schema", "apply", "--yes").code == 0
    made = opened.made("entity", "create", "person", "--set", "last_name=Later", "--department", "Sales")
    runtime = open_runtime(load_settings())
    backup = create_backup(runtime, tmp_path / "kept.xrmbackup").path
    runtime.close()

    with prepare_restore(load_settings(), backup) as prepared:
        prepared.run()

    assert opened.given("entity", "show", made)["title"] == "Later"
