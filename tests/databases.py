# SPDX-License-Identifier: Apache-2.0
"""A fresh, empty database per test, once on SQLite and once on a real PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.postgres_server import running_postgres

KINDS = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--database``, which narrows the tests to one of the two databases."""
    parser.addoption("--database", choices=(*KINDS, "both"), default="both", help="database to test on (default: both)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that touches a database once for each chosen kind."""
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        metafunc.parametrize("database_kind", KINDS if chosen == "both" else (chosen,), scope="session")


class PostgresDatabases:
    """Makes and drops databases of one server; ``url`` is that of its maintenance database."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        self._numbers = itertools.count(1)

    def create(self, template: str = "template0") -> str:
        """The URL of a new database, made as a copy of ``template``."""
        name = f"xrm_test_{next(self._numbers)}"
        with self._engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'))
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove the database, cutting off whoever is still connected."""
        with self._engine.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{sa.make_url(url).database}" WITH (FORCE)'))

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The maintenance database of a PostgreSQL server that lives as long as the test session (one for each xdist worker)."""
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_databases(postgres_url: str) -> Iterator[PostgresDatabases]:
    """What makes and drops databases on the session's PostgreSQL."""
    databases = PostgresDatabases(postgres_url)
    yield databases
    databases.close()


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database, of each kind in turn."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'xrm.db'}"
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    url = databases.create()
    yield url
    databases.drop(url)
