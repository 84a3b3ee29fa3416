# SPDX-License-Identifier: Apache-2.0
"""Stored values as cells to read, entities as faces, roles as chips; titles of links are read for a whole page at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from xrm.entities.links import Title
from xrm.entities.queries import titles
from xrm.schema.fields.money import MoneyType
from xrm.schema.model import Field
from xrm.schema.registry import Fielded, Registry
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import format_date, format_datetime, gettext, language, text_of, typography
from xrm_web.inputs import Cell, Face, RoleChip
from xrm_web.money_results import in_currency, money_sources
from xrm_web.navigation import list_path, sentence

Titles = Mapping[UUID, Title]
NUMBERS = frozenset({"number", "money", "percent", "duration"})


def entity_path(registry: Registry, type_name: str, entity_id: UUID | str) -> str:
    """The address of an entity's page: ``/<plugin>/<entity>/<id>``; empty for a type that is not there (any more)."""
    found = registry.entity_types.get(type_name)
    return f"{list_path(found)}/{entity_id}" if found else ""


def face_of(registry: Registry, title: Title, *, subtitle: str = "") -> Face:
    """An entity as it is recognised: parties by their initials, records by the icon of their type."""
    found = registry.entity_types.get(title.type)
    icon = found.declaration.icon if found and found.kind == "record" else ""
    path = entity_path(registry, title.type, title.id)
    return Face(str(title.id), title.title, path, title.type == "person", subtitle, icon or ("box" if not found else ""))


def titles_of(uow: UnitOfWork, rows: Iterable[tuple[Fielded, Mapping[str, Any]]], more: Iterable[UUID] = ()) -> dict[UUID, Title]:
    """The titles of everything that these rows link to, and of ``more``, in one query; what may not be seen is absent."""
    wanted = set(more)
    for fielded, values in rows:
        for key, value in values.items():
            if key in fielded.fields and fielded.fields[key].type in ("link", "links") and value:
                wanted.update(value if isinstance(value, tuple) else (value,))
    return titles(uow, wanted) if wanted else {}


def cell_of_field(
    registry: Registry, fielded: Fielded, key: str, value: Any, found: Titles, row: Mapping[str, Any] | None = None
) -> Cell:
    """One stored value of a declared field as a cell in the reader's language; ``row``: the fields beside it, for currencies."""
    field = fielded.fields[key]
    if value in (None, "", ()):
        return Cell(kind=kind_of(fielded, key))
    money = in_currency(value, money_sources(fielded, key), row or {})
    if money is not None:
        text = MoneyType().format_one(field, money, language())
        return Cell(kind="money", text=typography(text), value=str(value))
    if field.type in ("link", "links"):
        return _link_cell(registry, value, found)
    field_type = fielded.field_type(key)
    shown = typography(field_type.format(field, value, language()))
    if field_type.is_multiple(field):
        items = tuple(Cell(text=field_type.format_one(field, one, language())) for one in value)
        return Cell(kind="tags", text=shown, items=items)
    return _single(fielded, field, value, shown)


def kind_of(fielded: Fielded, key: str) -> str:
    """How a field's values are drawn; a computed one like what its formula gives."""
    kind = fielded.field_type(key).cell
    if kind == "computed":
        kind = {"number": "number", "date": "date", "datetime": "datetime", "yes_no": "yes_no"}.get(
            fielded.field_type(key).expression_type, "text"
        )
    if kind == "choice" and all(choice.tone == "neutral" for choice in fielded.fields[key].choices):
        # A colour that says nothing is noise: only choices with tones are drawn as badges.
        return "text"
    return {"rich_text": "long_text", "choice": "badge"}.get(kind, kind)


def _single(fielded: Fielded, field: Field, value: Any, shown: str) -> Cell:
    kind = kind_of(fielded, field.key)
    match kind:
        case "badge":
            tone = next((choice.tone for choice in field.choices if choice.key == value), "neutral")
            return Cell(kind="badge", text=shown, tone=tone, value=str(value))
        case "date" if isinstance(value, date):
            return Cell(kind="date", text=format_date(value), value=value.isoformat())
        case "datetime" if isinstance(value, datetime):
            return Cell(kind="datetime", text=format_datetime(value), value=value.isoformat())
        case "yes_no":
            return Cell(kind="yes_no", text=shown, value="true" if value else "false")
        case "file" | "image":
            return Cell(kind=kind, text=gettext("Open"), value=str(value), href=f"/files/{value}")
        case _:
            return Cell(kind=kind, text=shown, value=str(value))


def _link_cell(registry: Registry, value: Any, found: Titles) -> Cell:
    several = value if isinstance(value, tuple) else (value,)
    items = tuple(
        Cell(kind="link", entity=face_of(registry, found[one]))
        if one in found
        else Cell(text=gettext("(hidden)"), tone="neutral")
        for one in several
    )
    return items[0] if len(items) == 1 else Cell(kind="links", items=items)


def role_chips(registry: Registry, names: Iterable[str]) -> tuple[RoleChip, ...]:
    """Role types as chips in their colours."""
    found = (registry.entity_types[name] for name in names if name in registry.entity_types)
    return tuple(
        RoleChip(sentence(text_of(item.label.one)), item.declaration.color or "slate", item.declaration.icon) for item in found
    )
