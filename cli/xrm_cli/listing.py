# SPDX-License-Identifier: Apache-2.0
"""Lists of entities: as many pages as were asked for, as JSON values or as words in the columns of the default view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from xrm.entities.listing import MOST, ListQuery
from xrm.entities.queries import Entity, list_entities
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_cli.output import print_table
from xrm_cli.showing import entity_as_json, fields_as_words

MOST_COLUMNS = 5


@dataclass(frozen=True)
class ListResult:
    """The rows of a list, its columns for people, and the cursor that continues it."""

    items: list[dict[str, Any]]
    columns: tuple[str, ...]
    next: str | None


def read_list(uow: UnitOfWork, query: ListQuery, limit: int, *, as_json: bool) -> ListResult:
    """Up to ``limit`` rows of a list.

    Raises:
        NotFound, InvalidInput: as ``list_entities``.
    """
    declared = uow.registry.get(query.type) if query.type != "party" else None
    fields = query.columns
    if fields is None and not as_json:
        fields = _shown_fields(declared)
    found: list[Entity] = []
    cursor = query.after
    while len(found) < limit:
        page = list_entities(uow, replace(query, columns=fields, after=cursor, limit=min(limit - len(found), MOST)))
        found.extend(page.items)
        cursor = page.next
        if cursor is None:
            break
    items = [entity_as_json(uow, one) if as_json else _as_words(uow, declared, one) for one in found]
    return ListResult(items, _columns(declared, fields or ()), cursor)


def _shown_fields(declared: EntityType | None) -> tuple[str, ...]:
    if declared is None:
        return ()
    views = declared.declaration.views.values()
    shipped = next((view.columns for view in views if view.default), next((view.columns for view in views), ()))
    wanted = shipped or declared.declaration.page.highlights or tuple(declared.fields)
    return tuple(key for key in wanted if key in declared.fields)[:MOST_COLUMNS]


def _columns(declared: EntityType | None, fields: Sequence[str]) -> tuple[str, ...]:
    frame = ("title", "type") if declared is None else ("title",)
    period = ("department", "since", "until") if declared is not None and declared.kind == "role" else ()
    fixed = ("id", *frame, *period)
    return (*fixed, *(key for key in fields if key not in (*fixed, "title")))


def _as_words(uow: UnitOfWork, declared: EntityType | None, one: Entity) -> dict[str, Any]:
    described = entity_as_json(uow, replace(one, fields={}))
    words = fields_as_words(uow, declared, one.fields) if declared else {}
    return {**described, **words, "department": described["department_name"]}


def print_entities(found: ListResult) -> None:
    """Give a list as a table."""
    print_table(found.items, found.columns)
