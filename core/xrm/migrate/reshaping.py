# SPDX-License-Identifier: Apache-2.0
"""Changed constraints, defaults and empty values of a table that is there: ALTER TABLE on PostgreSQL, a new table on SQLite."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from xrm.errors import Message, msg
from xrm.migrate.catalog import TableState
from xrm.migrate.live import read_catalog
from xrm.migrate.rebuilding import Edits, Parts, Rebuild, read_parts, statements_of, without_reference
from xrm.migrate.rows_named import ROWS_HAVE, count_rows, counted, name_rows
from xrm.migrate.said import Said
from xrm.migrate.sqlite_text import as_text, cut
from xrm.migrate.steps import Risk, Step

_DEFINITION = re.compile(r"(?P<type>.*?)(?: DEFAULT (?P<default>.*?))?(?P<needed> NOT NULL)?", re.DOTALL)
_NAME = re.compile(r'CONSTRAINT (?:"(?P<quoted>[^"]+)"|(?P<plain>\S+)) ')
_KEY = re.compile(r"FOREIGN KEY ?\((?P<columns>[^)]*)\) REFERENCES (?P<target>[^(]+?) ?\((?P<keys>[^)]*)\)")
# Every value of the one is the same value of the other.
_WIDER = {("SMALLINT", "INTEGER"), ("SMALLINT", "BIGINT"), ("INTEGER", "BIGINT"), ("VARCHAR", "TEXT")}


@dataclass
class Reshaped:
    """The steps, what rows stand in their way, and the columns and constraints that are taken care of."""

    steps: list[Step] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    constraints: set[str] = field(default_factory=set)


def reshape(
    connection: Connection, table: str, before: TableState, after: TableState, *, moving: Collection[str] = ()
) -> Reshaped:
    """What makes the present columns and constraints of a table what they are declared to be, after new columns were added.

    What changes a type otherwise than to a wider one is left alone, as are the columns in ``moving``.
    """
    change = _Change(table, before, after, moving)
    if not change.columns and not change.without and not change.added:
        return Reshaped()
    live = read_catalog(connection, {table}).get(table, before)
    change.leave_out(live)
    found = Reshaped([], [], set(change.columns), {*change.added, *change.settled})
    found.problems += _problems(connection, change)
    if not found.problems and (change.columns or change.without or change.added):
        is_sqlite = connection.dialect.name == "sqlite"
        found.steps += _rebuilt(connection, change) if is_sqlite else _altered(connection, change, live)
    return found


def kept_constraints(before: TableState, after: TableState, kept: Collection[str]) -> dict[str, str]:
    """The constraints of before that stand on columns which are kept only: they are in the database still."""
    return {
        name: text for name, text in before.constraints.items()
        if name not in after.constraints and _columns_in(text, before.columns) & set(kept)
    }


def drop_by_rebuild(connection: Connection, table: str, columns: Sequence[str], step: Step) -> Step:
    """The step, with the columns dropped in a new table where SQLite itself cannot: a constraint of the table names them."""
    if connection.dialect.name != "sqlite":
        return step
    parts = read_parts(connection, table)
    # What gets its name in this plan came by itself.
    if not parts.columns.keys() >= set(columns):
        return step
    gone = [text for text in parts.constraints if _columns_in(text, parts.columns) & set(columns)]
    if not gone:
        return step
    forwards = Edits(dict.fromkeys(columns, ""), gone)
    backwards = Edits({column: parts.columns[column] for column in columns}, (), gone)
    made = Rebuild(table, forwards, backwards, statements_of(connection, table, forwards))
    return replace(
        step, rebuild=made, statements=tuple(one for one in step.statements if " DROP COLUMN " not in one),
        reverse=tuple(one for one in step.reverse if " ADD COLUMN " not in one),
    )


class _Change:
    def __init__(self, table: str, before: TableState, after: TableState, moving: Collection[str]) -> None:
        self.table = table
        self.before = before
        self.after = after
        here = before.columns.keys() & after.columns.keys() - set(moving)
        self.columns = {
            column: (before.columns[column], after.columns[column]) for column in sorted(here)
            if before.columns[column] != after.columns[column]
            and _is_wider(_parts(before.columns[column])["type"], _parts(after.columns[column])["type"])
        }
        self.without = {
            name: text for name, text in before.constraints.items()
            if after.constraints.get(name) != text and self._is_here(text, here, before) and _columns_in(text, after.columns)
        }
        self.added = {
            name: text for name, text in after.constraints.items()
            if before.constraints.get(name) != text and self._is_here(text, here, after)
        }
        self.settled: set[str] = set()

    def _is_here(self, text: str, here: Collection[str], state: TableState) -> bool:
        """Whether it stands on columns that stay as they are; a key of a new column comes with that column."""
        columns = _columns_in(text, state.columns)
        if "PRIMARY KEY" in text:
            return False
        return columns <= set(here) or ("FOREIGN KEY" not in text and bool(columns & set(here)))

    def leave_out(self, live: TableState) -> None:
        """Pass over constraints that the database has already, under whatever name."""
        there = {_normal(text) for text in live.constraints.values()}
        self.settled = {name for name, text in self.added.items() if _normal(text) in there and name not in self.without}
        self.added = {name: text for name, text in self.added.items() if name not in self.settled}


def _rebuilt(connection: Connection, change: _Change) -> Iterator[Step]:
    parts = read_parts(connection, change.table)
    forwards, backwards = _edits(parts, change)
    shown = statements_of(connection, change.table, forwards)
    made = Rebuild(change.table, forwards, backwards, shown, statements_of(connection, change.table, backwards))
    what = ", ".join([*change.columns, *sorted({*change.without, *change.added})])
    yield Step("", "rebuild table", change.table, risk="window", lock="blocks writing", note=what, rebuild=made)


def _edits(parts: Parts, change: _Change) -> tuple[Edits, Edits]:
    columns = {name: parts.columns[name] for name in change.columns}
    references = {name: without_reference(text)[1] for name, text in parts.columns.items()}
    without: list[str] = []
    for text in change.without.values():
        alone = [one for one in parts.constraints if _normal(one) == _normal(text) or _name(one) == _name(text) != ""]
        without += alone
        key = _KEY.search(text)
        if key and not alone:
            columns |= {name: parts.columns[name] for name in _columns_in(key["columns"], parts.columns) if references[name]}
    kept = [name for name in change.columns if references[name] and not _loses_reference(name, change)]
    new = {name: as_text(cut(change.after.columns[name])) for name in change.columns}
    later = {name: new.get(name, without_reference(columns[name])[0]) for name in columns}
    later |= {name: f"{later[name]} {references[name]}" for name in kept}
    added = [as_text(cut(text)) for text in change.added.values()]
    return Edits(later, without, added), Edits(columns, added, without)


def _loses_reference(column: str, change: _Change) -> bool:
    keys = [_KEY.search(text) for text in change.without.values()]
    return any(key is not None and column in _columns_in(key["columns"], change.before.columns) for key in keys)


def _altered(connection: Connection, change: _Change, live: TableState) -> Iterator[Step]:
    quote = connection.dialect.identifier_preparer.quote
    begin = f"ALTER TABLE {quote(change.table)}"
    for column, (old, new) in change.columns.items():
        yield from _altered_column(change.table, begin, quote(column), column, _parts(old), _parts(new))
    for name in sorted({*change.without, *change.added}):
        old, new = change.without.get(name, ""), change.added.get(name, "")
        there = _live_name(live, name, old)
        drops = [f"{begin} DROP CONSTRAINT {quote(there)}"] if old and there else []
        again = [f"{begin} ADD CONSTRAINT {quote(there)} {live.constraints[there]}"] if old and there else []
        undo = [f"{begin} DROP CONSTRAINT IF EXISTS {quote(name)}"] if new else []
        is_checked_later = "UNIQUE" not in new
        adds = [f"{begin} ADD {new}" + (" NOT VALID" if is_checked_later else "")] if new else []
        risk: Risk = "safe" if is_checked_later else "window"
        yield Step(
            "", "change constraint", f"{change.table}.{name}", (*drops, *adds), (*undo, *again), risk=risk,
            lock="brief" if is_checked_later else "blocks writing",
        )
        if new and is_checked_later:
            yield Step("", "check rows", f"{change.table}.{name}", (f"{begin} VALIDATE CONSTRAINT {quote(name)}",), tuple(undo),
                       lock="none")


def _altered_column(
    table: str, begin: str, quoted: str, column: str, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Step]:
    target, alter = f"{table}.{column}", f"{begin} ALTER COLUMN {quoted}"
    if old["type"] != new["type"]:
        risk: Risk = "safe" if new["type"] == "TEXT" else "window"
        yield Step("", "widen column", target, (f"{alter} TYPE {new['type']}",), (f"{alter} TYPE {old['type']}",), risk=risk,
                   lock="blocks writing" if risk == "window" else "brief")
    if old["default"] != new["default"]:
        ways = [f"{alter} SET DEFAULT {one['default']}" if one["default"] else f"{alter} DROP DEFAULT" for one in (new, old)]
        yield Step("", "change default", target, (ways[0],), (ways[1],))
    if old["needed"] and not new["needed"]:
        yield Step("", "allow empty", target, (f"{alter} DROP NOT NULL",), (f"{alter} SET NOT NULL",))
    elif new["needed"] and not old["needed"]:
        # A check that every row holds spares SET NOT NULL from reading them while all others wait.
        check = f"xrm_filled_{column}"[:63]
        drop = f'{begin} DROP CONSTRAINT IF EXISTS "{check}"'
        yield Step("", "forbid empty", target, (f'{begin} ADD CONSTRAINT "{check}" CHECK ({quoted} IS NOT NULL) NOT VALID',),
                   (drop,))
        yield Step("", "check rows", target, (f'{begin} VALIDATE CONSTRAINT "{check}"', f"{alter} SET NOT NULL", drop),
                   (f"{alter} DROP NOT NULL",))


def _live_name(live: TableState, name: str, text: str) -> str:
    """What the database calls a constraint: it chose the name itself when the column brought it along."""
    if name in live.constraints:
        return name
    return next((there for there, other in live.constraints.items() if _normal(other) == _normal(text)), "")


def _problems(connection: Connection, change: _Change) -> Iterator[str]:
    quote = connection.dialect.identifier_preparer.quote
    for column, (old, new) in change.columns.items():
        if _parts(new)["needed"] and not _parts(old)["needed"]:
            wrong = f"{quote(column)} IS NULL"
            filled = msg("{what} must be filled from now on", what=f"{change.table}.{column}")
            yield from _broken(connection, change.table, wrong, filled, msg("no value"))
    for name, text in change.added.items():
        if not _columns_in(text, change.after.columns) <= change.before.columns.keys():
            continue
        key = _KEY.search(text)
        if key:
            why = msg("{what}: each must refer to a row that is there", what=f"{change.table}.{name}")
            yield from _broken(connection, change.table, _dangling(change.table, key), why, msg("none"))
        elif " CHECK " in text:
            rule = text[text.index("("):]
            asked = msg("{what} asks for {rule}", what=f"{change.table}.{name}", rule=rule)
            yield from _broken(connection, change.table, f"NOT {rule}", asked, msg("other values"))


def _broken(connection: Connection, table: str, where: str, rule: Message, what: Message) -> Iterator[str]:
    count = count_rows(connection, table, where)
    if count:
        named = name_rows(connection, table, where)
        yield Said(msg("{rule}, and {rows} {what}: {named}. Change these rows, then plan again.", rule=rule,
                       rows=counted(count, *ROWS_HAVE), what=what, named=named))


def _dangling(table: str, key: re.Match[str]) -> str:
    own, keys = (key[part].replace('"', "").split(", ") for part in ("columns", "keys"))
    filled = " AND ".join(f'"{table}"."{column}" IS NOT NULL' for column in own)
    same = " AND ".join(f'parent."{there}" = "{table}"."{here}"' for here, there in zip(own, keys, strict=True))
    return f"{filled} AND NOT EXISTS (SELECT 1 FROM {key['target']} parent WHERE {same})"  # noqa: S608


def _parts(definition: str) -> dict[str, str]:
    """Type, default and whether it must be filled, of a column as it is declared."""
    _, _, rest = definition.partition(" ") if not definition.startswith('"') else definition[1:].partition('" ')
    found = _DEFINITION.fullmatch(rest)
    return {part: (found[part] or "").strip() for part in ("type", "default", "needed")} if found else {
        "type": rest, "default": "", "needed": ""
    }


def _is_wider(old: str, new: str) -> bool:
    if old == new:
        return True
    (first, _, size), (second, _, more) = old.partition("("), new.partition("(")
    if first == second == "VARCHAR":
        return not more or (bool(size) and int(more.rstrip(")")) >= int(size.rstrip(")")))
    return (first, second) in _WIDER


def _columns_in(text: str, columns: Collection[str]) -> set[str]:
    rest = _NAME.sub("", text, count=1)
    own = rest.partition(" REFERENCES ")[0]
    return {token.text for token in cut(own) if token.kind in {"word", "name"} and token.text in columns}


def _name(text: str) -> str:
    found = _NAME.match(text)
    return (found["quoted"] or found["plain"]) if found else ""


def _normal(text: str) -> str:
    return re.sub(r'[\s"]', "", _NAME.sub("", text, count=1))
