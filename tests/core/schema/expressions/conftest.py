# SPDX-License-Identifier: Apache-2.0
"""A connection to each database with the rows of ``cases`` in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.core.schema.expressions.cases import fill
from tests.databases import PostgresDatabases
from xrm.db.engine import open_engine


@pytest.fixture(scope="session")
def probe(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[sa.Connection]:
    """The rows of ``cases`` on a database of each kind, to read from."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('expressions') / 'probe.db'}"
    else:
        databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
        url = databases.create()
    engine = open_engine(url)
    with engine.begin() as connection:
        fill(connection)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
    if database_kind != "sqlite":
        databases.drop(url)
