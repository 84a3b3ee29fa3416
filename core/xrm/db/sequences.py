# SPDX-License-Identifier: Apache-2.0
"""Rows that get a ``number`` after they were committed: which of them still wait, found by an index of their own."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Index, Table, func, literal_column


def is_waiting(table: Table) -> ColumnElement[bool]:
    """The SQL condition that a row has no number yet; written so that SQLite takes the index of those that wait.

    Of ``number IS NULL`` it would take the index of the numbers, and sort all that wait to find the first.
    """
    zero: ColumnElement[int] = literal_column("0")
    return func.coalesce(table.c.number, zero) == zero


def waiting_index(name: str, table: Table) -> Index:
    """The index of the rows without a number, by their id."""
    waiting = is_waiting(table)
    return Index(name, table.c.id, sqlite_where=waiting, postgresql_where=waiting)
