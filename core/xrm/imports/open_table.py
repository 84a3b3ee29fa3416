# SPDX-License-Identifier: Apache-2.0
"""Opening of a file of rows, whatever its format."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from xrm.errors import InvalidInput, Problem, msg
from xrm.imports.csv_table import open_csv
from xrm.imports.mapping import SourceOptions
from xrm.imports.table import Table
from xrm.imports.workbook import is_workbook, open_workbook


def open_table(path: Path, options: SourceOptions, known: Collection[str] = ()) -> Table:
    """The table in a CSV file or workbook, told apart by their first bytes.

    Raises:
        InvalidInput: when the file cannot be read as a table.
        ConfigurationError: when a library for workbooks is missing.
    """
    try:
        return open_workbook(path, options) if is_workbook(path) else open_csv(path, options, known)
    except OSError as error:
        message = msg("The file cannot be read: {why}. Check its path and rights.", why=error.strerror or str(error))
        raise InvalidInput([Problem("", message, str(path))]) from error
