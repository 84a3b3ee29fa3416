# SPDX-License-Identifier: Apache-2.0
"""Why somebody may do something with an entity, or may not: for oneself, and for those who administer people, about others."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from xrm.access.directory import Search, search_people
from xrm.access.explaining import VERBS, Explanation, explain
from xrm.access.policy import allowed
from xrm.access.remedies import Remedy, find_remedy
from xrm.access.vocabulary import BESIDE_PARTIES, subjects_of
from xrm.errors import InvalidInput, NotFound, XrmError
from xrm.search.queries import suggest
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.answering import problems_of
from xrm_web.administration.words import subject_name, verb_names
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import FieldInput, Option
from xrm_web.navigation import sentence
from xrm_web.security import signed_in
from xrm_web.value_cells import entity_path

blueprint = Blueprint("admin_why", __name__)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MOST_HITS = 8
MOST_PEOPLE = 500
ASKED_VERBS = ("read", "create", "update", "delete", "link", "send", "import", "export")


@blueprint.get("/admin/why")
@signed_in
def show() -> ResponseReturnValue:
    """The question, and when it is whole, the answer."""
    sent = {key: request.args.get(key, "").strip()[:500] for key in ("who", "what", "action", "subject")}

    def find(uow: UnitOfWork) -> dict[str, Any]:
        may_ask = allowed(uow, "user:administer")
        who = sent["who"] if may_ask and sent["who"] else g.visitor.email
        inputs = _inputs(uow, sent, who, may_ask=may_ask)
        found: dict[str, Any] = {"inputs": inputs, "hits": [], "problems": [], "may_ask": may_ask}
        if not sent["what"]:
            return found
        entity_id = _entity(sent["what"])
        if entity_id is None:
            return {**found, "hits": _hits(uow, sent["what"]), "looked": True}
        try:
            return {**found, **_answer(uow, who, sent, entity_id)}
        except (InvalidInput, NotFound) as error:
            return {**found, "problems": problems_of(error), "error": error}

    found = sessions.read(find)
    error: XrmError | None = found.pop("error", None)
    status = 200 if error is None else 404 if isinstance(error, NotFound) else 422
    return render_template("admin/why.html", **found, sent=sent), status


def _entity(text: str) -> UUID | None:
    """The id in what was typed or pasted: an id, or the address of a page."""
    ids = _ID.findall(text)
    return UUID(ids[0]) if ids else None


def _hits(uow: UnitOfWork, text: str) -> list[dict[str, str]]:
    return [
        {"id": str(hit.id), "title": hit.title, "note": hit.subtitle or sentence(text_of(uow.registry.get(hit.type).label.one))}
        for hit in suggest(uow, text, uow.registry.types_for(("entity",)), limit=MOST_HITS)
    ]


def _answer(uow: UnitOfWork, who: str, sent: dict[str, str], entity_id: UUID) -> dict[str, Any]:
    action = sent["action"] if sent["action"] in VERBS else "read"
    found: Explanation = explain(uow, who, f"{sent['subject']}:{action}" if sent["subject"] else action, entity_id)
    remedy: Remedy = find_remedy(uow, found)
    subjects = {one.name: subject_name(one) for one in subjects_of(uow.registry)}
    subjects["home"] = gettext("At home")
    subject, _, verb = found.action.rpartition(":")
    return {
        "found": found, "remedy": remedy, "names": subjects, "path": entity_path(uow.registry, found.entity_type, entity_id),
        "asks_verb": verb_names()[verb], "asks_subject": subjects.get(subject, ""),
    }


def _inputs(uow: UnitOfWork, sent: dict[str, str], who: str, *, may_ask: bool) -> tuple[FieldInput, ...]:
    verbs = verb_names()
    action = FieldInput(
        name="action", kind="select", label=gettext("Wants to"), value=sent["action"] or "read", required=True,
        choices=tuple(Option(key, verbs[key]) for key in ASKED_VERBS),
    )
    subjects = FieldInput(
        name="subject", kind="select", label=gettext("What of it"), value=sent["subject"],
        placeholder=gettext("The entity itself"),
        choices=tuple(
            Option(one.name, subject_name(one)) for one in subjects_of(uow.registry)
            if one.group in ("roles", "relationships") or one.name in BESIDE_PARTIES
        ),
    )
    what = FieldInput(
        name="what", kind="text", label=gettext("With what"), value=sent["what"], required=True, wide=True,
        placeholder=gettext("A name, or the address of its page"),
    )
    return (*_who(uow, who, may_ask=may_ask), action, subjects, what)


def _who(uow: UnitOfWork, who: str, *, may_ask: bool) -> tuple[FieldInput, ...]:
    if not may_ask:
        return ()
    people = [one.user for one in search_people(uow, Search(limit=MOST_PEOPLE)).people]
    choices = [Option(one.email, one.name, note=one.email) for one in people]
    if who not in {one.email for one in people}:
        choices.insert(0, Option(who, who))
    return (
        FieldInput(name="who", kind="select", label=gettext("Who"), value=who, required=True, choices=tuple(choices), wide=True),
    )
