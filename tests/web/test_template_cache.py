# SPDX-License-Identifier: Apache-2.0
"""Compiled templates in the instance's folder: kept for the next start, run only when this instance wrote them."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from xrm.runtime import Runtime
from xrm_web.app import create_app
from xrm_web.template_cache import FOLDER, SealedTemplates

SECRET, IDENTITY = "a secret of this instance", "1.0"


def show(runtime: Runtime) -> int:
    """The status of the page for signing in, from a new app."""
    return create_app(runtime).test_client().get("/in").status_code


def mode(path: Path) -> int:
    """The rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def environment(folder: Path, secret: str, identity: str) -> Environment:
    """One template, kept in a folder."""
    return Environment(
        loader=DictLoader({"page": "ours"}), bytecode_cache=SealedTemplates(folder, secret, identity), autoescape=True
    )


def forge(folder: Path, secret: str, identity: str) -> None:
    """Keep other code as the compiled form of ``page``."""
    made = environment(folder, secret, identity)
    assert made.bytecode_cache is not None
    bucket = made.bytecode_cache.get_bucket(made, "page", None, "ours")
    bucket.code = made.compile("forged", "page")
    made.bytecode_cache.set_bucket(bucket)


def test_only_the_owner_may_look_at_kept_templates(runtime: Runtime) -> None:
    assert show(runtime) == 200

    folder = runtime.settings.home / FOLDER
    assert (mode(folder.parent), mode(folder)) == (0o700, 0o700)
    assert {mode(file) for file in folder.iterdir()} == {0o600}


def test_a_second_start_takes_what_the_first_has_kept(runtime: Runtime) -> None:
    show(runtime)
    kept = {file.name: file.stat().st_ino for file in (runtime.settings.home / FOLDER).iterdir()}

    assert show(runtime) == 200

    assert {file.name: file.stat().st_ino for file in (runtime.settings.home / FOLDER).iterdir()} == kept


def test_a_kept_template_is_run(tmp_path: Path) -> None:
    forge(tmp_path, SECRET, IDENTITY)

    assert environment(tmp_path, SECRET, IDENTITY).get_template("page").render() == "forged"


@pytest.mark.parametrize(("secret", "identity"), [("a secret of others", IDENTITY), (SECRET, "0.9")])
def test_a_template_kept_by_others_or_before_an_upgrade_is_made_anew(tmp_path: Path, secret: str, identity: str) -> None:
    forge(tmp_path, secret, identity)

    assert environment(tmp_path, SECRET, IDENTITY).get_template("page").render() == "ours"
    assert environment(tmp_path, SECRET, IDENTITY).get_template("page").render() == "ours"


@pytest.mark.parametrize("written", [b"", b"\0" * 20, b"\0" * 200])
def test_a_broken_file_is_made_anew(tmp_path: Path, written: bytes) -> None:
    forge(tmp_path, SECRET, IDENTITY)
    next(tmp_path.iterdir()).write_bytes(written)

    assert environment(tmp_path, SECRET, IDENTITY).get_template("page").render() == "ours"
    assert next(tmp_path.iterdir()).read_bytes() != written


def test_without_a_place_to_keep_templates_pages_come_all_the_same(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    (runtime.settings.home / FOLDER.parent).write_text("a file where the folder would be")

    with caplog.at_level(logging.WARNING, logger="xrm.web"):
        assert show(runtime) == 200

    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "Compiled templates are not kept, so each start takes longer"
    ]
