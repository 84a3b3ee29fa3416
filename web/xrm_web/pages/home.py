# SPDX-License-Identifier: Apache-2.0
"""The home page: how many there are, what changed last, and the cards of plugins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from xrm.access.policy import allowed
from xrm.entities.queries import ListQuery, count_entities
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import format_count, gettext, text_of, zone
from xrm_web.navigation import icon_of, list_path, sentence
from xrm_web.plugin_boxes import DrawnBox, draw_cards
from xrm_web.security import signed_in

blueprint = Blueprint("home", __name__)
MOST_COUNTS = 6


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

    def collect(uow: UnitOfWork) -> tuple[list[Figure], list[DrawnBox]]:
        return _counts(uow), draw_cards(uow)

    counts, cards = sessions.read(collect)
    first_name = g.visitor.name.split(" ")[0]
    return render_template(
        "home.html",
        greeting=gettext("Hello, %(name)s", name=first_name) if first_name else gettext("Home"),
        today=datetime.now(zone()).date(),
        counts=counts,
        cards=cards,
        recent=[],
    )


def _counts(uow: UnitOfWork) -> list[Figure]:
    types = [item for item in uow.registry.entity_types.values() if item.kind != "record" and allowed(uow, f"{item.name}:read")]
    types.sort(key=lambda item: item.kind != "party")
    return [
        Figure(
            sentence(text_of(item.label.many)),
            format_count(count_entities(uow, ListQuery(type=item.name))),
            list_path(item),
            icon_of(item),
        )
        for item in types[:MOST_COUNTS]
    ]
