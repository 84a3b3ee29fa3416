# SPDX-License-Identifier: Apache-2.0
"""Some rows of a type as a data step sees them: values by key of the field, read here and written there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from xrm.errors import InvalidInput, Problem, msg


class Row:
    """One row: ``row.id``, ``row["key"]`` for a value, ``row["key"] = value`` for a new one."""

    __slots__ = ("_given", "_writable", "assigned", "before", "id", "present")

    def __init__(
        self, row_id: uuid.UUID, given: Mapping[str, Any], present: Mapping[str, Any], writable: Sequence[str]
    ) -> None:
        self.id = row_id
        self.present = present  # what stands where new values go
        self.assigned: dict[str, Any] = {}
        self.before: Mapping[str, Any] | None = {}  # values of before that lie aside; None for a row that came later
        self._given = given
        self._writable = writable

    def __getitem__(self, key: str) -> Any:
        """The new value if there is one, else the one that was read; None or ``()`` when empty."""
        if key in self.assigned:
            return self.assigned[key]
        if key in self._given:
            return self._given[key]
        raise _unknown(key, "READS", self._given)

    @property
    def given(self) -> str:
        """What was read, for a message."""
        return ", ".join(f"{key} = {value!r}" for key, value in self._given.items())[:200]

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in self._writable:
            raise _unknown(key, "WRITES", self._writable)
        self.assigned[key] = value


class Batch(Sequence[Row]):
    """Some rows; ``current`` is the one that is being looked at, for the message when a step fails."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self.current: Row | None = None

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.current = row
            yield row

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)


def _unknown(key: str, where: str, known: Mapping[str, Any] | Sequence[str]) -> InvalidInput:
    told = msg("{key} is not among {where} of this step: {known}. Add it there.", key=key, where=where, known=", ".join(known))
    return InvalidInput([Problem(key, told)])
