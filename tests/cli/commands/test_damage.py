# SPDX-License-Identifier: Apache-2.0
"""A database that is not whole: found when the server starts and by the doctor, named, not written to, mended or restored."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.cli.commands.test_schema import by_hand
from tests.cli.conftest import ADMINISTRATOR, PASSWORD, Xrm
from xrm.settings import load_settings

INDEX = "ix_relationship_past_relationship_id"


def test_a_missing_index_stops_writing_until_the_doctor_made_it_again(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    by_hand(f"DROP INDEX {INDEX}")

    found = xrm("doctor", "--json")
    refused = xrm("department", "create", "Press")
    read = xrm("department", "list")
    mended = xrm("doctor", "--fix")
    written = xrm("department", "create", "Press")

    (check,) = [one for one in found.json["checks"] if one["check"] == "integrity"]
    assert (found.code, check["state"], check["repair"]) == (21, "bad", "missing_indexes")
    assert "xrm doctor --fix" in check["remedy"]
    assert INDEX in check["message"]
    assert refused.code == 1
    assert f"The database is damaged: the index {INDEX} of relationship_past is missing." in refused.err
    assert "xrm backup restore FILE" in refused.err
    assert (read.code, mended.code, written.code) == (0, 0, 0), (read.err, mended.out, written.err)
    assert xrm("schema", "check").code == 0


def test_no_change_of_the_schema_is_begun_on_a_damaged_database(xrm_on_both: Xrm) -> None:
    xrm = xrm_on_both
    xrm.given("field", "add", "customer", "tier", "--type", "text")
    by_hand(f"DROP INDEX {INDEX}")
    xrm("doctor")

    refused = [xrm("schema", "apply"), xrm("schema", "rollback", "--yes"), xrm("field", "retire", "customer", "tier"),
               xrm("plugin", "remove", "press", "--yes")]

    assert [one.code for one in refused] == [1] * 4
    assert all("The database is damaged" in one.err for one in refused), refused


def test_a_missing_column_has_no_other_way_out_than_a_backup(xrm_on_both: Xrm) -> None:
    by_hand("ALTER TABLE relationship_past DROP COLUMN version")

    fixed = xrm_on_both("doctor", "--fix", "--json")

    (check,) = [one for one in fixed.json["checks"] if one["check"] == "integrity"]
    assert (fixed.code, check["message"]) == (21, "The column version of relationship_past is missing.")
    assert "xrm backup restore FILE" in check["remedy"]


@pytest.mark.usefixtures("xrm")
def test_a_restore_lets_the_instance_be_written_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = Xrm(capsys)  # each command opens and closes the database
    backup = str(tmp_path / "whole.xrmbackup")
    alone.given("backup", "create", backup)
    by_hand("DROP TABLE relationship_past")
    assert alone("doctor").code == 21

    assert alone("backup", "restore", backup, "--yes").code == 0

    assert alone("department", "create", "Press").code == 0


@pytest.mark.usefixtures("xrm")
def test_a_server_says_at_its_start_what_is_damaged_and_serves_pages_that_refuse_to_save(tmp_path: Path) -> None:
    file = Path(create_engine(load_settings().database_url).url.database or "")
    by_hand("CREATE TABLE scratch AS SELECT 1 AS a")
    with create_engine(f"sqlite:///{file}").connect() as connection:
        root = connection.scalar(text("SELECT rootpage FROM sqlite_master WHERE name = 'scratch'"))
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    with file.open("r+b") as opened:
        opened.seek((root - 1) * 4096)
        opened.write(b"\xff" * 64)
    log = tmp_path / "stderr.txt"
    serve = (sys.executable, "-m", "xrm_cli", "serve", "--port", "0", "--in-process")

    with log.open("wb") as errors, subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=errors, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        form = urllib.parse.urlencode({"email": ADMINISTRATOR, "password": PASSWORD}).encode()
        try:
            with urllib.request.urlopen(f"{address}/in", timeout=20) as answer:  # noqa: S310  # our own server
                page = answer.read().decode()
            request = urllib.request.Request(f"{address}/in", form, {"Cookie": _cookie(answer), "X-CSRFToken": _token(page)})  # noqa: S310
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=20)  # noqa: S310
            said = caught.value.read().decode()
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)

    assert "Warning: The database is damaged" in log.read_text(encoding="utf-8")
    assert caught.value.code == 503
    assert "xrm backup restore FILE" in said


def _cookie(answer: object) -> str:
    headers = answer.headers.get_all("Set-Cookie")  # type: ignore[attr-defined]
    return "; ".join(one.partition(";")[0] for one in headers)


def _token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]
