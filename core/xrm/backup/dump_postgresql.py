# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL database as definitions and rows: written from one moment, examined, and loaded into an empty schema."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from xrm.backup.archive import ArchiveWriter
from xrm.backup.definitions_postgresql import TableDefinition, quoted, read_definitions
from xrm.backup.inspection import read_member
from xrm.backup.manifest import Manifest
from xrm.errors import ConfigurationError, Message, msg

DEFINITIONS = "database/definitions.json"
TABLES = "database/tables/"
# Rebuildable, outside backup: its definition is kept, its rows are not.
NOT_COPIED = "search_document"
# The text of a value depends on these; a server or a user may have others.
_FORM = ("client_encoding = 'UTF8'", "datestyle = 'ISO, YMD'", "intervalstyle = 'postgres'", "bytea_output = 'hex'",
         "extra_float_digits = 1", "timezone = 'UTC'", "statement_timeout = 0", "idle_in_transaction_session_timeout = 0")


@contextmanager
def dumped_moment(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database for as long as it takes, and changes nothing."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        set_form(connection)
        yield connection


def set_form(connection: Connection) -> None:
    """Let values be written and read the same way on every server, for this transaction."""
    for setting in _FORM:
        connection.execute(text(f"SET LOCAL {setting}"))


def dump_database(connection: Connection, archive: ArchiveWriter) -> dict[str, int]:
    """Write all tables of the current schema into the archive; table → rows."""
    definitions = read_definitions(connection)
    # A lock on every table first: none is changed or dropped before its turn comes.
    connection.execute(text(f"LOCK TABLE {', '.join(quoted(one.name) for one in definitions)} IN ACCESS SHARE MODE"))
    archive.add(DEFINITIONS, [json.dumps([one.to_json() for one in definitions], indent=1).encode()])
    rows: dict[str, int] = {}
    for one in definitions:
        if one.name != NOT_COPIED:
            counted = _Lines()
            archive.add(_member(one.name), counted.of(_copied(connection, one)))
            rows[one.name] = counted.count
    return rows


def _member(table: str) -> str:
    """The name of a table's member; it leads nowhere, whatever an operator calls a table."""
    return TABLES + quote(table, safe="").replace(".", "%2E")


class _Lines:
    """Counts the lines of what passes through; in the text form of COPY a line is a row."""

    count = 0

    def of(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.count += chunk.count(b"\n")
            yield chunk


def _copied(connection: Connection, table: TableDefinition) -> Iterator[bytes]:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {quoted(table.name)} ({', '.join(table.columns)}) TO STDOUT") as copy:
        waiting, size = [], 0
        for part in copy:
            # One row at a time arrives; as many are passed on together as make a good write.
            waiting.append(bytes(part))
            size += len(waiting[-1])
            if size >= 1 << 20:
                yield b"".join(waiting)
                waiting, size = [], 0
        yield b"".join(waiting)


def read_dumped(archive: zipfile.ZipFile, manifest: Manifest) -> list[TableDefinition]:
    """The definitions in an archive that is whole.

    Raises:
        KeyError, TypeError, ValueError: when they are not what ``dump_database`` wrote.
    """
    written = json.loads(b"".join(read_member(archive, DEFINITIONS, manifest.members[DEFINITIONS])))
    return [TableDefinition(**one) for one in written]


def find_dump_damage(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[Message]:
    """What is wrong with definitions and rows whose sums are right."""
    try:
        names = {one.name for one in read_dumped(archive, manifest)} - {NOT_COPIED}
    except (KeyError, TypeError, ValueError):
        yield msg("{name} cannot be read.", name=DEFINITIONS)
        return
    for name in sorted(names ^ manifest.tables.keys()):
        yield msg("The table {table} is not in both the manifest and the definitions.", table=name)
    for name in sorted(names & manifest.tables.keys()):
        member = _member(name)
        if member not in manifest.members:
            yield msg("{name} is missing.", name=member)
            continue
        counted = _Lines()
        for _ in counted.of(read_member(archive, member, manifest.members[member])):
            pass
        if counted.count != manifest.tables[name]:
            yield msg("The table {table} has {found} rows in the database copy, the manifest says {said}.", table=name,
                      found=counted.count, said=manifest.tables[name])


def load_database(connection: Connection, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Make the tables in the current schema, which is empty, and fill them.

    Raises:
        ConfigurationError: when the server refuses a definition or a row.
    """
    set_form(connection)
    tables = read_dumped(archive, manifest)
    # The driver itself reads a percent sign in a definition as nothing else.
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        for table in tables:
            for statement in table.create:
                driver.execute(statement)
        for table in tables:
            if table.name != NOT_COPIED:
                member = _member(table.name)
                _load(driver, table, read_member(archive, member, manifest.members[member]))
            for statement in table.finish:
                driver.execute(statement)
        for statement in [statement for table in tables for statement in table.link]:
            driver.execute(statement)
        driver.execute("ANALYZE")
    except (errors, DBAPIError) as error:
        why = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        raise ConfigurationError(
            msg("PostgreSQL does not take the backup: {why}. Nothing was changed. Check the server's version and its disk.",
                why=why)
        ) from error


def _load(driver: Any, table: TableDefinition, chunks: Iterator[bytes]) -> None:
    with driver.cursor() as cursor, cursor.copy(f"COPY {quoted(table.name)} ({', '.join(table.columns)}) FROM STDIN") as copy:
        for chunk in chunks:
            copy.write(chunk)
