# SPDX-License-Identifier: Apache-2.0
"""``xrm init``: everything an instance needs, once; a second run changes nothing."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.cli.conftest import PASSWORD, Xrm
from xrm.access.sign_in import check_sign_in
from xrm.runtime import open_runtime
from xrm.settings import load_settings
from xrm.unit_of_work import system_actor
from xrm_cli.main import run


def test_it_makes_folder_secret_tables_and_an_administrator(bare: Xrm, tmp_path: Path, password_file: str) -> None:
    made = bare("init", "--no-input", "--email", "ada@example.org", "--password-file", password_file, "--json")

    assert made.code == 0, made.err
    assert made.json["created"] is True
    assert stat.S_IMODE((tmp_path / "instance" / "secret.key").stat().st_mode) == 0o600
    runtime = open_runtime(load_settings())
    signed_in = runtime.read(lambda uow: check_sign_in(uow, "ada@example.org", PASSWORD).user, system_actor())
    runtime.close()
    assert signed_in is not None
    assert len(bare.given("--as", "ada@example.org", "department", "list")["items"]) == 1


def test_a_second_run_says_so_and_changes_nothing(xrm: Xrm, tmp_path: Path, password_file: str) -> None:
    secret = (tmp_path / "instance" / "secret.key").read_text()

    again = xrm("init", "--no-input", "--email", "eve@example.org", "--password-file", password_file, "--json")

    assert again.code == 0
    assert again.json["created"] is False
    assert "already" in again.err
    assert [one["email"] for one in xrm.given("user", "list")["items"]] == ["admin@example.org"]
    assert (tmp_path / "instance" / "secret.key").read_text() == secret


def test_without_input_an_address_and_a_password_are_needed(bare: Xrm, tmp_path: Path, password_file: str) -> None:
    without_email = bare("init", "--no-input", "--password-file", password_file)
    without_password = bare("init", "--no-input", "--email", "ada@example.org")

    assert (without_email.code, without_password.code) == (2, 2)
    assert "--email" in without_email.err
    assert "--password-file" in without_password.err
    assert not (tmp_path / "instance").exists()


def test_a_folder_that_cannot_be_made_is_named(bare: Xrm, tmp_path: Path, password_file: str) -> None:
    (tmp_path / "instance").write_text("a file where the folder should be")

    outcome = bare("init", "--no-input", "--email", "ada@example.org", "--password-file", password_file)

    assert outcome.code == 1
    assert str(tmp_path / "instance") in outcome.err
    assert "XRM_HOME" in outcome.err


def test_a_password_too_short_leaves_no_administrator(bare: Xrm, tmp_path: Path, password_file: str) -> None:
    short = tmp_path / "short"
    short.write_text("abc\n")

    refused = bare("init", "--no-input", "--email", "ada@example.org", "--password-file", str(short))

    assert refused.code == 1
    assert "8" in refused.err
    assert run(["init", "--no-input", "--email", "ada@example.org", "--password-file", password_file]) == 0


def test_what_is_wrong_is_said_before_anything_is_made(bare: Xrm, tmp_path: Path, password_file: str) -> None:
    short = tmp_path / "short"
    short.write_text("abc\n")

    bad_address = bare("init", "--no-input", "--email", "ada", "--password-file", password_file)
    bad_password = bare("init", "--no-input", "--email", "ada@example.org", "--password-file", str(short))

    assert (bad_address.code, bad_password.code) == (1, 1)
    assert not (tmp_path / "instance").exists()
