# SPDX-License-Identifier: Apache-2.0
"""A table of a file, row after row: what CSV and workbooks have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xrm.errors import InvalidInput, Message, Problem, msg

MOST_COLUMNS = 2_000
LONGEST_CELL = 131_072
LINE_COLUMN, REASON_COLUMN = "import_line", "import_reason"


class Row(NamedTuple):
    """One row: the line it begins on, its cells as texts, and what is wrong with its shape (None when it is right)."""

    line: int
    cells: list[str]
    problem: Message | None = None


@dataclass(frozen=True)
class Table:
    """A header, the rows below it, and the part of the file that was read so far (0 to 1)."""

    file: str
    header: list[str]
    rows: Iterator[Row]
    progress: Callable[[], float]
    separator: str = ","
    close: Callable[[], None] = lambda: None


def check_header(file: str, line: int, cells: Sequence[str]) -> list[str]:
    """The names of the columns.

    Raises:
        InvalidInput: when there are none, too many, or two of the same name.
    """
    where = f"{file}:{line}"
    header = [" ".join(cell.split()) for cell in cells]
    if not any(header):
        raise InvalidInput([Problem("", msg("The header is missing. The first line must name the columns."), where)])
    if len(header) > MOST_COLUMNS:
        raise InvalidInput(
            [Problem("", msg("There are {count} columns; at most {most} are read. Remove some.", count=len(header),
                             most=MOST_COLUMNS), where)]
        )
    seen: dict[str, int] = {}
    for number, name in enumerate(header, 1):
        if name and name in seen:
            message = msg('Two columns are called "{name}": number {first} and number {second}. Rename one.', name=name[:60],
                          first=seen[name], second=number)
            raise InvalidInput([Problem("", message, where)])
        seen[name] = number
    return header


def checked_row(line: int, cells: list[str], header: Sequence[str], overflow: Sequence[int], separator: str) -> Row:
    """The row with as many cells as the header has columns, or with the reason why it has not.

    Too many cells come from separators inside a value that nobody put in quotes. Only columns that the mapping names
    under ``overflow`` are mended: with one such column it takes the surplus; with several, each cell that begins with a
    blank goes to the value before it, because people write a blank after a comma and programs do not.
    """
    wanted, surplus = len(header), len(cells) - len(header)
    if surplus > 0 and overflow:
        cells = _joined(cells, surplus, overflow, separator) or cells
    if len(cells) != wanted:
        message = msg("It has {count} cells, but there are {wanted} columns. Put values with {separator} in quotes.",
                      count=len(cells), wanted=wanted, separator=separator)
        return Row(line, cells, message)
    text = "".join(cells)
    is_plain = "\x00" not in text and len(text) <= LONGEST_CELL
    return Row(line, cells, None if is_plain else _problem_of(cells))


def _problem_of(cells: Sequence[str]) -> Message | None:
    for cell in cells:
        if "\x00" in cell:
            return msg("It contains the character NUL, which is no text. Save the file as text again.")
        if len(cell) > LONGEST_CELL:
            return msg("A cell has more than {most} characters. Shorten it.", most=LONGEST_CELL)
    return None


def _joined(cells: list[str], surplus: int, overflow: Sequence[int], separator: str) -> list[str] | None:
    if len(overflow) == 1:
        start = overflow[0]
        return [*cells[:start], separator.join(cells[start : start + surplus + 1]), *cells[start + surplus + 1 :]]
    joined: list[str] = []
    for cell in cells:
        if cell[:1] == " " and joined and len(joined) - 1 in overflow:
            joined[-1] += separator + cell
        else:
            joined.append(cell)
    return joined if len(cells) - len(joined) == surplus else None
