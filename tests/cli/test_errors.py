# SPDX-License-Identifier: Apache-2.0
"""Each kind of error has one exit code, one message on stderr and no traceback; data alone goes to stdout."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Xrm

NOWHERE = "00000000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("entity", "show", NOWHERE), 4),
        (("entity", "list", "custommer"), 4),
        (("--as", "nobody@example.org", "entity", "list", "person"), 4),
        (("entity", "list", "person", "--where", "nonsense =="), 1),
        (("entity", "create", "person", "--set", "birth_date=yesterday"), 1),
        (("department", "create", "Sales"), 1),
        (("entity", "list"), 2),
        (("entity", "create", "person", "--set", "name"), 2),
        (("no-such-noun",), 2),
        (("schema", "apply", "--as", "admin@example.org"), 2),
    ],
)
def test_an_error_has_its_exit_code_and_one_message_on_stderr(xrm: Xrm, arguments: tuple[str, ...], code: int) -> None:
    outcome = xrm(*arguments)

    assert outcome.code == code
    assert outcome.out == ""
    assert "Error: " in outcome.err
    assert "Traceback" not in outcome.err


def test_a_right_that_is_missing_has_its_exit_code(xrm: Xrm) -> None:
    xrm.made("user", "create", "reader@example.org", "--department", "Sales", "--set", "reader")

    outcome = xrm("--as", "reader@example.org", "entity", "create", "person", "--set", "last_name=Dupont")

    assert outcome.code == 5
    assert "person:create" in outcome.err


def test_a_misspelt_type_is_answered_with_the_nearest_one(xrm: Xrm) -> None:
    assert "customer" in xrm("entity", "list", "custommer").err


def test_without_an_instance_init_is_named(bare: Xrm) -> None:
    outcome = bare("entity", "list", "person")

    assert outcome.code == 1
    assert "xrm init" in outcome.err


def test_a_database_without_tables_is_told_from_one_that_is_not_there(bare: Xrm, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    absent = bare("entity", "list", "person")
    sqlite3.connect(tmp_path / "instance" / "xrm.db").close()
    (tmp_path / "instance" / "xrm.db").touch()
    empty = bare("entity", "list", "person")

    assert (absent.code, empty.code) == (1, 1)
    assert "xrm init" in absent.err
    assert "xrm schema apply" in empty.err


def test_a_database_that_does_not_answer_is_named(bare: Xrm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "instance").mkdir()
    monkeypatch.setenv("XRM_DATABASE_URL", "postgresql+psycopg://xrm@127.0.0.1:1/xrm")

    outcome = bare("entity", "list", "person")

    assert outcome.code == 1
    assert "database" in outcome.err
    assert "Traceback" not in outcome.err


def test_whoever_reads_only_the_first_line_hears_no_complaint() -> None:
    command = f"{sys.executable} -m xrm_cli schema json-schema entity | head -n 1"

    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_an_old_python_is_told_so_in_words() -> None:
    script = "import sys; sys.version_info = (3, 8, 1); sys.argv = ['xrm']; from xrm_cli.main import main; main()"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "xrm needs Python 3.11 or newer, this is 3.8.1. Install a newer one and xrm with it.\n"


def test_an_unforeseen_error_shows_a_reference_and_its_traceback_only_when_asked() -> None:
    script = (
        "import sys; sys.argv = ['xrm', *sys.argv[1:]]; import xrm_cli.main as m\n"
        "def broken(arguments): raise ZeroDivisionError('planted')\n"
        "m.run = broken; m.main()"
    )

    plain, debug = (
        subprocess.run([sys.executable, "-c", script, *more], capture_output=True, text=True, check=False)
        for more in ((), ("--debug",))
    )

    assert (plain.returncode, debug.returncode) == (1, 1)
    assert "reference" in plain.stderr
    assert "Traceback" not in plain.stderr
    assert "planted" in debug.stderr


def test_a_misspelt_noun_is_answered_with_the_nearest_one(xrm: Xrm) -> None:
    assert "serve" in xrm("serv").err


def test_an_empty_list_says_so_on_stderr_alone(xrm: Xrm) -> None:
    outcome = xrm("entity", "list", "person")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "Nothing was found.\n")
    assert xrm.given("entity", "list", "person") == {"items": [], "next": None}


def test_without_a_department_those_that_can_be_meant_are_listed(xrm: Xrm) -> None:
    xrm.made("department", "create", "Press")

    outcome = xrm("entity", "create", "person", "--set", "last_name=Dupont")

    assert outcome.code == 1
    assert "--department" in outcome.err
    assert "Press, Sales" in outcome.err


def test_permission_sets_are_listed_with_their_permissions(xrm: Xrm) -> None:
    items = xrm.given("user", "sets")["items"]

    assert {one["name"]: one["permissions"] for one in items}["reader"] == ["*:read"]
    assert "editor" in xrm("user", "sets").out
