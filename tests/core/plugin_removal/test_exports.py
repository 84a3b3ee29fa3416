# SPDX-License-Identifier: Apache-2.0
"""An export is whole or refused, and comes back whole or not at all."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, inspect

from tests.factories.removable import BERTHS, Harbour, write_plugin
from xrm.contact_points.models import contact_point
from xrm.db.engine import for_writing
from xrm.entities.models import entity, identifier
from xrm.entities.service import create_entity
from xrm.errors import ConfigurationError, Conflict, NotFound, XrmError
from xrm.identifiers.service import set_identifier
from xrm.migrate.drift import find_drift
from xrm.plugin_removal.dropping import drop_plugin
from xrm.plugin_removal.inspection import require_whole_export
from xrm.plugin_removal.records import Removal, find_removal
from xrm.plugin_removal.removing import remove_plugin
from xrm.plugin_removal.restoring import restore_plugin

pytestmark = pytest.mark.by_turns


def dropped(harbour: Harbour) -> tuple[Removal, Path]:
    """The record of a plugin that was removed and dropped, and its export."""
    removal = remove_plugin(harbour.runtime, "harbour", actor="tester", now=True)
    assert removal.archive is not None
    return removal, removal.archive


def test_an_export_holds_all_rows_in_lines_of_json_and_the_uploaded_files(harbour: Harbour) -> None:
    removal = remove_plugin(harbour.runtime, "harbour", actor="tester")

    assert removal.archive is not None
    manifest = require_whole_export(removal.archive)
    with zipfile.ZipFile(removal.archive) as archive:
        lines = archive.read("rows/harbour__berth.jsonl").splitlines()
    assert len(lines) == manifest.counts["harbour__berth"] == len(manifest.files) == BERTHS
    assert len(json.loads(lines[0])) == len(next(one.columns for one in manifest.parts if one.table == "harbour__berth"))
    assert removal.archive.stat().st_mode & 0o777 == 0o600
    assert (manifest.plugin, manifest.version, removal.counts["role"]) == ("harbour", "1.0", 1)


@pytest.mark.parametrize("place", [0.02, 0.4, 0.97, 1.0])
def test_a_damaged_export_is_refused_before_anything_is_touched(harbour: Harbour, place: float) -> None:
    _, file = dropped(harbour)
    before = harbour.content()
    content = bytearray(file.read_bytes())
    at = min(int(len(content) * place), len(content) - 1)
    content[at] ^= 1
    file.write_bytes(content)

    with pytest.raises(XrmError, match="damaged") as refused:
        restore_plugin(harbour.runtime, "harbour", actor="tester")

    assert refused.value.code == "damaged"
    assert harbour.content() == before
    assert list((harbour.settings.home / "files").rglob("*/*")) == []


def test_a_cut_export_and_one_that_is_gone_are_refused(harbour: Harbour, tmp_path: Path) -> None:
    _, file = dropped(harbour)
    cut = tmp_path / "cut.xrmplugin"
    cut.write_bytes(file.read_bytes()[:-100])

    with pytest.raises(XrmError, match="damaged"):
        restore_plugin(harbour.runtime, "harbour", cut, actor="tester")
    file.rename(tmp_path / "moved.xrmplugin")
    with pytest.raises(NotFound):
        restore_plugin(harbour.runtime, "harbour", actor="tester")

    assert restore_plugin(harbour.runtime, "harbour", tmp_path / "moved.xrmplugin", actor="tester").waiting == 0


def test_an_identifier_taken_meanwhile_is_named_and_nothing_comes_back(harbour: Harbour) -> None:
    dropped(harbour)
    harbour.runtime.write(lambda uow: set_identifier(uow, "unlocode", "FRBES", harbour.person), harbour.admin)
    before = harbour.content()

    with pytest.raises(Conflict, match="identifier"):
        restore_plugin(harbour.runtime, "harbour", actor="tester")

    assert harbour.content() == before
    assert "harbour__berth" not in inspect(harbour.runtime.engine).get_table_names()
    assert list((harbour.settings.home / "files").rglob("*/*")) == []
    with for_writing(harbour.runtime.engine.connect()) as connection, connection.begin():
        connection.execute(delete(identifier).where(identifier.c.entity_id == harbour.person))
    assert restore_plugin(harbour.runtime, "harbour", actor="tester").loaded.rows["entity"] == BERTHS


def test_an_id_that_is_there_already_is_named(harbour: Harbour) -> None:
    dropped(harbour)
    other = harbour.runtime.write(
        lambda uow: create_entity(uow, "cargo", {"name": "Sand"}, department=harbour.departments.press), harbour.admin
    )
    with for_writing(harbour.runtime.engine.connect()) as connection, connection.begin():
        row = dict(connection.execute(entity.select().where(entity.c.id == other)).mappings().one())
        connection.execute(insert(entity).values({**row, "id": harbour.berths[0]}))

    with pytest.raises(Conflict, match="are there already"):
        restore_plugin(harbour.runtime, "harbour", actor="tester")


def test_what_belonged_to_a_party_that_is_gone_is_left_out_and_counted(harbour: Harbour) -> None:
    dropped(harbour)
    with for_writing(harbour.runtime.engine.connect()) as connection, connection.begin():
        connection.execute(delete(contact_point).where(contact_point.c.entity_id == harbour.person))
        connection.execute(delete(entity).where(entity.c.id == harbour.person))

    loaded = restore_plugin(harbour.runtime, "harbour", actor="tester").loaded

    assert loaded.rows["entity"] == BERTHS
    assert {name: loaded.left_out[name] for name in ("role", "harbour__pilot", "relationship")} == {
        "role": 1, "harbour__pilot": 1, "relationship": 1
    }


def test_what_was_written_since_the_export_is_exported_before_the_drop(harbour: Harbour) -> None:
    removal = remove_plugin(harbour.runtime, "harbour", actor="tester")
    with for_writing(harbour.runtime.engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE harbour__berth SET number = 'changed' WHERE number = 'B0'")

    after = drop_plugin(harbour.runtime, "harbour", actor="tester")

    assert after.archive != removal.archive
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    assert "changed" in str(harbour.content()["harbour__berth"])


def test_what_somebody_changed_by_hand_is_reported_still_after_a_drop_and_a_return(harbour: Harbour) -> None:
    engine = harbour.runtime.engine
    with for_writing(engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql("ALTER TABLE organization ADD COLUMN by_hand TEXT")
        connection.exec_driver_sql("ALTER TABLE harbour__berth ADD COLUMN by_hand TEXT")
    before = find_drift(engine)

    dropped(harbour)
    between = find_drift(engine)
    restore_plugin(harbour.runtime, "harbour", actor="tester")

    assert [(one.table, one.name) for one in before] == [("harbour__berth", "by_hand"), ("organization", "by_hand")]
    assert [(one.table, one.name) for one in between] == [("organization", "by_hand")]
    assert find_drift(engine) == before


def test_an_export_that_did_not_change_is_kept(harbour: Harbour) -> None:
    removal = remove_plugin(harbour.runtime, "harbour", actor="tester")

    assert drop_plugin(harbour.runtime, "harbour", actor="tester").archive == removal.archive
    assert len(list((harbour.settings.home / "removed").glob("*.xrmplugin"))) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_export_that_cannot_be_written_leaves_the_plugin_on(harbour: Harbour, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)

    with pytest.raises(ConfigurationError):
        remove_plugin(harbour.runtime, "harbour", actor="tester", target=folder / "one.xrmplugin")

    assert find_removal(harbour.runtime.engine, "harbour") is None
    assert "berth" in harbour.runtime.registry.entity_types


def test_a_file_that_is_there_is_not_replaced_and_the_plugin_stays_on(harbour: Harbour, tmp_path: Path) -> None:
    file = tmp_path / "one.xrmplugin"
    file.write_text("mine")

    with pytest.raises(Conflict):
        remove_plugin(harbour.runtime, "harbour", actor="tester", target=file)

    assert file.read_text() == "mine"
    assert find_removal(harbour.runtime.engine, "harbour") is None
    assert "berth" in harbour.runtime.registry.entity_types


def test_it_can_begin_anew_and_its_export_stays(harbour: Harbour) -> None:
    _, file = dropped(harbour)

    begun = restore_plugin(harbour.runtime, "harbour", actor="tester", is_empty=True)
    harbour.apply()

    assert begun.waiting > 0
    assert file.is_file()
    assert harbour.content()["harbour__berth"] == []
    with pytest.raises(Conflict, match="has tables already"):
        restore_plugin(harbour.runtime, "harbour", file, actor="tester")


def test_an_older_version_does_not_take_it_up(harbour: Harbour) -> None:
    removal = remove_plugin(harbour.runtime, "harbour", actor="tester")
    write_plugin(harbour.settings.home, "harbour", {}, version="0.9")
    harbour.open()

    with pytest.raises(Conflict, match=r"0\.9"):
        restore_plugin(harbour.runtime, "harbour", actor="tester")

    assert find_removal(harbour.runtime.engine, "harbour") == removal
