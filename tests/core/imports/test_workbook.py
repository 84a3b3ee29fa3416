# SPDX-License-Identifier: Apache-2.0
"""Reading of workbooks: cells as texts, and limits that a packed bomb does not pass."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from xrm.errors import InvalidInput
from xrm.imports.mapping import SourceOptions
from xrm.imports.open_table import open_table

xlsxwriter = pytest.importorskip("xlsxwriter")
pytest.importorskip("python_calamine")


def make_workbook(path: Path, rows: list[list[Any]], sheet: str = "Sheet1") -> Path:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        made = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            made.write_row(number, 0, row)
    return path


def test_cells_become_texts_as_people_write_them(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "name", "rate", "ok", "day"], [12, "Müller", 2.5, True, date(2024, 2, 29)]]
    rows.append([13, "-x", 3, False, None])
    path = make_workbook(tmp_path / "rows.xlsx", rows)

    table = open_table(path, SourceOptions())

    assert table.header == ["id", "name", "rate", "ok", "day"]
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, ["12", "Müller", "2.5", "true", "2024-02-29"]), (3, ["13", "-x", "3", "false", ""])
    ]


def test_moments_keep_their_time(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / "rows.xlsx", [["at"], [datetime(2024, 2, 29, 13, 30)]])  # noqa: DTZ001  # workbooks have no zone

    assert [row.cells for row in open_table(path, SourceOptions()).rows] == [["2024-02-29 13:30:00"]]


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / "rows.xlsx", [["id"], ["1"]], "Customers")

    assert open_table(path, SourceOptions(sheet="Customers")).header == ["id"]
    with pytest.raises(InvalidInput, match='Did you mean "Customers"'):
        open_table(path, SourceOptions(sheet="Customer"))


def test_a_cut_workbook_is_refused(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / "rows.xlsx", [["id"]] * 50)
    path.write_bytes(path.read_bytes()[:-300])

    with pytest.raises(InvalidInput, match="damaged"):
        open_table(path, SourceOptions())


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "rows.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")

    with pytest.raises(InvalidInput, match="cannot be read"):
        open_table(tmp_path / "rows.xlsx", SourceOptions())


def test_an_old_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100)

    with pytest.raises(InvalidInput, match="old format"):
        open_table(tmp_path / "rows.xls", SourceOptions())


@pytest.mark.parametrize(
    ("entries", "size", "message"),
    [(1, 250_000_000, "unpacks to 250 MB"), (1, 20_000_000, "unpacks to"), (1200, 1, "1200 parts")],
)
def test_a_packed_bomb_is_refused_before_it_is_opened(entries: int, size: int, message: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(entries):
            with archive.open(f"part{number}.xml", "w") as part:
                for start in range(0, size, 1_000_000):
                    part.write(b"0" * min(1_000_000, size - start))

    with pytest.raises(InvalidInput, match=message):
        open_table(tmp_path / "bomb.xlsx", SourceOptions())
