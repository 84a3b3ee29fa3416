# SPDX-License-Identifier: Apache-2.0
"""A restore that does not fit is refused with its reason, and the instance stays as it is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DatabaseError

from tests.core.backup.conftest import Restore, Rewrite, contents_of, open_base
from tests.instances import open_with
from xrm.backup.create import create_backup
from xrm.backup.restore import prepare_restore
from xrm.db.engine import for_writing
from xrm.errors import ConfigurationError, Conflict, NotFound
from xrm.migrate.apply import pending
from xrm.migrate.made_by import MadeBy, read_made_by, write_made_by
from xrm.migrate.models import schema_owner
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.versions import program_version


@pytest.fixture
def of_version(filled: Runtime, tmp_path: Path) -> Callable[[str], Path]:
    """A function that makes a backup as the program of another version does."""

    def make(version: str) -> Path:
        with for_writing(filled.engine.connect()) as connection, connection.begin():
            before = [dict(row) for row in connection.execute(select(schema_owner)).mappings()]
            write_made_by(connection, {**read_made_by(connection), "core": MadeBy(version)}, datetime.now(UTC))
        made = create_backup(filled, tmp_path / f"{version}.xrmbackup").path
        with for_writing(filled.engine.connect()) as connection, connection.begin():
            connection.execute(delete(schema_owner))
            if before:
                connection.execute(insert(schema_owner), before)
        return made

    return make


@pytest.fixture
def unchanged(filled: Runtime, settings: Settings) -> Iterator[None]:
    """What the instance holds is the same after the test as before."""
    before = contents_of(settings.database_url)
    yield
    filled.close()
    assert contents_of(settings.database_url) == before


@pytest.mark.usefixtures("unchanged")
def test_a_backup_of_a_later_program_is_refused_with_both_versions(
    of_version: Callable[[str], Path], filled: Runtime, restore: Restore
) -> None:
    path = of_version("99.1")
    filled.close()

    with pytest.raises(ConfigurationError) as refused:
        restore(path)

    assert "xrm 99.1" in str(refused.value)
    assert f"xrm {program_version()}" in str(refused.value)


def test_a_backup_of_an_earlier_program_is_brought_to_this_ones_schema(
    of_version: Callable[[str], Path], elsewhere: Settings, with_trial: Mapping[str, str]
) -> None:
    path = of_version("0.0.9")

    with prepare_restore(elsewhere, path, opened=lambda settings: open_with(settings, with_trial)) as prepared:
        restored = prepared.run()

    opened = open_with(elsewhere, with_trial)
    assert restored.steps > 0
    assert pending(opened.engine, opened.registry.table_set) == []
    opened.close()


@pytest.mark.usefixtures("unchanged")
def test_a_database_in_use_is_refused_and_the_reason_said(filled: Runtime, backup: Path, restore: Restore) -> None:
    with filled.engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM entity")).scalar()

        with pytest.raises(Conflict, match="in use") as refused:
            restore(backup)

    assert refused.value.code == "busy"
    assert "Stop xrm serve" in str(refused.value)


def test_nobody_comes_in_while_a_restore_is_prepared(
    filled: Runtime, backup: Path, settings: Settings, database_kind: str
) -> None:
    filled.close()

    with prepare_restore(settings, backup, opened=open_base) as prepared:
        assert prepared.holds_data
        if database_kind == "sqlite":
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                sqlite3.connect(settings.home / "xrm.db", timeout=0).execute("SELECT count(*) FROM entity")
        else:
            with pytest.raises(Conflict, match="Another restore"), prepare_restore(settings, backup, opened=open_base):
                pass


@pytest.mark.usefixtures("unchanged")
def test_a_backup_of_the_other_database_is_refused_with_the_way_out(backup: Path, settings: Settings, restore: Restore) -> None:
    other = "postgresql://nobody@127.0.0.1/none" if settings.database_url.startswith("sqlite") else "sqlite:////nowhere/xrm.db"

    with pytest.raises(ConfigurationError, match="export and import"):
        restore(backup, replace(settings, database_url=other))


@pytest.mark.usefixtures("unchanged")
def test_a_plugin_that_is_older_here_is_refused(filled: Runtime, rewrite: Rewrite, restore: Restore) -> None:
    path = rewrite(lambda _: None, plugins={"base": "9.9"})
    filled.close()

    with pytest.raises(ConfigurationError, match=r"plugin base 9\.9"):
        restore(path)


def test_a_plugin_that_is_missing_here_is_said(rewrite: Rewrite, restore: Restore, elsewhere: Settings) -> None:
    restored = restore(rewrite(lambda _: None, plugins={"base": "0.1.0", "tides": "2.0"}), elsewhere)

    assert any("tides 2.0" in str(note) for note in restored.notes)


def test_a_damaged_database_is_no_backup_and_is_replaced_by_one(
    filled: Runtime, backup: Path, restore: Restore, settings: Settings, tmp_path: Path, database_kind: str
) -> None:
    if database_kind != "sqlite":
        pytest.skip("the files of a server are its own")
    before = contents_of(settings.database_url)
    filled.close()
    live = settings.home / "xrm.db"
    with live.open("r+b") as file:
        file.seek(0)
        file.write(b"\xff" * 60_000)

    with pytest.raises((ConfigurationError, DatabaseError), match=r"not a database|damaged"):
        create_backup(filled, tmp_path / "no.xrmbackup")
    filled.close()
    restored = restore(backup)

    assert contents_of(settings.database_url) == before
    assert restored.kept == settings.home / "xrm.db.before-restore"
    assert not list(tmp_path.glob("no.xrmbackup"))


def test_a_database_that_lacks_a_column_is_no_backup(filled: Runtime, tmp_path: Path) -> None:
    with for_writing(filled.engine.connect()) as connection, connection.begin():
        connection.execute(text("ALTER TABLE organization DROP COLUMN description"))

    with pytest.raises(ConfigurationError, match=r"lacks parts.*the column description of organization is missing"):
        create_backup(filled, tmp_path / "lacking.xrmbackup")

    assert list(tmp_path.glob("*.xrmbackup")) == []


def test_settings_and_secret_of_the_instance_stay_and_those_of_the_backup_lie_beside(
    filled: Runtime, backup: Path, restore: Restore, settings: Settings
) -> None:
    (settings.home / "xrm.toml").write_text('country = "BE"\n')
    (settings.home / "secret.key").write_text("n" * 64)
    filled.close()

    restored = restore(backup)

    assert (settings.home / "xrm.toml").read_text() == 'country = "BE"\n'
    assert (settings.home / "xrm.toml.from-backup").read_text() == 'country = "CH"\n'
    assert (settings.home / "secret.key.from-backup").stat().st_mode & 0o077 == 0
    assert len(restored.notes) == 2
    assert "k" * 64 not in json.dumps([str(note) for note in restored.notes])


def test_a_folder_that_is_not_there_is_not_made_for_a_backup(filled: Runtime, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no folder") as refused:
        create_backup(filled, tmp_path / "mistyped" / "monday.xrmbackup")

    assert str(tmp_path / "mistyped") in str(refused.value)
    assert not (tmp_path / "mistyped").exists()


def test_the_usual_folder_is_made_also_when_it_is_named(filled: Runtime) -> None:
    target = filled.settings.home / "backups" / "monday.xrmbackup"

    assert create_backup(filled, target).path == target
