# SPDX-License-Identifier: Apache-2.0
"""The tables that schema change itself stands on: made before any plan, outside of all plans."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from xrm.migrate.declared import add_column
from xrm.migrate.models import (
    schema_applied,
    schema_data_step,
    schema_ledger,
    schema_meaning,
    schema_object,
    schema_owner,
    schema_plan,
    schema_stale,
)

OWN = (schema_applied, schema_object, schema_owner, schema_data_step, schema_stale, schema_meaning,
       schema_plan, schema_ledger)
OWN_NAMES = frozenset(table.name for table in OWN)


def ensure_own_tables(connection: Connection) -> None:
    """Create what is missing of them, columns included."""
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    for table in OWN:
        if table.name not in present:
            table.create(connection)
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                connection.exec_driver_sql(add_column(table, column.name, connection.dialect))


def has_own_tables(connection: Connection) -> bool:
    """Whether plans and states can be read."""
    inspector = inspect(connection)
    return inspector.has_table("schema_object") and inspector.has_table("schema_plan")
