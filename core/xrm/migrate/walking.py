# SPDX-License-Identifier: Apache-2.0
"""Walking over the rows of a type in batches: read, changed by the program, written back where they differ."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    MetaData,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    not_,
    or_,
    select,
    update,
)

from xrm.db.engine import for_writing
from xrm.db.types import Id
from xrm.migrate.copying import REST, Save, batch_end
from xrm.migrate.rows import Row
from xrm.migrate.rows_named import titles
from xrm.migrate.steps import Place
from xrm.migrate.turning import Turning
from xrm.migrate.widening import Kept

Columns = Mapping[Any, Any]
Children = dict[uuid.UUID, list[Columns]]  # owner → its rows in a table of several values
Range = tuple[uuid.UUID | None, uuid.UUID | None]  # after this id, up to and with that one
Wanted = Range | list[uuid.UUID]
CHUNK = 500


def walk_forwards(engine: Engine, turning: Turning, after: str, save: Save) -> int:
    """Give all rows after a key their new values, batch by batch, and return the rows read; ``save`` notes each last key."""
    return _walk(engine, turning, after, save, "", is_back=False)


def walk_backwards(engine: Engine, turning: Turning, save: Save, *, until: str = "") -> int:
    """Carry back what was changed since at the new places; with ``until`` nothing beyond that key is touched."""
    return _walk(engine, turning, "", save, until, is_back=True)


def _walk(engine: Engine, turning: Turning, after: str, save: Save, until: str, *, is_back: bool) -> int:
    places = _Places(turning)
    last = uuid.UUID(after) if after else None
    end = uuid.UUID(until) if until else None
    done = 0
    while True:
        began = time.perf_counter()
        with for_writing(engine.connect()) as connection, connection.begin():
            upper, rows = batch_end(connection, turning.walk.table, "id", last, end)
            if upper is None:
                return done
            _one_batch(connection, places, turning, (last, upper), is_back=is_back)
            save(connection, str(upper))
        last, done = upper, done + rows
        time.sleep((time.perf_counter() - began) * REST)


def catch_up(connection: Connection, turning: Turning) -> None:
    """Give new values to what was written since the batches went by; others who write wait until the transaction ends."""
    if connection.dialect.name == "postgresql":
        table = connection.dialect.identifier_preparer.quote(turning.walk.table)
        connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    places = _Places(turning)
    waiting = list(connection.execute(places.waiting()).scalars())
    for start in range(0, len(waiting), CHUNK):
        rows = places.read(connection, waiting[start : start + CHUNK], is_back=False)
        turning.forwards(rows)
        places.write(connection, rows, is_back=False)


def _one_batch(connection: Connection, places: _Places, turning: Turning, ids: Range, *, is_back: bool) -> None:
    turning.name_row = lambda one: titles(connection, [one])[0]
    if not is_back:
        places.set_aside(connection, ids)
    rows = places.read(connection, ids, is_back=is_back)
    if is_back:
        turning.backwards(rows, places.read(connection, ids, is_back=False, as_before=True))
    else:
        turning.forwards(rows)
    places.write(connection, rows, is_back=is_back)


class _Places:
    """The tables and columns between which values move."""

    def __init__(self, turning: Turning) -> None:
        self._metadata = MetaData()
        walk = turning.walk
        self._old = {key: (place, turning.before[key]) for key, place in walk.reads.items()}
        self._new = {key: (place, turning.after[key]) for key, place in walk.writes.items()}
        self._aside = {key: (place, turning.after[key]) for key, place in walk.asides.items()}
        everything = [*self._old.values(), *self._new.values()]
        self._main = self._table(walk.table, "id", [(place, kept) for place, kept in everything if not kept.is_many])
        self._children = {place.table: self._child(place, kept) for place, kept in everything if kept.is_many}

    def _table(self, name: str, key: str, places: Sequence[tuple[Place, Kept]]) -> Table:
        return Table(name, self._metadata, Column(key, Id), *_once(_columns(places)), extend_existing=True)

    def _child(self, place: Place, kept: Kept) -> Table:
        own: list[Column[Any]] = [Column("owner_id", Id), Column("position", Integer), *_columns([(place, kept)])]
        return Table(place.table, self._metadata, *own, extend_existing=True)

    def set_aside(self, connection: Connection, ids: Range) -> None:
        """Keep what stands where values are changed in place."""
        for key, (place, kept) in self._aside.items():
            live = self._new[key][0]
            if kept.is_many:
                aside, source, by = self._child(place, kept), self._children[live.table], "owner_id"
            else:
                aside, source, by = self._table(place.table, "id", [(place, kept)]), self._main, "id"
            names = [column.name for column in aside.columns]
            connection.execute(_within(delete(aside), aside.c[by], ids))
            kept_rows = _within(select(*(source.c[name] for name in names)), source.c[by], ids)
            connection.execute(insert(aside).from_select(names, kept_rows))

    def read(self, connection: Connection, ids: Wanted, *, is_back: bool, as_before: bool = False) -> list[Row]:
        """The rows of a batch, with what is read and what stands where new values go.

        ``as_before``: with the values of before of fields that were changed in place.
        """
        found = connection.execute(_within(select(self._main), self._main.c.id, ids).order_by(self._main.c.id)).mappings().all()
        children = {name: self._read_child(connection, table, ids) for name, table in self._children.items()}
        # Backwards a field in two places is read where it is new and written where it was.
        given_from = {**self._old, **self._new} if is_back else {**self._new, **self._old}
        target = {**self._new, **self._old} if is_back else self._new
        before = self._read_aside(connection, ids, [row["id"] for row in found]) if as_before else {}
        rows = []
        for row in found:
            given = {key: _value(row, children, *one) for key, one in given_from.items()}
            present = {key: _value(row, children, *one) for key, one in target.items()}
            was = before.get(row["id"]) if as_before and self._aside else {}
            rows.append(Row(row["id"], {**given, **(was or {})}, present, tuple(target)))
            rows[-1].before = was
        return rows

    def _read_aside(self, connection: Connection, ids: Wanted, present: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
        found: dict[uuid.UUID, dict[str, Any]] = {}
        for key, (place, kept) in self._aside.items():
            if kept.is_many:
                values = self._read_child(connection, self._child(place, kept), ids)
                # A row without values left nothing aside; there is no telling it from one that came later.
                for one in present:
                    found.setdefault(one, {})[key] = tuple(_loaded(place, kept, row) for row in values.get(one, ()))
                continue
            table = self._table(place.table, "id", [(place, kept)])
            for row in connection.execute(_within(select(table), table.c.id, ids)).mappings():
                found.setdefault(row["id"], {})[key] = _loaded(place, kept, row)
        return {one: values for one, values in found.items() if len(values) == len(self._aside)}

    def waiting(self) -> Select[Any]:
        """The ids of rows that have a value at an old place and none at the new one."""
        both = [(self._old[key], self._new[key]) for key in self._new if key in self._old]
        conditions = [and_(self._is_filled(*old), not_(self._is_filled(*new))) for old, new in both]
        return select(self._main.c.id).where(or_(*conditions))

    def _is_filled(self, place: Place, kept: Kept) -> ColumnElement[bool]:
        if kept.is_many:
            child = self._children[place.table]
            return exists().where(child.c.owner_id == self._main.c.id)
        return self._main.c[place.columns[kept.field.key]].is_not(None)

    def write(self, connection: Connection, rows: Sequence[Row], *, is_back: bool) -> None:
        """Store what was assigned, where it differs from what stands there."""
        target = {**self._new, **self._old} if is_back else self._new
        own: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        many: dict[str, list[Row]] = {}
        for row in rows:
            differing = [key for key, value in row.assigned.items() if value != row.present[key]]
            values: dict[str, Any] = {}
            for key in differing:
                place, kept = target[key]
                if kept.is_many:
                    many.setdefault(key, []).append(row)
                else:
                    values |= _stored(place, kept, row.assigned[key])
            if values:
                changes = {f"to_{name}": one for name, one in values.items()}
                own.setdefault(tuple(values), []).append({"row_id": row.id, **changes})
        for columns, several in own.items():
            assigned: dict[str, Any] = {name: bindparam(f"to_{name}") for name in columns}
            connection.execute(update(self._main).where(self._main.c.id == bindparam("row_id")).values(assigned), several)
        for key, changed in many.items():
            self._write_child(connection, *target[key], [(row.id, row.assigned[key] or ()) for row in changed])

    def _read_child(self, connection: Connection, table: Table, ids: Wanted) -> Children:
        found: Children = {}
        statement = _within(select(table), table.c.owner_id, ids).order_by(table.c.owner_id, table.c.position)
        for row in connection.execute(statement).mappings():
            found.setdefault(row["owner_id"], []).append(row)
        return found

    def _write_child(
        self, connection: Connection, place: Place, kept: Kept, changes: Sequence[tuple[uuid.UUID, Sequence[Any]]]
    ) -> None:
        table = self._children[place.table]
        connection.execute(delete(table).where(table.c.owner_id == bindparam("gone")), [{"gone": owner} for owner, _ in changes])
        rows = [
            {"owner_id": owner, "position": position, **_stored(place, kept, value)}
            for owner, values in changes for position, value in enumerate(values)
        ]
        if rows:
            connection.execute(insert(table), rows)


def _value(row: Columns, children: Mapping[str, Children], place: Place, kept: Kept) -> Any:
    if kept.is_many:
        return tuple(_loaded(place, kept, one) for one in children[place.table].get(row["id"], ()))
    return _loaded(place, kept, row)


def _columns(places: Iterable[tuple[Place, Kept]]) -> list[Column[Any]]:
    return [
        Column(place.columns.get(column.name, column.name), column.type)
        for place, kept in places for column in kept.type.columns(kept.field)
    ]


def _once(columns: Iterable[Column[Any]]) -> list[Column[Any]]:
    return list({column.name: column for column in columns}.values())


def _loaded(place: Place, kept: Kept, row: Columns) -> Any:
    return kept.type.load(kept.field, {name: row[there] for name, there in place.columns.items()})


def _stored(place: Place, kept: Kept, value: Any) -> dict[str, Any]:
    return {place.columns[name]: one for name, one in kept.type.store(kept.field, value).items()}


def _within(statement: Any, key: Any, ids: Wanted) -> Any:
    if isinstance(ids, list):
        return statement.where(key.in_(ids))
    after, until = ids
    if after is not None:
        statement = statement.where(key > after)
    return statement.where(key <= until) if until is not None else statement
