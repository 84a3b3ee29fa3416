# SPDX-License-Identifier: Apache-2.0
"""Reading of CSV: what is guessed, what is mended, and what is a row or a file that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from xrm.errors import InvalidInput
from xrm.imports.csv_table import LONGEST_LINE
from xrm.imports.mapping import SourceOptions
from xrm.imports.open_table import open_table
from xrm.imports.table import Row, Table

NAMES = "Name;Ort\nMüller;Köln\n"


def table_of(path: Path, content: bytes | str, **options: object) -> Table:
    path = path / "rows.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_table(path, SourceOptions(**options), {"Name", "id"})  # type: ignore[arg-type]


def rows_of(path: Path, content: bytes | str, **options: object) -> list[Row]:
    table = table_of(path, content, **options)
    rows = list(table.rows)
    table.close()
    return rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"])
def test_the_encoding_is_guessed(encoding: str, tmp_path: Path) -> None:
    assert rows_of(tmp_path, NAMES.encode(encoding)) == [Row(2, ["Müller", "Köln"])]


def test_bytes_that_windows_does_not_know_are_latin(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"Name\n\xe9\x81\n") == [Row(2, ["é\x81"])]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_guessed(separator: str, tmp_path: Path) -> None:
    text = f'id{separator}Name\n1{separator}"a, b; c"\n2{separator}d\n'

    assert [row.cells for row in rows_of(tmp_path, text)] == [["1", "a, b; c"], ["2", "d"]]


def test_known_columns_decide_between_separators(tmp_path: Path) -> None:
    assert [row.cells for row in rows_of(tmp_path, "id;a,b,c,d\n1;x,y,z,q\n")] == [["1", "x,y,z,q"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_each_way_and_are_counted(end: str, tmp_path: Path) -> None:
    text = f'id,Name{end}1,"two{end}lines"{end}{end}2,b{end}'

    assert [(row.line, row.cells[0]) for row in rows_of(tmp_path, text)] == [(2, "1"), (5, "2")]


@pytest.mark.parametrize("text", ["id,Name\n1\n", "id,Name\n1,2,3\n"])
def test_a_row_of_another_length_is_a_row_with_a_reason(text: str, tmp_path: Path) -> None:
    [row] = rows_of(tmp_path, text)

    assert row.line == 2
    assert "there are 2 columns" in str(row.problem)


def test_one_overflow_column_takes_separators_nobody_quoted(tmp_path: Path) -> None:
    [row] = rows_of(tmp_path, "id,street,city\n1,Rua do Paço, 67,Rio\n", overflow=("street",))

    assert row == Row(2, ["1", "Rua do Paço, 67", "Rio"])


def test_of_several_overflow_columns_the_blank_after_the_separator_tells(tmp_path: Path) -> None:
    text = "id,company,street,city\n1,Pavlova, Ltd.,74 Rose St.,Melbourne\n2,Leka,471 Loop, Suite 4,Singapore\n3,a,b,c,d\n"

    first, second, third = rows_of(tmp_path, text, overflow=("company", "street"))

    assert first.cells == ["1", "Pavlova, Ltd.", "74 Rose St.", "Melbourne"]
    assert second.cells == ["2", "Leka", "471 Loop, Suite 4", "Singapore"]
    assert third.problem is not None


def test_a_character_nul_fails_its_row_alone(tmp_path: Path) -> None:
    first, second = rows_of(tmp_path, "id,Name\n1,a\x00b\n2,c\n")

    assert "NUL" in str(first.problem)
    assert second == Row(3, ["2", "c"])


def test_a_huge_cell_fails_its_row_alone(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, f"id,Name\n1,{'x' * 200_000}\n2,c\n")

    assert [row.problem is None for row in rows] == [False, True]


def test_a_quote_that_is_never_closed_fails_its_row_alone(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, 'id,Name\n1,"open\n' + "".join(f"{number},ok\n" for number in range(2, 30_000)))

    assert rows[0].line == 2
    assert "never closed" in str(rows[0].problem)
    assert [row.line for row in rows[1:]] == list(range(3, 30_001))


def test_a_line_without_end_fails_its_row_alone(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, f"id,Name\n1,{'x,' * (LONGEST_LINE // 2 + 10)}\n2,c\n")

    assert [row.problem is None for row in rows] == [False, True]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty \\(0 bytes\\)"),
        (b"\n\n", "header is missing|no rows"),
        (b",,\n1,2,3\n", "header is missing"),
        (b"id,Name,id\n1,2,3\n", 'Two columns are called "id": number 1 and number 3'),
        (",".join(f"c{number}" for number in range(5000)).encode(), "There are 5000 columns; at most 2000"),
        (",".join(f"c{number}" for number in range(1_000_000)).encode(), "too many columns"),
    ],
    ids=["no bytes", "blank lines", "no names", "twice", "many columns", "a million columns"],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=message):
        rows_of(tmp_path, content)


def test_a_stated_encoding_that_does_not_fit_is_refused_before_any_row(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not written in utf-8: byte 23"):
        table_of(tmp_path, b"id,Name\n1,a\n2,b\n3,c\n4,d\xe9\n", encoding="utf-8")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        open_table(tmp_path / "none.csv", SourceOptions())


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    first, second, third = rows_of(tmp_path, 'id,Name\n1,"Alfa\n2,Beta\n3,Gamma\n')

    assert (first.line, second, third) == (2, Row(3, ["2", "Beta"]), Row(4, ["3", "Gamma"]))
    assert "never closed" in str(first.problem)


@pytest.mark.parametrize("third", ['3,"Gamma",z', '3,Gamma",z,'])
def test_a_quote_that_swallows_lines_is_named_with_them(third: str, tmp_path: Path) -> None:
    [swallowed, last] = rows_of(tmp_path, f'id,Name,Ort\n1,"Alfa,x\n2,Beta,y\n{third}\n4,Delta,w\n')

    assert "opens on line 2 swallows the lines up to 4" in str(swallowed.problem)
    assert last == Row(5, ["4", "Delta", "w"])


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", bytes(range(32)) * 9])
def test_what_is_no_text_is_refused_as_a_whole(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="This is no CSV"):
        table_of(tmp_path, content)
