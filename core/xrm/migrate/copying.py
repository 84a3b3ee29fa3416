# SPDX-License-Identifier: Apache-2.0
"""Carrying values from columns to columns in batches: others write meanwhile, and what was interrupted goes on."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from sqlalchemy import Connection, Engine, column, select, table
from sqlalchemy.sql.functions import count

from xrm.db.engine import for_writing
from xrm.db.types import Id
from xrm.migrate.steps import Copy
from xrm.migrate.sync_triggers import CARRYING

BATCH = 5_000
REST = 0.1  # of the time of a batch, left to other writers after it

Save = Callable[[Connection, str], None]


def carry(engine: Engine, copy: Copy, after: str, save: Save, *, until: str = "") -> int:
    """Copy what comes after a key, batch by batch, and return the rows read; ``save`` notes the last key of each batch.

    The note is written in the transaction of the batch, so that a batch is done and noted or neither. With ``until`` nothing
    beyond that key is touched.
    """
    last = uuid.UUID(after) if after else None
    end = uuid.UUID(until) if until else None
    done = 0
    while True:
        began = time.perf_counter()
        with for_writing(engine.connect()) as connection, connection.begin():
            upper, rows = batch_end(connection, copy.table.strip('"'), copy.key, last, end)
            if upper is None:
                # What another table holds beyond the last row is not in this one.
                _empty(connection, copy, last, end)
                return done
            _copy(connection, copy, last, upper)
            save(connection, str(upper))
        last, done = upper, done + rows
        time.sleep((time.perf_counter() - began) * REST)


def batch_end(
    connection: Connection, name: str, key_name: str, last: uuid.UUID | None, end: uuid.UUID | None
) -> tuple[uuid.UUID | None, int]:
    """The last key of the next batch of a table with the rows up to it; (None, 0) when no more come."""
    key = column(key_name, Id)
    ids = select(key).select_from(table(name))
    if last is not None:
        ids = ids.where(key > last)
    if end is not None:
        ids = ids.where(key <= end)
    batch = ids.order_by(key).limit(BATCH).subquery()
    found = connection.execute(select(batch.c[0], count().over()).order_by(batch.c[0].desc()).limit(1)).first()
    return (None, 0) if found is None else (found[0], found[1])


def _copy(connection: Connection, copy: Copy, last: uuid.UUID | None, upper: uuid.UUID) -> None:
    where, limits = _range(connection, copy, last, upper)
    if copy.into:
        _empty(connection, copy, last, upper)
        columns, values = ", ".join(copy.filled), ", ".join(copy.filled.values())
        others = " ON CONFLICT DO NOTHING" if copy.is_gaps else ""
        if copy.is_gaps and connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL {CARRYING} = 'yes'")
            # Who changes such a row meanwhile waits, and then finds the copy to change as well.
            others = f" FOR SHARE{others}"
        statement = f"INSERT INTO {copy.into} ({columns}) SELECT {values} FROM {copy.table} WHERE {where}{others}"  # noqa: S608
    else:
        changes = ", ".join(f"{name} = {expression}" for name, expression in copy.filled.items())
        differing = f" AND ({copy.where})" if copy.where else ""
        statement = f"UPDATE {copy.table} SET {changes} WHERE {where}{differing}"  # noqa: S608
    connection.exec_driver_sql(statement, limits)


def _empty(connection: Connection, copy: Copy, last: uuid.UUID | None, upper: uuid.UUID | None) -> None:
    """Take out what the other table holds of these keys, so that a batch that is done again gives the same."""
    if copy.into and not copy.is_gaps:
        where, limits = _range(connection, copy, last, upper)
        connection.exec_driver_sql(f"DELETE FROM {copy.into} WHERE {where}", limits)  # noqa: S608


def _range(
    connection: Connection, copy: Copy, last: uuid.UUID | None, upper: uuid.UUID | None
) -> tuple[str, tuple[object, ...]]:
    place = "?" if connection.dialect.name == "sqlite" else "%s"
    bind = Id().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    limits = tuple(one if bind is None else bind(one) for one in (last, upper) if one is not None)
    conditions = [f"{copy.key} > {place}"] if last is not None else []
    conditions += [f"{copy.key} <= {place}"] if upper is not None else []
    return " AND ".join(conditions) or "1 = 1", limits
