# SPDX-License-Identifier: Apache-2.0
"""Values of a row: columns, templates, constants, value maps and defaults, bound to the header of a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from xrm.errors import InvalidInput, Problem, msg
from xrm.imports.column_names import PLACE
from xrm.imports.mapping import Mapping, ValueSpec
from xrm.imports.table import Table

Cells = Sequence[str | None]
Reader = Callable[[Cells], Any]
_MOST_SHOWN = 40


def columns_of(mapping: Mapping) -> set[str]:
    """The columns that a mapping names."""
    found: set[str] = set()
    open_items: list[Any] = [mapping.things, mapping.relationships, mapping.interactions]
    while open_items:
        item = open_items.pop()
        if isinstance(item, ValueSpec):
            found.update(filter(None, (item.column, *PLACE.findall(item.text))))
        if dataclasses.is_dataclass(item):
            found.update(text for name in ("when", "country_from") if (text := getattr(item, name, "")))
            open_items.extend(getattr(item, part.name) for part in dataclasses.fields(item))
        elif isinstance(item, dict):
            open_items.extend(item.values())
        elif isinstance(item, tuple):
            open_items.extend(item)
    return found


class Columns:
    """The columns of a file by name; notes what is asked for and not there, so that all of it is said at once."""

    def __init__(self, table: Table, mapping: Mapping) -> None:
        self._file = table.file
        self._mapping = mapping
        self._positions = {name: position for position, name in enumerate(table.header) if name}
        self._optional = set(mapping.source.optional)
        self._missing: dict[str, None] = {}

    def position(self, name: str) -> int | None:
        """Where a column stands; None when it is not there, which is a mistake unless it is optional."""
        found = self._positions.get(name)
        if found is None and name not in self._optional:
            self._missing[name] = None
        return found

    def require_all(self) -> None:
        """Stop when a column was asked for that is neither there nor optional.

        Raises:
            InvalidInput: naming each of them with its line in the mapping, and those that are there.
        """
        if not self._missing:
            return
        known = ", ".join([*self._positions][:_MOST_SHOWN]) + (" …" if len(self._positions) > _MOST_SHOWN else "")
        missing = ", ".join(f"{name[:80]} ({self._place(name)})" for name in self._missing)
        message = msg("The mapping names columns that the file has not: {missing}. The file has: {known}.", missing=missing,
                      known=known)
        raise InvalidInput([Problem("", message, self._file)])

    def _place(self, name: str) -> str:
        line = self._mapping.lines.get(name)
        return f"{self._mapping.file}:{line}" if line else self._mapping.file


class BoundValue:
    """A value spec bound to the columns: ``read`` gives text, constant or None for empty.

    ``is_there`` is False when no column of the file can give it: the field is then left as it is.
    """

    def __init__(self, spec: ValueSpec, columns: Columns) -> None:
        self.clear = spec.clear
        self.is_there = True
        read = self._source(spec, columns)
        if spec.take:
            read = _taking(read, spec.take)
        if spec.values:
            read = _translating(read, {" ".join(key.split()): value for key, value in spec.values.items()})
        if spec.default is not None:
            read = _defaulting(read, spec.default)
            self.is_there = True
        self.read: Reader = read

    def _source(self, spec: ValueSpec, columns: Columns) -> Reader:
        if spec.column:
            position = columns.position(spec.column)
            if position is None:
                self.is_there = False
                return _nothing
            return _cell(position)
        if spec.text:
            places = [(name, columns.position(name)) for name in PLACE.findall(spec.text)]
            self.is_there = any(position is not None for _, position in places) or not places
            return _template(spec.text, {name: position for name, position in places if position is not None})
        constant = spec.value
        return lambda _cells: constant


def _nothing(_cells: Cells) -> None:
    return None


def _cell(position: int) -> Reader:
    return lambda cells: cells[position]


def _template(text: str, positions: dict[str, int]) -> Reader:
    def read(cells: Cells) -> str | None:
        parts = {name: cells[position] or "" for name, position in positions.items()}
        if positions and not any(parts.values()):
            return None  # a template of empty cells is empty, whatever stands between them
        return " ".join(PLACE.sub(lambda match: parts.get(match[1], ""), text).split(" ")).strip() or None

    return read


def _taking(inner: Reader, part: str) -> Reader:
    def read(cells: Cells) -> str | None:
        text = inner(cells)
        if text is None:
            return None
        words = str(text).split()
        if part == "date":
            return words[0].partition("T")[0] if words else None
        if part == "last_word":
            return words[-1] if words else None
        # A name of one word is a last name.
        first, others = (words[:1], words[1:]) if len(words) > 1 else ([], words)
        return " ".join(first if part == "first_word" else others) or None

    return read


def _translating(inner: Reader, known: dict[str, Any]) -> Reader:
    def read(cells: Cells) -> Any:
        text = inner(cells)
        found = known.get(str(text), text) if text is not None else None
        return None if found == "" else found

    return read


def _defaulting(inner: Reader, default: Any) -> Reader:
    def read(cells: Cells) -> Any:
        found = inner(cells)
        return default if found is None else found

    return read


def required_text(value: Any, what: str) -> str:
    """The text of a key.

    Raises:
        InvalidInput: when it is empty or too long.
    """
    text = "" if value is None else str(value).strip()
    if not text or len(text) > 200:
        raise InvalidInput([Problem(what, msg("The key is empty or longer than 200 characters. Fill it in."))])
    return text
