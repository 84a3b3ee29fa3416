# SPDX-License-Identifier: Apache-2.0
"""Why somebody may do something with an entity, or may not: for oneself, and for those who administer people, about others."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from xrm.access.directory import Search, search_people
from xrm.access.explaining import Explanation, explain
from xrm.access.policy import allowed, visible_entity, visible_role
from xrm.access.questions import FIND, VERBS
from xrm.access.remedies import Remedy, find_remedy
from xrm.access.vocabulary import BESIDE_PARTIES, FIELD_VERBS, subjects_of
from xrm.entities.models import entity
from xrm.errors import InvalidInput, NotFound, Problem, XrmError, msg
from xrm.roles.models import role
from xrm.search.queries import suggest
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.answering import problems_of
from xrm_web.administration.words import field_name, permission_name, subject_name, verb_names
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import FieldInput, Option
from xrm_web.navigation import sentence
from xrm_web.security import signed_in
from xrm_web.value_cells import entity_path

blueprint = Blueprint("admin_why", __name__)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MOST_HITS = 8
MOST_PEOPLE = 500
ASKED_VERBS = (FIND, *FIELD_VERBS, "read", "create", "update", "delete", "link", "send", "import", "export")


@blueprint.get("/admin/why")
@signed_in
def show() -> ResponseReturnValue:
    """The question, and when it is whole, the answer."""
    sent = {key: request.args.get(key, "").strip()[:500] for key in ("who", "what", "action", "subject", "field")}

    def find(uow: UnitOfWork) -> dict[str, Any]:
        may_ask = allowed(uow, "user:administer")
        who = sent["who"] if may_ask and sent["who"] else g.visitor.email
        entity_id = _entity(sent["what"])
        inputs = _inputs(uow, sent, (who, may_ask), entity_id)
        found: dict[str, Any] = {"inputs": inputs, "hits": [], "problems": [], "may_ask": may_ask}
        if not sent["what"]:
            return found
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
    found: Explanation = explain(uow, who, _action(sent), entity_id)
    remedy: Remedy = find_remedy(uow, found)
    subjects = {one.name: subject_name(one) for one in subjects_of(uow.registry)}
    subjects["home"] = gettext("At home")
    subject, _, verb = found.action.rpartition(":")
    rights = {one.action: permission_name(uow.registry, one.action) for one in found.asked}
    return {
        "found": found, "remedy": remedy, "names": subjects, "path": entity_path(uow.registry, found.entity_type, entity_id),
        "asks_verb": _verbs()[verb], "asks_subject": field_name(uow.registry, subject) or subjects.get(subject, ""),
        "rights": rights,
    }


def _action(sent: dict[str, str]) -> str:
    """The question: about a field when one is chosen, else about the entity or what belongs to it."""
    action, field = sent["action"] if sent["action"] in ASKED_VERBS else "read", sent["field"]
    if action in FIELD_VERBS and not field:
        raise InvalidInput([Problem("field", msg("Choose the field that is meant."))])
    if field and action in (*FIELD_VERBS, "read", "update"):
        return f"{field}:{'see' if action in ('see', 'read') else 'edit'}"
    return f"{sent['subject']}:{action}" if sent["subject"] and action in VERBS else action


def _verbs() -> dict[str, str]:
    return {**verb_names(), FIND: gettext("Find it in lists and by search"), "see": gettext("See a field"),
            "edit": gettext("Edit a field")}


def _inputs(uow: UnitOfWork, sent: dict[str, str], asks: tuple[str, bool], entity_id: UUID | None) -> tuple[FieldInput, ...]:
    verbs = _verbs()
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
    return (*_who(uow, asks[0], may_ask=asks[1]), action, subjects, *_field(uow, sent["field"], entity_id), what)


def _field(uow: UnitOfWork, value: str, entity_id: UUID | None) -> tuple[FieldInput, ...]:
    """A choice of the fields of the entity and of its roles, as soon as it is known; those with rights of their own first."""
    if entity_id is None:
        return ()
    names = list(uow.execute(select(entity.c.type).where(entity.c.id == entity_id, visible_entity(uow))).scalars())
    roles = [one.name for one in uow.registry.entity_types.values() if one.kind == "role"]
    facets = select(role.c.type).distinct().where(role.c.party_id == entity_id, visible_role(uow, roles))
    names += sorted(uow.execute(facets).scalars()) if names else []
    keys = [(name, key) for name in names for key, field in uow.registry.get(name).fields.items() if not field.retired]
    keys.sort(key=lambda one: one[1] not in uow.registry.guards.get(one[0], {}))
    label = gettext("Which field")
    choices = tuple(Option(f"{name}.{key}", field_name(uow.registry, f"{name}.{key}")) for name, key in keys)
    one = FieldInput(name="field", kind="select", label=label, value=value, choices=choices, placeholder=gettext("None"))
    return (one,) if keys else ()


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
