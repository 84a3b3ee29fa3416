# SPDX-License-Identifier: Apache-2.0
"""Functions of PostgreSQL that triggers of a plugin's tables run: they stay when the tables go."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

_FUNCTIONS = text("""
SELECT DISTINCT t.tgfoid::regprocedure::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = n.oid
WHERE NOT t.tgisinternal AND n.nspname = current_schema() AND c.relname = ANY(CAST(:tables AS name[])) ORDER BY 1
""")


def functions_of(connection: Connection, tables: Iterable[str]) -> list[str]:
    """The functions of these tables' triggers, as DROP FUNCTION names them; none on SQLite, where triggers go with tables."""
    if connection.dialect.name != "postgresql":
        return []
    return list(connection.execute(_FUNCTIONS, {"tables": sorted(tables)}).scalars())
