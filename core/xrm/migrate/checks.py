# SPDX-License-Identifier: Apache-2.0
"""What rows say to a change before anything is done: those that stand in its way, and what is good to know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, Connection, column, exists, func, literal_column, select, table

from xrm.db.types import Id
from xrm.errors import Message, msg
from xrm.migrate.catalog import Catalog
from xrm.migrate.former import DeclaredType, child_table
from xrm.migrate.hints import carrying
from xrm.migrate.rows_named import MOST_NAMED, ROWS_HAVE, ROWS_HOLD, VALUES_ARE, counted, joined, titles
from xrm.migrate.said import Said
from xrm.migrate.steps import Findings
from xrm.migrate.widening import kept_field, scale_of
from xrm.schema.fields.builtin import FIELD_TYPES
from xrm.schema.fields.numbers import DecimalType

_UNIQUE = re.compile(r"CREATE UNIQUE INDEX .+? ON .+? \((?P<columns>[^()]+)\)(?: WHERE (?P<where>.+))?", re.DOTALL)
_CHOICES = frozenset({"choice", "choices"})

Types = Mapping[str, DeclaredType]


def check_rows(
    connection: Connection, catalogs: tuple[Catalog, Catalog], types: tuple[Types, Types],
    written: Collection[tuple[str, str]] = (),
) -> Findings:
    """What is found about tables that are there; both pairs are before and after.

    ``written`` are the fields (table, key) that data steps of this very plan change: of their rows nothing is said.
    """
    found = Findings()
    before, after = catalogs
    for name in sorted(before.keys() & after.keys()):
        look = _Look(connection, name, before, types)
        found.problems += look.duplicates(after)
        for key, was, now in look.fields():
            if (name, key) not in written:
                found.problems += look.lost_choices(key, was, now)
                found.notes += look.empty(key, was, now)
            found.notes += look.default(key, was, now)
    return found


class _Look:
    """The rows of one table as they are before the change."""

    def __init__(self, connection: Connection, name: str, before: Catalog, types: tuple[Types, Types]) -> None:
        self._connection = connection
        self._name = name
        self._before = before
        self._was, self._now = (one.get(name) for one in types)
        self._former = {new: old for old, new in self._now.renamed.items()} if self._now is not None else {}

    def fields(self) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
        """Key, what was declared (nothing for a new field), and what is."""
        if self._now is None or self._was is None:
            return
        for key, now in self._now.fields.items():
            yield key, self._was.fields.get(key) or self._was.fields.get(self._former.get(key, ""), {}), now

    def duplicates(self, after: Catalog) -> Iterator[str]:
        """Values that several rows hold where each may be held once from now on; empty ones do not count."""
        had = {self._columns(text) for text in self._before[self._name].indexes.values()}
        for text in after[self._name].indexes.values():
            columns = self._columns(text)
            if not columns or columns in had or not set(columns[0]) <= self._before[self._name].columns.keys():
                continue
            said = self._held_twice(*columns)
            if said:
                yield said

    def _columns(self, index: str) -> tuple[tuple[str, ...], str] | None:
        """The columns of a unique index under the names that they have before the change, and its condition."""
        found = _UNIQUE.fullmatch(index)
        if found is None:
            return None
        return tuple(self._there(name.strip().strip('"')) for name in found["columns"].split(",")), found["where"] or ""

    def _there(self, name: str) -> str:
        key, separator, rest = name.partition("__")
        is_new = name not in self._before[self._name].columns
        return f"{self._former[key]}{separator}{rest}" if is_new and key in self._former else name

    def _held_twice(self, names: tuple[str, ...], where: str) -> str:
        columns: list[ColumnClause[Any]] = [column(name) for name in names]
        filled: list[ColumnElement[bool]] = [one.is_not(None) for one in columns]
        filled += [literal_column(f"({where})")] if where else []
        groups = select(*columns, func.count().label("rows")).select_from(table(self._name)).where(*filled)
        twice = groups.group_by(*columns).having(func.count() > 1).subquery()
        # In one go: without an index the rows are sorted for it.
        worst = self._connection.execute(
            select(*twice.c, func.count().over().label("all")).order_by(twice.c.rows.desc(), *twice.c).limit(MOST_NAMED)
        ).all()
        if not worst:
            return ""
        named = joined([self._holders(columns, row[:-1]) for row in worst])
        return Said(msg(
            "{field} is to be unique, and {values} held by several rows: {named}. Change or merge these rows, or declare the "
            "field without unique, then plan again.", field=f"{self._name}.{_field_of(names)}", named=named,
            values=counted(worst[0].all, *VALUES_ARE),
        ))

    def _holders(self, columns: Sequence[ColumnClause[Any]], row: Sequence[Any]) -> Message:
        key = column("id", Id)
        same = [one == value for one, value in zip(columns, row, strict=False)]
        ids = self._connection.scalars(
            select(key).select_from(table(self._name)).where(*same).order_by(key).limit(MOST_NAMED)
        ).all()
        more = ", …" if row[-1] > len(ids) else ""
        shown = self._shown(columns[-1].name, row[len(columns) - 1])
        return msg('"{value}" by {names}', value=shown, names=f"{', '.join(titles(self._connection, ids))}{more}")

    def _shown(self, name: str, value: Any) -> Any:
        """The value as people know it: a decimal lies in its column without its point."""
        key = name.partition("__")[0]
        declared = next((one.fields[key] for one in (self._was, self._now) if one is not None and key in one.fields), {})
        kept = kept_field(key, declared, FIELD_TYPES)
        is_decimal = isinstance(value, int) and kept is not None and isinstance(kept.type, DecimalType)
        return Decimal(value).scaleb(-scale_of(kept)) if is_decimal and kept is not None else value

    def lost_choices(self, key: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
        """Choices that are declared no more and held by rows still."""
        if was.get("type") not in _CHOICES or now.get("type") not in _CHOICES:
            return
        gone = [choice for choice in was.get("choices", {}) if choice not in now.get("choices", {})]
        place = self._place(key)
        if not gone or place is None:
            return
        name, held, owner = place
        rows = self._connection.execute(
            select(held, func.count()).select_from(table(name)).where(held.in_(gone)).group_by(held).order_by(held)
        ).all()
        if rows:
            ids = self._connection.scalars(
                select(owner).select_from(table(name)).where(held.in_(gone)).order_by(owner).limit(MOST_NAMED)
            ).all()
            held_by = counted(sum(count for _, count in rows), *ROWS_HOLD)
            counts = ", ".join(f"{choice} ({count})" for choice, count in rows)
            yield Said(msg(
                "{field}: {rows} a choice that is declared no more, {counts}: {named}. Keep the choice with retired: true, "
                "change these rows, or {carrying}. Then plan again.", field=f"{self._name}.{key}", rows=held_by, counts=counts,
                named=", ".join(titles(self._connection, ids)), carrying=carrying(self._name, key),
            ))

    def empty(self, key: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
        """Rows without a value in a field that is required from now on."""
        if now.get("required") is not True or was.get("required") is True or now.get("type") == "computed":
            return
        place = self._place(key)
        own = table(self._name, column("id"))
        rows = select(func.count()).select_from(own)
        if place is not None and place[0] == self._name:
            rows = rows.where(place[1].is_(None))
        elif place is not None:
            child = table(place[0], column("owner_id"))
            rows = rows.where(~exists(select(1).select_from(child).where(child.c.owner_id == own.c.id)))
        count = self._connection.scalar(rows) or 0
        if count:
            yield Said(msg("{field} is required from now on, and {rows} no value; a form asks for them when they are next saved.",
                           field=f"{self._name}.{key}", rows=counted(count, *ROWS_HAVE)))

    def default(self, key: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
        """A default that is another one from now on."""
        if was and was.get("default") != now.get("default"):
            first, second = (one.get("default", msg("nothing")) for one in (was, now))
            yield Said(msg("{field}: the default changes from {first} to {second}; rows that are there keep their values.",
                           field=f"{self._name}.{key}", first=first, second=second))

    def _place(self, key: str) -> tuple[str, ColumnClause[Any], ColumnClause[Any]] | None:
        """Where the values of a field lie before the change: table, column, and the column of the row they belong to."""
        for one in (key, self._former.get(key, "")):
            if one in self._before[self._name].columns:
                return self._name, column(one), column("id", Id)
            child = child_table(self._name, one)
            if child in self._before:
                return child, column(one), column("owner_id", Id)
        return None


def _field_of(columns: Sequence[str]) -> str:
    return columns[-1].partition("__")[0]
