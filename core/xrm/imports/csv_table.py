# SPDX-License-Identifier: Apache-2.0
"""Reading of CSV files, line by line: a broken row is a row with a reason, never the end of the file."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from xrm.errors import InvalidInput, Message, Problem, msg
from xrm.imports.csv_text import find_encoding, find_separator
from xrm.imports.mapping import SourceOptions
from xrm.imports.rejects import restore_cell
from xrm.imports.table import LONGEST_CELL, Row, Table, check_header, checked_row

LONGEST_LINE = 4_000_000
_SAMPLE = 20
_UNCLOSED = msg("A quote opens on this line and is never closed. Close it where the value ends, or remove it.")


class _Lines:
    """The lines of a file with their numbers; those of the current record can be given back."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self.number = 0
        self.record: list[str] = []
        self.too_long = False
        self.at_end = False  # the file ended although the current record did not

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._read()
        if not line:
            self.at_end = bool(self.record)
            raise StopIteration
        self.number += 1
        self.record.append(line)
        return line

    def _read(self) -> str:
        line = self._stream.readline(LONGEST_LINE)
        if len(line) < LONGEST_LINE or line.endswith(("\n", "\r")):
            return line
        self.too_long = True
        while (more := self._stream.readline(LONGEST_LINE)) and not more.endswith(("\n", "\r")):
            pass
        return line[:LONGEST_CELL] + "\n"

    def give_back(self) -> None:
        """All lines of the current record but its first are read again as records of their own."""
        self._waiting.extendleft(reversed(self.record[1:]))
        self.number -= len(self.record) - 1

    def peek(self, count: int) -> list[str]:
        """The next lines, which stay to be read."""
        while len(self._waiting) < count and (line := self._read()):
            self._waiting.append(line)
        return list(self._waiting)[:count]


def open_csv(path: Path, options: SourceOptions, known: Collection[str]) -> Table:
    """The table in a CSV file; ``known`` are the columns a mapping asks for, which help to guess the separator.

    Raises:
        InvalidInput: when the file is empty, no text, or has no usable header.
    """
    encoding = find_encoding(path, options.encoding)
    raw = path.open("rb")
    try:
        return _table(path, raw, encoding, options, known)
    except InvalidInput:
        raw.close()
        raise


def _table(path: Path, raw: IO[bytes], encoding: str, options: SourceOptions, known: Collection[str]) -> Table:
    size = max(path.stat().st_size, 1)
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    lines = _Lines(stream)
    sample = lines.peek(options.header_row + _SAMPLE)[options.header_row - 1 :]
    if sample and len(sample[0]) >= LONGEST_CELL:
        raise InvalidInput(
            [Problem("", msg("The header line has more than {most} characters: too many columns. Remove some.",
                             most=LONGEST_CELL), f"{path}:{options.header_row}")]
        )
    separator = options.separator or find_separator(sample, known)
    if len(separator) != 1:
        raise InvalidInput([Problem("source.separator", msg("The separator must be one character."), str(path))])
    for _ in range(options.header_row - 1):
        next(lines, None)
    records = _records(lines, separator)
    first = next(records, None)
    if first is None or first.problem is not None:
        message = first.problem if first is not None else None
        raise InvalidInput([Problem("", message or msg("The file has no rows. Export it again."), str(path))])
    header = check_header(str(path), first.line, first.cells)
    overflow = [position for position, name in enumerate(header) if name in options.overflow]
    rows = (_checked(row, lines, header, overflow, separator) for row in records)
    return Table(str(path), header, rows, lambda: 1.0 if raw.closed else min(raw.tell() / size, 1.0), separator, stream.close)


def _checked(row: Row, lines: _Lines, header: list[str], overflow: list[int], separator: str) -> Row:
    """The row with its shape checked; ``lines`` stand at the end of its record."""
    if row.problem is not None:
        return row
    checked = checked_row(row.line, row.cells, header, overflow, separator)
    if len(lines.record) == 1 or (len(checked.cells) == len(header) and _is_well_quoted(lines.record, separator)):
        return checked
    message = msg("The quote that opens on line {first} swallows the lines up to {last}. Close it where the value "
                  "ends, or remove it.", first=row.line, last=lines.number)
    return Row(row.line, checked.cells, message)


def _is_well_quoted(record: list[str], separator: str) -> bool:
    """Whether each quote that closes a value is followed by a separator: else a value of several lines took others in."""
    try:
        next(csv.reader(iter(record), delimiter=separator, strict=True), None)
    except csv.Error:
        return False
    return True


def _records(lines: _Lines, separator: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=separator)
    while True:
        lines.record, lines.too_long, lines.at_end = [], False, False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            start = lines.number - len(lines.record) + 1
            lines.give_back()
            yield Row(start, [lines.record[0].rstrip("\r\n")[:LONGEST_CELL]], _explain(error))
            continue
        start = lines.number - len(lines.record) + 1
        if lines.at_end:
            lines.give_back()
            yield Row(start, [lines.record[0].rstrip("\r\n")[:LONGEST_CELL]], _UNCLOSED)
        elif lines.too_long:
            yield Row(start, cells, msg("The line has more than {most} characters. Shorten it.", most=LONGEST_LINE))
        elif cells:
            yield Row(start, [restore_cell(cell) for cell in cells])


def _explain(error: csv.Error) -> Message:
    if "field larger than" in str(error):
        return msg("A quote is opened and never closed, or a cell has more than {most} characters.", most=LONGEST_CELL)
    if "NUL" in str(error):
        return msg("It contains the character NUL, which is no text. Save the file as text again.")
    return msg("It is no row of a table: {said}. Mend the line.", said=str(error))
