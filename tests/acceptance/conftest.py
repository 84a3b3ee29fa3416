# SPDX-License-Identifier: Apache-2.0
"""The installed command ``xrm`` as its users have it: a process of its own, an instance folder, a browser's requests."""

from __future__ import annotations

import ctypes
import http.cookiejar
import io
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from xrm.assembling import build
from xrm.db.engine import open_engine
from xrm.plugin_host.host import PluginHost
from xrm.runtime import Runtime
from xrm.schema.registry import Registry
from xrm.settings import load_settings
from xrm_cli.main import run

ADMINISTRATOR, PASSWORD = "admin@example.org", "correct horse battery"
COMMAND = Path(sys.executable).with_name("xrm")
PATIENCE = 60
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stdout holds: JSON and nothing else."""
        return json.loads(self.out)


def _obey_rights_of_files() -> None:
    """Let root be bound by the rights of files like everybody: drop CAP_DAC_OVERRIDE for the program that is started."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@dataclass
class Program:
    """The command ``xrm`` on one instance; ``variables`` are added to its environment.

    ``is_powerless`` takes from root what others do not have. With ``inside``, what only prepares a test (``given``, ``made``)
    runs in this process, which starts many times faster.
    """

    home: Path
    command: Path = COMMAND
    variables: dict[str, str] = field(default_factory=dict)
    is_powerless: bool = False
    inside: Runtime | None = None

    def environment(self) -> dict[str, str]:
        """The environment of the command: nothing of ours but the instance."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XRM_", "PYTHON"))}
        return {**kept, "XRM_HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1", **self.variables}

    def __call__(self, *arguments: str, as_: str = "") -> Outcome:
        """The outcome of one command, as a user when one is named."""
        line = [str(self.command), *(["--as", as_] if as_ else []), *arguments]
        done = subprocess.run(
            line, env=self.environment(), capture_output=True, text=True, timeout=PATIENCE, cwd=self.home.parent, check=False,
            preexec_fn=_obey_rights_of_files if self.is_powerless else None,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def asked(self, *arguments: str, as_: str = "") -> Any:
        """The JSON of a command that has to go well, in a process of its own."""
        return self._json(self(*arguments, "--json", as_=as_))

    def given(self, *arguments: str, as_: str = "") -> Any:
        """The JSON of a command that prepares a test."""
        if self.inside is None:
            return self.asked(*arguments, as_=as_)
        out, err = io.StringIO(), io.StringIO()
        line = [*(["--as", as_] if as_ else []), *arguments, "--json"]
        with redirect_stdout(out), redirect_stderr(err), mock.patch.dict(os.environ, self.environment()):
            code = run(line, self.inside)
        return self._json(Outcome(code, out.getvalue(), err.getvalue()))

    @staticmethod
    def _json(outcome: Outcome) -> Any:
        assert outcome.code == 0, outcome.err
        return outcome.json

    def made(self, *arguments: str, as_: str = "") -> str:
        """The id of what a command made."""
        return str(self.given(*arguments, as_=as_)["id"])

    def refused(self, *arguments: str, code: int = 1, as_: str = "") -> str:
        """What a command says that has to fail: on stderr, without a traceback, nothing on stdout."""
        outcome = self(*arguments, as_=as_)
        assert (outcome.code, outcome.out) == (code, ""), outcome
        assert "Traceback" not in outcome.err
        return " ".join(outcome.err.split())

    @contextmanager
    def served(self) -> Iterator[str]:
        """The address of the instance, served while in use."""
        line = [str(self.command), "serve", "--in-process", "--port", "0"]
        with subprocess.Popen(line, env=self.environment(), stdout=subprocess.PIPE, text=True, cwd=self.home.parent) as process:
            assert process.stdout is not None
            try:
                address = process.stdout.readline().strip()
                assert address.startswith("http://"), address
                yield address
            finally:
                process.terminate()  # SIGINT is ignored by what a shell started in the background
                try:
                    process.wait(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise


class Visitor:
    """Somebody with a browser, reduced to requests: cookies kept, forms sent with their token."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        return self._open(path, None, {})

    def post(self, path: str, values: Mapping[str, str], form: str = "") -> tuple[int, str]:
        """Status and text after sending the form found on the page ``form`` (default: the path itself)."""
        status, page = self.get(form or path)
        assert status == 200, page
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        sent = urllib.parse.urlencode({"csrf_token": token.group(1), **values}).encode()
        return self._open(path, sent, {"Origin": self.address, "Referer": self.address + path})

    def _open(self, path: str, sent: bytes | None, headers: dict[str, str]) -> tuple[int, str]:
        headers = {"Accept-Language": "en", **headers}
        request = urllib.request.Request(self.address + path, data=sent, headers=headers)  # noqa: S310  # an address of ours
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@contextmanager
def visiting(program: Program, email: str = ADMINISTRATOR) -> Iterator[Visitor]:
    """A visitor of the served instance who has signed in."""
    with program.served() as address:
        visitor = Visitor(address)
        status, page = visitor.post("/in", {"email": email, "password": PASSWORD})
        assert status == 200, page
        assert 'name="password"' not in page
        yield visitor


@pytest.fixture(scope="session")
def password_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the password of everybody."""
    file = tmp_path_factory.mktemp("secrets") / "password.txt"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    return file


Maker = Callable[[Program], Program]


@pytest.fixture(scope="session")
def initialise(password_file: Path) -> Maker:
    """What makes the instance of a program by ``xrm init``."""

    def make(program: Program) -> Program:
        arguments = ("--no-input", "--email", ADMINISTRATOR, "--password-file", str(password_file), "--department", "Sales")
        assert program.given("init", *arguments)["created"] is True
        return program

    return make


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory, initialise: Maker) -> Path:
    """The folder of an instance with all our plugins, made once, to be copied."""
    return initialise(Program(tmp_path_factory.mktemp("made") / "instance")).home


@pytest.fixture(scope="session")
def vocabulary() -> tuple[PluginHost, Registry]:
    """All our plugins and their types, read once."""
    host = PluginHost.open()
    return host, build(host)


def open_inside(program: Program, vocabulary: tuple[PluginHost, Registry]) -> Runtime:
    """A runtime of this process on the instance of a program."""
    settings = load_settings(program.environment())
    return Runtime(settings, open_engine(settings.database_url), *vocabulary)


@pytest.fixture
def xrm(made_home: Path, tmp_path: Path, vocabulary: tuple[PluginHost, Registry]) -> Iterator[Program]:
    """The command on a fresh instance with all our plugins and one department, Sales, on SQLite."""
    program = Program(tmp_path / "instance")
    shutil.copytree(made_home, program.home)
    program.inside = open_inside(program, vocabulary)
    yield program
    program.inside.close()


@pytest.fixture
def xrm_on_both(
    database_kind: str, database_url: str, tmp_path: Path, initialise: Maker, vocabulary: tuple[PluginHost, Registry],
    request: pytest.FixtureRequest,
) -> Iterator[Program]:
    """The command on a fresh instance with one department, Sales, on each database."""
    if database_kind == "sqlite":
        yield request.getfixturevalue("xrm")
        return
    program = initialise(Program(tmp_path / "instance", variables={"XRM_DATABASE_URL": database_url}))
    program.inside = open_inside(program, vocabulary)
    yield program
    program.inside.close()
