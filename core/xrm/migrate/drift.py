# SPDX-License-Identifier: Apache-2.0
"""Drift: what the database has now against what it had when it was last applied."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from xrm.migrate.catalog import Difference, differences
from xrm.migrate.live import read_catalog
from xrm.migrate.own_tables import has_own_tables
from xrm.migrate.state import read_state
from xrm.migrate.writing import KEPT


def find_drift(engine: Engine) -> list[Difference]:
    """What somebody changed by hand: tables, columns, constraints and indexes; empty before anything was applied."""
    with engine.connect() as connection, connection.begin():
        return _find(connection)


def _find(connection: Connection) -> list[Difference]:
    if not has_own_tables(connection):
        return []
    expected = {name: one.live for name, one in read_state(connection).objects.items()}
    if not expected:
        return []
    found = {name: one for name, one in read_catalog(connection).items() if not name.startswith(KEPT)}
    return differences(expected, found)
