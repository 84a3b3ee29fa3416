# SPDX-License-Identifier: Apache-2.0
"""What a database has now, as its own catalog tells, including what SQLAlchemy does not reflect."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from xrm.migrate.catalog import Catalog
from xrm.migrate.live_postgresql import read_postgresql
from xrm.migrate.live_sqlite import read_sqlite


def read_catalog(connection: Connection, tables: Collection[str] | None = None) -> Catalog:
    """Every table and view of the instance's schema by name, or those of ``tables`` that exist; read in one statement.

    Two tables with equal columns, constraints and indexes are equal here, however they came to be.
    """
    if connection.dialect.name == "sqlite":
        return read_sqlite(connection, tables)
    return read_postgresql(connection, tables)
