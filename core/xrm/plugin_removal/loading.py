# SPDX-License-Identifier: Apache-2.0
"""Loading an exported plugin into the database again: all of it with the same ids, in one transaction, or nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError

from xrm.backup.definitions_postgresql import quoted
from xrm.errors import Conflict, msg
from xrm.plugin_removal.manifest import PartEntry, PluginManifest
from xrm.plugin_removal.parts import Reference, read_references
from xrm.plugin_removal.values import CHUNK, from_line, insert_statement, place_of

NAMED = 5  # conflicts that are named; more are counted


@dataclass
class Loaded:
    """What came back: part → rows. ``left_out``: rows whose party, or whatever they hang on, is gone for good by now."""

    rows: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


def load_rows(connection: Connection, path: Path, manifest: PluginManifest) -> Loaded:
    """Take all rows and values of a whole export back; the tables of the plugin are there and empty.

    Raises:
        Conflict: when rows of the same ids, or with the same unique values, are there; nothing may be committed then.
    """
    with zipfile.ZipFile(path) as archive:
        return _Loading(connection, archive, {one.name for one in manifest.tables}).run(manifest.parts)


class _Loading:
    def __init__(self, connection: Connection, archive: zipfile.ZipFile, new: Collection[str]) -> None:
        self._connection = connection
        self._archive = archive
        self._new = new  # tables that were made for it
        self._place = place_of(connection)
        inspector = inspect(connection)
        self._references: dict[str, list[Reference]] = {}
        for one in read_references(inspector.get_multi_foreign_keys()):
            self._references.setdefault(one.table, []).append(one)
        self._columns = {
            table: {one["name"]: bool(one["nullable"]) for one in columns}
            for (_, table), columns in inspector.get_multi_columns().items()
        }
        self._loaded = Loaded()

    def run(self, parts: Sequence[PartEntry]) -> Loaded:
        for part in parts:
            self._require_place(part)
        for part in parts:
            if part.column:
                self._give_back(part)
            elif part.links:
                self._give_links_back(part)
            else:
                self._load(part)
        return self._loaded

    def _require_place(self, part: PartEntry) -> None:
        known = self._columns.get(part.table)
        missing = [one for one in part.columns if known is None or one not in known]
        if missing and part.rows and not (part.column or part.links):
            what = f"{part.table}.{missing[0]}" if known is not None else part.table
            raise Conflict(msg("The database has no {what}, which the export holds. Install the version of xrm that made it.",
                               what=what), code="other_version")

    def _load(self, part: PartEntry) -> None:
        later: list[tuple[Any, ...]] = []
        for rows in self._batches(part):
            kept = self._without_orphans(part, rows)
            self._refuse_known(part, kept)
            for column in part.pointing:
                at, key = part.columns.index(column), part.columns.index(part.key[0])
                later += [(row[at], row[key], column) for row in kept if row[at] is not None]
                for row in kept:
                    row[at] = None
            self._insert(part, kept)
            self._count(part.table, len(kept), len(rows) - len(kept))
        for value, key, column in later:
            mine = f"{quoted(part.key[0])} = {self._place}"
            statement = f"UPDATE {quoted(part.table)} SET {quoted(column)} = {self._place} WHERE {mine}"  # noqa: S608
            self._connection.exec_driver_sql(statement, (value, key))

    def _batches(self, part: PartEntry) -> Iterator[list[list[Any]]]:
        with self._archive.open(part.member) as member:
            lines = iter(member)
            while batch := [from_line(line) for line in islice(lines, CHUNK)]:
                yield batch

    def _count(self, name: str, loaded: int, left_out: int = 0) -> None:
        for counts, number in ((self._loaded.rows, loaded), (self._loaded.left_out, left_out)):
            if number:
                counts[name] = counts.get(name, 0) + number

    def _without_orphans(self, part: PartEntry, rows: list[list[Any]]) -> list[list[Any]]:
        """The rows whose parents are there; a reference that may be empty is emptied when what it names is gone."""
        for one in self._references.get(part.table, ()):
            if one.column not in part.columns or one.column in part.pointing:
                continue
            at = part.columns.index(one.column)
            known = self._known(one.parent, one.parent_column, {_hashable(row[at]) for row in rows if row[at] is not None})
            gone = [row for row in rows if row[at] is not None and _hashable(row[at]) not in known]
            if not gone:
                continue
            if one.goes_along:
                rows = [row for row in rows if row[at] is None or _hashable(row[at]) in known]
            elif self._columns[part.table][one.column]:
                for row in gone:
                    row[at] = None
            else:
                self._refuse(part, one.column, gone, one.parent)
        return rows

    def _known(self, table: str, column: str, values: Iterable[Any]) -> set[Any]:
        found: set[Any] = set()
        waiting = iter(values)
        while batch := list(islice(waiting, 500)):
            places = ", ".join([self._place] * len(batch))
            named = f"{quoted(column)}::text" if self._place == "%s" else quoted(column)
            statement = f"SELECT {named} FROM {quoted(table)} WHERE {quoted(column)} IN ({places})"  # noqa: S608
            found |= {_hashable(one) for one in self._connection.exec_driver_sql(statement, tuple(batch)).scalars()}
        return found

    def _refuse_known(self, part: PartEntry, rows: list[list[Any]]) -> None:
        """Stop when a row of the same key is there already."""
        if len(part.key) != 1 or part.table in self._new:
            return  # the database itself refuses
        at = part.columns.index(part.key[0])
        known = self._known(part.table, part.key[0], {_hashable(row[at]) for row in rows})
        taken = [row for row in rows if _hashable(row[at]) in known]
        if taken:
            self._refuse(part, part.key[0], taken, "")

    def _refuse(self, part: PartEntry, column: str, rows: list[list[Any]], parent: str) -> None:
        at = part.columns.index(part.key[0])
        named = ", ".join(_shown(row[at]) for row in rows[:NAMED]) + (" …" if len(rows) > NAMED else "")
        if parent:
            raise Conflict(msg("{count} rows of {table} ({rows}) name a {parent} which is gone by now. Nothing was taken back.",
                               count=len(rows), table=part.table, rows=named, parent=parent), code="conflict")
        raise Conflict(msg("{count} rows of {table} ({rows}) are there already with the same {column}. Nothing was taken back.",
                           count=len(rows), table=part.table, rows=named, column=column), code="conflict")

    def _insert(self, part: PartEntry, rows: list[list[Any]]) -> None:
        if not rows:
            return
        try:
            if self._place == "%s":
                self._copy(part, rows)
            else:
                self._connection.exec_driver_sql(
                    insert_statement(self._connection, part.table, part.columns), [tuple(row) for row in rows]
                )
        except IntegrityError as error:
            why = str(error.orig).strip().split("\n", maxsplit=1)[0]
            raise Conflict(msg("Rows of {table} cannot come back beside what is there: {why}. Nothing was taken back.",
                               table=part.table, why=why), code="conflict") from error

    def _copy(self, part: PartEntry, rows: list[list[Any]]) -> None:
        dialect = self._connection.dialect
        errors = dialect.loaded_dbapi.Error
        statement = f"COPY {quoted(part.table)} ({', '.join(map(quoted, part.columns))}) FROM STDIN"
        driver: Any = self._connection.connection.driver_connection
        try:
            with driver.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except errors as error:
            raise DBAPIError.instance(statement, None, error, errors, dialect=dialect) from error

    def _give_back(self, part: PartEntry) -> None:
        """Put values of others' rows back where they are still empty."""
        if not self._columns.get(part.table, {}).keys() >= set(part.columns):
            return
        matched = " AND ".join(f"{quoted(one)} = {self._place}" for one in part.key)
        statement = f"UPDATE {quoted(part.table)} SET {quoted(part.column)} = {self._place} " \
                    f"WHERE {quoted(part.column)} IS NULL AND {matched}"  # noqa: S608
        for rows in self._batches(part):
            done = sum(self._connection.exec_driver_sql(statement, (row[-1], *row[:-1])).rowcount for row in rows)
            self._count(f"{part.table}.{part.column}", done, len(rows) - done)

    def _give_links_back(self, part: PartEntry) -> None:
        """Put links in fields with several values back at their place, or after the last where somebody else stands there."""
        if not self._columns.get(part.table, {}).keys() >= set(part.columns):
            return
        owner, position = part.columns.index("owner_id"), part.columns.index("position")
        for rows in self._batches(part):
            kept = self._without_orphans(part, rows)
            for row in kept:
                row[position] = self._free_place(part.table, row[owner], int(row[position]))
                self._connection.exec_driver_sql(insert_statement(self._connection, part.table, part.columns), tuple(row))
            self._count(part.table, len(kept), len(rows) - len(kept))

    def _free_place(self, table: str, owner: Any, position: int) -> int:
        mine = f"FROM {quoted(table)} WHERE owner_id = {self._place}"
        taken = set(self._connection.exec_driver_sql(f"SELECT position {mine}", (owner,)).scalars())
        return position if position not in taken else max(taken) + 1


def _hashable(value: Any) -> Any:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else value


def _shown(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
