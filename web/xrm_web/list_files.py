# SPDX-License-Identifier: Apache-2.0
"""A list as data: JSON for programs, CSV for spreadsheets, where no cell may become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import stream_with_context

from xrm.departments.queries import Department, get_tree
from xrm.entities.listing import ListQuery
from xrm.entities.queries import Entity, Page, list_entities
from xrm.history.access_log import Export
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext
from xrm_web.inputs import Cell
from xrm_web.list_columns import known_columns
from xrm_web.list_rows import Beside, cell_of, read_beside
from xrm_web.list_state import ListState

PAGE = 500
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-][0-9][0-9 .,]*%?")


def json_of(uow: UnitOfWork, query: ListQuery, state: ListState) -> dict[str, Any]:
    """One page of a list as JSON: ``items`` with their fields, and ``next``, the cursor of the following page or None."""
    page = list_entities(uow, query)
    return {"items": [_item(state, item) for item in page.items], "next": page.next}


def _item(state: ListState, item: Entity) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": str(item.id), "type": item.type, "title": item.title, "version": item.version, "department": str(item.department),
    }
    if item.party is not None:
        found |= {
            "party": str(item.party),
            "since": item.since.isoformat() if item.since else None,
            "until": item.until.isoformat() if item.until else None,
        }
    if state.entity_type is not None:
        for key, value in item.fields.items():
            if key in state.entity_type.fields:
                found[key] = state.entity_type.field_type(key).to_json(state.entity_type.fields[key], value)
    return found


def csv_parts(
    read: Callable[[Callable[[UnitOfWork], Any]], Any], state: ListState, departments: Sequence[Department], export: Export
) -> Iterator[str]:
    """The list as pieces of CSV, each page in a unit of work of its own so that a long list holds no transaction.

    Each page is told to ``export`` before it is sent: what was sent is known, even if the rest never is.
    """
    known = known_columns(state.entity_type)
    heads = [gettext("Name"), *(known[key].label for key in state.shown_columns), gettext("Id")]

    def parts() -> Iterator[str]:
        query, count = state.query(departments, limit=PAGE), 0
        yield "\N{ZERO WIDTH NO-BREAK SPACE}" + _lines([heads])
        while True:
            page, lines = read(partial(_page, state=state, query=query))
            count += len(page.items)
            export.add(item.party or item.id for item in page.items)
            yield _lines(lines)
            if not page.next:
                export.end(count)
                return
            query = replace(query, after=page.next)

    return stream_with_context(parts())


def _page(uow: UnitOfWork, *, state: ListState, query: ListQuery) -> tuple[Page, list[list[str]]]:
    page = list_entities(uow, query)
    beside = read_beside(uow, state, page.items)
    get_tree(uow)
    return page, [
        [item.title, *(_text(uow, state, item, key, beside) for key in state.shown_columns), str(item.party or item.id)]
        for item in page.items
    ]


def _text(uow: UnitOfWork, state: ListState, item: Entity, key: str, beside: Beside) -> str:
    declared = state.entity_type.fields.get(key) if state.entity_type else None
    if declared is not None and state.entity_type is not None and declared.type not in ("link", "links", "choice", "choices"):
        return state.entity_type.field_type(key).to_text(declared, item.fields.get(key))
    cell = cell_of(uow, state.entity_type, item, key, beside)
    if isinstance(cell, tuple):
        return ", ".join(chip.label for chip in cell)
    return cell.value if cell.kind in ("date", "datetime", "score") else _words(cell)


def _words(cell: Cell) -> str:
    if cell.entity is not None:
        return cell.entity.title
    return ", ".join(_words(item) for item in cell.items) if cell.items else cell.text


def guarded(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run as a formula; numbers stay numbers."""
    if text.startswith(_STARTS_FORMULA) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def _lines(rows: Sequence[Sequence[str]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows([guarded(text) for text in row] for row in rows)
    return target.getvalue()
