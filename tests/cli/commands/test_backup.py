# SPDX-License-Identifier: Apache-2.0
"""``xrm backup``: create, verify, restore and list, with their exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import MadeInstances, Xrm


@pytest.fixture
def on_its_own(
    made_instances: MadeInstances, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Xrm:
    """Commands that each open the instance themselves, as those of a shell do."""
    home = tmp_path / "instance"
    made_instances.copy("sqlite", home)
    monkeypatch.setenv("XRM_HOME", str(home))
    monkeypatch.delenv("XRM_DATABASE_URL", raising=False)
    monkeypatch.delenv("XRM_SECRET_KEY", raising=False)
    return Xrm(capsys)


def test_data_comes_back_from_a_file(on_its_own: Xrm, tmp_path: Path) -> None:
    file = str(tmp_path / "one.xrmbackup")
    on_its_own.made("entity", "create", "organization", "--set", "name=Acme")

    made = on_its_own.given("backup", "create", file)
    on_its_own.made("entity", "create", "organization", "--set", "name=Later")
    verified = on_its_own.given("backup", "verify", file)
    restored = on_its_own.given("backup", "restore", file, "--yes")

    assert (made["file"], made["has_secret"], verified["is_whole"]) == (file, True, True)
    assert restored["kept"] == str(tmp_path / "instance" / "xrm.db.before-restore")
    assert [one["title"] for one in on_its_own.given("entity", "list", "organization")["items"]] == ["Acme"]
    assert on_its_own.given("search", "acme")["items"] != []
    assert on_its_own("doctor").code != 21


def test_a_restore_over_data_is_refused_without_a_terminal_and_changes_nothing(on_its_own: Xrm, tmp_path: Path) -> None:
    file = str(tmp_path / "one.xrmbackup")
    on_its_own.given("backup", "create", file)
    on_its_own.made("entity", "create", "organization", "--set", "name=Later")

    refused = on_its_own("backup", "restore", file)

    assert refused.code == 3
    assert "--yes" in refused.err
    assert on_its_own.given("entity", "list", "organization", "--count") == {"count": 1}


def test_a_terminal_is_asked_and_no_means_no(
    on_its_own: Xrm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "one.xrmbackup")
    on_its_own.given("backup", "create", file)
    read, write = os.pipe()
    os.write(write, b"n\n")
    monkeypatch.setattr(sys, "stdin", os.fdopen(read))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)

    answered = on_its_own("backup", "restore", file)

    os.close(write)
    sys.stdin.close()
    assert answered.code == 130
    assert not (tmp_path / "instance" / "xrm.db.before-restore").exists()


def test_a_damaged_file_fails_verify_and_restore(on_its_own: Xrm, tmp_path: Path) -> None:
    file = tmp_path / "one.xrmbackup"
    on_its_own.given("backup", "create", str(file))
    whole = bytearray(file.read_bytes())
    whole[1000] ^= 1
    file.write_bytes(whole)

    verified, restored = on_its_own("backup", "verify", str(file), "--json"), on_its_own("backup", "restore", str(file), "--yes")

    assert (verified.code, restored.code) == (1, 1)
    assert verified.json["is_whole"] is False
    assert verified.json["problems"]
    assert "damaged" in restored.err
    assert "nothing was changed" in restored.err


def test_a_file_that_is_not_there_is_not_found(on_its_own: Xrm, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.xrmbackup")

    assert (on_its_own("backup", "verify", gone).code, on_its_own("backup", "restore", gone).code) == (4, 4)


def test_a_file_that_is_there_is_replaced_only_with_yes(on_its_own: Xrm, tmp_path: Path) -> None:
    file = str(tmp_path / "one.xrmbackup")
    on_its_own.given("backup", "create", file)

    assert on_its_own("backup", "create", file).code == 3
    assert on_its_own("backup", "create", file, "--yes").code == 0


def test_an_instance_in_use_is_refused_for_now(xrm: Xrm, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = str(tmp_path / "one.xrmbackup")
    xrm.given("backup", "create", file)
    assert xrm.given("entity", "list", "organization", "--count") == {"count": 0}

    refused = Xrm(capsys)("backup", "restore", file, "--yes")

    assert refused.code == 75
    assert "Stop xrm serve" in refused.err


def test_those_of_the_usual_place_are_listed_with_what_looks_wrong(on_its_own: Xrm, tmp_path: Path) -> None:
    made = on_its_own.given("backup", "create")
    broken = Path(made["file"]).with_name("0.xrmbackup")
    broken.write_bytes(Path(made["file"]).read_bytes()[:5000])

    listed = on_its_own.given("backup", "list")["items"]

    assert [(one["file"], one["looks_whole"]) for one in listed] == [(made["file"], True), (str(broken), False)]
    assert listed[0]["program"] == made["program"]
    assert on_its_own.given("backup", "list", "--folder", str(tmp_path / "gone"))["items"] == []


def test_it_comes_back_in_a_new_place_on_either_database(
    made_instances: MadeInstances, xrm_on_both: Xrm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = str(tmp_path / "one.xrmbackup")
    xrm_on_both.made("entity", "create", "organization", "--set", "name=Acme")
    xrm_on_both.given("backup", "create", file)
    kind = xrm_on_both.given("backup", "verify", file)["database"]
    url = made_instances.postgres.create() if kind == "postgresql" else ""
    monkeypatch.setenv("XRM_HOME", str(tmp_path / "new"))
    monkeypatch.setenv("XRM_DATABASE_URL", url)
    new = Xrm(capsys)

    new.given("backup", "restore", file)

    assert [one["title"] for one in new.given("search", "acme")["items"]] == ["Acme"]
    assert new("doctor").code != 21
    if url:
        made_instances.postgres.drop(url)
