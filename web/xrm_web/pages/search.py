# SPDX-License-Identifier: Apache-2.0
"""The search page: everything found by name, address, number or field, grouped by type, each with why it was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from xrm.entities.links import Title
from xrm.folding import fold, words
from xrm.roles.queries import open_role_types
from xrm.search.queries import Hit, search
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import text_of, translate
from xrm_web.inputs import Face, RoleChip
from xrm_web.navigation import icon_of, sentence
from xrm_web.security import signed_in
from xrm_web.value_cells import face_of, role_chips

blueprint = Blueprint("search", __name__)
MOST = 60
MOST_OF_MANY = 12
LONGEST = 200
_WORD = re.compile(r"[\w]+", re.UNICODE)


@dataclass(frozen=True)
class Found:
    """One hit as it is drawn: title and reason with the matching words marked."""

    face: Face
    title: Markup
    why: Markup
    subtitle: str
    chips: tuple[RoleChip, ...]


@dataclass(frozen=True)
class HitGroup:
    """The hits of one type; ``more_href`` leads to all of them."""

    key: str
    label: str
    icon: str
    hits: tuple[Found, ...]
    count: int
    more_href: str = ""


@blueprint.get("/search")
@signed_in
def show() -> ResponseReturnValue:
    """What was found; with ``go=1`` (Enter) straight on to the only hit."""
    text = " ".join(request.args.get("q", "").split())[:LONGEST]
    only = request.args.get("type", "")
    groups = sessions.read(lambda uow: _groups(uow, text, only)) if text else []
    count = sum(group.count for group in groups)
    if count == 1 and request.args.get("go"):
        return redirect(groups[0].hits[0].face.href, 303)
    return render_template("search/search.html", text=text, only=only, groups=groups, count=count, most=MOST)


def _groups(uow: UnitOfWork, text: str, only: str) -> list[HitGroup]:
    types = (only,) if only in uow.registry.entity_types else ()
    hits = search(uow, text.replace("\0", ""), limit=MOST, types=types)
    parties = [hit.id for hit in hits if uow.registry.get(hit.type).kind == "party"]
    roles = open_role_types(uow, parties) if parties else {}
    by_type: dict[str, list[Hit]] = {}
    for hit in hits:
        by_type.setdefault(hit.type, []).append(hit)
    return [_group(uow, name, found, text, roles, is_all=bool(types)) for name, found in by_type.items()]


def _group(
    uow: UnitOfWork, name: str, hits: Sequence[Hit], text: str, roles: dict[UUID, list[str]], *, is_all: bool
) -> HitGroup:
    entity_type = uow.registry.get(name)
    shown = hits if is_all else hits[:MOST_OF_MANY]
    found = tuple(
        Found(
            face_of(uow.registry, Title(hit.id, hit.type, hit.title)), marked(hit.title, text), _reason(hit, text),
            hit.subtitle, role_chips(uow.registry, roles.get(hit.id, ())),
        )
        for hit in shown
    )
    more = f"/search?q={_quoted(text)}&type={name}" if len(shown) < len(hits) else ""
    return HitGroup(name, sentence(text_of(entity_type.label.many)), icon_of(entity_type), found, len(hits), more)


def _reason(hit: Hit, text: str) -> Markup:
    # That the name matches, the reader sees.
    return Markup("") if hit.why.text == "Name" else marked(translate(hit.why), text)


def _quoted(text: str) -> str:
    return quote(text)


def marked(text: str, wanted: str) -> Markup:
    """The text with the words that begin like a wanted one in ``<mark>``; accents and case do not matter."""
    beginnings = tuple(words(wanted))
    if not beginnings:
        return escape(text)
    parts: list[Markup] = []
    end = 0
    for word in _WORD.finditer(text):
        if fold(word.group()).startswith(beginnings):
            parts += [escape(text[end : word.start()]), Markup("<mark>{}</mark>").format(word.group())]
            end = word.end()
    return Markup("").join([*parts, escape(text[end:])])
