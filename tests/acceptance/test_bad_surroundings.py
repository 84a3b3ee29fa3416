# SPDX-License-Identifier: Apache-2.0
"""When the world around is wrong, the command says what, where and what to do, and leaves nothing half-written."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import ADMINISTRATOR, Program

MAPPING = """\
things:
  company: {type: organization, identifiers: {crm: id}, fields: {name: name}}
"""


def test_without_an_instance_the_way_to_make_one_is_told(tmp_path: Path) -> None:
    told = Program(tmp_path / "nowhere").refused("entity", "list", "customer")

    assert "nowhere" in told
    assert "xrm init" in told
    assert not (tmp_path / "nowhere").exists()


def test_a_database_that_is_gone_is_named_and_not_made_anew(xrm: Program) -> None:
    assert xrm.inside is not None
    xrm.inside.close()
    (xrm.home / "xrm.db").unlink()

    told = xrm.refused("entity", "list", "customer")

    assert "xrm.db" in told
    assert "XRM_DATABASE_URL" in told
    assert not (xrm.home / "xrm.db").exists()


def test_a_server_that_does_not_answer_is_told(xrm: Program) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    xrm.variables["XRM_DATABASE_URL"] = f"postgresql://somebody:secret-word@127.0.0.1:{port}/xrm"

    told = xrm.refused("entity", "list", "customer")

    assert "XRM_DATABASE_URL" in told
    assert "secret-word" not in told


@pytest.mark.parametrize("url", ["mysql://localhost/xrm", "nonsense", "sqlite:////no/such/folder/xrm.db"])
def test_a_wrong_database_url_is_told(xrm: Program, url: str) -> None:
    xrm.variables["XRM_DATABASE_URL"] = url

    assert "XRM_DATABASE_URL" in xrm.refused("entity", "list", "customer")


def test_a_locked_database_is_to_be_tried_later_and_nothing_is_written(xrm: Program) -> None:
    with closing(sqlite3.connect(xrm.home / "xrm.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        told = xrm.refused("entity", "create", "organization", "--set", "name=Acme", code=75)
        other.execute("ROLLBACK")

    assert "Try again" in told
    assert xrm.given("entity", "list", "organization", "--count") == {"count": 0}


def test_a_file_that_is_no_database_is_told(xrm: Program) -> None:
    assert xrm.inside is not None
    xrm.inside.close()
    (xrm.home / "xrm.db").write_bytes(b"This is a letter, not a database.\n" * 100)

    told = xrm.refused("entity", "list", "customer")

    assert "not a database" in told


def test_a_port_in_use_is_told_with_the_remedy(xrm: Program) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        told = xrm.refused("serve", "--port", port)

    assert port in told
    assert "--port" in told


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, password_file: Path) -> None:
    place = tmp_path / "place"
    place.mkdir(mode=0o555)
    program = Program(place / "instance", is_powerless=True)

    told = program.refused("init", "--no-input", "--email", ADMINISTRATOR, "--password-file", str(password_file))

    assert "cannot be written" in told
    assert "XRM_HOME" in told
    assert list(place.iterdir()) == []


def test_settings_that_cannot_be_read_are_told_with_their_file(xrm: Program) -> None:
    (xrm.home / "xrm.toml").write_text("country = FR\n", encoding="utf-8")

    assert "xrm.toml" in xrm.refused("entity", "list", "customer")


def test_an_unknown_setting_is_told(xrm: Program) -> None:
    (xrm.home / "xrm.toml").write_text('contry = "FR"\n', encoding="utf-8")

    told = xrm.refused("entity", "list", "customer")

    assert "contry" in told
    assert "country" in told


FILES = {
    "nothing": b"",
    "nothing but a head": b"id,name\n",
    "NUL bytes": b"id,name\n1,Ac\x00me\n",
    "another table": b"a;b;c\n1;2;3\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a million columns": b",".join(b"c%d" % number for number in range(1_000_000)) + b"\n",
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_cannot_be_imported_writes_nothing_and_says_why(xrm: Program, tmp_path: Path, kind: str) -> None:
    file, mapping = tmp_path / "companies.csv", tmp_path / "companies.yaml"
    file.write_bytes(FILES[kind])
    mapping.write_text(MAPPING, encoding="utf-8")

    outcome = xrm("import", str(file), "--mapping", str(mapping), "--json")

    assert "Traceback" not in outcome.err
    assert outcome.code in ({0} if kind == "nothing but a head" else {0, 1}), outcome.err
    if kind not in {"nothing but a head", "nothing"}:
        assert outcome.code == 1
        assert len(outcome.err) > 20
    assert xrm.given("entity", "list", "organization", "--count") == {"count": 0}


ENCODINGS = {"UTF-16": "utf-16", "Latin-1": "latin-1", "Windows": "cp1252", "UTF-8 with a mark": "utf-8-sig"}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_whatever_the_encoding_names_arrive_whole(xrm: Program, tmp_path: Path, encoding: str) -> None:
    file, mapping = tmp_path / "companies.csv", tmp_path / "companies.yaml"
    file.write_text("id;name\n1;Éclat et fä\n2;Ærø Møbler\n", ENCODINGS[encoding])
    mapping.write_text(MAPPING, encoding="utf-8")

    assert xrm.asked("import", str(file), "--mapping", str(mapping))["failed"] == 0

    assert xrm.given("entity", "list", "organization", "--where", 'name == "Éclat et fä"', "--count") == {"count": 1}


def test_ragged_rows_are_set_apart_with_their_reason(xrm: Program, tmp_path: Path) -> None:
    file, mapping = tmp_path / "companies.csv", tmp_path / "companies.yaml"
    file.write_text("id,name\n1,Acme\n2,Bolt,and,more\n3,Cato\n", encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")

    outcome = xrm("import", str(file), "--mapping", str(mapping), "--json")

    assert (outcome.code, outcome.json["created"], outcome.json["failed"]) == (1, 2, 1)
    assert "line 3" in outcome.err
    assert len(list((xrm.home / "rejects").iterdir())) == 1


def test_an_old_python_is_told_what_it_needs() -> None:
    script = (
        "import sys; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['xrm', 'entity', 'list', 'customer']\n"
        "from xrm_cli.main import main; main()"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "3.11" in done.stderr
    assert "3.9.2" in done.stderr
    assert "Traceback" not in done.stderr
