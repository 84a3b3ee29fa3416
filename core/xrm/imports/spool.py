# SPDX-License-Identifier: Apache-2.0
"""Rows put aside until what they refer to is there: kept on disk, so that memory stays small."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator

from xrm.imports.table import Row


class Spool:
    """Rows that wait, read back from the last to the first: what they wait for mostly comes further down."""

    def __init__(self) -> None:
        self._stream = tempfile.TemporaryFile("w+b")  # noqa: SIM115  # closed by close()
        self._starts: list[int] = []

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, line: int, cells: list[str]) -> None:
        """Put one row aside."""
        self._starts.append(self._stream.seek(0, 2))
        self._stream.write(json.dumps([line, cells]).encode() + b"\n")

    def rows(self) -> Iterator[Row]:
        """All rows, the last one first."""
        for start in reversed(self._starts):
            self._stream.seek(start)
            line, cells = json.loads(self._stream.readline())
            yield Row(line, cells)

    def close(self) -> None:
        """Give the disk back."""
        self._stream.close()
