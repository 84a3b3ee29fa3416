# SPDX-License-Identifier: Apache-2.0
"""Running a web server: granian with processes of its own, or waitress in this one; and saying when it answers."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import logging
import os
import socket
import subprocess  # starts this program once more
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click

from xrm.db.presence import present
from xrm_cli.supervising import supervised

logger = logging.getLogger("xrm.serve")

APPLICATION = "xrm_web.wsgi:make_application"  # by name: command line and web do not know each other
JOBS, WORK = "xrm.jobs.worker", "xrm.work"  # loaded where they are needed: all that does jobs takes its time
PATIENCE = 60.0
THREADS = 8
LOOK_AGAIN = 1.0  # seconds between two looks at the process that runs jobs
# Granian writes its log to stdout, where only the address belongs.
LOGGING = {
    "formatters": {"one_line": {"()": "xrm.log_lines.OneLine"}},
    "handlers": {name: {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "one_line"}
                 for name in ("console", "access")},
}


def serve_in_processes(host: str, port: int, workers: int, home: Path, *, as_json: bool, debug: bool) -> None:
    """Serve by granian until interrupted, with a process beside it that runs jobs."""
    from granian import Granian  # noqa: PLC0415  # only one of the two servers is loaded
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    server = Granian(
        APPLICATION, factory=True, address=host, port=port, interface=Interfaces.WSGI, workers=workers, blocking_threads=THREADS,
        log_level=LogLevels.debug if debug else LogLevels.error, log_dictconfig=LOGGING, workers_kill_timeout=5, websockets=False,
        respawn_failed_workers=True, respawn_interval=0.5,
    )
    _announce_later(host, port, as_json=as_json)
    with _worker_process(), supervised(home, THREADS):
        server.serve()


def serve_here(host: str, port: int, *, as_json: bool) -> None:
    """Serve by waitress in this process until interrupted, with a thread that runs jobs."""
    from waitress import create_server  # type: ignore[import-untyped]  # noqa: PLC0415

    module, _, name = APPLICATION.partition(":")
    application = getattr(importlib.import_module(module), name)()
    server = create_server(application, host=host, port=port, threads=THREADS, ident="xrm")
    _announce_later(host, port, as_json=as_json)
    stop = threading.Event()
    worker = _worker_thread(application.extensions["xrm"], stop)
    try:
        with present(application.extensions["xrm"].engine):
            server.run()
    finally:
        stop.set()
        server.close()
        if worker is not None:
            worker.join(timeout=10)


def _announce_later(host: str, port: int, *, as_json: bool) -> None:
    threading.Thread(target=_announce, args=(host, port), kwargs={"as_json": as_json}, daemon=True, name="announce").start()


def _announce(host: str, port: int, *, as_json: bool) -> None:
    """Print the one line with the address as soon as a request is answered."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not listened on
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if _answers(reachable, port):
            shown = f"[{host}]" if ":" in host else host
            address = f"http://{shown}:{port}"
            click.echo(json.dumps({"address": address}) if as_json else address)
            return
        time.sleep(0.05)


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(f"HEAD /in HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False


def _worker_thread(runtime: object, stop: threading.Event) -> threading.Thread | None:
    if not has_jobs():
        return None
    thread = threading.Thread(target=run_jobs, args=(runtime, stop), name="jobs", daemon=True)
    thread.start()
    return thread


@contextlib.contextmanager
def _worker_process() -> Iterator[None]:
    if not has_jobs():
        yield
        return
    command = [sys.executable, "-m", "xrm_cli", "worker", "--while-parent", str(os.getpid())]
    stop = threading.Event()
    keeper = threading.Thread(target=keep_running, args=(command, stop), name="keeper of the jobs")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def keep_running(command: list[str], stop: threading.Event) -> None:
    """Run a program, and again when it ends, until told to stop; one that ends at once waits its turn."""
    while not stop.is_set():
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as worker:  # noqa: S603  # our own program
            while worker.poll() is None and not stop.wait(LOOK_AGAIN):
                pass
            worker.terminate()
        if not stop.is_set():
            logger.error("the process that runs jobs ended with %s; another takes its place", worker.returncode)
            stop.wait(LOOK_AGAIN)


def run_jobs(runtime: object, stop: threading.Event) -> None:
    """Run jobs of all kinds until told to stop."""
    importlib.import_module(JOBS).run_worker(runtime, stop, kinds=importlib.import_module(WORK).KINDS)


def has_jobs() -> bool:
    """Whether this installation can run jobs."""
    return importlib.util.find_spec(JOBS) is not None
