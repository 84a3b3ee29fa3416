# SPDX-License-Identifier: Apache-2.0
"""Where an expression finds the values it names: columns of a table, child tables, the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.sql import FromClause


class Clock(Protocol):
    """What time it is; a unit of work is one."""

    @property
    def now(self) -> datetime:
        """The moment, with its zone."""

    @property
    def today(self) -> date:
        """The day."""


class Columns(Protocol):
    """The SQL behind the names of an expression."""

    def column(self, name: str) -> ColumnElement[Any]:
        """The value as it is stored: the scaled integer of a number, the text itself."""

    def folded(self, name: str) -> ColumnElement[str]:
        """The folded key of a text field, compared byte by byte."""

    def contains(self, name: str, value: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a field of many values has this one; never NULL."""

    def is_filled(self, name: str) -> ColumnElement[bool]:
        """Whether there is a value; an empty text is none. Never NULL."""


class TableColumns:
    """Names are the columns of one table, or child tables (``owner_id`` and a column named like the field)."""

    def __init__(self, table: FromClause, child_tables: Mapping[str, FromClause] | None = None, key: str = "id") -> None:
        self._table = table
        self._children = dict(child_tables or {})
        self._key = key

    def column(self, name: str) -> ColumnElement[Any]:
        """The column of that name."""
        return self._table.c[name]

    def folded(self, name: str) -> ColumnElement[str]:
        """The column ``<name>__key``."""
        return self._table.c[f"{name}__key"]

    def contains(self, name: str, value: ColumnElement[Any]) -> ColumnElement[bool]:
        """An EXISTS over the child table."""
        child = self._children[name]
        return exists(select(child.c.owner_id).where(self._mine(child), child.c[name] == value).correlate(self._table))

    def is_filled(self, name: str) -> ColumnElement[bool]:
        """An EXISTS for many values, else a look at the column."""
        if name in self._children:
            child = self._children[name]
            return exists(select(child.c.owner_id).where(self._mine(child)).correlate(self._table))
        column = self._table.c[name]
        filled = column.is_not(None)
        return and_(filled, column != "") if _is_text(column) else filled

    def _mine(self, child: FromClause) -> ColumnElement[bool]:
        return child.c.owner_id == self._table.c[self._key]


def _is_text(column: ColumnElement[Any]) -> bool:
    try:
        return column.type.python_type is str
    except NotImplementedError:
        return False
