# SPDX-License-Identifier: Apache-2.0
"""The rows that failed, in a file of their own: as they were, with line and reason, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from xrm.errors import ConfigurationError, Problem, msg
from xrm.imports.table import LINE_COLUMN, REASON_COLUMN

# A spreadsheet runs a cell that begins like this; it also skips blanks and takes the wide forms of East Asian writing.
_RISKY = re.compile(r"'*\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_STARTS = frozenset("'=+-@\t\r\n\x0b\x0c \u00a0\u3000\uff1d\uff0b\uff0d\uff20")


def guard_cell(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: with ``'`` before it where it could be one."""
    return f"'{text}" if _RISKY.match(text) else text


def restore_cell(text: str) -> str:
    """The text that ``guard_cell`` was given."""
    return text[1:] if text[:1] == "'" and _RISKY.match(text) else text


class Rejects:
    """A CSV file that comes into being with the first row that failed."""

    def __init__(self, path: Path, header: Sequence[str], separator: str) -> None:
        self.path = path
        self._header = [name for name in header if name not in {LINE_COLUMN, REASON_COLUMN}]
        self._skipped = [position for position, name in enumerate(header) if name in {LINE_COLUMN, REASON_COLUMN}]
        self._separator = separator
        self._stream: IO[str] | None = None
        self._writer: Any = None

    def add(self, line: int, cells: Sequence[str], problems: Iterable[Problem]) -> None:
        """Write one row; its line and reasons come first, so that a row with too many cells stays as it was."""
        if self._stream is None:
            self._open()
        reason = "; ".join(str(problem) for problem in problems)
        kept = [cell for position, cell in enumerate(cells) if position not in self._skipped]
        self._writer.writerow([guard_cell(str(one)) for one in (line, reason, *kept)])

    def _open(self) -> None:
        try:
            # They are people's data: only who imports may read them, whatever the umask.
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._stream = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
        except OSError as error:
            raise ConfigurationError(
                msg("The file for rows that failed cannot be written: {path}: {why}. Choose another place.", path=str(self.path),
                    why=error.strerror or str(error))
            ) from error
        self._writer = csv.writer(self._stream, delimiter=self._separator, lineterminator="\n")
        self._writer.writerow([LINE_COLUMN, REASON_COLUMN, *(guard_cell(name) for name in self._header)])

    @property
    def written(self) -> bool:
        """Whether any row failed."""
        return self._stream is not None

    def flush(self) -> None:
        """Bring what was written to the disk, so that a killed import leaves its reasons."""
        if self._stream is not None:
            self._stream.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._stream is not None:
            self._stream.close()
            self._writer = None
