# SPDX-License-Identifier: Apache-2.0
"""The home page: how many there are, what changed last, and the cards of plugins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from xrm.access.policy import allowed
from xrm.departments.queries import get_tree
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import count_entities
from xrm.entities.recent import list_recent
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import format_count, gettext, text_of, zone
from xrm_web.inputs import Face
from xrm_web.navigation import current_department, frame, icon_of, list_path, remember_frame, sentence
from xrm_web.plugin_boxes import DrawnBox, draw_cards
from xrm_web.records.shares import shared_with_me
from xrm_web.security import signed_in
from xrm_web.value_cells import face_of

blueprint = Blueprint("home", __name__)
MOST_COUNTS = 6
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Figure:
    """How many there are of an entity type."""

    label: str
    text: str
    href: str
    icon: str


@blueprint.get("/")
@signed_in
def show() -> ResponseReturnValue:
    """My day."""

    def collect(
        uow: UnitOfWork,
    ) -> tuple[list[Figure], list[tuple[Face, datetime]], list[DrawnBox], list[tuple[Face, str]]]:
        remember_frame(uow)
        return _counts(uow), _recent(uow), draw_cards(uow, frame().here), shared_with_me(uow)

    counts, recent, cards, shared = sessions.read(collect)
    first_name = g.visitor.name.split(" ")[0]
    return render_template(
        "home.html",
        greeting=gettext("Hello, %(name)s", name=first_name) if first_name else gettext("Home"),
        today=datetime.now(zone()).date(),
        counts=counts,
        cards=cards,
        recent=recent,
        shared=shared,
        off=_off() if frame().is_administrator else [],
    )


def _off() -> list[str]:
    """The plugins that are off because something is wrong with them, as an administrator knows them."""
    return [plugin.name for plugin in sessions.runtime().host.plugins if not plugin.is_on]


def _counts(uow: UnitOfWork) -> list[Figure]:
    types = [item for item in uow.registry.entity_types.values() if item.kind != "record" and allowed(uow, f"{item.name}:read")]
    types.sort(key=lambda item: item.kind != "party")
    narrowed = (Filter("department", "in", ",".join(str(one) for one in _here(uow))),) if current_department() else ()
    return [
        Figure(
            sentence(text_of(item.label.many)),
            format_count(
                count_entities(uow, ListQuery(type=item.name, columns=(), filters=narrowed), at_most=MOST_COUNTED), MOST_COUNTED
            ),
            list_path(item),
            icon_of(item),
        )
        for item in types[:MOST_COUNTS]
    ]


def _recent(uow: UnitOfWork) -> list[tuple[Face, datetime]]:
    return [(face_of(uow.registry, item.title), item.updated_at) for item in list_recent(uow, _here(uow))]


def _here(uow: UnitOfWork) -> set[UUID]:
    """The departments the page is about: the chosen one with those below it, else all that the reader has rights in."""
    mine = {item.id for item in frame().departments}
    chosen = current_department()
    return mine & get_tree(uow).below(chosen.id) if chosen else mine
