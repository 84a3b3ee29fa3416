# SPDX-License-Identifier: Apache-2.0
"""Panels and cards of plugins, made ready to draw: blocks become cells and faces, failures become a notice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from xrm.entities.links import Title
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import Entity, list_entities
from xrm.errors import InvalidInput, NotFound, PermissionDenied
from xrm.plugin_host import blocks as given
from xrm.plugin_host.contributions import Card, Panel
from xrm.plugin_host.guard import PluginFailed
from xrm.plugin_host.watch import Failure
from xrm.relationships.queries import list_relationships
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import format_date, format_datetime, format_number, text_of, translate
from xrm_web.inputs import Cell, Face
from xrm_web.navigation import href_of, plain_text, sentence
from xrm_web.value_cells import face_of


@dataclass(frozen=True, kw_only=True)
class DrawnBlock:
    """One block, ready for ``macros/blocks.html``; only what its kind needs is set."""

    kind: str
    label: str = ""
    text: str = ""
    tone: str = "neutral"
    hint: str = ""
    number: str = ""
    maximum: int | None = None
    pairs: tuple[tuple[str, Cell], ...] = ()
    links: tuple[tuple[str, str, str], ...] = ()
    faces: tuple[tuple[Face, str], ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class DrawnBox:
    """A panel or card: its blocks or HTML, the address that gives them later, its failure's reference, or why it is paused."""

    key: str
    title: str
    icon: str = ""
    blocks: tuple[DrawnBlock, ...] = ()
    html: str = ""
    error: str = ""
    paused: str = ""
    src: str = ""


def draw_cards(uow: UnitOfWork, departments: Collection[UUID] | None = None) -> list[DrawnBox]:
    """The cards of the home page, of all plugins that are on in these departments (of any of the reader, if none is named)."""
    answers = uow.host.ask("dashboard_cards", department=departments, uow=uow)
    boxes = [draw_box(uow, item.plugin, item.value) for item in answers.items]
    return boxes + failed_boxes(uow, answers.failures)


def draw_box(uow: UnitOfWork, plugin: str, box: Panel | Card, *, src: str = "", about: UUID | None = None) -> DrawnBox:
    """A panel or card as it is drawn; with ``src`` a lazy one is fetched from there later. ``about`` is whose page it is."""
    head: dict[str, Any] = {"key": f"{plugin}-{box.key}", "title": plain_text(box.label), "icon": box.icon}
    if box.is_lazy and src:
        return DrawnBox(**head, src=src)
    try:
        if box.template:
            return DrawnBox(**head, html=_html(uow, plugin, box))
        content = uow.host.build(plugin, box, uow)
        return DrawnBox(**head, blocks=tuple(draw_block(uow, block, about) for block in content))
    except PluginFailed as error:
        return DrawnBox(**head, error=error.failure.reference)
    except InvalidInput as error:
        # A list with a field or filter that the type does not have: the plugin's fault, and the rest of the page lives.
        return DrawnBox(**head, error=uow.host.note(plugin, box.key, error).reference)


def _html(uow: UnitOfWork, plugin: str, box: Panel | Card) -> Markup:
    # A template escapes by itself, and gets nothing of ours but what the plugin gave it.
    text = uow.host.call(plugin, box.key, str, lambda: render_template(box.template, **box.context))
    return Markup(text)  # noqa: S704


def failed_boxes(uow: UnitOfWork, failures: Iterable[Failure]) -> list[DrawnBox]:
    """What stands in the place of plugins that failed before they said what they have, or that are paused."""
    return [_failed_box(uow, failure) for failure in failures]


def _failed_box(uow: UnitOfWork, failure: Failure) -> DrawnBox:
    manifest = uow.host.get(failure.plugin).manifest
    title = plain_text(manifest.label) if manifest else failure.plugin
    paused = "" if failure.reference else translate(failure.message)
    return DrawnBox(key=f"{failure.plugin}-failed", title=title, error=failure.reference, paused=paused)


def draw_block(uow: UnitOfWork, block: given.Block, about: UUID | None = None) -> DrawnBlock:
    """One block as it is drawn; ``about`` is the entity on whose page it stands."""
    return _DRAW[block.kind](uow, block, about)


def _fields(uow: UnitOfWork, block: given.FieldsBlock, _about: UUID | None) -> DrawnBlock:
    return DrawnBlock(kind="fields", pairs=tuple((plain_text(label), cell_of(uow, value)) for label, value in block.rows))


def _metric(uow: UnitOfWork, block: given.MetricBlock, _about: UUID | None) -> DrawnBlock:
    return DrawnBlock(
        kind="metric",
        label=plain_text(block.label),
        text=cell_of(uow, block.value).text,
        tone=block.tone,
        hint=plain_text(block.hint) if block.hint else "",
        maximum=block.maximum,
        number=str(block.value),
    )


def _text(_uow: UnitOfWork, block: given.TextBlock, _about: UUID | None) -> DrawnBlock:
    return DrawnBlock(kind="text", text=plain_text(block.text), tone=block.tone)


def _links(uow: UnitOfWork, block: given.LinksBlock, _about: UUID | None) -> DrawnBlock:
    return DrawnBlock(kind="links", links=tuple(_link(uow, link) for link in block.links))


def _steps(_uow: UnitOfWork, block: given.StepsBlock, _about: UUID | None) -> DrawnBlock:
    return DrawnBlock(kind="steps", steps=tuple((plain_text(step.label), step.state) for step in block.steps))


def _table(uow: UnitOfWork, block: given.TableBlock, _about: UUID | None) -> DrawnBlock:
    rows = tuple(tuple(cell_of(uow, value) for value in row) for row in block.rows)
    return DrawnBlock(kind="table", heads=tuple(plain_text(head) for head in block.columns), rows=rows)


def _list(uow: UnitOfWork, block: given.ListBlock, _about: UUID | None) -> DrawnBlock:
    filters = tuple(Filter(*one) for one in block.filters)
    query = ListQuery(block.type, block.columns, where=block.where, filters=filters, sort=block.sort, limit=block.limit)
    try:
        items = list_entities(uow, query).items
    except (NotFound, PermissionDenied):
        return DrawnBlock(kind="list")
    return DrawnBlock(kind="list", faces=tuple(_face(uow, block, item) for item in items))


def _face(uow: UnitOfWork, block: given.ListBlock, item: Entity) -> tuple[Face, str]:
    title = Title(item.party, item.party_type, item.title) if item.party else Title(item.id, item.type, item.title)
    found = uow.registry.get(block.type)
    from_fields = (
        found.field_type(key).format(found.fields[key], item.fields.get(key), uow.actor.language)
        for key in block.columns
        if key in found.fields and item.fields.get(key) is not None
    )
    return face_of(uow.registry, title), " · ".join(from_fields)


def _related(uow: UnitOfWork, block: given.RelatedBlock, about: UUID | None) -> DrawnBlock:
    faces, label = [], ""
    found = uow.registry.relationship_types.get(block.relationship_type)
    for one in list_relationships(uow, about, block.relationship_type, limit=block.limit) if about else ():
        source = Title(one.source, one.source_type, one.source_title)
        target = Title(one.target, one.target_type, one.target_title)
        faces.append((face_of(uow.registry, target if one.source == about else source), ""))
        if found and not label:
            ends = found.declaration
            label = sentence(text_of(ends.forward if one.source == about else ends.reverse))
    return DrawnBlock(kind="related", label=label, faces=tuple(faces))


def cell_of(uow: UnitOfWork, value: given.Cell) -> Cell:
    """A plain value of a plugin as a cell."""
    if value is None:
        return Cell()
    if isinstance(value, given.Link):
        label, href, _icon = _link(uow, value)
        return Cell(text=label, href=href)
    if isinstance(value, bool):
        return Cell(kind="yes_no", value="true" if value else "false")
    if isinstance(value, (int, float, Decimal)):
        return Cell(kind="number", text=format_number(value))
    if isinstance(value, date):
        text = format_datetime(value) if isinstance(value, datetime) else format_date(value)
        return Cell(kind="date", text=text, value=value.isoformat())
    return Cell(text=plain_text(value))


def _link(uow: UnitOfWork, link: given.Link) -> tuple[str, str, str]:
    return plain_text(link.label), href_of(uow, link), link.icon


_DRAW: Mapping[str, Callable[[UnitOfWork, Any, UUID | None], DrawnBlock]] = {
    "fields": _fields,
    "metric": _metric,
    "text": _text,
    "links": _links,
    "list": _list,
    "related": _related,
    "steps": _steps,
    "table": _table,
}
