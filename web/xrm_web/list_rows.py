# SPDX-License-Identifier: Apache-2.0
"""One page of a list, ready to draw: rows with cells, chips and menus, read in a number of queries that the rows don't change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select

from xrm.access.models import user
from xrm.access.policy import allowed
from xrm.departments.queries import get_tree
from xrm.entities.links import Title
from xrm.entities.queries import Entity
from xrm.roles.queries import open_role_types
from xrm.schema.registry import EntityType
from xrm.scores.queries import Score, scores_for
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import format_date, format_datetime, format_number, gettext, text_of
from xrm_web.inputs import Action, Cell, Column, Face, RoleChip
from xrm_web.list_columns import SCORE, default_columns, known_columns
from xrm_web.list_state import ListState
from xrm_web.navigation import list_path, sentence
from xrm_web.periods import last_day
from xrm_web.value_cells import cell_of_field, entity_path, face_of, role_chips, titles_of


@dataclass(frozen=True)
class ListRow:
    """A row as it is drawn: who it is about, a cell (or chips) per column, and the entries of its menu."""

    id: str
    entity: Face
    cells: tuple[Cell | tuple[RoleChip, ...], ...]
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Beside:
    """What cells show besides the rows' own values, read once for the whole page."""

    titles: Mapping[UUID, Title]
    roles: Mapping[UUID, Sequence[str]]
    owners: Mapping[UUID, str]
    scores: Mapping[str, Mapping[UUID, Score]]


def read_beside(uow: UnitOfWork, state: ListState, items: Sequence[Entity], more: Iterable[UUID] = ()) -> Beside:
    """Titles of links, roles of parties and names of owners, for all rows at once; only what the columns show."""
    columns = state.shown_columns
    found = titles_of(uow, ((state.entity_type, item.fields) for item in items) if state.entity_type else (), more)
    parties = [item.party or item.id for item in items]
    roles = open_role_types(uow, parties) if "roles" in columns and parties else {}
    owners = {item.owner for item in items if item.owner} if "owner" in columns else set()
    names = uow.execute(select(user.c.id, user.c.name, user.c.email).where(user.c.id.in_(owners))).all() if owners else []
    ids = {one for item in items for one in (item.id, item.party) if one}
    scores = {key: scores_for(uow, ids, key.removeprefix(SCORE)) for key in columns if key.startswith(SCORE)} if ids else {}
    return Beside(found, roles, {row.id: row.name or row.email for row in names}, scores)


def title_of_item(item: Entity) -> Title:
    """Whom or what a row is about: the party of a facet, else the entity itself."""
    return Title(item.party, item.party_type, item.title) if item.party else Title(item.id, item.type, item.title)


def row_of(uow: UnitOfWork, state: ListState, item: Entity, beside: Beside, back: str) -> ListRow:
    """One row of the table."""
    cells = tuple(cell_of(uow, state.entity_type, item, key, beside) for key in state.shown_columns)
    return ListRow(str(item.id), face_of(uow.registry, title_of_item(item)), cells, actions_of(uow, item, back))


def cell_of(
    uow: UnitOfWork, entity_type: EntityType | None, item: Entity, key: str, beside: Beside
) -> Cell | tuple[RoleChip, ...]:
    """The cell of one column; role chips for the column of roles."""
    if entity_type is not None and key in entity_type.fields:
        return cell_of_field(uow.registry, entity_type, key, item.fields.get(key), beside.titles, item.fields)
    if key == "roles":
        return role_chips(uow.registry, beside.roles.get(item.party or item.id, ()))
    if key in ("since", "until"):
        day = item.since if key == "since" else last_day(item.until)
        return Cell(kind="date", text=format_date(day), value=day.isoformat() if day else "")
    if key in ("created_at", "updated_at"):
        moment = item.created_at if key == "created_at" else item.updated_at
        return Cell(kind="datetime", text=format_datetime(moment), value=moment.isoformat() if moment else "")
    if key.startswith(SCORE):
        return _score_cell(item, beside.scores.get(key, {}))
    return Cell(text=_name_in(uow, item, key, beside))


def _score_cell(item: Entity, scores: Mapping[UUID, Score]) -> Cell:
    found = scores.get(item.id) or (scores.get(item.party) if item.party else None)
    if found is None:
        return Cell(kind="score")
    band = found.band
    return Cell(kind="score", value=format_number(round(found.value)), text=text_of(band.label) if band else "",
                tone=band.tone if band else "neutral")


def _name_in(uow: UnitOfWork, item: Entity, key: str, beside: Beside) -> str:
    if key == "department":
        department = get_tree(uow).by_id.get(item.department)
        return department.name if department else ""
    if key == "owner":
        return beside.owners.get(item.owner, "") if item.owner else ""
    found = uow.registry.entity_types.get(item.type)
    return sentence(text_of(found.label.one)) if found else item.type


def actions_of(uow: UnitOfWork, item: Entity, back: str) -> tuple[Action, ...]:
    """What may be done with a row from its menu; changing is offered only to whom it is allowed."""
    about = title_of_item(item)
    found = [Action(label=gettext("Open"), href=entity_path(uow.registry, about.type, about.id), icon="arrow-right")]
    path = entity_path(uow.registry, item.type, item.id)
    if allowed(uow, f"{item.type}:update", item.department, owner=item.owner):
        found.append(Action(label=gettext("Edit"), href=f"{path}/edit?back={_quoted(back)}", icon="pencil"))
    if allowed(uow, f"{item.type}:delete", item.department, owner=item.owner):
        fields = {"back": back, "version": item.version}
        found.append(Action(label=gettext("Delete"), href=f"{path}/delete", icon="trash-2", post=True, bad=True, fields=fields))
    return tuple(found)


def _quoted(back: str) -> str:
    return quote(back, safe="/")


def columns_of(state: ListState, *, with_sorting: bool = True) -> tuple[Column, ...]:
    """The heads of the table, the title first; a sortable one leads to the list in its order."""
    known, usual = known_columns(state.entity_type), default_columns(state.entity_type, state.view)
    found = [_head(state, "title", gettext("Name"), right=False, sortable=with_sorting)]
    for key in state.shown_columns:
        column = known[key]
        head = _head(state, key, column.label, right=column.right, sortable=column.sortable and with_sorting)
        found.append(replace(head, added=bool(state.columns) and key not in usual))
    return tuple(found)


def _head(state: ListState, key: str, label: str, *, right: bool, sortable: bool) -> Column:
    first = state.order[0]
    direction = {key: "ascending", f"-{key}": "descending"}.get(first, "")
    href = state.sorted_by(key).href() if sortable else ""
    return Column(key=key, label=label, right=right, sort_href=href, sorted=direction if sortable else "")


def plural(entity_type: EntityType | None) -> str:
    """The name of a list."""
    return sentence(text_of(entity_type.label.many)) if entity_type else gettext("People and organizations")


def list_href(entity_type: EntityType | None) -> str:
    """The address of a list."""
    return list_path(entity_type) if entity_type else "/party"
