# SPDX-License-Identifier: Apache-2.0
"""A view shown as a board: one column per choice, the first cards of each, how many there are and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from xrm.access.policy import allowed
from xrm.entities.grouping import Group, list_groups
from xrm.entities.links import Title
from xrm.entities.listing import ListQuery
from xrm.entities.queries import Entity
from xrm.entities.system_columns import SYSTEM_OPERANDS
from xrm.schema.fields.money import Money
from xrm.schema.model import Choice
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.field_rights import unusable_columns
from xrm_web.i18n import format_number, gettext, language, text_of
from xrm_web.inputs import Cell, Face, Option
from xrm_web.list_filters import linked_in
from xrm_web.list_rows import Beside, cell_of, read_beside, title_of_item
from xrm_web.list_state import ListState
from xrm_web.value_cells import entity_path, face_of

MOST_CARDS = 25


@dataclass(frozen=True)
class BoardCard:
    """One card: who or what, its cells with their labels, and where it may be moved."""

    id: str
    entity: Face
    cells: tuple[tuple[str, Cell], ...]
    moves: tuple[Option, ...]
    move_href: str
    move_field: str
    version: int


@dataclass(frozen=True)
class BoardColumn:
    """One column: ``more`` counts the cards that are not shown; ``list_href`` leads to all of them."""

    key: str
    label: str
    tone: str
    count: int
    total: str
    cards: tuple[BoardCard, ...]
    more: int
    list_href: str


@dataclass(frozen=True)
class Board:
    """A board with its columns in the order of the choices."""

    columns: tuple[BoardColumn, ...]
    count: int
    titles: Mapping[UUID, Title]


def read_board(uow: UnitOfWork, state: ListState, query: ListQuery) -> Board:
    """The board of a view that has a group.

    Raises:
        InvalidInput: as ``list_entities``.
    """
    entity_type, by = state.entity_type, state.view.group
    assert entity_type is not None  # noqa: S101  # only views of a type have a group
    summed = next((key for key in state.shown_columns if _is_money(entity_type, key)), "")
    groups = {group.value: group for group in list_groups(uow, query, by, sum_of=summed, first=MOST_CARDS)}
    items = [item for group in groups.values() for item in group.items]
    beside = read_beside(uow, state, items, linked_in(entity_type, state.filters))
    columns = [
        _column(uow, state, choice, groups.get(choice.key, Group(choice.key, 0)), summed, beside)
        for choice in entity_type.fields[by].choices
        if choice.key in groups or _may_hold(uow, state, choice)
    ]
    if None in groups:
        columns.insert(0, _column(uow, state, None, groups[None], summed, beside))
    return Board(tuple(columns), sum(group.count for group in groups.values()), beside.titles)


def _is_money(entity_type: EntityType, key: str) -> bool:
    declared = entity_type.fields.get(key)
    return declared is not None and declared.type == "money" and key not in unusable_columns(entity_type)


def _may_hold(uow: UnitOfWork, state: ListState, choice: Choice) -> bool:
    """Whether the view's condition lets cards into this column; one that it shuts out for good is not drawn."""
    if choice.retired or state.entity_type is None:
        return False
    if not state.view.where:
        return True
    values = dict.fromkeys(state.entity_type.operands, None) | dict.fromkeys(SYSTEM_OPERANDS, None)
    expression = state.entity_type.condition(state.view.where, SYSTEM_OPERANDS)
    return expression.evaluate({**values, state.view.group: choice.key}, uow) is not False


def _column(
    uow: UnitOfWork, state: ListState, choice: Choice | None, group: Group, summed: str, beside: Beside
) -> BoardColumn:
    by = state.view.group
    narrowed = ListState(state.path, state.entity_type, state.view, filters=state.filters, shown_as="list")
    wanted = f"{by}:in:{choice.key}" if choice else f"{by}:empty"
    separator = "&" if "?" in narrowed.href() else "?"
    return BoardColumn(
        key=choice.key if choice else "",
        label=text_of(choice.label) if choice else gettext("Without"),
        tone=choice.tone if choice else "neutral",
        count=group.count,
        total=_total(state.entity_type, summed, group.sums) if summed else "",
        cards=tuple(_card(uow, state, item, beside) for item in group.items),
        more=group.count - len(group.items),
        list_href=f"{narrowed.href()}{separator}f={wanted}",
    )


def _total(entity_type: EntityType | None, summed: str, sums: Mapping[str, Decimal]) -> str:
    if entity_type is None:
        return ""
    field_type, declared = entity_type.field_type(summed), entity_type.fields[summed]
    return " + ".join(
        field_type.format_one(declared, Money(amount, currency), language()) if currency else format_number(amount)
        for currency, amount in sorted(sums.items())
    )


def _card(uow: UnitOfWork, state: ListState, item: Entity, beside: Beside) -> BoardCard:
    entity_type = state.entity_type
    cells: list[tuple[str, Cell]] = []
    for key in state.shown_columns:
        cell = cell_of(uow, entity_type, item, key, beside)
        if isinstance(cell, Cell) and not cell.is_empty and key != state.view.group and entity_type and key in entity_type.fields:
            cells.append((text_of(entity_type.fields[key].label), cell))
    face = face_of(uow.registry, title_of_item(item))
    path = entity_path(uow.registry, item.type, item.id)
    moves = _moves(uow, state, item)
    return BoardCard(str(item.id), face, tuple(cells), moves, f"{path}/move", state.view.group, item.version)


def _moves(uow: UnitOfWork, state: ListState, item: Entity) -> tuple[Option, ...]:
    entity_type, by = state.entity_type, state.view.group
    if entity_type is None or not allowed(uow, f"{item.type}:update", item.department, owner=item.owner):
        return ()
    current, stages = item.fields.get(by), entity_type.declaration.stages
    choices = [choice for choice in entity_type.fields[by].choices if not choice.retired and choice.key != current]
    if stages is not None and stages.field == by and current is not None:
        choices = [choice for choice in choices if choice.key in stages.moves.get(current, ())]
    return tuple(Option(choice.key, text_of(choice.label), choice.tone) for choice in choices)
