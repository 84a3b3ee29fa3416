# SPDX-License-Identifier: Apache-2.0
"""``xrm serve --safe`` runs no code of plugins, keeps their data readable, and says so."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.acceptance.conftest import ADMINISTRATOR, PASSWORD, PATIENCE, Program, Visitor
from tests.acceptance.stranger import install

HOOKS = """\
import pathlib
from xrm.plugin_api import Card, hookimpl
pathlib.Path({file!r}).write_text("was imported")

@hookimpl
def dashboard_cards(uow):
    return [Card("here", "Here I am")]
"""


def test_no_code_is_run_and_the_page_says_so(xrm: Program, tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    install(xrm, "tracing", HOOKS.format(file=str(trace)))
    line = [str(xrm.command), "serve", "--safe", "--in-process", "--port", "0"]
    xrm.variables["XRM_FILES_TOLD"] = ""
    assert xrm.asked("plugin", "list")["items"]
    trace.unlink()

    with subprocess.Popen(line, env=xrm.environment(), stdout=subprocess.PIPE, text=True, cwd=xrm.home.parent) as server:
        assert server.stdout is not None
        try:
            visitor = Visitor(server.stdout.readline().strip())
            visitor.post("/in", {"email": ADMINISTRATOR, "password": PASSWORD})
            home, health, releases = (visitor.get(path) for path in ("/", "/admin/health", "/press/release"))
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)

    assert (home[0], health[0], releases[0]) == (200, 200, 200)
    assert "Here I am" not in home[1]
    assert "Safe mode" in health[1]
