# SPDX-License-Identifier: Apache-2.0
"""Reading the catalog of a SQLite database: all it knows is the text of each CREATE statement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from sqlalchemy import Connection, text

from xrm.migrate.catalog import Catalog, TableState
from xrm.migrate.sqlite_table import read_table
from xrm.migrate.sqlite_text import as_text, cut, without_ascending

# FTS5 keeps its index in tables beside the virtual one; they are made, changed and dropped with it.
_SHADOWS = ("data", "idx", "content", "docsize", "config")
# Automatic indexes have no text: the constraint that needs them is in the text of the table.
_EVERYTHING = text(
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)


def read_sqlite(connection: Connection, tables: Collection[str] | None) -> Catalog:
    """The catalog of the main database; ``tables`` narrows it."""
    rows = [tuple(row) for row in connection.execute(_EVERYTHING)]
    hidden = {f"{name}_{shadow}" for _, name, _, sql in rows if _is_fts(sql) for shadow in _SHADOWS}
    states = {
        name: _read(type_, sql)
        for type_, name, _, sql in sorted(rows)
        if type_ in {"table", "view"} and name not in hidden and (tables is None or name in tables)
    }
    # SQLite keeps the name of a trigger's table as the trigger wrote it, in whatever letters.
    folded = {name.lower(): name for name in states}
    for type_, name, table, sql in rows:
        state = states.get(folded.get(table.lower(), ""))
        if state is not None and type_ == "index":
            states[table] = replace(state, indexes={**state.indexes, name: _index(sql)})
        elif state is not None and type_ == "trigger":
            constraints = {**state.constraints, f"trigger {name}": as_text(cut(sql))}
            states[folded[table.lower()]] = replace(state, constraints=constraints)
    return dict(sorted(states.items()))


@lru_cache(maxsize=4096)
def _index(sql: str) -> str:
    return as_text(without_ascending(cut(sql)))


# Nearly all texts are the ones of the last time.
@lru_cache(maxsize=1024)
def _read(type_: str, sql: str) -> TableState:
    tokens = cut(sql)
    if type_ == "view":
        return TableState({}, {"view": as_text(tokens)}, {})
    if _is_virtual(sql):
        return TableState({}, {"virtual table": as_text(tokens)}, {})
    return read_table(tokens)


def _is_virtual(sql: str) -> bool:
    return sql[:20].upper() == "CREATE VIRTUAL TABLE"


def _is_fts(sql: str) -> bool:
    return _is_virtual(sql) and any(first.is_word("USING") and second.is_word("FTS5") for first, second in pairwise(cut(sql)))

