# SPDX-License-Identifier: Apache-2.0
"""The tables of a PostgreSQL schema as statements that make them anew, in the words of its own catalogs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, text

# A sequence belongs to the table of the column it numbers and is made with it.
_COLUMNS = """
SELECT c.relname AS "table", quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS needed,
       a.attgenerated::text AS generated, a.attidentity::text AS identity, pg_get_expr(d.adbin, d.adrelid) AS "default",
       CASE WHEN a.attcollation <> t.typcollation
            THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END AS "collation"
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum
"""
_CONSTRAINTS = """
SELECT c.relname AS "table", quote_ident(k.conname) AS name, k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid AND c.relkind = 'r'
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
WHERE k.contype IN ('p', 'u', 'c', 'x', 'f') ORDER BY c.relname, k.conname
"""
# Asked for prettily, the definition names the table without its schema.
_INDEXES = """
SELECT c.relname AS "table", pg_get_indexdef(i.indexrelid, 0, true) AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relkind = 'r' JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
WHERE i.indisvalid AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY c.relname, x.relname
"""
_SEQUENCES = """
SELECT c.relname AS "table", quote_ident(s.relname) AS name, quote_ident(a.attname) AS "column",
       format_type(q.seqtypid, NULL) AS type, pg_sequence_last_value(s.oid) AS last
FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'r'
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'a' ORDER BY s.relname
"""
# Those that keep renamed columns in step; one function may serve two triggers.
_FUNCTIONS = """
SELECT min(c.relname) AS "table", quote_ident(p.proname) AS name, p.prosrc AS body
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema() AND n.oid = p.pronamespace
WHERE NOT t.tgisinternal AND p.proname LIKE 'xrm\\_sync\\_%' GROUP BY p.oid, p.proname, p.prosrc ORDER BY p.proname
"""
_TRIGGERS = """
SELECT c.relname AS "table", pg_get_triggerdef(t.oid, true) AS definition
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
WHERE NOT t.tgisinternal AND t.tgname LIKE 'xrm\\_sync\\_%' ORDER BY t.tgname
"""


@dataclass
class TableDefinition:
    """One table: statements before its rows come (``create``), after (``finish``), and when all tables are there (``link``)."""

    name: str
    columns: list[str] = field(default_factory=list)
    create: list[str] = field(default_factory=list)
    finish: list[str] = field(default_factory=list)
    link: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The definition as a JSON value; ``columns`` are those whose values are kept, quoted."""
        return asdict(self)


def quoted(name: str) -> str:
    """A name as PostgreSQL reads it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def read_definitions(connection: Connection) -> list[TableDefinition]:
    """The tables of the current schema, by name."""
    found: dict[str, TableDefinition] = {}
    sequences = _rows(connection, _SEQUENCES)
    lines: dict[str, list[str]] = {}
    for row in _rows(connection, _COLUMNS):
        table = found.setdefault(row["table"], TableDefinition(row["table"]))
        lines.setdefault(table.name, []).append(_column(row))
        if not row["generated"]:
            table.columns.append(row["name"])
    for table in found.values():
        table.create += [f"CREATE SEQUENCE {row['name']} AS {row['type']}" for row in sequences if row["table"] == table.name]
        table.create.append(f"CREATE TABLE {quoted(table.name)} ({', '.join(lines[table.name])})")
    for row in sequences:
        found[row["table"]].finish += list(_sequence(row))
    for row in _rows(connection, _CONSTRAINTS):
        statement = f"ALTER TABLE {quoted(row['table'])} ADD CONSTRAINT {row['name']} {row['definition']}"
        (found[row["table"]].link if row["kind"] == "f" else found[row["table"]].finish).append(statement)
    for row in _rows(connection, _INDEXES):
        found[row["table"]].finish.append(row["definition"])
    _add_triggers(connection, found)
    return list(found.values())


def _add_triggers(connection: Connection, found: Mapping[str, TableDefinition]) -> None:
    for row in _rows(connection, _FUNCTIONS):
        made = f"CREATE FUNCTION {row['name']}() RETURNS trigger LANGUAGE plpgsql AS $xrm${row['body']}$xrm$"
        found[row["table"]].finish.append(made)
    for row in _rows(connection, _TRIGGERS):
        found[row["table"]].link.append(row["definition"])


def _rows(connection: Connection, statement: str) -> Sequence[Mapping[Any, Any]]:
    return connection.execute(text(statement)).mappings().all()


def _column(row: Mapping[Any, Any]) -> str:
    parts = [row["name"], row["type"]]
    if row["collation"]:
        parts.append(f"COLLATE {row['collation']}")
    if row["generated"]:
        parts.append(f"GENERATED ALWAYS AS ({row['default']}) {'STORED' if row['generated'] == 's' else 'VIRTUAL'}")
    elif row["identity"]:
        parts.append(f"GENERATED {'ALWAYS' if row['identity'] == 'a' else 'BY DEFAULT'} AS IDENTITY")
    elif row["default"] is not None:
        parts.append(f"DEFAULT {row['default']}")
    if row["needed"]:
        parts.append("NOT NULL")
    return " ".join(parts)


def _sequence(row: Mapping[Any, Any]) -> Iterator[str]:
    yield f"ALTER SEQUENCE {row['name']} OWNED BY {quoted(row['table'])}.{row['column']}"
    if row["last"] is not None:
        literal = row["name"].replace("'", "''")
        yield f"SELECT setval('{literal}', {int(row['last'])})"
