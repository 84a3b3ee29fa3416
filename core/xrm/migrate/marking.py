# SPDX-License-Identifier: Apache-2.0
"""While a field changes its type: what the program writes to the old place empties the new one, so that it is filled again."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Dialect

from xrm.migrate.steps import Place
from xrm.migrate.sync_triggers import PREFIX
from xrm.schema.tables import short_name


class Marks:
    """The triggers of one field of a table, in the words of a database."""

    def __init__(self, table: str, old: Place, new: Place, dialect: Dialect) -> None:
        self._quote = dialect.identifier_preparer.quote
        self._is_sqlite = dialect.name == "sqlite"
        self._has_rows = old.table != table
        self._source = self._quote(old.table)
        self._name = self._quote(short_name(f"{PREFIX}m_{table}__{new.field['key']}"))
        self._columns = [self._quote(column) for column in old.columns.values()]
        empties = ", ".join(f"{self._quote(column)} = NULL" for column in new.columns.values())
        goes = self._quote(new.table)
        self._reset = f"UPDATE {goes} SET {empties} WHERE id = " if new.table == table else (  # noqa: S608
            f"DELETE FROM {goes} WHERE owner_id = "  # noqa: S608
        )

    def makes(self) -> tuple[str, ...]:
        """The statements that make them."""
        return tuple(self._sqlite() if self._is_sqlite else self._postgresql())

    def drops(self) -> tuple[str, ...]:
        """The statements that take them away."""
        if not self._is_sqlite:
            return f"DROP TRIGGER IF EXISTS {self._name} ON {self._source}", f"DROP FUNCTION IF EXISTS {self._name}()"
        return tuple(f"DROP TRIGGER IF EXISTS {self._named(moment)}" for moment in self._moments())

    def _moments(self) -> tuple[str, ...]:
        return ("INSERT", "UPDATE", "DELETE") if self._has_rows else ("UPDATE",)

    def _named(self, moment: str) -> str:
        return self._quote(f"{self._name.strip(chr(34))[:60]}_{moment[0].lower()}")

    def _changed(self) -> str:
        differ = "IS NOT" if self._is_sqlite else "IS DISTINCT FROM"
        return " OR ".join(f"NEW.{column} {differ} OLD.{column}" for column in self._columns)

    def _sqlite(self) -> Iterator[str]:
        for moment in self._moments():
            begin = f"CREATE TRIGGER {self._named(moment)} AFTER {moment}"
            if self._has_rows:
                owner = "OLD.owner_id" if moment == "DELETE" else "NEW.owner_id"
                yield f"{begin} ON {self._source} BEGIN {self._reset}{owner}; END"
            else:
                of = ", ".join(self._columns)
                yield f"{begin} OF {of} ON {self._source} WHEN {self._changed()} BEGIN {self._reset}NEW.id; END"

    def _postgresql(self) -> Iterator[str]:
        owner = "COALESCE(NEW.owner_id, OLD.owner_id)" if self._has_rows else "NEW.id"
        yield (
            f"CREATE OR REPLACE FUNCTION {self._name}() RETURNS trigger LANGUAGE plpgsql AS $xrm$ BEGIN\n"
            f"  {self._reset}{owner};\n  RETURN NULL;\nEND $xrm$"
        )
        moments = "INSERT OR UPDATE OR DELETE" if self._has_rows else "UPDATE"
        when = "" if self._has_rows else f"WHEN ({self._changed()}) "
        yield (
            f"CREATE TRIGGER {self._name} AFTER {moments} ON {self._source} FOR EACH ROW {when}EXECUTE FUNCTION {self._name}()"
        )
