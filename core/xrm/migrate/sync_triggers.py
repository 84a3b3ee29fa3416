# SPDX-License-Identifier: Apache-2.0
"""Triggers that give two sets of columns, or two tables of several values, the same content, in the words of each database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Dialect

from xrm.schema.tables import short_name

PREFIX = "xrm_sync_"
_LEVELS = 99
# Said in a transaction of PostgreSQL that carries rows over: what it writes is on the other side already.
CARRYING = "xrm.is_carrying"


@dataclass(frozen=True)
class Pair:
    """What is kept equal: ``columns`` old → new of one table, or of two tables with several values per owner.

    A field that was renamed twice is two pairs; ``level`` counts them from the oldest name on. ``tag`` is in the names of its
    triggers.
    """

    level: int
    tag: str
    tables: tuple[str, str]
    columns: Mapping[str, str]

    @property
    def has_own_tables(self) -> bool:
        """Whether each value is a row of its own table."""
        return self.tables[0] != self.tables[1]


def makes(pair: Pair, dialect: Dialect) -> tuple[str, ...]:
    """The statements that make the triggers."""
    return tuple(_Words(pair, dialect).makes())


def drops(pair: Pair, dialect: Dialect) -> tuple[str, ...]:
    """The statements that take them away; those that are gone already are passed over."""
    return tuple(_Words(pair, dialect).drops())


class _Words:
    def __init__(self, pair: Pair, dialect: Dialect) -> None:
        self._pair = pair
        self._quote = dialect.identifier_preparer.quote
        self._is_sqlite = dialect.name == "sqlite"
        self._differ = "IS NOT" if self._is_sqlite else "IS DISTINCT FROM"
        self._tables = tuple(self._quote(table) for table in pair.tables)
        self._old = [self._quote(column) for column in pair.columns]
        self._new = [self._quote(column) for column in pair.columns.values()]

    def makes(self) -> Iterable[str]:
        if self._pair.has_own_tables:
            return self._rows_sqlite() if self._is_sqlite else self._rows_postgresql()
        return self._columns_sqlite() if self._is_sqlite else self._columns_postgresql()

    def drops(self) -> Iterable[str]:
        if self._is_sqlite:
            kinds = [f"{what}{way}" for way in (1, 2) for what in ("iud" if self._pair.has_own_tables else "iu")]
            yield from (f"DROP TRIGGER IF EXISTS {self._name(kind)}" for kind in kinds)
            return
        for way, table in enumerate(self._tables, start=1):
            yield f"DROP TRIGGER IF EXISTS {self._trigger(way)} ON {table}"
        for way in (1, 2) if self._pair.has_own_tables else (1,):
            yield f"DROP FUNCTION IF EXISTS {self._name(f'f{way}')}()"

    def _name(self, kind: str) -> str:
        return self._quote(short_name(f"{PREFIX}{kind}_{self._pair.tag}"))

    def _trigger(self, way: int) -> str:
        """Triggers of PostgreSQL run in the order of their names: from the oldest name on to the latest, then back."""
        level = self._pair.level
        return self._name(f"a{level:02}" if way == 1 else f"b{_LEVELS - level:02}")

    def _any(self, left: Iterable[str], right: Iterable[str]) -> str:
        return " OR ".join(f"{one} {self._differ} {other}" for one, other in zip(left, right, strict=True))

    def _changed(self, columns: Iterable[str]) -> str:
        names = list(columns)
        return self._any(_of("NEW", names), _of("OLD", names))

    def _columns_sqlite(self) -> Iterable[str]:
        """After a row changed, one side follows the other; where both are equal, as they are after that, nothing follows."""
        differ = self._any(_of("NEW", self._old), _of("NEW", self._new))
        filled = " OR ".join(f"{column} IS NOT NULL" for column in _of("NEW", self._new))
        old_only = f"({self._changed(self._old)}) AND NOT ({self._changed(self._new)})"
        sides = ((1, self._old, self._new, f"NOT ({filled})", old_only),
                 (2, self._new, self._old, f"({filled})", f"({self._changed(self._new)})"))
        for way, source, target, inserted, updated in sides:
            set_ = ", ".join(f"{one} = {other}" for one, other in zip(target, _of("NEW", source), strict=True))
            body = f"BEGIN UPDATE {self._tables[0]} SET {set_} WHERE rowid = NEW.rowid; END"  # noqa: S608
            for kind, moment, condition in (
                (f"i{way}", "INSERT", inserted), (f"u{way}", f"UPDATE OF {', '.join(source)}", updated),
            ):
                begin = f"CREATE TRIGGER {self._name(kind)} AFTER {moment} ON {self._tables[0]}"
                yield f"{begin} WHEN ({differ}) AND {condition} {body}"

    def _columns_postgresql(self) -> Iterable[str]:
        """Before a row is written, one side takes over the other."""
        to_new = " ".join(f"NEW.{new} := NEW.{old};" for old, new in zip(self._old, self._new, strict=True))
        to_old = " ".join(f"NEW.{old} := NEW.{new};" for old, new in zip(self._old, self._new, strict=True))
        filled = " OR ".join(f"{column} IS NOT NULL" for column in _of("NEW", self._new))
        yield (
            f"CREATE OR REPLACE FUNCTION {self._name('f1')}() RETURNS trigger LANGUAGE plpgsql AS $xrm$ BEGIN\n"
            f"  IF TG_OP = 'INSERT' THEN\n    IF {filled} THEN {to_old} ELSE {to_new} END IF;\n"
            f"  ELSIF {self._changed(self._new)} THEN {to_old}\n"
            f"  ELSIF {self._changed(self._old)} THEN {to_new}\n  END IF;\n  RETURN NEW;\nEND $xrm$"
        )
        differ = self._any(_of("NEW", self._old), _of("NEW", self._new))
        for way in (1, 2):
            yield (
                f"CREATE TRIGGER {self._trigger(way)} BEFORE INSERT OR UPDATE ON {self._tables[0]} FOR EACH ROW "
                f"WHEN ({differ}) EXECUTE FUNCTION {self._name('f1')}()"
            )

    def _rows(self, source: list[str], target: list[str], into: str) -> dict[str, str]:
        """What follows in the other table; it changes nothing there that is so already, and so it ends."""
        values = ", ".join(_of("NEW", ["owner_id", "position", *source]))
        new = list(zip(target, _of("NEW", source), strict=True))
        set_ = ", ".join(f"{one} = {other}" for one, other in new)
        key = "owner_id = OLD.owner_id AND position = OLD.position"
        moved = self._changed(["owner_id", "position"])
        differ = self._any((f"{into}.{column}" for column in target), _of("NEW", source))
        return {
            "INSERT": f"INSERT INTO {into} (owner_id, position, {', '.join(target)}) VALUES ({values}) "  # noqa: S608
                      f"ON CONFLICT (owner_id, position) DO UPDATE SET {set_} WHERE {differ}",
            "UPDATE": f"UPDATE {into} SET owner_id = NEW.owner_id, position = NEW.position, {set_} "  # noqa: S608
                      f"WHERE {key} AND ({differ} OR {moved})",
            "DELETE": f"DELETE FROM {into} WHERE {key}",  # noqa: S608
        }

    def _sides(self) -> tuple[tuple[int, str, dict[str, str]], ...]:
        first, second = self._tables
        return ((1, first, self._rows(self._old, self._new, second)), (2, second, self._rows(self._new, self._old, first)))

    def _rows_sqlite(self) -> Iterable[str]:
        for way, table, follows in self._sides():
            for moment, statement in follows.items():
                name = self._name(f"{moment[0].lower()}{way}")
                yield f"CREATE TRIGGER {name} AFTER {moment} ON {table} BEGIN {statement}; END"

    def _rows_postgresql(self) -> Iterable[str]:
        for way, table, follows in self._sides():
            branches = "\n".join(
                f"  {'IF' if moment == 'INSERT' else 'ELSIF'} TG_OP = '{moment}' THEN {statement};"
                for moment, statement in follows.items()
            )
            function = self._name(f"f{way}")
            yield (
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $xrm$ BEGIN\n{branches}\n"
                "  END IF;\n  RETURN NULL;\nEND $xrm$"
            )
            yield (
                f"CREATE TRIGGER {self._trigger(way)} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
                f"WHEN (current_setting('{CARRYING}', true) IS DISTINCT FROM 'yes') EXECUTE FUNCTION {function}()"
            )


def _of(row: str, columns: Iterable[str]) -> list[str]:
    return [f"{row}.{column}" for column in columns]
