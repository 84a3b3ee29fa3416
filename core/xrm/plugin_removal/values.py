# SPDX-License-Identifier: Apache-2.0
"""Rows as lines of JSON and back, exactly as the database holds them: on SQLite its own values, on PostgreSQL their text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from xrm.backup.definitions_postgresql import quoted

CHUNK = 2_000


def read_rows(
    connection: Connection, table: str, columns: Sequence[str], condition: str, key: Sequence[str]
) -> Iterator[list[Any]]:
    """The rows under a condition in the order of their key, as JSON values."""
    is_text = connection.dialect.name == "postgresql"
    named = ", ".join(f"{quoted(one)}::text" if is_text else quoted(one) for one in columns)
    order = ", ".join(map(quoted, key or columns[:1]))
    statement = f"SELECT {named} FROM {quoted(table)} WHERE {condition} ORDER BY {order}"  # noqa: S608  # names from catalogs
    yield from map(list, connection.execution_options(yield_per=CHUNK).exec_driver_sql(statement))


def count_rows(connection: Connection, table: str, condition: str) -> int:
    """How many rows are under a condition."""
    statement = f"SELECT count(*) FROM {quoted(table)} WHERE {condition}"  # noqa: S608  # names from catalogs
    return int(connection.exec_driver_sql(statement).scalar() or 0)


def as_lines(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """One line of JSON per row, many lines at once."""
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), default=_out).encode
    waiting = iter(rows)
    while chunk := [encode(row) for row in islice(waiting, CHUNK)]:
        yield ("\n".join(chunk) + "\n").encode()


def from_line(line: bytes) -> list[Any]:
    """The values of a row as the database's driver takes them."""
    return [_in(value) for value in json.loads(line)]


def insert_statement(connection: Connection, table: str, columns: Sequence[str]) -> str:
    """The statement that takes such a row back; PostgreSQL reads each text as its column's type."""
    place = "%s" if connection.dialect.name == "postgresql" else "?"
    named = ", ".join(map(quoted, columns))
    return f"INSERT INTO {quoted(table)} ({named}) VALUES ({', '.join([place] * len(columns))})"  # noqa: S608


def place_of(connection: Connection) -> str:
    """How a statement of the driver names a value that is given."""
    return "%s" if connection.dialect.name == "postgresql" else "?"


def _out(value: bytes) -> dict[str, str]:
    """Bytes, which are the only values of a database that JSON does not know."""
    return {"hex": value.hex()}


def _in(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
