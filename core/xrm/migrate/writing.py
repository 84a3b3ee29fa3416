# SPDX-License-Identifier: Apache-2.0
"""The statements of each kind of step, with their reverse, in the dialect of a database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, Dialect
from sqlalchemy.schema import CreateColumn

from xrm.db.search_tables import search_statements
from xrm.migrate.asking import Tables
from xrm.migrate.catalog import TableState
from xrm.migrate.declared import add_column, create_index, create_table
from xrm.migrate.marking import Marks
from xrm.migrate.steps import SWITCH, Copy, Place, Step, Walk
from xrm.schema.tables import short_name

KEEP_VALUES = "keep values"
KEPT = "kept__"  # the beginning of names of tables that hold what was dropped


class Writer:
    """Makes steps; owners are filled in by whoever knows them."""

    def __init__(self, dialect: Dialect, metadata: Tables, is_taken: Callable[[str], bool]) -> None:
        self._dialect = dialect
        self._metadata = metadata
        self._quote = dialect.identifier_preparer.quote
        self._is_taken = is_taken
        self._is_sqlite = dialect.name == "sqlite"

    def create_table(self, name: str) -> list[Step]:
        """The table, then each of its indexes."""
        table = self._metadata.tables[name]
        statement, reverse = create_table(table, self._dialect), f"DROP TABLE {self._quote(name)}"
        step = Step("", "create table", name, (statement,), (reverse,), lock="none")
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        return [step, *(self.create_index(name, str(index.name), create_index(index, self._dialect)) for index in indexes)]

    def add_column(self, table: str, column: str) -> Step:
        """A new column, which is empty."""
        statement = add_column(self._metadata.tables[table], column, self._dialect)
        reverse = f"ALTER TABLE {self._quote(table)} DROP COLUMN {self._quote(column)}"
        return Step("", "add column", f"{table}.{column}", (statement,), (reverse,))

    def definition(self, column: Column[Any]) -> str:
        """How this dialect writes a column."""
        return str(CreateColumn(column).compile(dialect=self._dialect)).strip()

    def add_other_column(self, owner: str, table: str, name: str, like: Column[Any]) -> Step:
        """A column beside the one whose place it will take."""
        named = self._quote(table)
        statement = f"ALTER TABLE {named} ADD COLUMN {self.definition(Column(name, like.type))}"
        reverse = f"ALTER TABLE {named} DROP COLUMN {self._quote(name)}"
        return Step(owner, "add column", f"{table}.{name}", (statement,), (reverse,))

    def mark_changes(self, owner: str, table: str, old: Place, new: Place) -> Step:
        """What makes changes at the old place known."""
        marks = Marks(table, old, new, self._dialect)
        return Step(owner, "note changes", f"{table}.{new.field['key']}", marks.makes(), marks.drops())

    def set_aside(self, owner: str, name: str, place: Place, table: str) -> tuple[Step, Place]:
        """Room for the values of before of a field that a data step changes in place; the step fills it."""
        key = place.field["key"]
        aside = self._aside(f"{table}__{key}__{name[:4]}")
        own = ["owner_id", "position"] if place.table != table else ["id"]
        columns = ", ".join(self._quote(column) for column in (*own, *place.columns.values()))
        source, quoted = self._quote(place.table), self._quote(aside)
        step = Step(
            owner, KEEP_VALUES, f"{table}.{key}", (
                f"CREATE TABLE {quoted} AS SELECT {columns} FROM {source} WHERE 1 = 0",  # noqa: S608
                f"CREATE INDEX {self._quote(short_name(f'ix_{aside}'))} ON {quoted} ({own[0]})",
            ), (f"DROP TABLE {quoted}",), lock="none",
        )
        return step, replace(place, table=aside)

    def switch_columns(
        self, owner: str, target: str, marks: Sequence[Step], renames: Sequence[tuple[str, str, str]], walk: Walk
    ) -> Step:
        """What changed since the batches went by, and new columns in the place of the old ones, all in one moment."""
        ends = [one for mark in marks for one in mark.reverse]
        begins = [one for mark in marks for one in mark.statements]

        def statement(table: str, old: str, new: str) -> str:
            return f"ALTER TABLE {self._quote(table)} RENAME COLUMN {self._quote(old)} TO {self._quote(new)}"

        return Step(
            owner, SWITCH, target, (*ends, *(statement(*one) for one in renames)),
            (*(statement(table, new, old) for table, old, new in reversed(renames)), *begins),
            phase="backfill", risk="window", lock="blocks writing", walk=walk,
        )

    def remake_columns(self, table: str, key: str, was: Mapping[str, str], now: Mapping[str, str]) -> Step:
        """Other columns, empty, for what a formula makes; ``was`` and ``now`` are definitions by name."""
        quoted = self._quote(table)
        drops, back = ([f"ALTER TABLE {quoted} DROP COLUMN {self._quote(one)}" for one in columns] for columns in (was, now))
        makes, again = ([f"ALTER TABLE {quoted} ADD COLUMN {text}" for text in columns.values()] for columns in (now, was))
        return Step("", SWITCH, f"{table}.{key}", (*drops, *makes), (*back, *again), phase="backfill", risk="window",
                    lock="blocks writing", note="its formula makes the values anew")

    def create_index(self, table: str, name: str, definition: str, *, is_large: bool = False) -> Step:
        """An index; on a table with rows PostgreSQL makes it while others write."""
        reverse = f"DROP INDEX {self._quote(name)}"
        if is_large and not self._is_sqlite:
            statement = definition.replace("INDEX ", "INDEX CONCURRENTLY ", 1)
            return Step("", "create index", name, (statement,), (reverse,), lock="none", is_transactional=False, note=table)
        return Step("", "create index", name, (definition,), (reverse,), lock="blocks writing", note=table)

    def drop_index(self, table: str, name: str, definition: str) -> Step:
        """An index that is declared no more, or otherwise."""
        return Step("", "drop index", name, (f"DROP INDEX {self._quote(name)}",), (definition,), note=table)

    def copy_columns(self, table: str, pairs: Mapping[str, str]) -> Step:
        """The values of a field that got another key, with the way back."""
        there = {self._quote(new): self._quote(old) for old, new in pairs.items()}
        back = {old: new for new, old in there.items()}
        old, new = next(iter(pairs.items()))
        return Step(
            "", "copy values", f"{table}.{new}", phase="backfill", lock="none", note=f"from {old}",
            copy=Copy(table, there, _differ(there)), copy_back=Copy(table, back, _differ(back)),
        )

    def copy_child(self, old: str, new: str, columns: Mapping[str, str]) -> Step:
        """The rows of a field with several values that got another key, but for those that came over meanwhile."""
        names = {"owner_id": "owner_id", "position": "position", **{new: old for old, new in columns.items()}}
        back = {other: one for one, other in names.items()}
        return Step(
            "", "copy values", new, phase="backfill", lock="none", note=f"from {old}",
            copy=Copy(self._quote(old), self._quoted(names), into=self._quote(new), key="owner_id", is_gaps=True),
            copy_back=Copy(self._quote(new), self._quoted(back), into=self._quote(old), key="owner_id", is_gaps=True),
        )

    def drop_columns(
        self, table: str, field: str, columns: Sequence[str], before: TableState, pairs: Mapping[str, str]
    ) -> Step:
        """Columns that are declared no more; their values are put aside, so that the way back has them.

        ``pairs`` are the columns that took their place: what the program of before still wrote to the old ones is carried over.
        """
        name = self._aside(f"{table}__{columns[0]}")
        aside = self._quote(name)
        quoted = [self._quote(column) for column in columns]
        filled = " OR ".join(f"{column} IS NOT NULL" for column in quoted)
        named = self._quote(table)
        statements = [
            f"UPDATE {named} SET {self._quote(new)} = {self._quote(old)} WHERE {self._quote(new)} IS NULL "  # noqa: S608
            f"AND {self._quote(old)} IS NOT NULL" for old, new in pairs.items()
        ]
        statements += [f"CREATE TABLE {aside} AS SELECT id, {', '.join(quoted)} FROM {named} WHERE {filled}"]  # noqa: S608
        statements += [f"ALTER TABLE {named} DROP COLUMN {column}" for column in reversed(quoted)]
        reverse = [f"ALTER TABLE {named} ADD COLUMN {before.columns[column]}{_refers(column, before)}" for column in columns]
        changes = ", ".join(f"{column} = (SELECT {column} FROM {aside} WHERE {aside}.id = {named}.id)" for column in quoted)  # noqa: S608
        # Each row is looked up there; without an index that takes the square of their number.
        reverse += [f"CREATE INDEX IF NOT EXISTS {self._quote(short_name(f'ix_{name}'))} ON {aside} (id)"]
        reverse += [f"UPDATE {named} SET {changes} WHERE id IN (SELECT id FROM {aside})",  # noqa: S608
                    f"DROP TABLE {aside}"]
        target = f"{table}.{field}"
        return Step("", "drop field", target, tuple(statements), tuple(reverse), "contract", "destroys", "blocks writing")

    def drop_table(self, table: str, before: TableState) -> Step:
        """A table that is declared no more, set aside under another name."""
        aside, named = self._quote(self._aside(table)), self._quote(table)
        drops = tuple(f"DROP INDEX {self._quote(name)}" for name in before.indexes)
        statements = (*drops, f"ALTER TABLE {named} RENAME TO {aside}")
        reverse = (f"ALTER TABLE {aside} RENAME TO {named}", *before.indexes.values())
        return Step("", "drop table", table, statements, reverse, "contract", "destroys", "brief")

    def _aside(self, name: str) -> str:
        """Where something is put aside, beside what was put aside of the same name before."""
        names = (short_name(f"{KEPT}{name}" + (f"__{number}" if number > 1 else "")) for number in range(1, 1000))
        return next(found for found in names if not self._is_taken(found))

    def search(self) -> list[Step]:
        """The full-text index."""
        return [
            Step("core", action, target, (statement,), (reverse,), lock="blocks writing")
            for action, target, statement, reverse in search_statements(self._dialect.name)
        ]

    def _quoted(self, names: Mapping[str, str]) -> dict[str, str]:
        return {self._quote(one): self._quote(other) for one, other in names.items()}


def _refers(column: str, state: TableState) -> str:
    for text in state.constraints.values():
        found = re.search(rf'(CONSTRAINT \S+ )?FOREIGN KEY\("?{re.escape(column)}"?\) (REFERENCES .*)', text)
        if found:
            return f" {found.group(1) or ''}{found.group(2)}"
    return ""


def _differ(filled: Mapping[str, str]) -> str:
    return " OR ".join(f"({one} IS NULL) <> ({other} IS NULL) OR {one} <> {other}" for one, other in filled.items())

