# SPDX-License-Identifier: Apache-2.0
"""The rows of a change of the overlay as one step of a schema change, with the way back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Table

from xrm.migrate.former import OVERLAY
from xrm.migrate.steps import Step
from xrm.overlay.additions import Addition, Overlay, to_text
from xrm.overlay.models import overlay, schema_version
from xrm.overlay.service import Change

_COUNT_UP = f"UPDATE {schema_version.name} SET number = number + 1"  # noqa: S608  # the name of our own table
_FIRST = (
    f"INSERT INTO {schema_version.name} (id, number) SELECT 1, 0 "  # noqa: S608  # the name of our own table
    f"WHERE NOT EXISTS (SELECT 1 FROM {schema_version.name})"
)


def step_of(before: Overlay, change: Change, dialect: Dialect, now: datetime, actor: uuid.UUID | None) -> Step:
    """The step that writes the rows of a change, and counts up the number that tells every process to look again.

    Its way back writes the rows as they were.
    """
    known = {one.id: one for one in before.additions}
    write = _Rows(dialect, now, actor)
    there, back = [], []
    for one in change.changed:
        old = known.get(one.id)
        there.append(write.insert(one) if old is None else write.update(old, one))
        back.append(write.delete(one) if old is None else write.update(one, old))
    names = [one.name for one in change.changed]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Step(
        OVERLAY, "declare", f"{names[0]}{more}", (*there, _FIRST, _COUNT_UP), (*reversed(back), _COUNT_UP), lock="none",
    )


class _Rows:
    """Statements over rows of the overlay with their values written out, as steps are kept."""

    def __init__(self, dialect: Dialect, now: datetime, actor: uuid.UUID | None) -> None:
        self._dialect = dialect
        self._touched = {"updated_at": now, "updated_by": actor}

    def insert(self, one: Addition) -> str:
        made = {"created_at": self._touched["updated_at"], "created_by": self._touched["updated_by"]}
        values = {"id": one.id, **_values(one), **made, **self._touched}
        columns, written = zip(*self._literals(values), strict=True)
        return f"INSERT INTO {overlay.name} ({', '.join(columns)}) VALUES ({', '.join(written)})"  # noqa: S608

    def update(self, old: Addition, new: Addition) -> str:
        was = _values(old)
        values = {name: value for name, value in _values(new).items() if value != was[name]}
        changes = ", ".join(f"{name} = {text}" for name, text in self._literals({**values, **self._touched}))
        return f"UPDATE {overlay.name} SET {changes} WHERE id = {self._id(new)}"  # noqa: S608

    def delete(self, one: Addition) -> str:
        return f"DELETE FROM {overlay.name} WHERE id = {self._id(one)}"  # noqa: S608

    def _id(self, one: Addition) -> str:
        return _literal(overlay, "id", one.id, self._dialect)

    def _literals(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        quote = self._dialect.identifier_preparer.quote
        return ((quote(name), _literal(overlay, name, value, self._dialect)) for name, value in values.items())


def _values(one: Addition) -> dict[str, Any]:
    return {
        "kind": one.kind, "type_name": one.type_name, "key": one.key, "declaration": to_text(one.declaration),
        "position": one.position, "version": one.version, "base": one.base, "renamed_from": " ".join(one.former),
    }


def _literal(table: Table, column: str, value: Any, dialect: Dialect) -> str:
    bind = table.c[column].type.dialect_impl(dialect).bind_processor(dialect)
    given = value if bind is None or value is None else bind(value)
    if given is None:
        return "NULL"
    if isinstance(given, bytes):
        return f"X'{given.hex()}'"
    if isinstance(given, int):
        return str(given)
    text = str(given).replace("'", "''")
    # The driver of PostgreSQL looks for places of values in every statement.
    return f"'{text.replace('%', '%%') if dialect.name == 'postgresql' else text}'"
