# SPDX-License-Identifier: Apache-2.0
"""SQLite changes constraints and definitions only by making a table anew: by the procedure of its manual, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from xrm.db.engine import for_writing
from xrm.errors import Conflict, msg
from xrm.migrate.sqlite_text import Token, as_text, closing, cut, quoted, split_at_commas

NEW = "xrm_new__"
_CONSTRAINT_WORDS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


@dataclass(frozen=True)
class Edits:
    """What becomes of the parts of a table.

    ``columns``: name → its whole definition from then on, empty for one that goes; ``without`` and ``added`` are constraints
    that stand by themselves, as ``as_text`` writes them.
    """

    columns: Mapping[str, str]
    without: Sequence[str] = ()
    added: Sequence[str] = ()


@dataclass(frozen=True)
class Rebuild:
    """A table to be made anew, the way back, and the statements of both as they were when it was planned."""

    table: str
    forwards: Edits
    backwards: Edits
    shown: Sequence[str] = ()
    shown_back: Sequence[str] = ()


@dataclass(frozen=True)
class Parts:
    """A CREATE TABLE in its parts: columns by name in their order, other constraints, and what follows the last bracket."""

    columns: Mapping[str, str]
    constraints: Sequence[str]
    options: str

    def edited(self, edits: Edits) -> Parts:
        """The parts after some of them changed."""
        columns = {**self.columns, **edits.columns}
        kept = [one for one in self.constraints if one not in edits.without]
        return Parts({name: one for name, one in columns.items() if one}, [*kept, *edits.added], self.options)

    def statement(self, name: str) -> str:
        """The CREATE TABLE."""
        return f"CREATE TABLE {quoted(name)} ({', '.join([*self.columns.values(), *self.constraints])}) {self.options}".rstrip()


def read_parts(connection: Connection, table: str) -> Parts:
    """The parts of a table as it is now."""
    sql = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    tokens = cut(str(connection.scalar(sql, {"name": table})))
    opening = next(place for place, token in enumerate(tokens) if token.is_sign("("))
    end = closing(tokens, opening)
    columns: dict[str, str] = {}
    constraints: list[str] = []
    for part in split_at_commas(tokens[opening + 1 : end]):
        if part[0].is_word(*_CONSTRAINT_WORDS):
            constraints.append(as_text(part))
        else:
            columns[part[0].text] = as_text(part)
    return Parts(columns, constraints, as_text(tokens[end + 1 :]))


def statements_of(connection: Connection, table: str, edits: Edits) -> list[str]:
    """The new table, the rows into it, its name, and the indexes and triggers that stand on it."""
    before = read_parts(connection, table)
    after = before.edited(edits)
    new, old = quoted(f"{NEW}{table}"), quoted(table)
    generated = {
        row["name"] for row in connection.exec_driver_sql(f"PRAGMA table_xinfo({old})").mappings() if row["hidden"]
    }
    carried = ", ".join(quoted(name) for name in before.columns if name in after.columns and name not in generated)
    others = text("SELECT sql FROM sqlite_master WHERE tbl_name = :name COLLATE NOCASE AND type IN ('index', 'trigger') AND sql "
                  "IS NOT NULL ORDER BY type, name")
    return [
        after.statement(f"{NEW}{table}"),
        f"INSERT INTO {new} ({carried}) SELECT {carried} FROM {old}",  # noqa: S608
        f"DROP TABLE {old}",
        f"ALTER TABLE {new} RENAME TO {old}",
        *connection.execute(others, {"name": table}).scalars(),
    ]


def rebuild(
    engine: Engine, table: str, edits: Edits, note: Callable[[Connection], None],
    *, first: Sequence[str] = (), then: Sequence[str] = (),
) -> None:
    """Make the table anew, with statements before and after it, all in one transaction with the note of it.

    Raises:
        Conflict: when a row would refer to one that is not there; nothing is changed then.
    """
    with for_writing(engine.connect()) as connection, _unwatched(connection), connection.begin():
        for statement in first:
            connection.exec_driver_sql(statement)
        for statement in statements_of(connection, table, edits):
            connection.exec_driver_sql(statement)
        _check_references(connection, table)
        for statement in then:
            connection.exec_driver_sql(statement)
        note(connection)


@contextmanager
def _unwatched(connection: Connection) -> Iterator[None]:
    """No foreign keys meanwhile, or dropping the old table would empty those below it; no other text follows a new name."""
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("a connection without its driver")
    # Inside of a transaction these two would say nothing and do nothing.
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute("PRAGMA legacy_alter_table=ON")
    try:
        yield
    finally:
        driver.execute("PRAGMA legacy_alter_table=OFF")
        driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection, table: str) -> None:
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    below = {
        name for name in names
        for row in connection.exec_driver_sql(f"PRAGMA foreign_key_list({quoted(name)})").mappings() if row["table"] == table
    }
    for name in sorted({table, *below}):
        found = connection.exec_driver_sql(f"PRAGMA foreign_key_check({quoted(name)})").first()
        if found is not None:
            raise Conflict(msg(
                "A row of {table} refers to a row of {other} that is not there. Nothing was changed. Mend it, then run it again.",
                table=name, other=found[2],
            ))


def without_reference(definition: str) -> tuple[str, str]:
    """A column's definition without what it refers to, and that; empty where it refers to nothing."""
    tokens = cut(definition)
    at = next((place for place, token in enumerate(tokens) if token.is_word("REFERENCES")), len(tokens))
    begin = _constraint_name(tokens, at)
    return as_text(tokens[:begin]), as_text(tokens[begin:])


def _constraint_name(tokens: Sequence[Token], at: int) -> int:
    return at - 2 if at >= 2 and at < len(tokens) and tokens[at - 2].is_word("CONSTRAINT") else at
