# SPDX-License-Identifier: Apache-2.0
"""A plugin that hangs costs its own requests; a worker that is stuck is replaced, and no worker outlives its server."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.conftest import ADMINISTRATOR, PASSWORD, PATIENCE, Program, Visitor
from tests.acceptance.stranger import install

HOOKS = """\
import ctypes, os, pathlib, time
from xrm.plugin_api import Panel, hookimpl

def act(uow):
    how = pathlib.Path(os.environ["SABOTAGE"]).read_text()
    if how == "sleep":
        time.sleep(1000)
    if how == "loop":
        while True:
            pass
    if how == "hold":
        ctypes.PyDLL(None).sleep(1000)
    return []

@hookimpl
def panels(uow, entity):
    return [Panel("slow", "Slow", build=act)] if entity.type == "person" else []
"""
HANG = 2.0
THREADS = 8


@dataclass
class Scene:
    """A server with processes of its own, somebody signed in, and a panel that hangs when told so."""

    xrm: Program
    server: subprocess.Popen[str]
    address: str
    visitor: Visitor
    panel: str
    order: Path

    def workers(self) -> set[int]:
        """The processes that answer, by the signs of life they give."""
        return {int(one.stem.rpartition("-")[2]) for one in (self.xrm.home / "run").glob(f"worker-{self.server.pid}-*.beat")}

    def hang(self, times: int) -> None:
        """Ask for the panel so many times at once, and do not wait for it."""
        for _ in range(times):
            threading.Thread(target=self._get, daemon=True).start()
        time.sleep(0.5)

    def _get(self) -> None:
        with contextlib.suppress(OSError):
            self.visitor.get(self.panel)

    def answers(self, path: str, within: float) -> bool:
        """Whether a page comes within so many seconds, tried again while a worker is being replaced."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                if self.visitor.get(path)[0] == 200:
                    return True
            time.sleep(0.2)
        return False


@pytest.fixture
def scene(xrm: Program, tmp_path: Path) -> Iterator[Scene]:
    """The server, ended with all that it started."""
    install(xrm, "hanging", HOOKS)
    order = tmp_path / "order.txt"
    order.write_text("", encoding="utf-8")
    xrm.variables |= {"SABOTAGE": str(order), "XRM_HANG_SECONDS": str(HANG)}
    person = xrm.asked("entity", "create", "person", "--set", "last_name=Byron", "--department", "Sales")["id"]
    line = [str(xrm.command), "serve", "--port", "0"]
    with subprocess.Popen(line, env=xrm.environment(), stdout=subprocess.PIPE, text=True, cwd=xrm.home.parent) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        visitor = Visitor(address)
        assert visitor.post("/in", {"email": ADMINISTRATOR, "password": PASSWORD})[0] == 200
        try:
            yield Scene(xrm, server, address, visitor, f"/panel/hanging/slow/{person}", order)
        finally:
            order.write_text("", encoding="utf-8")
            server.terminate()
            try:
                server.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for_quarantine(xrm: Program) -> str:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        found = {one["name"]: one["quarantine"] for one in xrm.asked("plugin", "list")["items"]}
        if found["hanging"]:
            return str(found["hanging"])
        time.sleep(0.5)
    return ""


def test_some_requests_that_hang_cost_nobody_else_and_lead_to_quarantine(scene: Scene) -> None:
    before = scene.workers()
    scene.order.write_text("sleep", encoding="utf-8")
    scene.hang(3)

    begin = time.monotonic()
    pages = [scene.visitor.get(path)[0] for path in ("/", "/base/person", "/admin/health")]
    took = time.monotonic() - begin

    assert pages == [200] * 3
    assert took < 10
    assert "hangs" in wait_for_quarantine(scene.xrm)
    assert "is paused" in scene.visitor.get(scene.panel)[1]
    assert scene.workers() == before


@pytest.mark.parametrize("how", ["sleep", "loop", "hold"])
def test_a_worker_that_is_stuck_is_replaced(scene: Scene, how: str) -> None:
    before = scene.workers()
    scene.order.write_text(how, encoding="utf-8")
    scene.hang(THREADS)

    time.sleep(HANG)
    is_back = scene.answers("/base/person", 30)

    assert before
    assert is_back
    assert scene.workers().isdisjoint(before)
    assert scene.answers("/admin/health", 10)
    if how != "hold":
        assert "hangs" in wait_for_quarantine(scene.xrm)


def test_no_worker_outlives_its_server(scene: Scene) -> None:
    (worker,) = scene.workers()

    scene.server.send_signal(signal.SIGKILL)
    scene.server.wait()

    until = time.monotonic() + 10
    while time.monotonic() < until and is_alive(worker):
        time.sleep(0.1)
    assert not is_alive(worker)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{scene.address}/in", timeout=5)  # noqa: S310  # an address of ours


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
