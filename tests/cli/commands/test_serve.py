# SPDX-License-Identifier: Apache-2.0
"""``xrm serve``: one line when it answers, a clear no when it cannot."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from tests.cli.conftest import Xrm

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
