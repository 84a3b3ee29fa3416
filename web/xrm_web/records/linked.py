# SPDX-License-Identifier: Apache-2.0
"""The records that link to an entity by a field, as small lists; parts of a whole (lines of a quote) as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from xrm.access.policy import allowed
from xrm.entities.backlinks import Backlinks, LinkingRecord
from xrm.entities.links import Title
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import list_entities
from xrm.schema.model import Field
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.field_rights import hidden_columns, unusable_columns
from xrm_web.form_origins import is_part
from xrm_web.form_pages import title_of_new
from xrm_web.i18n import text_of
from xrm_web.inputs import Action, Column, Face, Option, Row
from xrm_web.money_results import with_sources
from xrm_web.navigation import icon_of, list_path, sentence
from xrm_web.value_cells import NUMBERS, cell_of_field, face_of, kind_of, titles_of

MOST_LINES = 50
MOST_COLUMNS = 6


@dataclass(frozen=True)
class LinkedList:
    """The records of one type that link here by one field."""

    key: str
    label: str
    icon: str
    total: int
    rows: tuple[tuple[Face, Option | None], ...]
    list_href: str
    new: Action | None
    columns: tuple[Column, ...] = ()
    lines: tuple[Row, ...] = ()


def linked_lists(uow: UnitOfWork, found: Sequence[Backlinks], entity_id: UUID) -> list[LinkedList]:
    """A list for each field by which records may link here; those that are parts of this one come first, as tables."""
    lists = [_list(uow, one, entity_id) for one in found]
    return sorted(lists, key=lambda one: (not one.columns, one.total == 0))


def _row(uow: UnitOfWork, entity_type: EntityType, one: LinkingRecord) -> tuple[Face, Option | None]:
    return face_of(uow.registry, Title(one.id, entity_type.name, one.title)), _state(entity_type, one)


def _list(uow: UnitOfWork, links: Backlinks, entity_id: UUID) -> LinkedList:
    entity_type = uow.registry.get(links.type)
    field = entity_type.fields[links.field]
    path = list_path(entity_type)
    label = text_of(field.inverse) if field.inverse else text_of(entity_type.label.many)
    new = None
    if allowed(uow, f"{entity_type.name}:create"):
        href = f"{path}/new?{urlencode({links.field: entity_id})}"
        new = Action(label=title_of_new(entity_type), href=href, icon=icon_of(entity_type))
    columns: tuple[Column, ...] = ()
    lines: tuple[Row, ...] = ()
    if links.total and _is_table(field):
        columns, lines = _lines(uow, entity_type, field, entity_id)
    return LinkedList(
        key=f"{links.type}-{links.field}",
        label=sentence(label),
        icon=icon_of(entity_type),
        total=links.total,
        rows=tuple(_row(uow, entity_type, one) for one in links.items),
        list_href=f"{path}?{urlencode({'f': f'{links.field}:eq:{entity_id}'})}",
        new=new,
        columns=columns,
        lines=lines,
    )


def _is_table(field: Field) -> bool:
    return is_part(field) and not {"party", "person", "organization"}.intersection(field.to)


def _state(entity_type: EntityType, one: LinkingRecord) -> Option | None:
    stages = entity_type.declaration.stages
    if stages is None or not one.state:
        return None
    choice = next((item for item in entity_type.fields[stages.field].choices if item.key == one.state), None)
    return Option(one.state, text_of(choice.label), choice.tone) if choice else None


def _lines(uow: UnitOfWork, entity_type: EntityType, field: Field, entity_id: UUID) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    keys = _columns(entity_type, field)
    is_ordered = "position" in entity_type.fields and "position" not in unusable_columns(entity_type)
    sort = ("position",) if is_ordered else ("created_at",)
    of_whole = (Filter(field.key, "eq", str(entity_id)),)
    query = ListQuery(entity_type.name, with_sources(entity_type, keys), filters=of_whole, sort=sort, limit=MOST_LINES)
    items = list_entities(uow, query).items
    titles = titles_of(uow, [(entity_type, item.fields) for item in items])
    columns = [Column(key="title", label=sentence(text_of(entity_type.label.one)))]
    columns += [
        Column(key=key, label=text_of(entity_type.fields[key].label), right=kind_of(entity_type, key) in NUMBERS) for key in keys
    ]
    rows = tuple(
        Row(
            id=str(item.id),
            entity=face_of(uow.registry, Title(item.id, item.type, item.title)),
            cells=tuple(cell_of_field(uow.registry, entity_type, key, item.fields.get(key), titles, item.fields) for key in keys),
        )
        for item in items
    )
    return tuple(columns), rows


def _columns(entity_type: EntityType, field: Field) -> tuple[str, ...]:
    views = entity_type.declaration.views.values()
    view = next((one for one in views if one.default), next(iter(views), None))
    names = view.columns if view and view.columns else tuple(entity_type.fields)
    left_out = {field.key, "position", *entity_type.title.names, *hidden_columns(entity_type)}
    return tuple(key for key in names if key in entity_type.fields and key not in left_out)[:MOST_COLUMNS]
