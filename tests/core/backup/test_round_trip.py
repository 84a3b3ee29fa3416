# SPDX-License-Identifier: Apache-2.0
"""What was backed up comes back, row by row and file by file, and whatever came after it is gone."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.core.backup.conftest import Restore, add_company, contents_of, files_of, open_base
from tests.factories.graph import Graph
from xrm.audit.models import audit_entry, audit_value
from xrm.backup.create import create_backup
from xrm.backup.listing import list_backups
from xrm.backup.verify import verify_backup
from xrm.db.engine import for_writing
from xrm.entities.models import entity
from xrm.errors import Conflict
from xrm.files.models import file
from xrm.files.places import path_of
from xrm.migrate.made_by import MadeBy, write_made_by
from xrm.migrate.sync_triggers import Pair, makes
from xrm.runtime import Runtime
from xrm.search.queries import search
from xrm.settings import Settings
from xrm.unit_of_work import Actor, system_actor


def test_every_row_and_file_comes_back_and_search_finds(
    filled: Runtime, backup: Path, graph: Graph, restore: Restore, settings: Settings, admin: Actor
) -> None:
    before = contents_of(settings.database_url)
    add_company(graph, "Later")
    filled.close()

    restored = restore(backup)

    assert contents_of(settings.database_url) == before
    assert restored.indexed == 2
    assert [hit.title for hit in filled.read(lambda uow: search(uow, "acme"), admin)] == ["Acme"]
    assert filled.read(lambda uow: search(uow, "later"), admin) == []


def test_it_comes_back_where_no_instance_was(
    backup: Path, restore: Restore, settings: Settings, elsewhere: Settings, admin: Actor
) -> None:
    restored = restore(backup, elsewhere)

    assert restored.kept is None
    assert contents_of(elsewhere.database_url) == contents_of(settings.database_url)
    assert files_of(elsewhere.home) == files_of(settings.home) != {}
    assert (elsewhere.home / "xrm.toml").read_text() == 'country = "CH"\n'
    assert (elsewhere.home / "secret.key").read_text() == "k" * 64
    assert (elsewhere.home / "secret.key").stat().st_mode & 0o077 == 0
    assert not list(elsewhere.home.glob(".restoring*")) + list(elsewhere.home.glob("*.restoring*"))
    opened = open_base(elsewhere)
    assert [hit.title for hit in opened.read(lambda uow: search(uow, "acme"), admin)] == ["Acme"]
    opened.close()


def test_a_table_of_the_operators_own_comes_back_whatever_it_is_called(
    filled: Runtime, restore: Restore, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    with for_writing(filled.engine.connect()) as connection, connection.begin():
        run = connection.execution_options(no_parameters=True).exec_driver_sql
        run("""CREATE TABLE "odd 50%.na/me" ("a key" INTEGER PRIMARY KEY, note TEXT CHECK (note NOT LIKE '50%'))""")
        run("""CREATE INDEX "odd index" ON "odd 50%.na/me" (note) WHERE note LIKE 'a%'""")
        run("""INSERT INTO "odd 50%.na/me" VALUES (7, 'a note')""")

    restore(create_backup(filled, tmp_path / "odd.xrmbackup").path, elsewhere)

    assert contents_of(elsewhere.database_url) == contents_of(settings.database_url)


@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_renamed_columns_are_in_step_after_a_restore(
    filled: Runtime, restore: Restore, settings: Settings, elsewhere: Settings, tmp_path: Path, place: str
) -> None:
    with for_writing(filled.engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE harbours (id INTEGER PRIMARY KEY, port TEXT, harbour TEXT)")
        pair = Pair(1, "01_harbours__port", ("harbours", "harbours"), {"port": "harbour"})
        for statement in makes(pair, connection.dialect):
            connection.exec_driver_sql(statement)
    backup = create_backup(filled, tmp_path / "renamed.xrmbackup").path
    filled.close()

    target = settings if place == "here" else elsewhere
    restore(backup, target)

    opened = open_base(target)
    with for_writing(opened.engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql("INSERT INTO harbours (id, port) VALUES (1, 'Brest')")
        assert connection.exec_driver_sql("SELECT harbour FROM harbours").scalar() == "Brest"
    opened.close()


def test_a_restored_instance_is_written_on_and_backed_up_again(
    backup: Path, restore: Restore, elsewhere: Settings, admin: Actor, graph: Graph, tmp_path: Path
) -> None:
    restore(backup, elsewhere)
    opened = open_base(elsewhere)
    add_company(Graph(opened, admin, graph.departments), "Later")

    again = create_backup(opened, tmp_path / "again.xrmbackup")

    assert [hit.title for hit in opened.read(lambda uow: search(uow, "later"), admin)] == ["Later"]
    assert verify_backup(again.path).is_whole
    opened.close()


def test_a_backup_while_others_write_is_of_one_moment(
    filled: Runtime, graph: Graph, restore: Restore, elsewhere: Settings, tmp_path: Path
) -> None:
    stop = threading.Event()
    made: list[uuid.UUID] = []

    def write() -> None:
        while not stop.is_set():
            made.append(add_company(graph, f"Company {len(made)}"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(made) < 3:
            stop.wait(0.01)
        backups = [create_backup(filled, tmp_path / f"{number}.xrmbackup") for number in range(3)]
    finally:
        stop.set()
        writer.join()

    assert all(verify_backup(one.path).is_whole for one in backups)
    assert [one.manifest.missing_files for one in backups] == [()] * 3
    restore(backups[-1].path, elsewhere)
    opened = open_base(elsewhere)
    entries, values, entities, bytes_there = opened.read(
        lambda uow: (
            uow.execute(select(func.count()).select_from(audit_entry)).scalar_one(),
            uow.execute(select(func.count()).select_from(audit_value)).scalar_one(),
            uow.execute(select(func.count()).select_from(entity)).scalar_one(),
            [path_of(elsewhere.home, one).is_file() for one in uow.execute(select(file.c.id)).scalars()],
        ),
        system_actor(),
    )
    opened.close()
    assert entries == values > 0
    assert 5 <= entities <= len(made) + 2
    assert all(bytes_there)


def test_the_manifest_tells_program_plugins_ledger_and_rows(filled: Runtime, backup: Path, database_kind: str) -> None:
    manifest = verify_backup(backup).manifest

    assert manifest is not None
    assert manifest.database == database_kind
    assert manifest.plugins == {"base": "0.1.0"}
    assert manifest.ledger_position > 0
    assert set(manifest.declarations) >= {"base"}
    assert manifest.tables["entity"] == 2
    assert not any(name.startswith("search_") for name in manifest.tables)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert filled.settings.secret_key.encode() not in backup.read_bytes()


def test_the_manifest_names_what_made_the_tables_not_what_is_installed_and_waits(filled: Runtime, tmp_path: Path) -> None:
    with for_writing(filled.engine.connect()) as connection, connection.begin():
        write_made_by(connection, {"core": MadeBy("0.0.9"), "base": MadeBy("0.0.8")}, datetime.now(UTC))

    manifest = create_backup(filled, tmp_path / "earlier.xrmbackup").manifest

    assert (manifest.program, manifest.plugins) == ("0.0.9", {"base": "0.0.8"})


def test_without_a_name_it_goes_to_the_folder_of_backups_and_is_listed(filled: Runtime) -> None:
    made = create_backup(filled)

    listed = list_backups(filled.settings.home / "backups")

    assert [(one.path, one.problem) for one in listed] == [(made.path, "")]
    assert [path.name for path in made.path.parent.iterdir()] == [made.path.name]


def test_a_file_that_is_there_is_replaced_only_when_asked(filled: Runtime, backup: Path) -> None:
    before = backup.read_bytes()

    with pytest.raises(Conflict, match="is there already") as refused:
        create_backup(filled, backup)

    assert refused.value.code == "refused"
    assert backup.read_bytes() == before
    assert create_backup(filled, backup, may_replace=True).path == backup
