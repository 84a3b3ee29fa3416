# SPDX-License-Identifier: Apache-2.0
"""Renamed fields are kept in step: while old and new columns both exist, what is written to one side shows on the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace

from sqlalchemy import Dialect

from xrm.migrate.catalog import Catalog
from xrm.migrate.former import DeclaredType, child_table, value_columns
from xrm.migrate.steps import Step
from xrm.migrate.sync_triggers import Pair, drops, makes

WHOLE = ""  # as in planning: the key under which a whole table is kept
Why = Mapping[str, str]
KeptByTable = MutableMapping[str, dict[str, Why]]


class InStep:
    """The pairs of a plan in the making. Each is noted under ``sync`` where the former field is kept.

    What an earlier version renamed without triggers has no such note; its values are caught up when its columns go.
    """

    def __init__(self, dialect: Dialect, before: Catalog, kept: KeptByTable) -> None:
        self._dialect = dialect
        self._before = before
        self._kept = kept
        self._at_first = {name: dict(columns) for name, columns in kept.items()}
        self._ended: set[str] = set()
        self._begun: dict[str, Pair] = {}

    def renames(self, declared: DeclaredType, found: Mapping[str, str]) -> dict[str, str]:
        """The renames to be done: those found, without what another one brings along, and those back to a former key."""
        table = declared.table
        followed = {old: new for old, new in found.items() if self._why(self._kept, table, old).get("to") not in found}
        back = {
            old: new for old, new in declared.renamed.items()
            if old not in declared.fields and new in declared.fields and self._why(self._at_first, table, new).get("to") == old
        }
        return {**followed, **back}

    def begin(self, table: str, old: str, why: dict[str, str], columns: Mapping[str, str], *, into: str = "") -> Step:
        """The step that makes the triggers; ``why`` says from then on that they are there.

        For a field with several values ``table`` and ``into`` are the tables of the old and the new key.
        """
        levels = [_level(one["sync"]) for _, _, one in self._entries() if one.get("to") == old and "sync" in one]
        why["sync"] = f"{max(levels, default=0) + 1:02}_{table}" + ("" if into else f"__{old}")
        if into:
            why["into"] = into
        pair = self._begun[why["sync"]] = Pair(_level(why["sync"]), why["sync"], (table, into or table), columns)
        target = table if into else f"{table}.{old}"
        return Step(
            "", "keep in step", target, makes(pair, self._dialect), drops(pair, self._dialect), note=f"with {why['to']}"
        )

    def take_up(self, table: str, why: Why) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What ends it when a former key is declared again, and the way back; nothing for what has ended already."""
        if "sync" not in why or why["sync"] in self._ended:
            return (), ()
        self._ended.add(why["sync"])
        pair = self._pair(table, why)
        return drops(pair, self._dialect), makes(pair, self._dialect)

    def take_up_table(self, table: str) -> Iterator[Step]:
        """Keep a whole table no more that is declared again; a step where it was the former one of another."""
        ends, begins = self.take_up(table, self._kept[table].pop(WHOLE, {}))
        if ends:
            yield Step("", "take up field", table, ends, begins, note="its table was kept")

    def let_go(self, table: str, field: str) -> Iterator[Step]:
        """The steps that end it for a field whose type changes: from then on its former key holds something else."""
        for name, why in list(self._pairs()):
            pair = self._pair(name, why)
            if why["to"] == field and pair.tables[1] in {table, child_table(table, field)}:
                self._forget(why["sync"])
                target = name if pair.has_own_tables else f"{name}.{why['field']}"
                back = (*self._equal(pair), *makes(pair, self._dialect))
                yield Step("", "end keeping in step", target, drops(pair, self._dialect), back)

    def contract(self, table: str, field: str, step: Step, *, is_now: bool) -> Step:
        """A step that lets the columns of a field or (without a field) a table go, with the triggers that stand on them.

        The way back makes the values equal again and then the triggers.
        """
        for name, why in list(self._pairs()):
            pair = self._pair(name, why)
            is_old = name == table and (field in ("", why["field"]) or pair.has_own_tables)
            is_new = pair.tables[1] == table and (field in ("", why["to"]) or pair.has_own_tables)
            if not is_old and not is_new:
                continue
            step = replace(
                step, statements=(*drops(pair, self._dialect), *step.statements),
                reverse=(*step.reverse, *(self._equal(pair) if is_old else ()), *makes(pair, self._dialect)),
            )
            if is_now:
                self._forget(why["sync"])
        return step

    def _equal(self, pair: Pair) -> tuple[str, ...]:
        quote = self._dialect.identifier_preparer.quote
        old, new = (quote(table) for table in pair.tables)
        if pair.has_own_tables:
            into = ", ".join(["owner_id", "position", *map(quote, pair.columns)])
            values = ", ".join(["owner_id", "position", *map(quote, pair.columns.values())])
            return f"DELETE FROM {old}", f"INSERT INTO {old} ({into}) SELECT {values} FROM {new}"  # noqa: S608
        set_ = ", ".join(f"{quote(one)} = {quote(other)}" for one, other in pair.columns.items())
        return (f"UPDATE {old} SET {set_}",)  # noqa: S608

    def _why(self, kept: Mapping[str, Mapping[str, Why]], table: str, field: str) -> Why:
        """Why a former field is kept, whether in columns or in a table of its own."""
        own = kept.get(child_table(table, field), {}).get(WHOLE)
        why = own or kept.get(table, {}).get(field, {})
        return why if why.get("why") == "renamed" else {}

    def _entries(self) -> Iterator[tuple[str, str, Why]]:
        for table, columns in self._kept.items():
            for column, why in columns.items():
                yield table, column, why

    def _pairs(self) -> Iterator[tuple[str, Why]]:
        seen: set[str] = set()
        for table, _, why in self._entries():
            if "sync" in why and why["sync"] not in seen:
                seen.add(why["sync"])
                yield table, why

    def _pair(self, table: str, why: Why) -> Pair:
        tag = why["sync"]
        if tag in self._begun:
            return self._begun[tag]
        if "into" in why:
            pairs = value_columns(self._before[table].columns, self._before[why["into"]].columns)
            return Pair(_level(tag), tag, (table, why["into"]), pairs)
        columns = [column for column, one in self._at_first[table].items() if one.get("sync") == tag]
        pairs = {column: why["to"] + column[len(why["field"]):] for column in sorted(columns)}
        return Pair(_level(tag), tag, (table, table), pairs)

    def _forget(self, tag: str) -> None:
        for table, column, why in list(self._entries()):
            if why.get("sync") == tag:
                rest = {part: one for part, one in why.items() if part not in {"sync", "into"}}
                self._kept[table][column] = {**rest, "ended": "yes"}


def _level(tag: str) -> int:
    return int(tag[:2])
