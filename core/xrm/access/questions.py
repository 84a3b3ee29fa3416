# SPDX-License-Identifier: Apache-2.0
"""What is asked of the gate about one entity: a verb on it, on a role of it, on one of its fields; or why it is not found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from xrm.access.asked import Place
from xrm.access.field_rights import EDIT, SEE, editable_fields, visible_fields
from xrm.access.policy import allowed
from xrm.access.users import User
from xrm.errors import InvalidInput, Problem
from xrm.schema.registry import EntityType
from xrm.schema.suggest import unknown
from xrm.unit_of_work import Limits, UnitOfWork

VERBS = ("read", "create", "update", "delete", "link", "send", "import", "export", "administer")
FIND = "find"
BESIDE = ("contact_point", "interaction", "message", "score")


@dataclass(frozen=True)
class Question:
    """``subject:verb``, for a field with its ``key``; ``base`` is the right to the row itself that it takes first."""

    subject: str
    verb: str
    base: str
    key: str = ""
    needed: tuple[str, ...] = ()

    @property
    def action(self) -> str:
        """As it was asked."""
        return f"{self.subject}.{self.key}:{self.verb}" if self.key else f"{self.subject}:{self.verb}"

    @property
    def base_verb(self) -> str:
        """What is done with the row itself."""
        return self.base.rpartition(":")[2]


def read_question(uow: UnitOfWork, action: str, type_name: str) -> Question:
    """The question in ``action``: a verb, ``subject:verb``, ``TYPE.FIELD:see``, ``TYPE.FIELD:edit``, or ``find``.

    Raises:
        InvalidInput: for a verb, subject or field that is not known.
    """
    subject, separator, verb = action.rpartition(":")
    if "." in subject:
        return _of_field(uow, subject, verb, type_name)
    if verb not in (*VERBS, FIND):
        raise InvalidInput([Problem("action", unknown("verb", verb, (*VERBS, FIND)))])
    known = {*uow.registry.entity_types, *uow.registry.relationship_types, *BESIDE}
    subject = subject if separator else type_name
    if subject not in known or (verb == FIND and subject != type_name):
        raise InvalidInput([Problem("action", unknown("subject", subject, [type_name] if verb == FIND else sorted(known)))])
    return Question(subject, verb, f"{subject}:{'read' if verb == FIND else verb}")


def _of_field(uow: UnitOfWork, subject: str, verb: str, type_name: str) -> Question:
    name, _, key = subject.partition(".")
    types = [type_name, *(one.name for one in uow.registry.entity_types.values() if one.kind == "role")]
    if verb not in (SEE, EDIT):
        raise InvalidInput([Problem("action", unknown("verb", verb, (SEE, EDIT)))])
    if name not in types:
        raise InvalidInput([Problem("action", unknown("subject", name, types))])
    fields = uow.registry.get(name).fields
    if key not in fields:
        raise InvalidInput([Problem("action", unknown("field", key, fields))])
    guards = uow.registry.guards.get(name, {}).get(key, frozenset())
    first = sorted(guards, key=lambda one: (one != key, one))
    needed = tuple(f"{name}.{one}:{EDIT if verb == EDIT and one == key else SEE}" for one in first)
    return Question(name, verb, f"{name}:{'read' if verb == SEE else 'update'}", key, needed)


def kind_of(uow: UnitOfWork, question: Question) -> str:
    """Which kind of type the subject is; empty for what is no entity type."""
    declared: EntityType | None = uow.registry.entity_types.get(question.subject)
    return declared.kind if declared is not None else ""


def gives(theirs: UnitOfWork, question: Question, places: Iterable[Place], *, is_shared: bool = False) -> bool:
    """Whether the rights of an actor give what is asked in one of these places, by the gate itself.

    A field of a party is seen from any place where the party stands; that of a role, in the place of that role.
    """
    places = tuple(places)
    there = [one for one in places if allowed(theirs, question.base, one.department, owner=one.owner)]
    if not there and not is_shared:
        return False
    where = (editable_fields if question.verb == EDIT else visible_fields)(theirs, question.subject).get(question.key)
    if not question.key or where is None:
        return True
    among = there if kind_of(theirs, question) == "role" else places
    mine = theirs.actor.user_id
    return any(where.covers(one.department, is_own=mine is not None and one.owner == mine) for one in among)


def as_user(uow: UnitOfWork, who: User) -> UnitOfWork:
    """This moment of the data as somebody else sees it; by the token that they ask with, when they ask about themselves."""
    actor = who.as_actor(uow.actor.via)
    if who.id == uow.actor.user_id:
        actor = replace(actor, limits=uow.actor.limits, token_id=uow.actor.token_id)
    return UnitOfWork(uow.connection, actor, uow.now, uow.registry, uow.host, uow.settings, is_write=False)


def by_token(theirs: UnitOfWork, limits: Limits) -> UnitOfWork:
    """The same user by a token that leaves no more than ``limits``."""
    actor = replace(theirs.actor, limits=limits)
    return UnitOfWork(
        theirs.connection, actor, theirs.now, theirs.registry, theirs.host, theirs.settings, is_write=False, kept=theirs.kept
    )


def is_computed(uow: UnitOfWork, question: Question) -> bool:
    """Whether the field that is asked about is made by a formula, so that nobody writes it."""
    return question.verb == EDIT and bool(uow.registry.get(question.subject).fields[question.key].formula)
