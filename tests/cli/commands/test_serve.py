# SPDX-License-Identifier: Apache-2.0
"""``xrm serve``: one line when it answers, a clear no when it cannot."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cli.conftest import Xrm
from xrm.db.engine import open_engine
from xrm.settings import load_settings

MANIFEST = """\
plugin: trial
version: 0.1.0
label: {en: Trial, fr: Essai}
summary: {en: A trial., fr: Un essai.}
works_with: {api: ">=1,<2"}
"""


def break_tables() -> None:
    """Take the sessions away from under a server that runs."""
    engine = open_engine(load_settings().database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE session"))
    engine.dispose()


def with_cookie(address: str) -> urllib.request.Request:
    """A request whose visitor has to be looked up."""
    return urllib.request.Request(f"{address}/", headers={"Cookie": "xrm_session=abc"})  # noqa: S310


SERVE = (sys.executable, "-m", "xrm_cli", "serve")


@pytest.mark.parametrize("more", [(), ("--in-process",)])
@pytest.mark.usefixtures("xrm")
def test_it_prints_one_line_with_the_address_and_answers_there(more: tuple[str, ...]) -> None:
    with subprocess.Popen([*SERVE, "--port", "0", *more], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            with urllib.request.urlopen(f"{address}/in", timeout=20) as answer:  # noqa: S310  # our own server
                status = answer.status
        finally:
            server.send_signal(signal.SIGTERM)
            rest, _ = server.communicate(timeout=30)

    assert status == 200
    assert address.startswith("http://127.0.0.1:")
    assert rest == ""


@pytest.mark.parametrize("more", [(), ("--in-process",)])
@pytest.mark.usefixtures("xrm")
def test_a_fault_is_in_the_log_on_stderr_and_not_on_stdout(more: tuple[str, ...], tmp_path: Path) -> None:
    log = tmp_path / "stderr.txt"
    with log.open("wb") as errors, subprocess.Popen(
        [*SERVE, "--port", "0", *more], stdout=subprocess.PIPE, stderr=errors, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            break_tables()
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(with_cookie(address), timeout=20)  # noqa: S310  # our own server
        finally:
            server.send_signal(signal.SIGTERM)
            rest, _ = server.communicate(timeout=30)

    caught.value.close()
    assert caught.value.code in (500, 503)
    assert rest == ""
    (told,) = [line for line in log.read_text(encoding="utf-8").splitlines() if "request_failed" in line]
    assert "Traceback (most recent call last):\\n" in told


@pytest.mark.usefixtures("xrm")
def test_mistakes_in_files_of_plugins_are_said_once_and_in_a_line_each(tmp_path: Path) -> None:
    folder = load_settings().home / "plugins" / "trial"
    (folder / "entities").mkdir(parents=True)
    (folder / "plugin.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "entities" / "hive.yaml").write_text("entity: hive\nkind: recrod\nlabell: x\n", encoding="utf-8")
    log = tmp_path / "stderr.txt"
    with log.open("wb") as errors, subprocess.Popen(
        [*SERVE, "--port", "0"], stdout=subprocess.PIPE, stderr=errors, text=True
    ) as server:
        assert server.stdout is not None
        server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)

    told = log.read_text(encoding="utf-8")
    assert "Traceback" not in told
    assert [line.count("hive.yaml:") for line in told.splitlines() if "recrod" in line] == [1]
    assert [line.count("hive.yaml:") for line in told.splitlines() if "labell" in line] == [1]


def test_a_port_in_use_is_refused_in_words(xrm: Xrm) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        outcome = xrm("serve", "--port", str(port))

    assert outcome.code == 1
    assert str(port) in outcome.err
    assert "--port" in outcome.err


def test_debug_is_refused_where_others_can_reach_it(xrm: Xrm) -> None:
    outcome = xrm("serve", "--debug", "--host", "0.0.0.0")  # noqa: S104  # refused

    assert outcome.code == 2
    assert "--debug" in outcome.err
