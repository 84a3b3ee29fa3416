# SPDX-License-Identifier: Apache-2.0
"""Tables, columns and indexes that were made and are not there any more; and making a missing index again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine, exists, select, text
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import for_writing, is_missing
from xrm.errors import Message, msg
from xrm.migrate.exclusive import alone
from xrm.migrate.ledger import ROLLING_BACK, RUNNING
from xrm.migrate.models import schema_object, schema_plan

# Names alone, in one statement: (table, kind, name), of tables too.
_SQLITE = """
SELECT name, 'table', '' FROM sqlite_master WHERE type IN ('table', 'view')
UNION ALL SELECT tbl_name, 'index', name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
UNION ALL SELECT m.name, 'column', p.name FROM sqlite_master m JOIN pragma_table_xinfo(m.name) p
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
"""
_POSTGRESQL = """
SELECT c.relname, 'table', '' FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL SELECT c.relname, CASE WHEN i.indisvalid THEN 'index' ELSE 'invalid' END, n.relname
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid
WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL SELECT c.relname, 'column', a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True)
class Missing:
    """A table, column or index that is gone; of an index the statement that made it. ``is_broken``: there and not usable."""

    table: str
    kind: Literal["table", "column", "index"]
    name: str
    statement: str = ""
    is_broken: bool = False

    @property
    def message(self) -> Message:
        """What is wrong, in a sentence without a full stop."""
        if self.kind == "table":
            return msg("the table {table} is missing", table=self.table)
        if self.kind == "column":
            return msg("the column {name} of {table} is missing", name=self.name, table=self.table)
        if self.is_broken:
            return msg("the index {name} of {table} is not valid", name=self.name, table=self.table)
        return msg("the index {name} of {table} is missing", name=self.name, table=self.table)


def find_missing(engine: Engine) -> list[Missing]:
    """What is not there of all that was made; nothing while a change is under way, or before the first one."""
    try:
        with engine.connect() as connection, connection.begin():
            return list(_find(connection))
    except DBAPIError as error:
        if is_missing(error):
            return []
        raise


def _find(connection: Connection) -> Iterator[Missing]:
    if connection.scalar(select(exists().where(schema_plan.c.state.in_((RUNNING, ROLLING_BACK))))):
        return
    here: dict[str, dict[str, set[str]]] = {}
    for table, kind, name in connection.execute(text(_SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL)):
        here.setdefault(table, {"table": set(), "column": set(), "index": set(), "invalid": set()})[kind].add(name)
    for table, live in connection.execute(select(schema_object.c.table_name, schema_object.c.live)):
        if table in here:
            yield from _missing_parts(connection, table, json.loads(live), here[table])
        else:
            yield Missing(table, "table", table)


def _missing_parts(
    connection: Connection, table: str, live: Mapping[str, Any], here: Mapping[str, set[str]]
) -> Iterator[Missing]:
    for name in sorted(live["columns"].keys() - here["column"]):
        yield Missing(table, "column", name)
    gone = sorted(live["indexes"].keys() - here["index"])
    if gone:
        declared = connection.scalar(select(schema_object.c.declared).where(schema_object.c.table_name == table))
        statements = json.loads(declared or "{}").get("indexes", {})
        for name in gone:
            yield Missing(table, "index", name, statements.get(name, ""), name in here["invalid"])


def make_missing_indexes(engine: Engine) -> tuple[list[Missing], list[tuple[Missing, str]]]:
    """Make the indexes again that are missing or not valid: those that were made, and those that could not be, with the reason.

    Raises:
        Conflict: (``busy``) while a schema change runs.
    """
    made: list[Missing] = []
    failed: list[tuple[Missing, str]] = []
    with alone(engine):
        for one in find_missing(engine):
            if one.kind != "index" or not one.statement:
                continue
            try:
                _make(engine, one)
            except DBAPIError as error:
                failed.append((one, str(error.orig).strip().partition("\n")[0]))
            else:
                made.append(one)
    return made, failed


def _make(engine: Engine, one: Missing) -> None:
    quoted = engine.dialect.identifier_preparer.quote(one.name)
    with for_writing(engine.connect()) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        if one.is_broken:
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {quoted}")
        connection.exec_driver_sql(one.statement.replace(" CONCURRENTLY", "", 1))
