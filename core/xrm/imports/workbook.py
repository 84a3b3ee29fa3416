# SPDX-License-Identifier: Apache-2.0
"""Reading of Excel workbooks (.xlsx), within limits that a packed bomb does not pass."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from xrm.errors import ConfigurationError, InvalidInput, Message, Problem, msg
from xrm.imports.mapping import SourceOptions
from xrm.imports.table import Row, Table, check_header, checked_row
from xrm.schema.suggest import unknown

MOST_UNPACKED = 200_000_000
MOST_ENTRIES = 1_000
MOST_RATIO = 200
_SMALL = 10_000_000
_BLOCK = 1 << 20


def is_workbook(path: Path) -> bool:
    """Whether the file is a packed workbook, by its first bytes.

    Raises:
        InvalidInput: for workbooks of the old format.
    """
    with path.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused(path, msg("This is a workbook of the old format, or has a password. Save it as .xlsx without password."))
    return start.startswith(b"PK\x03\x04")


def open_workbook(path: Path, options: SourceOptions) -> Table:
    """The table on a sheet of a workbook.

    Raises:
        InvalidInput: when it is damaged, unpacks to too much, or has no such sheet or header.
        ConfigurationError: when the library that reads workbooks is not installed.
    """
    try:
        import python_calamine  # noqa: PLC0415  # an extra: only who reads workbooks needs it
    except ModuleNotFoundError as error:
        raise ConfigurationError(msg("Workbooks need a library. Install it with: pip install 'xrm[office]'")) from error
    _check_size(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        name = options.sheet or book.sheet_names[0]
        if name not in book.sheet_names:
            raise _refused(path, unknown("sheet", name, book.sheet_names))
        sheet = book.get_sheet_by_name(name)
        cells = sheet.iter_rows()
    except (python_calamine.CalamineError, python_calamine.PasswordError, python_calamine.ZipError, OSError, IndexError) as error:
        raise _refused(path, msg("The workbook cannot be read: {why}. Save it again.", why=str(error))) from error
    first = sheet.start[0] if sheet.start else 0
    numbered = _numbered(cells, first)
    header_row = next((row for row in numbered if row.line >= options.header_row), None)
    if header_row is None:
        raise _refused(path, msg("The sheet {sheet} is empty. Name another under source: sheet.", sheet=name))
    header = check_header(str(path), header_row.line, header_row.cells)
    height = max(sheet.total_height, 1)
    seen = [0]

    def rows() -> Iterator[Row]:
        for row in numbered:
            seen[0] = row.line
            if any(row.cells):
                yield checked_row(row.line, row.cells, header, (), ",")

    return Table(str(path), header, rows(), lambda: min(seen[0] / height, 1.0))


def _numbered(rows: Any, first: int) -> Iterator[Row]:
    for position, cells in enumerate(rows, first + 1):
        yield Row(position, [_text(cell) for cell in cells])


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return "" if value is None else str(value)


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            packed = max(path.stat().st_size, 1)
            if len(entries) > MOST_ENTRIES:
                raise _refused(path, msg("The workbook has {count} parts; at most {most} are read.", count=len(entries),
                                         most=MOST_ENTRIES))
            if unpacked > MOST_UNPACKED or (unpacked > _SMALL and unpacked / packed > MOST_RATIO):
                raise _refused(path, msg("The workbook unpacks to {size} MB, which is too much. Split it, or save it as CSV.",
                                         size=unpacked // 1_000_000))
            for entry in entries:
                _unpack(archive, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _refused(path, msg("The workbook is damaged: {why}. Save it again.", why=str(error))) from error


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    # Sizes in the directory can lie; reading to the end compares them, and the checksum, with what is really there.
    with archive.open(entry) as stream:
        while stream.read(_BLOCK):
            pass


def _refused(path: Path, message: Message) -> InvalidInput:
    return InvalidInput([Problem("", message, str(path))])
