# SPDX-License-Identifier: Apache-2.0
"""The chain behind a verdict of the gate: login, bin, plugin, grants, shares, narrowing, rights to fields, tokens, search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, select

from xrm.access.asked import Asked, Place
from xrm.access.limiting import limits_of
from xrm.access.narrowing import hiding_plugins
from xrm.access.policy import READING, is_shared, scope
from xrm.access.questions import FIND, Question, by_token, gives, is_computed, kind_of
from xrm.access.users import User
from xrm.departments.activation import is_foundation, off_for
from xrm.errors import Message, msg
from xrm.search.models import search_document
from xrm.tokens.models import token
from xrm.unit_of_work import UnitOfWork

Kind = Literal["login", "bin", "plugin", "grants", "share", "narrowing", "field", "token", "search"]
MOST_TOKENS = 20


@dataclass(frozen=True)
class Reason:
    """One link of the chain: ``holds`` says whether it lets through (True), stops (False), or only is to be known (None)."""

    kind: Kind
    holds: bool | None
    said: Message
    plugin: str = ""


@dataclass(frozen=True)
class Case:
    """Who asks what about which entity: ``places`` where the right has to hold, ``asked`` each grant with what it gives there."""

    uow: UnitOfWork
    theirs: UnitOfWork
    who: User
    row: Row[Any]
    question: Question
    places: tuple[Place, ...]
    asked: tuple[Asked, ...]


def reasons_of(case: Case) -> Iterator[Reason]:
    """All links, in the order in which they are asked."""
    if case.who.is_active:
        yield Reason("login", True, msg("The login of {user} is switched on.", user=case.who.name))
    else:
        yield Reason("login", False, msg("The login of {user} is switched off.", user=case.who.name))
    if case.row.deleted_at is not None:
        yield Reason("bin", False, msg("It lies in the recycle bin since {day}.", day=str(case.row.deleted_at.date())))
    for part in (_plugin, _base, _narrowing, _fields, _tokens, _search):
        yield from part(case)


def _plugin(case: Case) -> Iterator[Reason]:
    plugin = case.uow.registry.owner_of(case.question.subject)
    if plugin in case.uow.registry.dormant.values() and case.question.subject in case.uow.registry.dormant:
        said = msg("Its plugin {plugin} is off or not installed: it can be read, not changed.", plugin=plugin)
        yield Reason("plugin", case.question.base_verb in READING, said, plugin)
    off = off_for(case.theirs, case.question.subject)
    if any(one.department in off for one in case.places):
        said = msg("Its plugin {plugin} is off in {department}.", plugin=plugin, department=where_off(case) or "–")
        yield Reason("plugin", None if any(one.department not in off for one in case.places) else False, said, plugin)
    elif plugin and not is_foundation(case.theirs, plugin) and case.question.subject not in case.uow.registry.dormant:
        yield Reason("plugin", True, msg("Its plugin {plugin} is on where it stands.", plugin=plugin), plugin)


def where_off(case: Case) -> str:
    """The names of the departments in which the plugin is off, as far as who asks may know them."""
    off = off_for(case.theirs, case.question.subject)
    told = {one.name for one in case.places if one.department in off and one.is_told}
    return ", ".join(sorted(told))


def _base(case: Case) -> Iterator[Reason]:
    """The right to the row itself: by grants, or by a share."""
    question, row = case.question, case.row
    shared = question.subject == row.type and is_shared(case.theirs, row.type, row.id, question.base_verb)
    yield _granted(case, question.base, is_needless=shared)
    if question.subject == row.type and question.base_verb in ("read", "update"):
        if shared:
            yield Reason("share", True, msg("It is shared with {user}, beside all grants.", user=case.who.name))
        else:
            yield Reason("share", None, msg("It is not shared with {user}.", user=case.who.name))


def _granted(case: Case, action: str, *, is_needless: bool = False) -> Reason:
    asked = [one for one in case.asked if one.action == action]
    giving = sum(one.gives for one in asked)
    said = msg("Rights that give {action} where it stands: {count} of {total}.", action=action, count=giving, total=len(asked))
    kind: Kind = "field" if "." in action else "grants"
    return Reason(kind, True if giving else None if is_needless else False, said)


def _narrowing(case: Case) -> Iterator[Reason]:
    rows = {case.row.type: [case.row.id]}
    if kind_of(case.uow, case.question) == "role":
        rows[case.question.subject] = [one.role_id for one in case.places if one.role_id is not None]
    for type_name, ids in rows.items():
        for plugin, hidden in hiding_plugins(case.theirs, type_name, ids).items():
            if hidden.issuperset(ids):
                said = msg("The plugin {plugin} hides it from {user}, whatever rights say.", plugin=plugin, user=case.who.name)
                yield Reason("narrowing", False, said, plugin)
            else:
                said = msg("The plugin {plugin} may hide rows of {type}, and does not hide this one.", plugin=plugin,
                           type=type_name)
                yield Reason("narrowing", True, said, plugin)


def _fields(case: Case) -> Iterator[Reason]:
    question = case.question
    if not question.key:
        return
    if is_computed(case.uow, question):
        yield Reason("field", False, msg("{field} is made by a formula: nobody writes it.", field=question.key))
    if not question.needed:
        said = msg("{field} needs no right of its own: whoever has {action} has it too.", field=question.key,
                   action=question.base)
        yield Reason("field", True, said)
    made_of = [one for one in question.needed if not one.startswith(f"{question.subject}.{question.key}:")]
    if made_of:
        others = ", ".join(one.partition(".")[2].partition(":")[0] for one in made_of)
        yield Reason("field", None, msg("{field} tells about {others}, which need rights of their own.", field=question.key,
                                        others=others))
    for one in question.needed:
        yield _granted(case, one)


def _tokens(case: Case) -> Iterator[Reason]:
    """What the token leaves by which the question came; else each token of the user, for those who may know them."""
    if case.theirs.actor.limits is not None:
        left = gives(case.theirs, case.question, case.places)
        scopes = ", ".join(case.theirs.actor.limits.scopes)
        yield Reason("token", left, msg("The token that you ask with leaves: {scopes}.", scopes=scopes))
        return
    if case.who.id != case.uow.actor.user_id and not scope(case.uow, "user", "administer").is_everywhere:
        return
    mine = token.c.user_id == case.who.id, token.c.revoked_at.is_(None)
    rows = select(token.c.name, token.c.scopes, token.c.departments, token.c.expires_at).where(*mine)
    for row in case.uow.execute(rows.order_by(token.c.created_at.desc(), token.c.id).limit(MOST_TOKENS)):
        if row.expires_at is not None and row.expires_at <= case.uow.now:
            continue
        limits = limits_of(case.uow, row.scopes, row.departments)
        words = {"name": row.name, "scopes": ", ".join(limits.scopes), "action": case.question.action}
        if gives(by_token(case.theirs, limits), case.question, case.places):
            yield Reason("token", None, msg("By the token {name}, which leaves {scopes}, {action} is given too.", **words))
        else:
            yield Reason("token", None, msg("By the token {name}, which leaves {scopes}, {action} is not given.", **words))


def _search(case: Case) -> Iterator[Reason]:
    if case.question.verb != FIND:
        return
    known = select(search_document.c.key).where(search_document.c.entity_id == case.row.id).limit(1)
    if case.uow.execute(known).first() is None and case.row.deleted_at is None:
        said = msg("It is not in the search index: lists show it, search does not. To make the index anew: xrm doctor "
                   "--rebuild-search")
        yield Reason("search", False, said)
    else:
        yield Reason("search", True, msg("Lists, search and suggestions show whatever one may read."))
    unseen = _unseen_fields(case)
    if unseen:
        said = msg("Words in {fields} do not find it for {user}: these fields need rights of their own.",
                   fields=", ".join(unseen), user=case.who.name)
        yield Reason("search", None, said)


def _unseen_fields(case: Case) -> Iterable[str]:
    guards = case.uow.registry.guards.get(case.row.type, {})
    questions = [Question(case.row.type, "see", f"{case.row.type}:read", key, ("",)) for key in guards]
    return [one.key for one in questions if not gives(case.theirs, one, case.places, is_shared=True)]
