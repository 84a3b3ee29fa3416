# SPDX-License-Identifier: Apache-2.0
"""An instance made by ``xrm init``, and ``xrm``: a command run against it in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.databases import PostgresDatabases
from tests.instances import BASE
from xrm.assembling import assemble, build
from xrm.db.engine import open_engine
from xrm.overlay.queries import load_overlay
from xrm.plugin_host.host import PluginHost
from xrm.runtime import Runtime
from xrm.settings import load_settings
from xrm_cli.main import run

ADMINISTRATOR = "admin@example.org"
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stdout holds, as JSON and nothing else."""
        return json.loads(self.out)


class Xrm:
    """Runs commands against the instance of a test; with a runtime they share, else each opens its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], runtime: Runtime | None = None) -> None:
        self._capsys = capsys
        self._runtime = runtime

    def __call__(self, *arguments: str) -> Outcome:
        """The outcome of one command."""
        self._capsys.readouterr()
        code = run(list(arguments), self._runtime)
        captured = self._capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    def given(self, *arguments: str) -> Any:
        """The JSON of a command that has to go well."""
        outcome = self(*arguments, "--json")
        assert outcome.code == 0, outcome.err
        return outcome.json

    def read_declarations_again(self) -> None:
        """Let the next command see plugins as they are now, as a new process would."""
        assert self._runtime is not None
        before = self._runtime
        host, overlay = PluginHost.open(before.settings.home, packages=BASE), load_overlay(before.engine)
        registry, misfits = assemble(host, overlay)
        self._runtime = Runtime(before.settings, before.engine, host, registry, overlay.number, misfits)

    def made(self, *arguments: str) -> str:
        """The id of what a command made."""
        return str(self.given(*arguments)["id"])


class MadeInstances:
    """Instances made by ``xrm init``, once for each kind of database, then copied."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self._folder = folder
        self._request = request
        self._urls: dict[str, str] = {}
        self.host = PluginHost.open(packages=BASE)
        self.registry = build(self.host)

    @property
    def postgres(self) -> PostgresDatabases:
        """The server's databases; the server starts when it is first needed."""
        databases: PostgresDatabases = self._request.getfixturevalue("postgres_databases")
        return databases

    def copy(self, kind: str, home: Path) -> str:
        """Copy the instance on this kind of database to ``home``; the URL of its database."""
        template = self._folder / kind
        if kind not in self._urls:
            self._urls[kind] = "" if kind == "sqlite" else self.postgres.create()
            self._make(template, self._urls[kind])
        shutil.copytree(template, home)
        return "" if kind == "sqlite" else self.postgres.create(template=self._urls[kind].rpartition("/")[2])

    def _make(self, home: Path, url: str) -> None:
        password = self._folder / "password"
        password.write_text(f"{PASSWORD}\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XRM_HOME", str(home))
            patch.setenv("XRM_DATABASE_URL", url)
            made = ["init", "--no-input", "--email", ADMINISTRATOR, "--password-file", str(password), "--department", "Sales"]
            assert run(made) == 0


@pytest.fixture(scope="session")
def made_instances(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> MadeInstances:
    """The instances that tests get copies of."""
    return MadeInstances(tmp_path_factory.mktemp("made"), request)


def _open(
    kind: str, made: MadeInstances, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Xrm]:
    home = tmp_path / "instance"
    url = made.copy(kind, home)
    monkeypatch.setenv("XRM_HOME", str(home))
    monkeypatch.setenv("XRM_DATABASE_URL", url)
    settings = load_settings()
    # One host and registry for all tests: reading the vocabulary is what takes time.
    runtime = Runtime(settings, open_engine(settings.database_url), made.host, made.registry)
    yield Xrm(capsys, runtime)
    runtime.close()
    if url:
        made.postgres.drop(url)


@pytest.fixture
def xrm(
    made_instances: MadeInstances, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Xrm]:
    """Commands on an instance with one department, Sales, on SQLite."""
    yield from _open("sqlite", made_instances, tmp_path, monkeypatch, capsys)


@pytest.fixture
def xrm_on_both(
    database_kind: str, made_instances: MadeInstances, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Xrm]:
    """Commands on an instance with one department, Sales, once on each kind of database."""
    yield from _open(database_kind, made_instances, tmp_path, monkeypatch, capsys)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Xrm:
    """Commands where no instance is yet; ``XRM_HOME`` is ``instance`` below ``tmp_path``."""
    monkeypatch.setenv("XRM_HOME", str(tmp_path / "instance"))
    monkeypatch.delenv("XRM_DATABASE_URL", raising=False)
    monkeypatch.delenv("XRM_SECRET_KEY", raising=False)
    return Xrm(capsys)


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    """A file with a password in its first line."""
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    return str(file)
