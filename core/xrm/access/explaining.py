# SPDX-License-Identifier: Apache-2.0
"""Why somebody may do something with an entity, or may not: the verdict of the gate, and the chain that led to it, in words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from xrm.access.asked import Asked, Place, ask_grants, candidates, may_switch_on, places_of
from xrm.access.narrowing import hiding_plugins
from xrm.access.policy import READING, allowed, is_shared, require, scope, visible_entity
from xrm.access.questions import as_user, gives, is_computed, kind_of, read_question
from xrm.access.reasons import Case, Reason, reasons_of, where_off
from xrm.access.users import User, find_user
from xrm.entities.models import entity
from xrm.errors import Message, NotFound, msg
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Explanation:
    """The verdict, why in one sentence, the chain of ``reasons``, where the entity stands, each grant with what it gives here.

    ``lacking`` are the rights that are missing, empty when something else stops it. ``elsewhere`` counts grants in departments
    where the one who asks does not administer users: they are not told, nor are the places that the one who asks may not see,
    counted by ``hidden_places``.
    """

    who: User
    action: str
    entity_id: uuid.UUID
    entity_type: str
    title: str
    is_allowed: bool
    because: Message
    places: tuple[Place, ...]
    asked: tuple[Asked, ...]
    elsewhere: int
    hidden_places: int = 0
    reasons: tuple[Reason, ...] = ()
    lacking: tuple[str, ...] = ()


def explain(uow: UnitOfWork, email: str, action: str, entity_id: uuid.UUID) -> Explanation:
    """Whether this user may do ``action`` with this entity, and by which grants, or what stops them.

    ``action`` is a verb, ``subject:verb``, ``TYPE.FIELD:see`` or ``TYPE.FIELD:edit`` for one of its fields (or of its roles'),
    or ``find``: whether lists and search show it. The verdict is that of the gate itself, asked as the user.

    Raises:
        PermissionDenied: unless the actor administers users, or asks about themselves.
        NotFound: when there is no such user, or no such entity that the actor may see.
        InvalidInput: for a verb, subject or field that is not known.
    """
    who = find_user(uow, email, only_active=False)
    if who.id != uow.actor.user_id:
        require(uow, "user:administer")
    row = uow.execute(select(entity).where(entity.c.id == entity_id, visible_entity(uow))).first() or _absent(uow, entity_id)
    if row is None:
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))
    question = read_question(uow, action, row.type)
    places = tuple(places_of(uow, row))
    theirs = as_user(uow, who)
    there = tuple(candidates(uow, places, row, question.subject, question.base_verb))
    asked = tuple(one for right in (question.base, *question.needed) for one in ask_grants(theirs, who, right, there))
    case = Case(uow, theirs, who, row, question, there, asked)
    reasons = tuple(reasons_of(case))
    is_allowed, because = _verdict(case, reasons)
    told = tuple(one for one in asked if who.id == uow.actor.user_id or _administers(uow, one))
    return Explanation(
        who, question.action, entity_id, row.type, row.title, is_allowed, because, tuple(one for one in places if one.is_told),
        told, _grants(asked) - _grants(told), sum(not one.is_told for one in places), reasons,
        () if is_allowed else _lacking(case, reasons),
    )


def _absent(uow: UnitOfWork, entity_id: uuid.UUID) -> Row[Any] | None:
    """An entity that nobody sees just now, for who could bring it back: from the bin, or by switching its plugin on there."""
    row = uow.execute(select(entity).where(entity.c.id == entity_id)).first()
    if row is None or any(hiding_plugins(uow, row.type, [entity_id]).values()):
        return None
    if row.deleted_at is not None:
        return row if allowed(uow, f"{row.type}:delete", row.department_id, owner=row.owner_id) else None
    return row if may_switch_on(uow, row.type, row.department_id) else None


def _administers(uow: UnitOfWork, one: Asked) -> bool:
    where = scope(uow, "user", "administer")
    return where.is_everywhere or (one.department is not None and one.depth != "all" and where.covers(one.department))


def _grants(asked: tuple[Asked, ...]) -> int:
    """How many grants these are: each was asked for each right."""
    return len([one for one in asked if one.action == asked[0].action])


def _lacking(case: Case, reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    if any(one.holds is False and one.kind not in ("grants", "field") for one in reasons) or _is_written_by_nobody(case):
        return ()
    rights = (case.question.base, *case.question.needed)
    given = {one.action for one in case.asked if one.gives}
    shared = is_shared(case.theirs, case.row.type, case.row.id, case.question.base_verb)
    return tuple(one for one in rights if one not in given and not (shared and one == case.question.base)) or rights[-1:]


def _is_written_by_nobody(case: Case) -> bool:
    """Whether the field that is asked about is computed."""
    return bool(case.question.key) and is_computed(case.uow, case.question)


def _verdict(case: Case, reasons: tuple[Reason, ...]) -> tuple[bool, Message]:
    question, who, row = case.question, case.who, case.row
    sees = case.theirs.execute(select(entity.c.id).where(entity.c.id == row.id, visible_entity(case.theirs))).first() is not None
    if not sees or not who.is_active:
        return False, _unseen(case, reasons)
    stopping = next((one for one in reasons if one.holds is False and one.kind in ("plugin", "narrowing", "search")), None)
    if stopping is not None:
        return False, _stopped(case, stopping)
    if _is_written_by_nobody(case):
        return False, msg("No: {field} is made by a formula, so nobody writes it.", field=question.key)
    shared = question.subject == row.type and is_shared(case.theirs, row.type, row.id, question.base_verb)
    if gives(case.theirs, question, _seen_places(case)):
        return True, msg("Yes: {user} has the right {action} where it stands.", user=who.name, action=question.action)
    if shared and gives(case.theirs, question, _seen_places(case), is_shared=True):
        return True, msg("Yes: it is shared with {user}, beside all grants.", user=who.name)
    lacking = next(iter(_lacking(case, reasons)), question.action)
    return False, msg("No: {user} sees it, and has not the right {action} where it stands.", user=who.name, action=lacking)


def _seen_places(case: Case) -> tuple[Place, ...]:
    """The places whose role no plugin hides."""
    if kind_of(case.uow, case.question) != "role":
        return case.places
    ids = [one.role_id for one in case.places if one.role_id is not None]
    hidden = frozenset[uuid.UUID]().union(*hiding_plugins(case.theirs, case.question.subject, ids).values())
    return tuple(one for one in case.places if one.role_id not in hidden)


def _stopped(case: Case, reason: Reason) -> Message:
    if reason.kind == "search":
        return msg("No: it is not in the search index; lists show it.")
    if reason.kind == "narrowing":
        return msg("No: the plugin {plugin} hides it from {user}.", plugin=reason.plugin, user=case.who.name)
    if case.question.subject in case.uow.registry.dormant and case.question.base_verb not in READING:
        return msg("No: its plugin {plugin} is off, so that it can be read only.", plugin=reason.plugin)
    return msg("No: its plugin {plugin} is off in {department}.", plugin=reason.plugin, department=where_off(case) or "–")


def _unseen(case: Case, reasons: tuple[Reason, ...]) -> Message:
    """Why somebody does not see an entity at all."""
    who = case.who
    stops = {one.kind: one for one in reasons if one.holds is False}
    if "login" in stops:
        return msg("No: the login of {user} is switched off.", user=who.name)
    if "bin" in stops:
        return msg("No: it lies in the recycle bin since {day}.", day=str(case.row.deleted_at.date()))
    if not case.asked:
        return msg("No: {user} has no rights at all.", user=who.name)
    partly = next((one for one in reasons if one.kind == "plugin" and one.holds is None and where_off(case)), None)
    found = stops.get("plugin") or stops.get("narrowing") or partly
    if found is not None:
        return _stopped(case, found)
    if "token" in stops and "grants" not in stops:
        return msg("No: the token that you ask with leaves no right to read it.")
    return msg("No: {user} does not see it. No grant lets them read it where it stands.", user=who.name)
