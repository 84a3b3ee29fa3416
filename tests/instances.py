# SPDX-License-Identifier: Apache-2.0
"""A running program on a prepared database: vocabulary applied, an administrator, departments; a fresh copy for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import PostgresDatabases
from tests.factories.access import Departments, add_departments, add_user
from xrm.assembling import build
from xrm.db.engine import open_engine
from xrm.migrate.apply import apply
from xrm.plugin_host.host import PluginHost
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

BASE = {"base": "xrm_base"}


@dataclass(frozen=True)
class Prepared:
    """A database to copy: its URL, and what it holds besides the tables."""

    url: str
    admin: Actor
    departments: Departments


class PreparedDatabases:
    """Databases with tables and first rows, made once for each kind and set of plugins, then copied."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self._folder = folder
        self._request = request
        self._made: dict[tuple[str, frozenset[str]], Prepared] = {}

    @property
    def postgres(self) -> PostgresDatabases:
        """The server's databases; the server starts when it is first needed."""
        databases: PostgresDatabases = self._request.getfixturevalue("postgres_databases")
        return databases

    def get(self, kind: str, plugins: Mapping[str, str]) -> Prepared:
        """The database of this kind with the types of these plugins (name → package)."""
        key = (kind, frozenset(plugins))
        if key not in self._made:
            name = f"prepared_{len(self._made)}"
            url = self.postgres.create() if kind == "postgresql" else f"sqlite:///{self._folder / name}.db"
            self._made[key] = prepare(Settings(home=self._folder, database_url=url), plugins)
        return self._made[key]

    def copy(self, prepared: Prepared, target: Path) -> str:
        """The URL of a copy: a file below ``target`` or a database of the server."""
        if prepared.url.startswith("sqlite"):
            file = target / "xrm.db"
            shutil.copyfile(prepared.url.removeprefix("sqlite:///"), file)
            return f"sqlite:///{file}"
        return self.postgres.create(template=prepared.url.rpartition("/")[2])

    def drop(self, url: str) -> None:
        """Remove a copy."""
        if not url.startswith("sqlite"):
            self.postgres.drop(url)


def open_with(settings: Settings, plugins: Mapping[str, str]) -> Runtime:
    """The program with exactly these plugins, whatever else is installed."""
    host = PluginHost.open(packages=plugins)
    broken = [str(plugin.problem) for plugin in host.plugins if not plugin.is_on]
    assert not broken, broken
    return Runtime(settings, open_engine(settings.database_url), host, build(host))


def prepare(settings: Settings, plugins: Mapping[str, str]) -> Prepared:
    """Make tables, departments and an administrator in an empty database."""
    runtime = open_with(settings, plugins)
    apply(runtime.engine, runtime.registry.table_set, {})

    def first_rows(uow: UnitOfWork) -> tuple[Departments, Actor]:
        return add_departments(uow), add_user(uow, "admin@example.org", {None: ["*:*"]}, depth="all")

    departments, admin = runtime.write(first_rows, system_actor())
    runtime.close()
    return Prepared(settings.database_url, admin, departments)


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The plugins of ``runtime``, name → package; a test of another plugin overrides this fixture."""
    return BASE


@pytest.fixture(scope="session")
def prepared_databases(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> PreparedDatabases:
    """The databases that tests get copies of."""
    return PreparedDatabases(tmp_path_factory.mktemp("prepared"), request)


@pytest.fixture
def prepared(database_kind: str, plugins: Mapping[str, str], prepared_databases: PreparedDatabases) -> Prepared:
    """What the database of this test is a copy of."""
    return prepared_databases.get(database_kind, plugins)


@pytest.fixture
def settings(prepared: Prepared, prepared_databases: PreparedDatabases, tmp_path: Path) -> Iterator[Settings]:
    """The settings of an instance in a folder of its own, on a fresh copy of the prepared database."""
    home = tmp_path / "instance"
    home.mkdir()
    url = prepared_databases.copy(prepared, home)
    yield Settings(home=home, database_url=url, secret_key="a key for tests, long enough to be taken")
    prepared_databases.drop(url)


@pytest.fixture
def runtime(settings: Settings, plugins: Mapping[str, str]) -> Iterator[Runtime]:
    """The program on a fresh copy of the prepared database, with ``plugins`` and no others."""
    opened = open_with(settings, plugins)
    yield opened
    opened.close()


@pytest.fixture
def admin(prepared: Prepared) -> Actor:
    """A user who may do everything in all departments."""
    return prepared.admin


@pytest.fixture
def departments(prepared: Prepared) -> Departments:
    """The departments sales, press and service, and sales_north below sales."""
    return prepared.departments
