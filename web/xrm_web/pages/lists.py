# SPDX-License-Identifier: Apache-2.0
"""Lists of every entity type and of all parties, as a page, as JSON and as CSV; their whole state stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from xrm.access.policy import allowed, require, scope
from xrm.access.rights import access_of
from xrm.departments.queries import Department, get_tree
from xrm.entities.links import Title
from xrm.entities.queries import count_entities, list_entities
from xrm.errors import InvalidInput, NotFound, msg
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.access_notes import begin_export
from xrm_web.boards import Board, read_board
from xrm_web.i18n import format_count, format_number, gettext, ngettext, text_of, translate
from xrm_web.inputs import Column, Option
from xrm_web.list_columns import ListColumn, known_columns, views_of
from xrm_web.list_files import csv_parts, json_of
from xrm_web.list_filters import (
    Chip,
    Composer,
    composed,
    composer,
    filter_fields,
    is_complete,
    label_of,
    linked_in,
    operator_words,
    value_words,
)
from xrm_web.list_rows import ListRow, columns_of, list_href, plural, read_beside, row_of
from xrm_web.list_state import ListState, read_state
from xrm_web.navigation import current_department, icon_of
from xrm_web.security import signed_in

blueprint = Blueprint("lists", __name__)
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class ListPage:
    """All that the template of a list draws."""

    state: ListState
    title: str
    help: str
    icon: str
    rows: tuple[ListRow, ...] = ()
    columns: tuple[Column, ...] = ()
    count: int = 0
    next_href: str = ""
    previous_href: str = ""
    chips: tuple[Chip, ...] = ()
    composer: Composer | None = None
    board: Board | None = None
    department: Department | None = None
    is_unused: bool = False
    may_create: bool = False
    may_export: bool = False
    problem: str = ""


@blueprint.app_context_processor
def _helpers() -> dict[str, object]:
    return {"change_list": change_list}


def change_list(state: ListState, **changes: Any) -> str:
    """The address of the same list with something changed, from its first page."""
    return replace(state.first_page(), **changes).href()


@blueprint.get("/party")
@signed_in
def parties() -> ResponseReturnValue:
    """All parties of all kinds."""
    return _page(None)


@blueprint.get("/party.json", defaults={"plugin": "", "entity": ""})
@blueprint.get("/<plugin>/<entity>.json")
@signed_in
def as_json(plugin: str, entity: str) -> ResponseReturnValue:
    """One page of the same list as JSON, with the cursor of the next."""
    state = read_state(request.path.removesuffix(".json"), _type(plugin, entity), request.args)
    return jsonify(sessions.read(lambda uow: json_of(uow, state.query(_narrowed(uow, state)), state)))


@blueprint.get("/party.csv", defaults={"plugin": "", "entity": ""})
@blueprint.get("/<plugin>/<entity>.csv")
@signed_in
def as_csv(plugin: str, entity: str) -> ResponseReturnValue:
    """The whole list as CSV, sent page by page as it is read."""
    state = read_state(request.path.removesuffix(".csv"), _type(plugin, entity), request.args).first_page()

    def begin(uow: UnitOfWork) -> tuple[Department, ...]:
        for name in _type_names(uow, state):
            require(uow, f"{name}:export")
        list_entities(uow, state.query(_narrowed(uow, state), limit=1))
        return _narrowed(uow, state)

    departments = sessions.read(begin)
    name = state.type_name
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Accel-Buffering": "no"}
    export = begin_export(name, request.query_string.decode(errors="replace"))
    return Response(csv_parts(sessions.read, state, departments, export), mimetype="text/csv", headers=headers)


@blueprint.get("/<plugin>/<entity>")
@signed_in
def show(plugin: str, entity: str) -> ResponseReturnValue:
    """The list of one entity type."""
    return _page(_type(plugin, entity))


def _type(plugin: str, entity: str) -> EntityType | None:
    if not entity:
        return None
    found = sessions.runtime().registry.entity_types.get(entity)
    if found is None or found.plugin != plugin:
        raise NotFound(msg("There is no list of this name. Choose one from the menu."))
    return found


def _page(entity_type: EntityType | None) -> ResponseReturnValue:
    state = read_state(request.path, entity_type, request.args)
    added = composed(request.args)
    if added is not None and is_complete(added) and "_find" not in request.args:
        narrowed = state.with_filter(added)
        problem = sessions.read(lambda uow: _problem_of(uow, narrowed))
        if not problem:
            return redirect(narrowed.href(), 303)
        page = sessions.read(lambda uow: _collect(uow, state, problem))
    else:
        page = sessions.read(lambda uow: _collect(uow, state))
    return render_template("lists/list.html", page=page, **_menus(page)), 422 if page.problem else 200


def _problem_of(uow: UnitOfWork, state: ListState) -> str:
    try:
        list_entities(uow, state.query(limit=1))
    except InvalidInput as error:
        return " ".join(translate(problem.message) for problem in error.problems)
    return ""


def _collect(uow: UnitOfWork, state: ListState, problem: str = "") -> ListPage:
    names = _type_names(uow, state)
    for name in names if not access_of(uow).has_shares else ():
        require(uow, f"{name}:read")
    entity_type = state.entity_type
    departments = _narrowed(uow, state)
    page = ListPage(
        state=state,
        title=plural(entity_type),
        help=text_of(entity_type.declaration.help) if entity_type and entity_type.declaration.help else "",
        icon=icon_of(entity_type) if entity_type else "users",
        department=departments[0] if departments else None,
        may_create=entity_type is not None and allowed(uow, f"{names[0]}:create"),
        may_export=all(allowed(uow, f"{name}:export") for name in names),
        composer=composer(uow, entity_type, request.args, problem) if state.adding else None,
    )
    try:
        return _fill(uow, page, departments)
    except InvalidInput as error:
        texts = " ".join(translate(problem.message) for problem in error.problems)
        return replace(page, problem=texts, chips=_chips(uow, state, {}))


def _fill(uow: UnitOfWork, page: ListPage, departments: tuple[Department, ...]) -> ListPage:
    state = page.state
    query = state.query(departments)
    if state.is_board:
        board = read_board(uow, state, query)
        return replace(page, board=board, count=board.count, chips=_chips(uow, state, board.titles))
    found = list_entities(uow, query)
    beside = read_beside(uow, state, found.items, linked_in(state.entity_type, state.filters))
    count = len(found.items) if not found.next and not state.after else count_entities(uow, query, at_most=MOST_COUNTED)
    following, before = state.next_page(found.next or ""), state.previous_page()
    return replace(
        page,
        rows=tuple(row_of(uow, state, item, beside, replace(state, adding="").href()) for item in found.items),
        columns=columns_of(state),
        count=count,
        is_unused=not found.items and not state.filters and _is_unused(uow, state),
        next_href=following.href() if found.next else "",
        previous_href=before.href() if before else "",
        chips=_chips(uow, state, beside.titles),
    )


def _is_unused(uow: UnitOfWork, state: ListState) -> bool:
    """Whether there is nothing at all of this type, so that the page says what belongs here."""
    everything = replace(state.first_page().query(), where="", columns=(), all_periods=True)
    return count_entities(uow, everything, at_most=1) == 0


def _chips(uow: UnitOfWork, state: ListState, titles: Mapping[UUID, Title]) -> tuple[Chip, ...]:
    words = operator_words()
    return tuple(
        Chip(
            label_of(state.entity_type, one.field),
            words.get(one.operator, one.operator),
            value_words(uow, state.entity_type, one, titles),
            state.without_filter(position).href(),
        )
        for position, one in enumerate(state.filters)
    )


def _type_names(uow: UnitOfWork, state: ListState) -> list[str]:
    return [state.entity_type.name] if state.entity_type else [item.name for item in uow.registry.party_types()]


def _narrowed(uow: UnitOfWork, state: ListState) -> tuple[Department, ...]:
    """The departments the list is narrowed to: the one the reader works in with those below it; none when they see no more."""
    chosen = current_department()
    if chosen is None or state.all_departments or any(one.field == "department" for one in state.filters):
        return ()
    tree = get_tree(uow)
    below = tree.below(chosen.id)
    scopes = [scope(uow, name, "read") for name in _type_names(uow, state)]
    if all(not one.is_everywhere and not one.own and one.departments <= below for one in scopes):
        return ()
    return (chosen, *(item for key, item in tree.by_id.items() if key in below and key != chosen.id))


def _menus(page: ListPage) -> dict[str, object]:
    state = page.state
    known = known_columns(state.entity_type)
    fields: list[Option] = filter_fields(state.entity_type)
    columns: list[tuple[ListColumn, bool]] = [(column, key in state.shown_columns) for key, column in known.items()]
    return {
        "fields": fields,
        "choosable": columns,
        "tabs": _tabs(state),
        "count_text": _count_text(page),
        "range_text": _range_text(page),
        "href_of_list": list_href,
        "kept": replace(state.first_page(), columns=()).parameters(),
        "kept_for_filter": state.first_page().parameters(),
    }


def _tabs(state: ListState) -> list[tuple[str, str, bool, None]]:
    views = views_of(state.entity_type)
    if len(views) < 2:
        return []
    base = replace(state.first_page(), filters=(), sort="", columns=(), shown_as="")
    return [
        (text_of(view.label), replace(base, view=view).href(), view.key == state.view.key, None) for view in views.values()
    ]


def _count_text(page: ListPage) -> str:
    return format_count(page.count, MOST_COUNTED)


def _range_text(page: ListPage) -> str:
    shown = len(page.rows)
    if not page.next_href and not page.state.after:
        return str(ngettext("%(num)s entry", "%(num)s entries", shown))
    first = page.state.place + 1
    last = format_number(first + shown - 1)
    return str(gettext("%(first)s–%(last)s of %(all)s", first=format_number(first), last=last, all=_count_text(page)))


