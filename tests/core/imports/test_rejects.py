# SPDX-License-Identifier: Apache-2.0
"""Cells that a spreadsheet would run are text, and come back as they were."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.imports.conftest import Import
from xrm.errors import ConfigurationError, Problem, msg
from xrm.imports.rejects import Rejects, guard_cell, restore_cell


@pytest.mark.parametrize(
    "cell", ["=1+1", "+33 1", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "'=1", "''=1", "'  -x"]
)
def test_what_could_be_a_formula_is_text(cell: str) -> None:
    assert guard_cell(cell) == f"'{cell}"
    assert restore_cell(guard_cell(cell)) == cell


@pytest.mark.parametrize("cell", ["", "a=b", "'s-Hertogenbosch", "O'Neill", "12"])
def test_other_text_stays_as_it_is(cell: str) -> None:
    assert guard_cell(cell) == cell
    assert restore_cell(cell) == cell


@given(st.text(alphabet="'=+-@\t\r a\uff11\uff1d"))
def test_every_guarded_cell_comes_back(cell: str) -> None:
    assert restore_cell(guard_cell(cell)) == cell


def test_line_and_reason_stand_before_the_cells(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "bad.csv", ["import_line", "import_reason", "id", "name"], ";")

    rejects.add(7, ["3", "old reason", "1", "=x", "one too many"], [Problem("name", msg("No."))])
    rejects.close()

    rows = list(csv.reader((tmp_path / "bad.csv").read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert rows == [["import_line", "import_reason", "id", "name"], ["7", "name: No.", "1", "'=x", "one too many"]]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Rejects(tmp_path / "none" / "bad.csv", ["id"], ",").add(1, ["x"], [])


def test_a_reason_names_the_column_and_the_field(run: Import) -> None:
    mapping = "things: {company: {type: organization, identifiers: {shop: id}, fields: {name: companyName}}}"

    [row] = run("id,companyName\n1,\n", mapping).failures()

    assert str(row.problems[0]).startswith("companyName (company.name): ")
